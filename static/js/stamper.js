/** Stamps clients onto a plate, as many rows at a time as it is told: one painting may be spread over frames. */

import {SILENT} from "./ages.js";
import {RIM} from "./masks.js";

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
    this.next = 0;
    this.drawn = 0;
    this.offsets = masks.map((mask) => Int32Array.from(mask.dx, (dx, i) => mask.dy[i] * plate.width + dx));
    plate.clear();
  }

  /** Stamp some rows, and tell whether there are more. @param {number} most */
  stamp(most) {
    const {pixels, rows, width, height} = this.plate;
    const {view, masks, offsets, now, clock} = this;
    const {motion, showSilent} = this.how;
    const {ageing, silent} = this.how.ages;
    const {x: xs, y: ys, time, server, here, shown, looks} = this.clients;
    const styles = looks.styles;
    const moving = motion.moving.size > 0;
    const world = view.world * view.ratio;
    const left = view.left * view.ratio;
    const top = view.top * view.ratio;
    const reach = masks[0].reach;
    const end = Math.min(this.clients.end, this.next + most);
    for (let row = this.next; row < end; row++) {
      if (!here[row] || !shown[row] || !time[row]) continue;
      const age = now - time[row];
      const state = age < ageing ? 0 : age < silent ? 1 : 2;
      if (state === SILENT && !showSilent) continue;
      let x = xs[row];
      let y = ys[row];
      if (moving) ({x, y} = motion.at(row, x, y, clock));
      const py = Math.round(y * world - top);
      if (py < reach || py >= height - reach) continue;
      // The world repeats: the first copy right of the canvas's left edge, and those after it.
      let px = x * world - left;
      px -= Math.floor(px / world) * world;
      const kind = styles[server[row]] * 3 + state;
      const offset = offsets[kind];
      const colour = masks[kind].colour;
      for (; px < width - reach; px += world) {
        const rounded = Math.round(px);
        if (rounded < reach || rounded >= width - reach) continue;
        const middle = py * width + rounded;
        for (let i = 0; i < offset.length; i++) {
          const at = middle + offset[i];
          const value = colour[i];
          // Soft edges would cut notches into the marks beneath: they are written on empty ground only.
          if (value >>> 24 > RIM || pixels[at] === 0) pixels[at] = value;
        }
        rows[middle] = row + 1;
        this.drawn++;
      }
    }
    this.next = end;
    return end < this.clients.end;
  }
}
