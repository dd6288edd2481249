/** What marks are stamped on: an image, and beside it which client's middle lies on which pixel. */

export class Plate {
  /** @param {number} width @param {number} height device pixels */
  constructor(width, height) {
    this.width = width;
    this.height = height;
    this.image = new ImageData(width, height);
    this.pixels = new Uint32Array(this.image.data.buffer);
    this.rows = new Int32Array(width * height); // row + 1; 0: nothing
  }

  clear() {
    this.pixels.fill(0);
    this.rows.fill(0);
  }

  /** The row at or next to a pixel, or -1. @param {number} cx @param {number} cy @param {number} reach pixels */
  nearest(cx, cy, reach) {
    let found = -1;
    let least = reach * reach + 1;
    for (let y = Math.max(0, cy - reach); y <= Math.min(this.height - 1, cy + reach); y++) {
      for (let x = Math.max(0, cx - reach); x <= Math.min(this.width - 1, cx + reach); x++) {
        const row = this.rows[y * this.width + x] - 1;
        const distance = (x - cx) ** 2 + (y - cy) ** 2;
        if (row >= 0 && distance < least) [found, least] = [row, distance];
      }
    }
    return found;
  }
}
