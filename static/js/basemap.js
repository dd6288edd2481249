/** The ground of the map: land, borders, graticule and city names, drawn from data that the server itself sends. */

import {loadCities, loadCoast} from "./atlas.js";
import {colours, onScheme} from "./colours.js";
import {drawGraticule} from "./graticule.js";
import {Labels} from "./labels.js";
import {Sheet} from "./sheet.js";

const FINE_FROM = 3; // the zoom from which the finer coast is drawn
const LEAST_STEP = 0.5; // CSS pixels: points closer to the last one are passed over

export class Basemap {
  /** @param {LMap} map */
  constructor(map) {
    this.show = {borders: true, labels: true, graticule: true};
    /** @type {import("./atlas.js").Coast | null} */
    this.coarse = null;
    /** @type {import("./atlas.js").Coast | null} */
    this.fine = null;
    this.fineAsked = false;
    this.onCities = (/** @type {import("./atlas.js").City[]} */ _) => {}; // called once they are here
    /** @type {Labels | null} */
    this.labels = null;
    this.sheet = new Sheet(
      map,
      "ground",
      200,
      (canvas, view) => this.paint(canvas, view),
      () => window.devicePixelRatio || 1,
    );
    onScheme(() => this.sheet.ask());
  }

  /** Fetch what is drawn at once. */
  async load() {
    this.coarse = await loadCoast("110m");
    this.sheet.ask();
    const cities = await loadCities();
    this.labels = new Labels(cities);
    this.onCities(cities);
    this.sheet.ask();
  }

  async loadFine() {
    this.fineAsked = true;
    try {
      this.fine = await loadCoast("50m");
      this.sheet.ask();
    } catch {
      this.fineAsked = false; // with the next zoom, then
    }
  }

  /** @param {HTMLCanvasElement} canvas @param {import("./sheet.js").View} view */
  paint(canvas, view) {
    const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    const palette = colours();
    context.setTransform(view.ratio, 0, 0, view.ratio, 0, 0);
    context.clearRect(0, 0, view.width, view.height);
    if (view.zoom >= FINE_FROM && !this.fineAsked) this.loadFine();
    const coast = (view.zoom >= FINE_FROM && this.fine) || this.coarse;
    const copies = copiesIn(view);
    if (coast) {
      context.beginPath();
      for (const copy of copies) for (const line of coast.land) trace(context, line, view, copy, true);
      context.fillStyle = palette.land;
      context.fill("evenodd");
    }
    if (this.show.graticule) drawGraticule(context, view, palette);
    if (coast) {
      context.lineJoin = "round";
      context.beginPath();
      for (const copy of copies) for (const line of coast.land) trace(context, line, view, copy, false);
      stroke(context, palette.coast, 1);
      if (this.show.borders) {
        context.beginPath();
        for (const copy of copies) for (const line of coast.borders) trace(context, line, view, copy, false);
        stroke(context, palette.border, view.zoom < 4 ? 0.8 : 1.1);
      }
    }
    if (this.show.labels && this.labels) this.labels.draw(context, view, copies, palette);
  }
}

/** @param {CanvasRenderingContext2D} context @param {string} colour @param {number} width */
function stroke(context, colour, width) {
  context.strokeStyle = colour;
  context.lineWidth = width;
  context.stroke();
}

/** Which copies of the world the canvas shows: 0 is the one around Greenwich. @param {import("./sheet.js").View} view */
function copiesIn(view) {
  const first = Math.floor(view.left / view.world);
  const last = Math.floor((view.left + view.width) / view.world);
  return Array.from({length: last - first + 1}, (_, i) => first + i);
}

/**
 * Add a ring or line to the path, unless it is out of sight.
 * @param {CanvasRenderingContext2D} context @param {import("./atlas.js").Line} line
 * @param {import("./sheet.js").View} view @param {number} copy
 * @param {boolean} filled a stroke leaves out the edges of the world, where rings were cut
 */
function trace(context, line, view, copy, filled) {
  const {world} = view;
  const left = view.left - copy * world;
  const {points} = line;
  if (line.east * world < left || line.west * world > left + view.width) return;
  if (line.south * world < view.top || line.north * world > view.top + view.height) return;
  let lastX = points[0] * world - left;
  let lastY = points[1] * world - view.top;
  context.moveTo(lastX, lastY);
  const last = points.length - 2;
  for (let i = 2; i <= last; i += 2) {
    const x = points[i] * world - left;
    const y = points[i + 1] * world - view.top;
    if (i < last && Math.abs(x - lastX) < LEAST_STEP && Math.abs(y - lastY) < LEAST_STEP) continue;
    if (!filled && alongTheEdge(points, i)) context.moveTo(x, y);
    else context.lineTo(x, y);
    lastX = x;
    lastY = y;
  }
  if (filled) context.closePath();
}

/** @param {Float64Array} points @param {number} i */
function alongTheEdge(points, i) {
  const [x, before] = [points[i], points[i - 2]];
  return (x === before && (x === 0 || x === 1)) || (points[i + 1] > 0.9999 && points[i - 1] > 0.9999);
}
