/** What is known of every client, in columns: the row of a client is the feed's index of it. */

import {CLOCK_IS_OFF, DEGREE, SERVER_BITS} from "./frame.js";
import {toX, toY} from "./mercator.js";

const FIRST_ROOM = 1024;

export class Clients {
  /** @param {import("./looks.js").Looks} looks */
  constructor(looks) {
    this.looks = looks;
    this.count = 0;
    this.end = 0; // one beyond the last row in use
    this.namesVersion = 0; // changes when a client came or went
    /** @type {(string | undefined)[]} */
    this.names = [];
    /** @type {Map<string, number>} */
    this.rows = new Map();
    this.room = FIRST_ROOM;
    this.x = new Float64Array(FIRST_ROOM); // Mercator, 0 to 1
    this.y = new Float64Array(FIRST_ROOM);
    this.longitude = new Int32Array(FIRST_ROOM); // 1e-7 degrees
    this.latitude = new Int32Array(FIRST_ROOM);
    this.time = new Uint32Array(FIRST_ROOM); // POSIX seconds, by the client's clock
    this.server = new Uint16Array(FIRST_ROOM); // by the numbers of looks
    this.off = new Uint8Array(FIRST_ROOM); // 1: the client's clock is off
    this.here = new Uint8Array(FIRST_ROOM); // 1: this row is a client
    this.shown = new Uint8Array(FIRST_ROOM); // 1: the search has nothing against it
    /** @type {(row: number) => boolean} */
    this.matches = () => true;
    /** @type {(row: number, x: number, y: number) => void} */
    this.onMove = () => {};
    /** @type {(name: string) => void} */
    this.onGone = () => {};
  }

  /** @param {import("./frame.js").Frame} frame @param {boolean} replaces all that is known */
  take(frame, replaces) {
    if (replaces) this.clear();
    const {header} = frame;
    for (const row of header.gone ?? []) {
      if (this.here[row]) this.onGone(/** @type {string} */ (this.names[row]));
      this.forget(row);
    }
    for (const [row, name] of header.names ?? []) this.name(row, name);
    const servers = header.servers.map((name) => this.looks.numberOf(name));
    for (let i = 0; i < header.count; i++) {
      const row = frame.index[i];
      if (row >= this.end || !this.here[row]) continue; // was never named
      const x = toX(frame.longitude[i] / DEGREE);
      const y = toY(frame.latitude[i] / DEGREE);
      if (this.time[row]) this.onMove(row, this.x[row], this.y[row]);
      this.x[row] = x;
      this.y[row] = y;
      this.longitude[row] = frame.longitude[i];
      this.latitude[row] = frame.latitude[i];
      this.time[row] = Math.max(1, frame.time[i]); // 0 is for a client whose place is not known yet
      this.server[row] = servers[frame.server[i] & SERVER_BITS] ?? 0;
      this.off[row] = frame.server[i] & CLOCK_IS_OFF ? 1 : 0;
    }
  }

  clear() {
    this.here.fill(0);
    this.time.fill(0);
    this.names.length = 0;
    this.rows.clear();
    this.count = this.end = 0;
    this.namesVersion++;
  }

  /** @param {number} row @param {string} name */
  name(row, name) {
    if (row >= this.room) this.grow(row + 1);
    if (this.here[row]) {
      if (this.names[row] === name) return; // the feed names whom this page may not know
      this.forget(row);
    }
    this.names[row] = name;
    this.rows.set(name, row);
    this.here[row] = 1;
    this.time[row] = 0;
    this.count++;
    this.end = Math.max(this.end, row + 1);
    this.namesVersion++;
    this.shown[row] = this.matches(row) ? 1 : 0;
  }

  /** @param {number} row */
  forget(row) {
    if (!this.here[row]) return;
    const name = /** @type {string} */ (this.names[row]);
    if (this.rows.get(name) === row) this.rows.delete(name);
    this.names[row] = undefined;
    this.here[row] = 0;
    this.count--;
    this.namesVersion++;
  }

  /** Show only the clients that pass. @param {(row: number) => boolean} matches */
  filter(matches) {
    this.matches = matches;
    for (let row = 0; row < this.end; row++) this.shown[row] = this.here[row] && matches(row) ? 1 : 0;
  }

  /** @param {number} row */
  latitudeOf(row) {
    return this.latitude[row] / DEGREE;
  }

  /** @param {number} row */
  longitudeOf(row) {
    return this.longitude[row] / DEGREE;
  }

  /** @param {number} least */
  grow(least) {
    this.room = Math.max(least, this.room * 2);
    /** @template {Float64Array | Int32Array | Uint32Array | Uint16Array | Uint8Array} T @param {T} old @returns {T} */
    const wider = (old) => {
      const made = new /** @type {new (length: number) => T} */ (old.constructor)(this.room);
      made.set(old);
      return made;
    };
    this.x = wider(this.x);
    this.y = wider(this.y);
    this.longitude = wider(this.longitude);
    this.latitude = wider(this.latitude);
    this.time = wider(this.time);
    this.server = wider(this.server);
    this.off = wider(this.off);
    this.here = wider(this.here);
    this.shown = wider(this.shown);
  }
}
