/** Meridians and parallels, at a spacing that fits the zoom, named at the view's edge where the map is close. */

import {toX, toY} from "./mercator.js";

const STEPS = [30, 20, 10, 5, 2, 1, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01]; // degrees
const WIDEST = 260; // CSS pixels between two meridians, at most

/**
 * @param {CanvasRenderingContext2D} context @param {import("./sheet.js").View} view
 * @param {import("./colours.js").Colours} palette
 */
export function drawGraticule(context, view, palette) {
  const step = STEPS.find((degrees) => (degrees / 360) * view.world <= WIDEST) ?? STEPS[STEPS.length - 1];
  context.beginPath();
  const west = (view.left / view.world - 0.5) * 360;
  const east = ((view.left + view.width) / view.world - 0.5) * 360;
  const top = Math.max(0, -view.top);
  const bottom = Math.min(view.height, view.world - view.top);
  for (let i = Math.ceil(west / step); i * step <= east; i++) {
    const x = Math.round(toX(i * step) * view.world - view.left) + 0.5;
    context.moveTo(x, top);
    context.lineTo(x, bottom);
  }
  for (let i = Math.ceil(-80 / step); i * step <= 80; i++) {
    const y = Math.round(toY(i * step) * view.world - view.top) + 0.5;
    if (y < 0 || y > view.height) continue;
    context.moveTo(0, y);
    context.lineTo(view.width, y);
  }
  context.strokeStyle = palette.graticule;
  context.lineWidth = 1;
  context.stroke();
}
