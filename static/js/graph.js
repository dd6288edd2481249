/** The herd as a picture: its servers around a circle, its links between them. */

import {draw} from "./dom.js";
import {inWords} from "./herd.js";
import {edgeOf, pathOf} from "./looks.js";
import {counted} from "./words.js";

const SIZE = {width: 288, height: 212, radius: 78};

/** @param {string[]} names @param {import("./herd.js").Herd | null} herd @param {import("./looks.js").Looks} looks */
export function drawGraph(names, herd, looks) {
  const {width, height} = SIZE;
  const places = placesOf(names);
  const lines = (herd?.edges ?? []).map(({one, other, up}) => {
    const [[x1, y1], [x2, y2]] = [one, other].map((name) => /** @type {[number, number]} */ (places.get(name)));
    return draw("line", {x1, y1, x2, y2, class: up ? "edge" : "edge down"});
  });
  const marks = names.map((name) => {
    const [x, y] = /** @type {[number, number]} */ (places.get(name));
    const {shape, colour} = looks.look(looks.numberOf(name));
    const down = Boolean(herd?.servers.get(name)?.error);
    const transform = `translate(${x} ${y})`;
    const mark = draw("path", {d: pathOf(shape, 10), transform, fill: colour, stroke: edgeOf(colour)});
    const label = draw("text", {x, y: y + 27}, down ? `${name}, down` : name);
    return draw("g", {class: down ? "node down" : "node"}, mark, label);
  });
  const label = herd ? inWords(herd) : counted(names.length, "server");
  return draw("svg", {viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label}, ...lines, ...marks);
}

/** @param {string[]} names @returns {Map<string, [number, number]>} */
function placesOf(names) {
  const {width, height, radius} = SIZE;
  return new Map(
    names.map((name, i) => {
      const turn = (2 * Math.PI * i) / Math.max(1, names.length) - Math.PI / 2;
      return [name, [width / 2 + 1.25 * radius * Math.cos(turn), height / 2 - 2 + radius * Math.sin(turn)]];
    }),
  );
}
