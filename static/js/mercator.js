/** Web Mercator: degrees to a square world of side 1, and back. */

export const EDGE = 85.0511287798; // degrees of latitude where the square ends

/** @param {number} longitude degrees */
export const toX = (longitude) => longitude / 360 + 0.5;

/** @param {number} latitude degrees; beyond the square's edge it is the edge's */
export function toY(latitude) {
  const sine = Math.sin(Math.max(-EDGE, Math.min(EDGE, latitude)) * (Math.PI / 180));
  return 0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI);
}

/** @param {number} y */
export const toLatitude = (y) => (Math.atan(Math.sinh(Math.PI * (1 - 2 * y))) * 180) / Math.PI;
