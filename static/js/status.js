/** The header in words: is this page live, how much of the herd is up, how many clients there are. */

import {SILENT} from "./ages.js";
import {say, the} from "./dom.js";
import {count, counted, timeOfDay} from "./words.js";

const BANNER_AFTER = 2000; // ms without the feed
const SPEAK_EVERY = 10_000; // ms between two announcements to a screen reader

export class Status {
  /** @param {import("./clients.js").Clients} clients @param {import("./ages.js").Ages} ages */
  constructor(clients, ages) {
    this.clients = clients;
    this.ages = ages;
    /** @type {import("./feed.js").FeedState} */
    this.feed = {kind: "connecting", retryAt: 0, offlineSince: Date.now()};
    this.herd = "";
    this.lastSpoken = 0;
    this.everLive = false;
    this.live = the("live", HTMLElement);
    this.banner = the("banner", HTMLElement);
  }

  /** @param {import("./feed.js").FeedState} feed */
  setFeed(feed) {
    this.feed = feed;
    this.everLive ||= feed.kind === "live";
    this.show();
  }

  /** @param {string} herd "5 of 5 servers, 6 of 6 links", or nothing */
  setHerd(herd) {
    this.herd = herd;
  }

  /** Called every second, and when the connection changes. */
  show() {
    const {kind, retryAt, offlineSince} = this.feed;
    const now = Date.now();
    const seconds = Math.max(1, Math.ceil((retryAt - now) / 1000));
    const words = kind === "live" ? "Live" : kind === "connecting" ? "Connecting…" : `Reconnecting in ${seconds} s`;
    this.live.dataset.state = kind;
    say(the("live-words", HTMLElement), words);
    const late = kind !== "live" && now - offlineSince >= BANNER_AFTER;
    this.banner.hidden = !late;
    if (late) {
      const since = `Offline since ${timeOfDay(offlineSince)}.`;
      say(
        this.banner,
        this.everLive
          ? `${since} What you see may have changed since.`
          : "This server's feed cannot be reached yet.",
      );
    }
    const tally = this.tally();
    say(the("tally", HTMLElement), tally);
    this.speak(`${kind === "live" ? "Live" : "Offline"}. ${tally}`, now);
  }

  tally() {
    const {count: known, end, here, time} = this.clients;
    const now = this.ages.now();
    let silent = 0;
    for (let row = 0; row < end; row++) if (here[row] && this.ages.state(now - time[row]) === SILENT) silent++;
    const clients = counted(known, "client") + (silent ? ` (${count(silent)} silent)` : "");
    return this.herd ? `${this.herd}, ${clients}` : clients;
  }

  /** @param {string} words @param {number} now */
  speak(words, now) {
    if (now - this.lastSpoken < SPEAK_EVERY) return;
    const spoken = the("spoken", HTMLElement);
    if (spoken.textContent === words) return;
    spoken.textContent = words;
    this.lastSpoken = now;
  }
}
