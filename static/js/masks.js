/** Marks rasterised once: for each server's look and each age the pixels to write, and where. */

import {AGEING, FRESH, SILENT} from "./ages.js";
import {isDark, mix} from "./colours.js";
import {Looks, pathOf} from "./looks.js";

const RIM = 200; // of 255: pixels with no more alpha than this are soft edges
const SOFT_IN_SMALL = 70; // likewise, for marks of which there are very many: their cost is in their pixels
const FAINT = 24; // of 255: pixels with less alpha than this are left out

/**
 * Soft edges stand apart: stamped over another mark they would cut a notch into it.
 * @typedef {{dx: Int16Array, dy: Int16Array, colour: Uint32Array}} Layer
 * @typedef {{soft: Layer, solid: Layer, reach: number}} Mask
 */

/**
 * All masks of one size, by look * 3 + age.
 * @param {number} radius CSS pixels
 * @param {number} ratio device pixels a CSS pixel
 * @param {boolean} live false: all grey, as nothing here is certain
 * @param {import("./colours.js").Colours} colours
 * @returns {Mask[]}
 */
export function makeMasks(radius, ratio, live, colours) {
  return Looks.all.flatMap(({colour, shape}) =>
    [FRESH, AGEING, SILENT].map((age) =>
      rasterise(shape, live ? colour : colours.offline, age, radius, ratio, colours),
    ),
  );
}

/**
 * @param {string} shape @param {string} colour @param {number} age @param {number} radius @param {number} ratio
 * @param {import("./colours.js").Colours} colours
 * @returns {Mask}
 */
function rasterise(shape, colour, age, radius, ratio, colours) {
  const reach = Math.ceil((radius * 1.3 + 2) * ratio);
  const side = 2 * reach + 1;
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = side;
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d", {willReadFrequently: true}));
  context.translate(reach + 0.5, reach + 0.5);
  context.scale(ratio, ratio);
  context.lineJoin = "round";
  const path = new Path2D(pathOf(shape, radius));
  const rim = isDark() ? mix(colour, "#ffffff", 0.12) : mix(colour, "#10202c", 0.3);
  if (radius >= 2) stroke(context, path, colours.edge, 3); // half of it lies outside the mark
  if (age === SILENT) {
    context.globalCompositeOperation = "destination-out";
    context.fill(path);
    context.globalCompositeOperation = "source-over";
    context.globalAlpha = 0.35;
    context.fillStyle = colours.edge;
    context.fill(path);
    context.globalAlpha = 1;
    stroke(context, path, rim, radius >= 2 ? 1.4 : 1);
  } else {
    context.fillStyle = age === FRESH ? colour : mix(colour, isDark() ? "#1c242c" : "#ffffff", 0.55);
    context.fill(path);
    if (radius >= 2) stroke(context, path, rim, 0.9);
  }
  return collect(context.getImageData(0, 0, side, side), reach, radius < 2 ? SOFT_IN_SMALL : FAINT);
}

/** @param {CanvasRenderingContext2D} context @param {Path2D} path @param {string} colour @param {number} width */
function stroke(context, path, colour, width) {
  context.strokeStyle = colour;
  context.lineWidth = width;
  context.stroke(path);
}

/** @param {ImageData} image @param {number} reach @param {number} least @returns {Mask} */
function collect(image, reach, least) {
  const pixels = new Uint32Array(image.data.buffer);
  /** @param {(alpha: number) => boolean} wanted @returns {Layer} */
  const layer = (wanted) => {
    const kept = [...pixels.keys()].filter((at) => wanted(pixels[at] >>> 24));
    return {
      dx: Int16Array.from(kept, (at) => (at % image.width) - reach),
      dy: Int16Array.from(kept, (at) => Math.floor(at / image.width) - reach),
      colour: Uint32Array.from(kept, (at) => pixels[at]),
    };
  };
  return {
    soft: layer((alpha) => alpha >= least && alpha <= RIM),
    solid: layer((alpha) => alpha >= least && alpha > RIM),
    reach,
  };
}
