/** The client that is selected: its card, its halo and trail, and the map that follows it. */

import {Card} from "./card.js";
import {askForClient} from "./details.js";
import {showPlace} from "./map.js";
import {showNear} from "./near.js";
import {Overlay} from "./overlay.js";
import {distance} from "./words.js";

const DETAILS_EVERY = 2000; // ms between two questions about it while it moves

export class Chosen {
  /**
   * @param {LMap} map @param {import("./clients.js").Clients} clients @param {import("./ages.js").Ages} ages
   * @param {{tcp: {host: string, port: number}}} settings @param {() => void} onChange
   */
  constructor(map, clients, ages, settings, onChange) {
    this.map = map;
    this.clients = clients;
    this.onChange = onChange;
    this.name = ""; // nobody's where empty
    this.following = false;
    this.lastAsked = 0;
    this.askedAbout = ""; // which of its reports
    this.remembered = false; // whether the server's memory of its way is drawn
    this.overlay = new Overlay(map);
    this.card = new Card(clients, ages, settings, {
      close: () => this.choose(""),
      near: () => this.near(),
      follow: (on) => (this.following = on),
    });
    map.on("dragstart", () => this.following && this.card.setFollow(false));
  }

  /** @param {string} name @param {boolean} [go] bring it into sight */
  choose(name, go = false) {
    if (name !== this.name) {
      this.overlay.forget();
      this.lastAsked = 0;
      this.askedAbout = "";
      this.remembered = false;
    }
    this.name = name;
    this.card.select(name);
    const at = this.place();
    if (at && go) showPlace(this.map, ...at);
    this.refresh();
    this.onChange();
  }

  /** Where it is, in degrees, latitude first; null where that is not known. @returns {[number, number] | null} */
  place() {
    const {rows, time} = this.clients;
    const row = rows.get(this.name);
    return row === undefined || !time[row] ? null : [this.clients.latitudeOf(row), this.clients.longitudeOf(row)];
  }

  /** Show it as it is now. */
  refresh() {
    const at = this.place();
    this.overlay.mark(at);
    if (!this.name || document.hidden) return;
    this.card.show();
    this.tellTrail();
    if (!at) return;
    if (this.following) this.map.panTo(at, {animate: this.map.options.zoomAnimation});
    this.ask();
  }

  /** The herd knows a client no more: nor does the map know its way. @param {string} name */
  lose(name) {
    if (name !== this.name) return;
    this.overlay.forget();
    this.askedAbout = "";
    this.remembered = false;
    this.card.lose();
  }

  tellTrail() {
    this.card.setTrail(this.overlay.trail.length > 1 ? distance(this.overlay.walked()) : "");
  }

  /** Ask for the whole of its newest report, and at first for its trail. */
  async ask() {
    const {name} = this;
    const row = /** @type {number} */ (this.clients.rows.get(name));
    const report = `${name} ${this.clients.time[row]} ${this.place()}`;
    if (report === this.askedAbout || Date.now() - this.lastAsked < DETAILS_EVERY) return;
    this.lastAsked = Date.now();
    this.askedAbout = report;
    const details = await askForClient(name);
    if (name !== this.name) return;
    if (!details) {
      this.askedAbout = "";
      return;
    }
    this.card.tell(details.report);
    if (!this.remembered) this.overlay.remember(details.trail);
    this.tellTrail();
    this.remembered = true; // an answer that failed is asked for again
  }

  async near() {
    const report = await showNear(this.name, this.place(), this.card.parts.near, this.overlay, () => this.name);
    if (report) this.card.tell(report);
  }
}
