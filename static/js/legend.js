/** Which shape is which server, in a corner of the map; and what the ages look like, in the help. */

import {draw, make, the} from "./dom.js";
import {edgeOf, pathOf} from "./looks.js";

/** @param {import("./looks.js").Looks} looks */
export function showLegend(looks) {
  const names = [...looks.names].sort();
  the("legend", HTMLElement).replaceChildren(
    ...names.map((name) => {
      const {colour, shape} = looks.look(looks.numberOf(name));
      return make("li", {}, icon(shape, colour, edgeOf(colour)), name);
    }),
  );
}

/** @param {import("./ages.js").Ages} ages */
export function explainAges(ages) {
  const marks = [
    icon("disc", "#0072b2", "#0072b2"),
    icon("disc", "#8cbcd9", "#0072b2"),
    icon("disc", "none", "#0072b2"),
  ];
  the("ages", HTMLElement).replaceChildren(...ages.words().map((words, i) => make("li", {}, marks[i], words)));
}

/** @param {string} shape @param {string} fill @param {string} stroke */
const icon = (shape, fill, stroke) =>
  draw(
    "svg",
    {class: "shape", viewBox: "-8 -8 16 16", "aria-hidden": "true"},
    draw("path", {d: pathOf(shape, 5), fill, stroke}),
  );
