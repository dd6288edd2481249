/**
 * One binary frame of /live, as columns.
 *
 * Little-endian: u32 length of the header, the header as JSON, then five columns of `count` 4-byte values.
 * The columns are views of the frame's own bytes: nothing is copied.
 */

/**
 * @typedef {{
 *   type: "snapshot" | "changes", server: string, life: string, number: number, more?: boolean, count: number,
 *   names?: [number, string][], servers: string[], gone?: number[], now?: number
 * }} Header
 * @typedef {{
 *   header: Header, index: Uint32Array, longitude: Int32Array, latitude: Int32Array, time: Uint32Array, server: Uint32Array
 * }} Frame
 */

export const DEGREE = 1e7; // units of the columns of places
export const SERVER_BITS = 0xffff;
export const CLOCK_IS_OFF = 0x10000;

/** @param {ArrayBuffer} bytes @returns {Frame} */
export function parseFrame(bytes) {
  const length = new DataView(bytes).getUint32(0, true);
  /** @type {Header} */
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(bytes, 4, length)));
  const count = header.count;
  const start = 4 + length;
  /** @param {number} place */
  const at = (place) => start + place * 4 * count;
  return {
    header,
    index: new Uint32Array(bytes, at(0), count),
    longitude: new Int32Array(bytes, at(1), count),
    latitude: new Int32Array(bytes, at(2), count),
    time: new Uint32Array(bytes, at(3), count),
    server: new Uint32Array(bytes, at(4), count),
  };
}
