/** The menu of what the map shows. */

import {the} from "./dom.js";

/** @param {import("./basemap.js").Basemap} basemap @param {import("./points.js").Points} points */
export function makeLayers(basemap, points) {
  const menu = the("layers", HTMLElement);
  const button = the("layers-button", HTMLElement);
  /** @param {boolean} on */
  const show = (on) => {
    menu.hidden = !on;
    button.setAttribute("aria-expanded", String(on));
  };
  button.onclick = () => show(menu.hidden);
  menu.addEventListener("change", ({target}) => {
    const {name, checked} = /** @type {HTMLInputElement} */ (target);
    if (name === "silent") points.showSilent = checked;
    else basemap.show[/** @type {keyof typeof basemap.show} */ (name)] = checked;
    points.ask();
    basemap.sheet.ask();
  });
  return {isOpen: () => !menu.hidden, close: () => show(false)};
}
