/** How old a report is, and what that is called: fresh, ageing, silent. */

import {span} from "./words.js";

export const FRESH = 0;
export const AGEING = 1;
export const SILENT = 2;

export class Ages {
  /** @param {string | null} asked `60,600`: seconds after which a client is ageing, and silent */
  constructor(asked) {
    const [ageing, silent] = (asked ?? "").split(",").map(Number);
    this.ageing = ageing > 0 ? ageing : 60;
    this.silent = silent > this.ageing ? silent : Math.max(600, this.ageing * 10);
    this.offset = 0; // ms that the server's clock is ahead of this browser's
  }

  /** Seconds since 1970, by the server's clock. */
  now() {
    return (Date.now() + this.offset) / 1000;
  }

  /** Learn the server's clock. @param {number | undefined} now its seconds since 1970 */
  learn(now) {
    if (now) this.offset = now * 1000 - Date.now();
  }

  /** @param {number} age seconds */
  state(age) {
    return age < this.ageing ? FRESH : age < this.silent ? AGEING : SILENT;
  }

  /** What each state is called, with its bound. */
  words() {
    return [
      `heard in the last ${span(this.ageing)}`,
      `heard in the last ${span(this.silent)}`,
      `silent: not heard for over ${span(this.silent)}`,
    ];
  }
}
