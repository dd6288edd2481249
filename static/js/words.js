/** Numbers, ages and places in words. */

const whole = new Intl.NumberFormat("en");

/** @param {number} number */
export const count = (number) => whole.format(number);

/** @param {number} number @param {string} one @param {string} [many] */
export const counted = (number, one, many = one + "s") => `${whole.format(number)} ${number === 1 ? one : many}`;

/** How long ago. @param {number} seconds */
export function ago(seconds) {
  if (seconds < 1.5) return "just now";
  return `${span(seconds)} ago`;
}

/** A length of time, rounded as people do. @param {number} seconds */
export function span(seconds) {
  const long = Math.abs(seconds);
  if (long < 60) return `${Math.round(long)} s`;
  if (long < 3600) return `${Math.floor(long / 60)} min`;
  if (long < 86400 * 2) return `${Math.floor(long / 3600)} h`;
  if (long < 86400 * 730) return `${Math.floor(long / 86400)} days`;
  return `${Math.floor(long / (86400 * 365.25))} years`;
}

/** Degrees as people write them. @param {number} latitude @param {number} longitude @param {number} [digits] */
export function place(latitude, longitude, digits = 4) {
  const north = `${Math.abs(latitude).toFixed(digits)}° ${latitude < 0 ? "S" : "N"}`;
  return `${north}, ${Math.abs(longitude).toFixed(digits)}° ${longitude < 0 ? "W" : "E"}`;
}

const clock = new Intl.DateTimeFormat("en-GB", {hour: "2-digit", minute: "2-digit", second: "2-digit"});
const day = new Intl.DateTimeFormat("en-GB", {day: "numeric", month: "short", year: "numeric"});

/** Time of day. @param {number} milliseconds since 1970 */
export const timeOfDay = (milliseconds) => clock.format(milliseconds);

/** Time of day, with the date where that is not today's. @param {number} seconds since 1970 */
export function moment(seconds) {
  const then = new Date(seconds * 1000);
  if (Number.isNaN(then.getTime())) return "at no date";
  const today = then.toDateString() === new Date().toDateString();
  return today ? clock.format(then) : `${day.format(then)}, ${clock.format(then)}`;
}

/** @param {number} metres */
export const distance = (metres) =>
  metres < 1000 ? `${Math.round(metres)} m` : `${(metres / 1000).toFixed(metres < 10000 ? 1 : 0)} km`;

/** Reports a second. @param {number} each */
export const rate = (each) => (each > 0 && each < 10 ? each.toFixed(1) : count(Math.round(each)));

/** By how much a clock is ahead, or behind with a minus. @param {number} seconds */
export function lead(seconds) {
  const size = Math.abs(seconds);
  if (size < 0.05) return "0 s";
  return (seconds < 0 ? "−" : "+") + (size < 10 ? `${size.toFixed(1)} s` : span(size));
}
