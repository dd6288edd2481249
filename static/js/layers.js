/** The menu of what the map shows. */

import {the} from "./dom.js";

/**
 * @param {import("./basemap.js").Basemap} basemap @param {import("./points.js").Points} points
 * @param {import("./tiles.js").Tiles} tiles @param {import("./overlay.js").Overlay} overlay
 */
export function makeLayers(basemap, points, tiles, overlay) {
  const menu = the("layers", HTMLElement);
  const button = the("layers-button", HTMLElement);
  /** @param {boolean} on */
  const show = (on) => {
    menu.hidden = !on;
    button.setAttribute("aria-expanded", String(on));
  };
  const ground = ["borders", "labels", "graticule"].map(
    (name) => /** @type {HTMLInputElement} */ (menu.querySelector(`[name=${name}]`)),
  );
  const coverGround = () => ground.forEach((choice) => (choice.disabled = tiles.shown));
  coverGround();
  button.onclick = () => show(menu.hidden);
  menu.addEventListener("change", ({target}) => {
    const {name, checked} = /** @type {HTMLInputElement} */ (target);
    if (name === "silent") points.showSilent = checked;
    else if (name === "tiles") tiles.show(checked);
    else if (name === "trail") overlay.showTrail(checked);
    else basemap.show[/** @type {keyof typeof basemap.show} */ (name)] = checked;
    coverGround();
    points.ask();
    basemap.sheet.ask();
  });
  const close = () => {
    if (menu.contains(document.activeElement)) button.focus();
    show(false);
  };
  return {isOpen: () => !menu.hidden, close};
}
