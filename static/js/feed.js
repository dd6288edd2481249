/** The herd's live feed: one WebSocket, kept up for ever, which goes on where it stopped. */

import {parseFrame} from "./frame.js";

const FIRST_WAIT = 500; // ms
const LAST_WAIT = 15_000;
const DOUBTED_AFTER = 5000; // ms without a frame
const QUIET_MOST = 30_000; // ms without an answer to a dial, after which it is given up

/** @typedef {{kind: "connecting" | "live" | "waiting", retryAt: number, offlineSince: number}} FeedState */

export class Feed {
  /**
   * @param {string} url of /live
   * @param {(frame: import("./frame.js").Frame, replaces: boolean) => void} onFrame
   * @param {(state: FeedState) => void} onState
   */
  constructor(url, onFrame, onState) {
    this.url = url;
    this.onFrame = onFrame;
    this.onState = onState;
    /** @type {FeedState} */
    this.state = {kind: "connecting", retryAt: 0, offlineSince: Date.now()};
    this.since = ""; // `life:number` of what the page shows, once that is whole
    this.wait = FIRST_WAIT;
    this.timer = 0;
    this.heardAt = 0;
    /** @type {WebSocket | null} */
    this.socket = null;
    this.whole = true; // false between the frames of one snapshot
    window.addEventListener("online", () => this.dialNow());
    window.addEventListener("pagehide", () => this.socket?.close());
    document.addEventListener("visibilitychange", () => document.hidden || this.dialNow());
  }

  /** Dial at once, unless connected or just dialling. */
  dialNow() {
    if (this.state.kind === "waiting") this.dial();
  }

  dial() {
    clearTimeout(this.timer);
    const resume = this.since ? `&since=${encodeURIComponent(this.since)}` : "";
    const socket = new WebSocket(`${this.url}?format=binary${resume}`);
    socket.binaryType = "arraybuffer";
    this.socket = socket;
    this.whole = true;
    this.become("connecting", 0);
    this.timer = window.setTimeout(() => socket.close(), QUIET_MOST);
    socket.onmessage = (event) => socket === this.socket && this.hear(socket, event.data);
    socket.onclose = () => socket === this.socket && this.lost();
  }

  /** @param {WebSocket} socket @param {unknown} data */
  hear(socket, data) {
    if (!(data instanceof ArrayBuffer)) return;
    clearTimeout(this.timer);
    this.heardAt = Date.now();
    try {
      const frame = parseFrame(data);
      const {type, life, number, more} = frame.header;
      const replaces = type === "snapshot" && this.whole;
      if (replaces) this.since = "";
      this.onFrame(frame, replaces);
      this.whole = type !== "snapshot" || !more;
      if (this.whole) this.since = `${life}:${number}`;
    } catch (problem) {
      console.warn("a frame of the feed made no sense; starting over", problem);
      this.since = "";
      socket.close();
      return;
    }
    this.wait = FIRST_WAIT;
    if (this.state.kind !== "live") this.become("live", 0);
  }

  /** The server does not answer otherwise: a connection that has gone quiet too may be dead without a word. */
  doubt() {
    const {socket} = this;
    if (this.state.kind !== "live" || !socket || Date.now() - this.heardAt < DOUBTED_AFTER) return;
    this.lost();
    socket.close();
  }

  lost() {
    clearTimeout(this.timer);
    this.socket = null;
    const wait = this.wait * (0.5 + Math.random() / 2);
    this.wait = Math.min(LAST_WAIT, this.wait * 2);
    this.become("waiting", Date.now() + wait);
    this.timer = window.setTimeout(() => this.dial(), wait);
  }

  /** @param {FeedState["kind"]} kind @param {number} retryAt */
  become(kind, retryAt) {
    const offlineSince = this.state.kind === "live" ? Date.now() : this.state.offlineSince;
    this.state = {kind, retryAt, offlineSince};
    this.onState(this.state);
  }
}
