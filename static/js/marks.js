/** Marks to be stamped, in columns: which pixel is the middle, which mask, whose row. */

export class Marks {
  constructor() {
    this.room = 0;
    this.middle = new Uint32Array(0); // y * width + x of the plate
    this.kind = new Uint8Array(0); // which mask
    this.row = new Uint32Array(0);
  }

  /** Have room for so many; what was there is kept. @param {number} least */
  grow(least) {
    if (least <= this.room) return;
    this.room = Math.max(least, this.room * 2);
    const {middle, kind, row} = this;
    (this.middle = new Uint32Array(this.room)).set(middle);
    (this.kind = new Uint8Array(this.room)).set(kind);
    (this.row = new Uint32Array(this.room)).set(row);
  }
}
