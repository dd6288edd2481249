/** Reporting from the page: a named mark on the map, or this browser's own position until it is stopped. */

import {make, say, the} from "./dom.js";
import {place} from "./words.js";

const KEPT_AS = "herd.name"; // the name used last, in this browser
const LEAST_BETWEEN = 2000; // ms between two reports of a shared position

/** Tell the server. Throws with its reason. @param {string} client @param {number} latitude @param {number} longitude */
async function report(client, latitude, longitude) {
  // Seven decimals are a centimetre, and JSON writes no number of so few with an exponent but those under 1e-6.
  const plain = (/** @type {number} */ degrees) => (Math.abs(degrees) < 1e-6 ? 0 : Number(degrees.toFixed(7)));
  const answer = await fetch("/iamat", {
    method: "POST",
    headers: {"Content-Type": "application/json", Accept: "application/json"},
    body: JSON.stringify({client, lat: plain(latitude), lon: plain(longitude)}),
  });
  if (answer.ok) return;
  const problem = await answer.json().catch(() => ({}));
  throw new Error(problem.detail ?? problem.title ?? `the server answered ${answer.status}`);
}

export class Reporting {
  /** @param {LMap} map @param {(name: string) => void} onReported */
  constructor(map, onReported) {
    this.map = map;
    this.onReported = onReported;
    this.placing = false;
    /** @type {LLatLng | null} where the mark goes; null: the browser's own position */
    this.at = null;
    this.watching = 0;
    this.button = the("report-button", HTMLButtonElement);
    this.dialog = the("report-dialog", HTMLDialogElement);
    this.name = the("report-name", HTMLInputElement);
    this.trouble = the("report-trouble", HTMLElement);
    this.hint = make("div", {class: "placing-hint"});
    this.here = make("button", {type: "button", class: "button small", id: "report-here"}, "At its centre");
    this.share = make("button", {type: "button", class: "button small", id: "share"}, "Share my position");
    this.pill = make("button", {type: "button", class: "pill", hidden: ""});
    this.hint.hidden = true;
    this.hint.append(make("span", {}, "Click the map where the client is."), this.here, this.share);
    const cross = make("span", {class: "cross", "aria-hidden": "true"});
    the("stage", HTMLElement).append(this.hint, cross, this.pill);
    this.button.onclick = () => this.setPlacing(!this.placing);
    this.here.onclick = () => this.place(this.map.getCenter()); // for the keyboard
    this.share.onclick = () => this.open(null);
    this.pill.onclick = () => this.stopSharing();
    the("report-form", HTMLFormElement).onsubmit = (event) => this.submit(event);
  }

  /** @param {boolean} on */
  setPlacing(on) {
    if (!on && this.hint.contains(document.activeElement)) this.button.focus();
    this.placing = on;
    this.button.setAttribute("aria-pressed", String(on));
    this.hint.hidden = !on;
    this.map.getContainer().classList.toggle("placing", on);
  }

  /** @param {LLatLng} at where the map was clicked while placing, or its middle */
  place(at) {
    this.open(at.wrap());
  }

  /** @param {LLatLng | null} at */
  open(at) {
    this.at = at;
    this.trouble.hidden = true;
    const words = at
      ? `At ${place(at.lat, at.lng)}.`
      : "Your browser will ask whether this page may know your position. It is reported while this page is open, until you stop.";
    say(the("report-where", HTMLElement), words);
    say(the("report-title", HTMLElement), at ? "Report a location" : "Share my position");
    say(the("report-send", HTMLElement), at ? "Report" : "Share");
    this.name.value = localStorage.getItem(KEPT_AS) ?? "";
    this.dialog.showModal();
    this.name.select();
  }

  /** @param {SubmitEvent} event */
  async submit(event) {
    event.preventDefault();
    const client = this.name.value.trim();
    localStorage.setItem(KEPT_AS, client);
    try {
      if (this.at) await report(client, this.at.lat, this.at.lng);
      else this.startSharing(client);
      this.setPlacing(false);
      this.dialog.close();
      if (this.at) this.onReported(client);
    } catch (problem) {
      this.complain(problem);
    }
  }

  /** @param {unknown} problem */
  complain(problem) {
    say(this.trouble, problem instanceof Error ? problem.message : String(problem));
    this.trouble.hidden = false;
  }

  /** @param {string} client */
  startSharing(client) {
    if (!("geolocation" in navigator)) throw new Error("this browser does not know where it is");
    if (!isSecureContext)
      throw new Error("browsers tell their position to pages over https or from localhost only");
    this.stopSharing();
    let last = 0;
    this.watching = navigator.geolocation.watchPosition(
      async ({coords}) => {
        if (Date.now() - last < LEAST_BETWEEN) return;
        const first = last === 0;
        last = Date.now();
        try {
          await report(client, coords.latitude, coords.longitude);
          say(this.pill, `Sharing as ${client} · Stop`);
          if (first) this.onReported(client);
        } catch (problem) {
          say(this.pill, `Not shared: ${problem instanceof Error ? problem.message : problem} · Stop`);
        }
      },
      (refusal) => say(this.pill, `No position: ${refusal.message || "not allowed"} · Close`),
      {enableHighAccuracy: true, maximumAge: 5000},
    );
    say(this.pill, `Looking for this browser… · Stop`);
    this.pill.hidden = false;
  }

  stopSharing() {
    if (this.watching) navigator.geolocation.clearWatch(this.watching);
    this.watching = 0;
    this.pill.hidden = true;
  }
}
