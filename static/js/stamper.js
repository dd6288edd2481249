/**
 * Stamps clients onto a plate, a step at a time: one painting may be spread over frames.
 *
 * Marks are sorted by their line first, and soft edges stamped before all that is solid. So memory is written from top
 * to bottom and without a look at what is there: with 100,000 marks that takes a fifth of the time.
 */

import {SILENT} from "./ages.js";
import {Marks} from "./marks.js";

const STEP = 4096; // rows or marks: a fraction of a millisecond

const unsorted = new Marks(); // of the painting under way: there is one at a time

export class Stamper {
  /**
   * @param {import("./plate.js").Plate} plate @param {import("./sheet.js").View} view
   * @param {import("./masks.js").Mask[]} masks @param {import("./clients.js").Clients} clients
   * @param {{ages: import("./ages.js").Ages, motion: import("./motion.js").Motion, showSilent: boolean}} how
   */
  constructor(plate, view, masks, clients, how) {
    this.plate = plate;
    this.view = view;
    this.masks = masks;
    this.clients = clients;
    this.how = how;
    this.now = how.ages.now();
    this.clock = performance.now();
    this.drawn = 0;
    this.work = this.steps();
  }

  /** Do some of it, and tell whether there is more. */
  step() {
    return !this.work.next().done;
  }

  *steps() {
    const {plate, masks} = this;
    plate.clear();
    const {end} = this.clients; // who comes meanwhile is painted the next time
    for (let row = 0; row < end; row += STEP) yield this.project(row, Math.min(end, row + STEP));
    const {drawn} = this;
    plate.marks.grow(drawn);
    for (let y = 0; y < plate.height; y++) plate.lines[y + 1] += plate.lines[y];
    for (let i = 0; i < drawn; i += STEP) yield this.sort(i, Math.min(drawn, i + STEP));
    for (const layer of /** @type {const} */ (["soft", "solid"])) {
      const stamps = masks.map((mask) => toStamp(mask[layer], plate.width));
      for (let i = 0; i < drawn; i += STEP) yield this.stamp(stamps, i, Math.min(drawn, i + STEP));
    }
  }

  /** Find where some rows lie on the plate. @param {number} from @param {number} to */
  project(from, to) {
    const {lines, width, height} = this.plate;
    const {view, now, clock} = this;
    const {motion, showSilent} = this.how;
    const {ageing, silent} = this.how.ages;
    const {x: xs, y: ys, time, server, here, shown, looks} = this.clients;
    const styles = looks.styles;
    const moving = motion.moving.size > 0;
    const world = view.world * view.ratio;
    const left = view.left * view.ratio - 0.5; // half a pixel: what follows is cut off, not rounded
    const top = view.top * view.ratio - 0.5;
    const {reach} = this.masks[0];
    const [right, bottom] = [width - reach, height - reach];
    unsorted.grow(this.drawn + (to - from) * (Math.ceil(width / world) + 1));
    const {middle, kind, row: whose} = unsorted;
    let drawn = this.drawn;
    for (let row = from; row < to; row++) {
      if (!here[row] || !shown[row] || !time[row]) continue;
      const age = now - time[row];
      const state = age < ageing ? 0 : age < silent ? 1 : 2;
      if (state === SILENT && !showSilent) continue;
      let x = xs[row];
      let y = ys[row];
      if (moving) ({x, y} = motion.at(row, x, y, clock));
      const py = (y * world - top) | 0;
      if (py < reach || py >= bottom) continue;
      // The world repeats: the first copy right of the canvas's left edge, and those after it.
      let px = x * world - left;
      px -= Math.floor(px / world) * world;
      for (; px < right; px += world) {
        if (px < reach) continue;
        middle[drawn] = py * width + (px | 0);
        kind[drawn] = styles[server[row]] * 3 + state;
        whose[drawn++] = row;
        lines[py + 2]++;
      }
    }
    this.drawn = drawn;
  }

  /** Put some marks where they belong by their line. @param {number} from @param {number} to */
  sort(from, to) {
    const {lines, marks, width} = this.plate;
    const {middle, kind, row} = unsorted;
    for (let i = from; i < to; i++) {
      const at = lines[((middle[i] / width) | 0) + 1]++;
      marks.middle[at] = middle[i];
      marks.kind[at] = kind[i];
      marks.row[at] = row[i];
    }
  }

  /** @param {Stamp[]} stamps by kind @param {number} from @param {number} to */
  stamp(stamps, from, to) {
    const {pixels} = this.plate;
    const {middle, kind} = this.plate.marks;
    for (let i = from; i < to; i++) {
      const at = middle[i];
      const {offsets, colour} = stamps[kind[i]];
      for (let j = 0; j < offsets.length; j++) pixels[at + offsets[j]] = colour[j];
    }
  }
}

/** @typedef {{offsets: Int32Array, colour: Uint32Array}} Stamp */

/** Where a layer's pixels lie from its middle on, on a plate. @param {import("./masks.js").Layer} layer @param {number} width @returns {Stamp} */
const toStamp = ({dx, dy, colour}, width) => ({offsets: Int32Array.from(dx, (x, i) => dy[i] * width + x), colour});
