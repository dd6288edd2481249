/** One row of the list: an element that shows now this client, now that one. */

import {SILENT} from "./ages.js";
import {draw, make, say} from "./dom.js";
import {edgeOf, pathOf} from "./looks.js";
import {ago, place} from "./words.js";

export const HEIGHT = 52; // CSS pixels, as panel.css has it

export class Row {
  /** @param {HTMLElement} space @param {number} number */
  constructor(space, number) {
    this.at = -1;
    this.path = draw("path", {d: ""});
    this.name = make("span", {class: "name"});
    this.age = make("span", {class: "age"});
    this.meta = make("span", {class: "meta"});
    const icon = draw("svg", {class: "shape", viewBox: "-8 -8 16 16", "aria-hidden": "true"}, this.path);
    this.element = make(
      "div",
      {class: "row", role: "option", id: `client-${number}`},
      icon,
      this.name,
      this.age,
      this.meta,
    );
    space.append(this.element);
  }

  hide() {
    this.at = -1;
    this.element.hidden = true;
  }

  /** @param {import("./list.js").List} list @param {number} row @param {number} at @param {number} now */
  fill(list, row, at, now) {
    const {clients, ages, rows} = list;
    const {element} = this;
    if (!clients.here[row]) return this.hide();
    const name = /** @type {string} */ (clients.names[row]);
    const look = clients.looks.look(clients.server[row]);
    const age = now - clients.time[row];
    const state = ages.state(age);
    const server = clients.looks.names[clients.server[row]];
    if (this.at !== at) element.style.transform = `translateY(${at * HEIGHT}px)`;
    this.at = at;
    element.hidden = false;
    say(this.name, name);
    if (element.title !== name) element.title = name;
    say(this.age, ago(age));
    const town = list.towns?.near(clients.x[row], clients.y[row]);
    const where = town ? `near ${town.name}` : place(clients.latitudeOf(row), clients.longitudeOf(row));
    say(
      this.meta,
      `${where} · ${server}${clients.off[row] ? " · clock off" : ""}${state === SILENT ? " · silent" : ""}`,
    );
    set(element, "data-age", String(state));
    set(this.path, "d", pathOf(look.shape, 5));
    set(this.path, "fill", state === SILENT ? "none" : look.colour);
    set(this.path, "stroke", edgeOf(look.colour));
    set(element, "aria-selected", String(name === list.selected));
    set(element, "aria-setsize", String(rows.length));
    set(element, "aria-posinset", String(at + 1));
    element.classList.toggle("active", at === list.active);
  }
}

/** @param {Element} element @param {string} name @param {string} value */
function set(element, name, value) {
  if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}
