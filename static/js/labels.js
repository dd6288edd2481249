/** City names: the largest first, none over another, the same ones wherever the map is moved. */

const FONT = '11.5px system-ui, "Segoe UI", Roboto, "Helvetica Neue", "Liberation Sans", sans-serif';
const HEIGHT = 16; // CSS pixels
const SPACE = 26; // around a name, so that the map stays calm
const CELL = 128;

/** Thousands of people that a city needs to be named at a zoom. @param {number} zoom */
const needed = (zoom) => (zoom < 2.5 ? 7000 : zoom < 3.5 ? 3500 : zoom < 4.5 ? 1500 : zoom < 5.5 ? 700 : 0);

/** @typedef {import("./atlas.js").City & {width: number}} Label */

export class Labels {
  /** @param {import("./atlas.js").City[]} cities the largest first */
  constructor(cities) {
    this.cities = cities;
    /** @type {Label[] | null} */
    this.measured = null;
    /** @type {Map<number, Label[]>} */
    this.chosen = new Map();
  }

  /**
   * @param {CanvasRenderingContext2D} context @param {import("./sheet.js").View} view @param {number[]} copies
   * @param {import("./colours.js").Colours} palette
   */
  draw(context, view, copies, palette) {
    context.font = FONT;
    context.textBaseline = "middle";
    context.lineJoin = "round";
    this.measured ??= this.cities.map((city) => ({...city, width: context.measureText(city.name).width}));
    for (const copy of copies) {
      for (const city of this.at(view)) {
        const x = (city.x + copy) * view.world - view.left;
        const y = city.y * view.world - view.top;
        if (x < -city.width || y < -HEIGHT || x > view.width || y > view.height + HEIGHT) continue;
        context.fillStyle = palette.label;
        context.fillRect(Math.round(x) - 1, Math.round(y) - 1, 2.5, 2.5);
        context.lineWidth = 3;
        context.strokeStyle = palette.halo;
        context.strokeText(city.name, x + 7, y);
        context.fillText(city.name, x + 7, y);
      }
    }
  }

  /** The labels of a zoom, chosen once for the whole world. @param {import("./sheet.js").View} view */
  at(view) {
    let chosen = this.chosen.get(view.zoom);
    if (!chosen) this.chosen.set(view.zoom, (chosen = choose(this.measured ?? [], view.world, needed(view.zoom))));
    return chosen;
  }
}

/** @param {Label[]} labels @param {number} world @param {number} people */
function choose(labels, world, people) {
  /** @type {Map<string, [number, number, number, number][]>} */
  const taken = new Map();
  return labels.filter((label) => {
    if (label.people < people) return false;
    const [x, y] = [label.x * world, label.y * world];
    /** @type {[number, number, number, number]} */
    const box = [x - SPACE, y - HEIGHT / 2 - SPACE / 3, x + label.width + SPACE, y + HEIGHT / 2 + SPACE / 3];
    const cells = cellsOf(box);
    if (cells.some((cell) => taken.get(cell)?.some((other) => overlap(box, other)))) return false;
    for (const cell of cells) taken.set(cell, [...(taken.get(cell) ?? []), box]);
    return true;
  });
}

/** @param {[number, number, number, number]} box */
function cellsOf([west, north, east, south]) {
  const cells = [];
  for (let x = Math.floor(west / CELL); x <= east / CELL; x++) {
    for (let y = Math.floor(north / CELL); y <= south / CELL; y++) cells.push(`${x} ${y}`);
  }
  return cells;
}

/** @param {[number, number, number, number]} a @param {[number, number, number, number]} b */
const overlap = (a, b) => a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3];
