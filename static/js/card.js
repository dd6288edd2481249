/** The card of the selected client: where it is, who heard it, how to ask for it, what is near. */

import {buildCard, fill} from "./cardparts.js";
import {say, the} from "./dom.js";
import {encodeId, shellWord} from "./ids.js";
import {edgeOf, pathOf} from "./looks.js";
import {ago, distance, moment, place, span} from "./words.js";

const NOT_YET = "This server does not know this client (yet).";
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
    this.lost = false; // whether it was known and is gone
    /** @type {import("./towns.js").Towns | null} */
    this.towns = null; // until the map has its names
    /** @type {Report | null} */
    this.report = null;
    this.box = the("card", HTMLElement);
    this.parts = buildCard(this.box, {
      close: () => this.close(),
      near: doing.near,
      follow: () => this.setFollow(this.parts.follow.getAttribute("aria-pressed") !== "true"),
      coordinates: () => this.coordinates(),
    });
  }

  /** @param {string} name nobody where empty */
  select(name) {
    if (name !== this.name) {
      this.report = null;
      this.lost = false;
      this.parts.near.replaceChildren();
      this.setFollow(false);
    }
    this.name = name;
    this.show();
  }

  close() {
    this.doing.close();
    the("list", HTMLElement).focus(); // not nowhere
  }

  /** @param {boolean} on */
  setFollow(on) {
    this.parts.follow.setAttribute("aria-pressed", String(on));
    say(this.parts.follow, on ? "Following" : "Follow");
    this.doing.follow(on);
  }

  /** The herd knows it no more. */
  lose() {
    this.report = null;
    this.lost = true;
    this.parts.near.replaceChildren();
  }

  /** What the server says beyond the feed. @param {Report} report */
  tell(report) {
    if (report.client !== this.name) return;
    this.report = report;
    this.show();
  }

  /** How long its way is, as far as it is drawn. @param {string} words none where empty */
  setTrail(words) {
    fill(this.parts.trail, words);
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
      say(parts.state, this.lost ? "Gone: forgotten, or silent for too long." : NOT_YET);
      this.box.classList.add("unknown");
      return;
    }
    this.box.classList.remove("unknown");
    this.lost = false;
    const {colour, shape} = clients.looks.look(clients.server[row]);
    const age = this.ages.now() - clients.time[row];
    const state = this.ages.state(age);
    this.box.dataset.age = String(state);
    parts.path.setAttribute("d", pathOf(shape, 5.5));
    parts.path.setAttribute("fill", state === 2 ? "none" : colour);
    parts.path.setAttribute("stroke", edgeOf(colour));
    say(parts.state, state === 2 ? `Silent: last heard ${ago(age)}` : `Last heard ${ago(age)}`);
    say(parts.where, place(clients.latitudeOf(row), clients.longitudeOf(row), 5));
    const town = this.towns?.near(clients.x[row], clients.y[row]);
    fill(parts.town, town ? `${town.name}, ${distance(town.km * 1000)}` : "");
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
