/** What marks are stamped on: an image, and beside it where the middle of each mark lies, line by line. */

import {Marks} from "./marks.js";

export class Plate {
  /** @param {number} width @param {number} height device pixels */
  constructor(width, height) {
    this.width = width;
    this.height = height;
    this.image = new ImageData(width, height);
    this.pixels = new Uint32Array(this.image.data.buffer);
    this.marks = new Marks();
    // The marks of line y are those from lines[y] to lines[y + 1]; while they are sorted one place further on.
    this.lines = new Uint32Array(height + 2);
  }

  clear() {
    this.pixels.fill(0);
    this.lines.fill(0);
  }

  /** The row of the mark at or next to a pixel, or -1. @param {number} cx @param {number} cy @param {number} reach pixels */
  nearest(cx, cy, reach) {
    const {width, height, lines} = this;
    const {middle, row} = this.marks;
    let found = -1;
    let least = reach * reach + 1;
    for (let y = Math.max(0, cy - reach); y <= Math.min(height - 1, cy + reach); y++) {
      for (let i = lines[y]; i < lines[y + 1]; i++) {
        const distance = (middle[i] - y * width - cx) ** 2 + (y - cy) ** 2;
        if (distance < least) [found, least] = [row[i], distance];
      }
    }
    return found;
  }
}
