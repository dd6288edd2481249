/** The list of clients, the map's twin for keyboards and screen readers: only the rows in sight are elements. */

import {SILENT} from "./ages.js";
import {draw, make, say, the} from "./dom.js";
import {pathOf} from "./looks.js";
import {Order} from "./order.js";
import {ago, count, counted, place} from "./words.js";

const HEIGHT = 52; // CSS pixels of a row, as panel.css has it
const SPARE = 6; // rows beyond what is in sight
const HIGHEST = 15_000_000; // CSS pixels an element may be high in every browser

export class List {
  /**
   * @param {import("./clients.js").Clients} clients @param {import("./ages.js").Ages} ages
   * @param {(name: string) => void} onChoose
   */
  constructor(clients, ages, onChoose) {
    this.clients = clients;
    this.ages = ages;
    this.onChoose = onChoose;
    this.order = new Order(clients);
    /** @type {"heard" | "name" | "server"} */
    this.by = "heard";
    this.rows = new Uint32Array(0);
    this.active = -1; // place of the keyboard's row
    this.selected = "";
    this.query = "";
    this.nextSort = 0;
    this.timer = 0;
    this.box = the("list", HTMLElement);
    this.space = the("rows", HTMLElement);
    /** @type {Row[]} */
    this.slots = [];
    this.box.addEventListener("scroll", () => this.show(), {passive: true});
    this.box.addEventListener("keydown", (event) => this.onKey(event));
    this.space.addEventListener("click", (event) => this.onClick(event));
    new ResizeObserver(() => this.show()).observe(this.box);
  }

  /** Something changed: sort anew soon, the more clients the later. */
  changed() {
    if (this.timer || document.hidden) return;
    this.timer = window.setTimeout(() => this.sort(), Math.max(60, this.nextSort - performance.now()));
  }

  sort() {
    clearTimeout(this.timer);
    this.timer = 0;
    const begun = performance.now();
    const held = this.active >= 0 ? this.clients.names[this.rows[this.active]] : undefined;
    this.rows = this.order.sort(this.by);
    if (held !== undefined) this.active = this.rows.indexOf(this.clients.rows.get(held) ?? -1);
    const cost = performance.now() - begun;
    this.nextSort = begun + 300 + 30 * cost; // at most some 3% of the time goes into sorting
    this.space.style.height = Math.min(HIGHEST, this.rows.length * HEIGHT) + "px";
    this.show();
  }

  /** Fill the rows in sight; also what the timer does for the ages. */
  show() {
    const {box, rows} = this;
    if (!box.clientHeight) return;
    const first = Math.max(0, Math.floor(box.scrollTop / HEIGHT) - SPARE);
    const last = Math.min(rows.length, Math.ceil((box.scrollTop + box.clientHeight) / HEIGHT) + SPARE);
    const now = this.ages.now();
    const needed = last - first;
    while (this.slots.length < needed) this.slots.push(new Row(this.space, this.slots.length));
    // A row keeps its element while it stays in sight, so that hovering and reading are not disturbed.
    this.slots.forEach((slot, i) => {
      const at = needed ? first + ((((i - first) % this.slots.length) + this.slots.length) % this.slots.length) : -1;
      if (at < 0 || at >= last) slot.hide();
      else slot.fill(this, rows[at], at, now);
    });
    const marked = this.slots.find((slot) => slot.at === this.active && this.active >= 0);
    if (marked) box.setAttribute("aria-activedescendant", marked.element.id);
    else box.removeAttribute("aria-activedescendant");
    const some = this.query ? `${count(rows.length)} of ${counted(this.clients.count, "client")}` : counted(rows.length, "client");
    say(the("matches", HTMLElement), some);
  }

  /** @param {string} name */
  select(name) {
    this.selected = name;
    this.show();
  }

  /** @param {MouseEvent} event */
  onClick(event) {
    const element = event.target instanceof Element ? event.target.closest(".row") : null;
    const slot = this.slots.find((each) => each.element === element);
    if (slot) this.choose(slot.at);
  }

  /** @param {number} at */
  choose(at) {
    const name = this.clients.names[this.rows[at]];
    if (name === undefined) return;
    this.active = at;
    this.onChoose(name);
  }

  /** @param {KeyboardEvent} event */
  onKey(event) {
    const page = Math.max(1, Math.floor(this.box.clientHeight / HEIGHT) - 1);
    const last = this.rows.length - 1;
    /** @type {Record<string, number>} */
    const moves = {ArrowDown: this.active + 1, ArrowUp: this.active - 1, PageDown: this.active + page,
      PageUp: this.active - page, Home: 0, End: last};
    if (event.key === "Enter" || event.key === " ") this.choose(this.active);
    else if (event.key in moves) this.activate(Math.max(0, Math.min(last, moves[event.key])));
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** @param {number} at */
  activate(at) {
    this.active = at;
    const {box} = this;
    if (at * HEIGHT < box.scrollTop) box.scrollTop = at * HEIGHT;
    if ((at + 1) * HEIGHT > box.scrollTop + box.clientHeight) box.scrollTop = (at + 1) * HEIGHT - box.clientHeight;
    this.show();
  }
}

class Row {
  /** @param {HTMLElement} space @param {number} number */
  constructor(space, number) {
    this.at = -1;
    this.path = draw("path", {d: ""});
    this.name = make("span", {class: "name"});
    this.age = make("span", {class: "age"});
    this.meta = make("span", {class: "meta"});
    const icon = draw("svg", {class: "shape", viewBox: "-8 -8 16 16", "aria-hidden": "true"}, this.path);
    this.element = make("div", {class: "row", role: "option", id: `client-${number}`}, icon, this.name, this.age, this.meta);
    space.append(this.element);
  }

  hide() {
    this.at = -1;
    this.element.hidden = true;
  }

  /** @param {List} list @param {number} row @param {number} at @param {number} now */
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
    const where = place(clients.latitudeOf(row), clients.longitudeOf(row));
    say(this.meta, `${where} · ${server}${clients.off[row] ? " · clock off" : ""}${state === SILENT ? " · silent" : ""}`);
    set(element, "data-age", String(state));
    set(this.path, "d", pathOf(look.shape, 5));
    set(this.path, "fill", state === SILENT ? "none" : look.colour);
    set(this.path, "stroke", look.colour);
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
