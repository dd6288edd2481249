/** Which colour and shape stands for which server: Okabe and Ito's colours, each with a shape of its own. */

import {isDark, mix} from "./colours.js";

/** @typedef {{colour: string, shape: string}} Look */

/** @type {Look[]} */
const LOOKS = [
  {colour: "#0072b2", shape: "disc"},
  {colour: "#e69f00", shape: "square"},
  {colour: "#009e73", shape: "triangle"},
  {colour: "#cc79a7", shape: "diamond"},
  {colour: "#d55e00", shape: "cross"},
  {colour: "#56b4e9", shape: "wedge"},
  {colour: "#b8a900", shape: "hexagon"},
];

/**
 * Each shape's corners for a radius of 1 (x right, y down); the disc has none. Areas are alike, so that no server
 * looks larger than another.
 * @type {Record<string, [number, number][]>}
 */
const CORNERS = {
  disc: [],
  square: [
    [-0.9, -0.9],
    [0.9, -0.9],
    [0.9, 0.9],
    [-0.9, 0.9],
  ],
  triangle: [
    [0, -1.3],
    [1.2, 0.85],
    [-1.2, 0.85],
  ],
  diamond: [
    [0, -1.3],
    [1.3, 0],
    [0, 1.3],
    [-1.3, 0],
  ],
  cross: [
    [-0.45, -1.2],
    [0.45, -1.2],
    [0.45, -0.45],
    [1.2, -0.45],
    [1.2, 0.45],
    [0.45, 0.45],
    [0.45, 1.2],
    [-0.45, 1.2],
    [-0.45, 0.45],
    [-1.2, 0.45],
    [-1.2, -0.45],
    [-0.45, -0.45],
  ],
  wedge: [
    [0, 1.3],
    [1.2, -0.85],
    [-1.2, -0.85],
  ],
  hexagon: [
    [-0.55, -1],
    [0.55, -1],
    [1.15, 0],
    [0.55, 1],
    [-0.55, 1],
    [-1.15, 0],
  ],
};

/** The edge of a mark, dark enough for any ground (3:1) where the colour alone is not. @param {string} colour */
export const edgeOf = (colour) => mix(colour, isDark() ? "#ffffff" : "#10202c", isDark() ? 0.2 : 0.4);

/** A shape as the path of an SVG. @param {string} shape @param {number} radius */
export function pathOf(shape, radius) {
  if (shape === "disc")
    return `M${-radius} 0a${radius} ${radius} 0 1 0 ${2 * radius} 0a${radius} ${radius} 0 1 0 ${-2 * radius} 0z`;
  return (
    "M" + CORNERS[shape].map(([x, y]) => `${(x * radius).toFixed(2)} ${(y * radius).toFixed(2)}`).join("L") + "z"
  );
}

/** Servers by number, in the order they were heard of; looks by name, so that every page shows the same. */
export class Looks {
  /** @param {string[]} names */
  constructor(names) {
    /** @type {string[]} */
    this.names = [];
    /** @type {Map<string, number>} */
    this.numbers = new Map();
    /** @type {number[]} */
    this.styles = []; // the position in LOOKS, by the server's number
    this.onChange = () => {};
    for (const name of names) this.numberOf(name);
  }

  /** @param {string} name */
  numberOf(name) {
    const known = this.numbers.get(name);
    if (known !== undefined) return known;
    this.numbers.set(name, this.names.length);
    this.names.push(name);
    [...this.names].sort().forEach((each, place) => {
      this.styles[/** @type {number} */ (this.numbers.get(each))] = place % LOOKS.length;
    });
    this.onChange();
    return this.names.length - 1;
  }

  /** @param {number} number @returns {Look} */
  look(number) {
    return LOOKS[this.styles[number] ?? 0];
  }

  static get all() {
    return LOOKS;
  }
}
