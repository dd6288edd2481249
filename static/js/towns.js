/** Which city a place is near: one of those that the map can name, if any is close enough to say so.
 *
 * Of several the one that people would name: large ones from further away, as things attract each other. */

const NEAR = 30; // km from a city's middle; further out its name would mislead
const MIDDLE = 3; // km around it that count as its middle
const AROUND = 40_075; // km around the equator
const CELLS = 360; // a side of the world: 111 km at the equator, 19 km at 80 degrees

/** @typedef {import("./atlas.js").City} City */
/** @typedef {{name: string, km: number}} Town */

export class Towns {
  /** @param {City[]} cities */
  constructor(cities) {
    /** @type {Map<number, City[]>} */
    this.cells = new Map();
    for (const city of cities) {
      const key = cellOf(Math.floor(city.x * CELLS), Math.floor(city.y * CELLS));
      this.cells.set(key, [...(this.cells.get(key) ?? []), city]);
    }
  }

  /** The city within reach that attracts most, or null. @param {number} x @param {number} y Mercator @returns {Town | null} */
  near(x, y) {
    const scale = AROUND / Math.cosh(Math.PI * (1 - 2 * y)); // km that the width of the world stands for here
    const [column, row] = [Math.floor(x * CELLS), Math.floor(y * CELLS)];
    const reach = Math.min(CELLS / 2, Math.ceil((NEAR / scale) * CELLS));
    /** @type {Town | null} */
    let found = null;
    let most = 0;
    for (let across = -reach; across <= reach; across++) {
      for (let down = -reach; down <= reach; down++) {
        for (const city of this.cells.get(cellOf(column + across, row + down)) ?? []) {
          const apart = Math.abs(city.x - x);
          const km = Math.hypot(Math.min(apart, 1 - apart), city.y - y) * scale;
          const attraction = city.people / (km + MIDDLE) ** 2;
          if (km < NEAR && attraction > most) [found, most] = [{name: city.name, km}, attraction];
        }
      }
    }
    return found;
  }
}

/** Columns go around the world. @param {number} column @param {number} row */
const cellOf = (column, row) => row * CELLS + ((column + CELLS) % CELLS);
