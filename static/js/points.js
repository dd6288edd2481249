/**
 * All clients as marks, stamped pixel by pixel into one image: 60 frames a second with 100,000 of them.
 *
 * Per painting the image is cleared, a precomputed mask is written for each client in sight, and the image is put on
 * the canvas in one call. Many marks are stamped over several frames onto a second plate, which then takes the place
 * of the first: so no frame of the screen waits for them.
 */

import {colours, onScheme} from "./colours.js";
import {makeMasks} from "./masks.js";
import {Motion} from "./motion.js";
import {Plate} from "./plate.js";
import {Sheet} from "./sheet.js";
import {Stamper} from "./stamper.js";

const MANY = 20_000; // from here on CSS pixels are enough, also on fine screens
const FEW = 2_000;
const AT_ONCE = 8_000; // marks that fit into one frame beside everything else
const BUDGET = 4; // ms a frame for stamping, beyond that
const NEAR_ENOUGH = 7; // CSS pixels around the pointer in which a mark is found

export class Points {
  /**
   * @param {LMap} map
   * @param {import("./clients.js").Clients} clients
   * @param {import("./ages.js").Ages} ages
   */
  constructor(map, clients, ages) {
    this.clients = clients;
    this.ages = ages;
    this.motion = new Motion();
    this.live = true;
    this.showSilent = true;
    this.drawn = 0; // marks in sight of the last painting
    this.paintings = 0;
    this.cost = 0; // ms of the last painting, in all its frames
    /** @type {Map<string, import("./masks.js").Mask[]>} */
    this.masks = new Map();
    this.front = new Plate(1, 1); // what is shown
    this.back = new Plate(1, 1); // what is being stamped
    this.round = 0; // the animation frame that goes on with the painting under way
    this.again = false; // something changed since it began
    clients.onMove = (row, x, y) => this.motion.start(row, x, y, clients);
    onScheme(() => (this.masks.clear(), this.ask()));
    this.sheet = new Sheet(
      map,
      "points",
      420,
      (canvas, view) => this.paint(canvas, view),
      () => this.ratio(),
    );
  }

  /** Something changed: paint soon. */
  ask() {
    const {view} = this.sheet;
    if (this.clients.count <= AT_ONCE || !view || view.ratio !== this.ratio()) return this.sheet.ask();
    this.again = true;
    if (!this.round && !document.hidden) this.startRound(view);
  }

  /** @param {boolean} live false: what is shown may have changed since */
  setLive(live) {
    if (live !== this.live) {
      this.live = live;
      this.ask();
    }
  }

  ratio() {
    return this.clients.count < MANY ? Math.min(3, window.devicePixelRatio || 1) : 1;
  }

  /** The masks for so many marks, made once for each size. @param {number} ratio */
  masksFor(ratio) {
    const count = this.clients.count;
    const radius = count < FEW ? 4.5 : count < MANY ? 2.5 : 1.5;
    const key = `${radius} ${ratio} ${this.live}`;
    let masks = this.masks.get(key);
    if (!masks) this.masks.set(key, (masks = makeMasks(radius, ratio, this.live, colours())));
    return masks;
  }

  /** @param {import("./sheet.js").View} view */
  prepare(view) {
    const {width, height} = this.sheet.canvas;
    if (this.back.width !== width || this.back.height !== height) this.back = new Plate(width, height);
    return new Stamper(this.back, view, this.masksFor(view.ratio), this.clients, this);
  }

  /** Paint at once: few marks, or a view that the canvas does not cover. @param {HTMLCanvasElement} _ @param {import("./sheet.js").View} view */
  paint(_, view) {
    cancelAnimationFrame(this.round);
    this.round = 0;
    this.again = false;
    const begun = performance.now();
    const stamper = this.prepare(view);
    while (stamper.step());
    this.put(stamper, performance.now() - begun);
  }

  /** Paint over several frames. @param {import("./sheet.js").View} view */
  startRound(view) {
    /** @type {Stamper | null} */
    let stamper = null;
    let cost = 0;
    const go = () => {
      this.round = 0;
      if (this.sheet.zooming || document.hidden) return; // the end of the zoom paints
      const begun = performance.now();
      if (!stamper) {
        this.again = false;
        stamper = this.prepare(view);
      }
      let more = true;
      while (more && performance.now() - begun < BUDGET) more = stamper.step();
      cost += performance.now() - begun;
      if (more) this.round = requestAnimationFrame(go);
      else {
        this.put(stamper, cost);
        if (this.again && this.sheet.view) this.startRound(this.sheet.view);
      }
    };
    this.round = requestAnimationFrame(go);
  }

  /** Show what was stamped. @param {Stamper} stamper @param {number} cost */
  put(stamper, cost) {
    [this.front, this.back] = [this.back, this.front];
    const begun = performance.now();
    const context = /** @type {CanvasRenderingContext2D} */ (this.sheet.canvas.getContext("2d"));
    context.putImageData(this.front.image, 0, 0);
    this.cost = cost + performance.now() - begun;
    this.drawn = stamper.drawn;
    this.paintings++;
    if (this.motion.moving.size) this.ask();
  }

  /** The row of the mark at or near a point of the view, or -1. @param {number} x @param {number} y CSS pixels */
  pick(x, y) {
    const {view} = this.sheet;
    const at = this.sheet.fromView(x, y);
    if (!at || !view) return -1;
    const row = this.front.nearest(
      Math.round(at.x * view.ratio),
      Math.round(at.y * view.ratio),
      Math.round(NEAR_ENOUGH * view.ratio),
    );
    return row >= 0 && this.clients.here[row] ? row : -1;
  }
}
