/** Smooth motion between two reports, where there are few points and nobody asked for less motion. */

const LONGEST = 600; // ms
const MOST = 2000; // points on the move at once
const FARTHEST = 0.02; // of the world: more is a jump, and shown as one

const still = matchMedia("(prefers-reduced-motion: reduce)");

export class Motion {
  constructor() {
    /** @type {Map<number, {x: number, y: number, since: number}>} */
    this.moving = new Map();
  }

  /**
   * Have a row glide from where it was.
   * @param {number} row @param {number} x @param {number} y @param {import("./clients.js").Clients} clients
   */
  start(row, x, y, clients) {
    // In this order: with 100,000 clients what only looks like a value, and asks the browser, took half of all time.
    if (clients.count > MOST || document.hidden || still.matches) return;
    const now = performance.now();
    const from = this.at(row, x, y, now);
    this.moving.set(row, {...from, since: now});
  }

  /** Where a row stands now on its way to x, y. @param {number} row @param {number} x @param {number} y @param {number} now */
  at(row, x, y, now) {
    const from = this.moving.get(row);
    if (!from) return {x, y};
    const gone = (now - from.since) / LONGEST;
    if (gone >= 1 || Math.abs(from.x - x) > FARTHEST || Math.abs(from.y - y) > FARTHEST) {
      this.moving.delete(row);
      return {x, y};
    }
    const eased = gone * (2 - gone);
    return {x: from.x + (x - from.x) * eased, y: from.y + (y - from.y) * eased};
  }

  clear() {
    this.moving.clear();
  }
}
