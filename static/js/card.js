/** The card of the selected client: where it is, who heard it, how to ask for it, what is near. */

import {copies} from "./copy.js";
import {draw, make, say, the} from "./dom.js";
import {encodeId, shellWord} from "./ids.js";
import {pathOf} from "./looks.js";
import {ago, moment, place, span} from "./words.js";

const CLOCK_OFF = 10; // seconds of skew that are worth a word

/** @typedef {{client: string, time: string, heard: string, skew: string, server: string}} Report */

export class Card {
  /**
   * @param {import("./clients.js").Clients} clients @param {import("./ages.js").Ages} ages
   * @param {{tcp: {host: string, port: number}}} settings
   * @param {{close: () => void, near: () => void, follow: (on: boolean) => void}} doing
   */
  constructor(clients, ages, settings, doing) {
    this.clients = clients;
    this.ages = ages;
    this.settings = settings;
    this.doing = doing;
    this.name = "";
    /** @type {Report | null} */
    this.report = null;
    this.box = the("card", HTMLElement);
    this.parts = this.build();
  }

  build() {
    const parts = {
      path: draw("path", {}),
      name: make("h2"),
      state: make("p", {class: "state"}),
      where: make("span", {id: "card-where"}),
      server: make("dd"),
      sent: make("dd"),
      heard: make("dd"),
      skew: make("dd"),
      nc: make("code", {id: "card-nc"}),
      curl: make("code", {id: "card-curl"}),
      near: make("div", {id: "near"}),
      follow: make(
        "button",
        {type: "button", class: "button small", "aria-pressed": "false", id: "follow"},
        "Follow",
      ),
      nearButton: make("button", {type: "button", class: "button small", id: "near-button"}, "What’s near"),
    };
    const close = make(
      "button",
      {type: "button", class: "button round close", "aria-label": "Close", title: "Close (Esc)"},
      "×",
    );
    close.onclick = () => this.doing.close();
    parts.follow.onclick = () => this.setFollow(parts.follow.getAttribute("aria-pressed") !== "true");
    parts.nearButton.onclick = () => this.doing.near();
    const icon = draw("svg", {class: "shape", viewBox: "-8 -8 16 16", "aria-hidden": "true"}, parts.path);
    const details = make(
      "dl",
      {},
      make("dt", {}, "Heard by"),
      parts.server,
      make("dt", {}, "Sent"),
      parts.sent,
      make("dt", {}, "Heard"),
      parts.heard,
      make("dt", {}, "Clock"),
      parts.skew,
    );
    this.box.append(
      make("div", {class: "title"}, icon, parts.name, close),
      parts.state,
      make(
        "div",
        {class: "line where"},
        parts.where,
        copyButton(() => this.coordinates()),
      ),
      details,
      make("div", {class: "doing"}, parts.nearButton, parts.follow),
      parts.near,
      make("details", {}, make("summary", {}, "Ask for it yourself"), codeLine(parts.nc), codeLine(parts.curl)),
    );
    return parts;
  }

  /** @param {string} name nobody where empty */
  select(name) {
    if (name !== this.name) {
      this.report = null;
      this.parts.near.replaceChildren();
      this.setFollow(false);
    }
    this.name = name;
    this.show();
  }

  /** @param {boolean} on */
  setFollow(on) {
    this.parts.follow.setAttribute("aria-pressed", String(on));
    say(this.parts.follow, on ? "Following" : "Follow");
    this.doing.follow(on);
  }

  /** What the server says beyond the feed. @param {Report} report */
  tell(report) {
    if (report.client !== this.name) return;
    this.report = report;
    this.show();
  }

  coordinates() {
    const row = this.clients.rows.get(this.name);
    return row === undefined ? "" : `${this.clients.latitudeOf(row)}, ${this.clients.longitudeOf(row)}`;
  }

  /** Called every second, and when the client moved. */
  show() {
    const {parts, clients} = this;
    const row = clients.rows.get(this.name);
    this.box.hidden = !this.name;
    document.body.classList.toggle("has-card", Boolean(this.name));
    if (!this.name) return;
    say(parts.name, this.name);
    this.lines();
    if (row === undefined || !clients.time[row]) {
      say(parts.state, "This server does not know this client (yet).");
      this.box.classList.add("unknown");
      return;
    }
    this.box.classList.remove("unknown");
    const {colour, shape} = clients.looks.look(clients.server[row]);
    const age = this.ages.now() - clients.time[row];
    const state = this.ages.state(age);
    this.box.dataset.age = String(state);
    parts.path.setAttribute("d", pathOf(shape, 5.5));
    parts.path.setAttribute("fill", state === 2 ? "none" : colour);
    parts.path.setAttribute("stroke", colour);
    say(parts.state, state === 2 ? `Silent: last heard ${ago(age)}` : `Last heard ${ago(age)}`);
    say(parts.where, place(clients.latitudeOf(row), clients.longitudeOf(row), 5));
    say(parts.server, clients.looks.names[clients.server[row]]);
    // The feed says whole seconds at once; the report's own digits come a little later, and stay together.
    const {report} = this;
    say(parts.sent, `${moment(report ? Number(report.time) : clients.time[row])}, by its own clock`);
    say(parts.heard, report ? moment(Number(report.heard)) : "…");
    say(parts.skew, report ? clockWords(Number(report.skew)) : clients.off[row] ? "off by more than 10 s" : "…");
  }

  /** The lines to copy. */
  lines() {
    const {host, port} = this.settings.tcp;
    say(this.parts.nc, `echo WHATSAT ${shellWord(this.name)} 10 5 | nc -N ${host.replace(/^\[|\]$/g, "")} ${port}`);
    say(this.parts.curl, `curl '${location.origin}/whatsat?client=${encodeId(this.name)}&radius=10&limit=5'`);
  }
}

/** @param {number} skew seconds that the server's clock was ahead when the report came */
function clockWords(skew) {
  const size = Math.abs(skew);
  if (size < 0.1) return `within ${size < 0.01 ? 0.01 : 0.1} s of its server’s`;
  const length = size < 10 ? `${size.toFixed(3)} s` : span(size);
  const side = skew < 0 ? "ahead of" : "behind";
  return size > CLOCK_OFF ? `${length} ${side} its server’s: off, or late` : `${length} ${side} its server’s`;
}

/** @param {() => string} text */
function copyButton(text) {
  const button = make("button", {type: "button", class: "copy"}, "Copy");
  copies(button, text);
  return button;
}

/** @param {HTMLElement} code */
const codeLine = (code) =>
  make(
    "div",
    {class: "line"},
    code,
    copyButton(() => code.textContent ?? ""),
  );
