/** The servers' panel: the herd as a graph, as a table, and link by link in words. */

import {draw, make, say, the} from "./dom.js";
import {drawGraph} from "./graph.js";
import {inWords} from "./herd.js";
import {edgeOf, pathOf} from "./looks.js";
import {count, counted, lead, rate} from "./words.js";

const CLOCK_IS_OFF = 10; // seconds, as the servers see it

export class Servers {
  /**
   * @param {import("./clients.js").Clients} clients @param {import("./rates.js").Rates} rates
   * @param {string} own the server that this page came from
   */
  constructor(clients, rates, own) {
    this.clients = clients;
    this.rates = rates;
    this.own = own;
    /** @type {import("./herd.js").Herd | null} */
    this.herd = null;
    this.panel = the("servers", HTMLElement);
    this.body = /** @type {HTMLElement} */ (the("server-table", HTMLElement).querySelector("tbody"));
    this.drawn = "";
    this.listed = "";
  }

  /** @param {import("./herd.js").Herd | null} herd */
  set(herd) {
    this.herd = herd;
    this.show();
  }

  /** Called every second, and when the herd was asked. */
  show() {
    if (this.panel.hidden) return;
    const names = this.herd ? this.herd.names : [...this.clients.looks.names].sort();
    const errors = this.herd && [...this.herd.servers].map(([, {error}]) => error);
    const state = JSON.stringify([names, this.herd?.edges, errors]);
    if (state !== this.drawn) this.draw(names);
    this.drawn = state;
    this.list(names);
  }

  /** @param {string[]} names */
  draw(names) {
    const {herd} = this;
    the("graph", HTMLElement).replaceChildren(drawGraph(names, herd, this.clients.looks));
    const words = herd ? inWords(herd) : "This server does not say how the others are.";
    say(the("graph-words", HTMLElement), words);
    the("link-list", HTMLElement).replaceChildren(...(herd?.edges ?? []).map(linkLine));
    the("links-title", HTMLElement).hidden = !herd?.edges.length;
  }

  /** @param {string[]} names */
  list(names) {
    const heard = this.heardBy();
    const rows = names.map((name) => this.wordsFor(name, heard.get(name) ?? 0));
    const listed = JSON.stringify(rows);
    if (listed !== this.listed) this.body.replaceChildren(...rows.map((words, i) => this.row(names[i], words)));
    this.listed = listed;
  }

  /** How many of the clients each server heard last. */
  heardBy() {
    const {end, here, server, looks} = this.clients;
    const counts = new Array(looks.names.length).fill(0);
    for (let row = 0; row < end; row++) if (here[row]) counts[server[row]]++;
    return new Map(looks.names.map((name, number) => [name, counts[number]]));
  }

  /** @param {string} name @param {number} heard */
  wordsFor(name, heard) {
    const server = this.herd?.servers.get(name);
    const down = Boolean(server?.error);
    const lags = (this.herd?.edges ?? [])
      .filter((edge) => edge.up && (edge.one === name || edge.other === name))
      .map((edge) => edge.lag ?? 0);
    const off = server?.clock_off;
    return {
      state: !server ? "not known" : down ? "down" : "up",
      clients: count(heard),
      rate: rate(this.rates.of(name)),
      lag: down || !lags.length ? "–" : count(Math.max(...lags)),
      clock: off === undefined || off === null ? "–" : lead(off),
      off: Math.abs(off ?? 0) > CLOCK_IS_OFF,
    };
  }

  /** @param {string} name @param {ReturnType<Servers["wordsFor"]>} words */
  row(name, {state, clients, rate, lag, clock, off}) {
    const label = make(
      "th",
      {scope: "row", title: name},
      make(
        "div",
        {class: "who"},
        this.icon(name),
        make("span", {class: "server"}, name),
        make("span", {class: "state"}, name === this.own ? `${state}, this one` : state),
      ),
    );
    const cells = [clients, rate, lag].map((words) => make("td", {}, words));
    return make(
      "tr",
      {class: state === "down" ? "down" : "up"},
      label,
      ...cells,
      make("td", {class: off ? "off" : ""}, clock),
    );
  }

  /** @param {string} name */
  icon(name) {
    const {shape, colour} = this.clients.looks.look(this.clients.looks.numberOf(name));
    const path = draw("path", {d: pathOf(shape, 5), fill: colour, stroke: edgeOf(colour)});
    return draw("svg", {class: "shape", viewBox: "-8 -8 16 16", "aria-hidden": "true"}, path);
  }
}

/** @param {import("./herd.js").Edge} edge */
function linkLine({one, other, up, lag}) {
  const state = !up ? "down" : lag ? `${count(lag)} on the way` : "up to date";
  return make(
    "li",
    {class: up ? "up" : "down"},
    make("span", {}, `${one} – ${other}`),
    make("span", {class: "state"}, state),
  );
}
