/** The servers' panel: the herd as a graph, as a table, and link by link in words. */

import {draw, make, say, the} from "./dom.js";
import {pathOf} from "./looks.js";
import {inWords} from "./herd.js";
import {count, counted} from "./words.js";

const SIZE = {width: 288, height: 212, radius: 78};

export class Servers {
  /** @param {import("./clients.js").Clients} clients @param {string} own the server that this page came from */
  constructor(clients, own) {
    this.clients = clients;
    this.own = own;
    /** @type {import("./herd.js").Herd | null} */
    this.herd = null;
    this.panel = the("servers", HTMLElement);
    this.drawn = "";
  }

  /** @param {import("./herd.js").Herd | null} herd */
  set(herd) {
    this.herd = herd;
    this.show();
  }

  show() {
    if (this.panel.hidden) return;
    const heard = this.heardBy();
    const names = this.herd ? this.herd.names : [...this.clients.looks.names].sort();
    const state = JSON.stringify([
      names,
      heard,
      this.herd?.edges,
      this.herd && [...this.herd.servers].map(([, {error}]) => error),
    ]);
    if (state === this.drawn) return;
    this.drawn = state;
    the("graph", HTMLElement).replaceChildren(this.graph(names));
    say(
      the("graph-words", HTMLElement),
      this.herd ? inWords(this.herd) : "This server does not say how the others are.",
    );
    const body = /** @type {HTMLElement} */ (the("server-table", HTMLElement).querySelector("tbody"));
    body.replaceChildren(...names.map((name) => this.row(name, heard.get(name) ?? 0)));
    const links = the("link-list", HTMLElement);
    links.replaceChildren(...(this.herd?.edges ?? []).map((edge) => linkLine(edge)));
    the("links-title", HTMLElement).hidden = !this.herd;
  }

  /** How many of the clients each server heard last. */
  heardBy() {
    const {end, here, server, looks} = this.clients;
    const counts = new Array(looks.names.length).fill(0);
    for (let row = 0; row < end; row++) if (here[row]) counts[server[row]]++;
    return new Map(looks.names.map((name, number) => [name, counts[number]]));
  }

  /** @param {string} name @param {number} heard */
  row(name, heard) {
    const server = this.herd?.servers.get(name);
    const down = Boolean(server?.error);
    const words = !server ? "?" : down ? "down" : "up";
    const lags = (this.herd?.edges ?? [])
      .filter((edge) => edge.up && (edge.one === name || edge.other === name))
      .map((edge) => edge.lag ?? 0);
    const lag = down || !lags.length ? "–" : count(Math.max(...lags));
    const label = make("th", {scope: "row"}, this.icon(name), name === this.own ? `${name} (this one)` : name);
    return make(
      "tr",
      {class: down ? "down" : "up"},
      label,
      make("td", {class: "state"}, words),
      make("td", {}, count(heard)),
      make("td", {}, lag),
    );
  }

  /** @param {string} name */
  icon(name) {
    const look = this.clients.looks.look(this.clients.looks.numberOf(name));
    return draw(
      "svg",
      {class: "shape", viewBox: "-8 -8 16 16", "aria-hidden": "true"},
      draw("path", {d: pathOf(look.shape, 5), fill: look.colour, stroke: look.colour}),
    );
  }

  /** @param {string[]} names */
  graph(names) {
    const {width, height, radius} = SIZE;
    /** @type {Map<string, [number, number]>} */
    const places = new Map(
      names.map((name, i) => {
        const turn = (2 * Math.PI * i) / Math.max(1, names.length) - Math.PI / 2;
        return [name, [width / 2 + 1.25 * radius * Math.cos(turn), height / 2 - 2 + radius * Math.sin(turn)]];
      }),
    );
    const lines = (this.herd?.edges ?? []).map(({one, other, up}) => {
      const [[x1, y1], [x2, y2]] = [one, other].map((name) => /** @type {[number, number]} */ (places.get(name)));
      return draw("line", {x1, y1, x2, y2, class: up ? "edge" : "edge down"});
    });
    const marks = names.map((name) => {
      const [x, y] = /** @type {[number, number]} */ (places.get(name));
      const look = this.clients.looks.look(this.clients.looks.numberOf(name));
      const down = Boolean(this.herd?.servers.get(name)?.error);
      const mark = draw("path", {
        d: pathOf(look.shape, 10),
        transform: `translate(${x} ${y})`,
        fill: look.colour,
        stroke: look.colour,
      });
      return draw(
        "g",
        {class: down ? "node down" : "node"},
        mark,
        draw("text", {x, y: y + 27}, down ? `${name}, down` : name),
      );
    });
    const label = this.herd ? inWords(this.herd) : counted(names.length, "server");
    return draw("svg", {viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label}, ...lines, ...marks);
  }
}

/** @param {import("./herd.js").Edge} edge */
function linkLine({one, other, up, lag}) {
  const state = !up ? "down" : lag ? `${counted(lag, "change")} behind` : "up to date";
  return make(
    "li",
    {class: up ? "up" : "down"},
    make("span", {}, `${one} – ${other}`),
    make("span", {class: "state"}, state),
  );
}
