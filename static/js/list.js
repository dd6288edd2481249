/** The list of clients, the map's twin for keyboards and screen readers: only the rows in sight are elements. */

import {say, the} from "./dom.js";
import {Order} from "./order.js";
import {HEIGHT, Row} from "./row.js";
import {count, counted} from "./words.js";

const SPARE = 6; // rows beyond what is in sight
const HOLD = 5000; // ms after the pointer last moved over it
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
    /** @type {import("./towns.js").Towns | null} */
    this.towns = null; // until the map has its names
    /** @type {"heard" | "name" | "server"} */
    this.by = "heard";
    this.rows = new Uint32Array(0);
    this.active = -1; // place of the keyboard's row
    this.selected = "";
    this.query = "";
    this.nextSort = 0;
    this.heldUntil = 0;
    this.timer = 0;
    this.box = the("list", HTMLElement);
    this.space = the("rows", HTMLElement);
    /** @type {Row[]} */
    this.slots = [];
    this.box.addEventListener("scroll", () => this.show(), {passive: true});
    this.box.addEventListener("keydown", (event) => this.onKey(event));
    this.space.addEventListener("click", (event) => this.onClick(event));
    this.box.addEventListener("pointermove", ({pointerType}) => this.hold(pointerType === "mouse" ? HOLD : 0));
    this.box.addEventListener("pointerleave", () => this.hold(0));
    new ResizeObserver(() => this.show()).observe(this.box);
  }

  /** Something changed: sort anew soon, the more clients the later. */
  changed() {
    if (this.timer || document.hidden) return;
    const wait = Math.max(this.nextSort, this.heldUntil) - performance.now();
    this.timer = window.setTimeout(() => this.sort(), Math.max(60, wait));
  }

  /** While somebody points at a row, it stays where it is. @param {number} milliseconds */
  hold(milliseconds) {
    this.heldUntil = milliseconds && performance.now() + milliseconds;
    if (!this.timer) return;
    clearTimeout(this.timer);
    this.timer = 0;
    this.changed();
  }

  /** Another order or another search: from the top. */
  restart() {
    this.box.scrollTop = 0;
    this.active = -1;
    this.sort();
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
      const at = needed
        ? first + ((((i - first) % this.slots.length) + this.slots.length) % this.slots.length)
        : -1;
      if (at < 0 || at >= last) slot.hide();
      else slot.fill(this, rows[at], at, now);
    });
    const marked = this.slots.find((slot) => slot.at === this.active && this.active >= 0);
    if (marked) box.setAttribute("aria-activedescendant", marked.element.id);
    else box.removeAttribute("aria-activedescendant");
    const some = this.query
      ? `${count(rows.length)} of ${counted(this.clients.count, "client")}`
      : counted(rows.length, "client");
    say(the("matches", HTMLElement), some);
    the("nobody", HTMLElement).hidden = rows.length > 0 || !this.query;
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
    const moves = {
      ArrowDown: this.active + 1,
      ArrowUp: this.active - 1,
      PageDown: this.active + page,
      PageUp: this.active - page,
      Home: 0,
      End: last,
    };
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
