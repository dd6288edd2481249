/** How many reports a second reach this page from each server, over the last seconds. */

import {SERVER_BITS} from "./frame.js";

const SPAN = 10; // seconds

export class Rates {
  /** @param {() => number} clock milliseconds */
  constructor(clock = () => performance.now()) {
    this.clock = clock;
    this.began = clock();
    /** @type {Map<string, Map<number, number>>} */
    this.counts = new Map(); // by server, by second
  }

  /** What changed; a snapshot is no change. @param {import("./frame.js").Frame} frame */
  take({header, server}) {
    if (header.type === "snapshot") return;
    const heard = new Uint32Array(header.servers.length);
    for (let i = 0; i < header.count; i++) heard[server[i] & SERVER_BITS]++;
    const second = this.second();
    header.servers.forEach((name, number) => {
      if (!heard[number]) return;
      const counts = this.counts.get(name) ?? new Map();
      counts.set(second, (counts.get(second) ?? 0) + heard[number]);
      for (const old of counts.keys()) if (old < second - SPAN) counts.delete(old);
      this.counts.set(name, counts);
    });
  }

  /** Reports a second, of the whole seconds that are over. @param {string} name */
  of(name) {
    const now = this.second();
    const span = Math.min(SPAN, now);
    let sum = 0;
    for (const [second, count] of this.counts.get(name) ?? [])
      if (second >= now - span && second < now) sum += count;
    return span ? sum / span : 0;
  }

  second() {
    return Math.floor((this.clock() - this.began) / 1000);
  }
}
