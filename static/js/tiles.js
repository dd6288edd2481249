/** Tiles over the ground, where the server's settings name any; else a word about them where the ground is coarse. */

import {make, the} from "./dom.js";

const COARSE_FROM = 8; // the zoom from which the embedded coast shows its coarseness
const ABOVE_GROUND = "210"; // below the trail (400) and the marks (420)

/** @typedef {{url: string, attribution: string, least: number, most: number, bounds: number[] | null}} Told */

export class Tiles {
  /** @param {LMap} map @param {Told | null} told null: there are none */
  constructor(map, told) {
    this.map = map;
    this.layer = told && makeLayer(map, told);
    this.note = the("coarse", HTMLElement);
    the("tiles-choice", HTMLElement).hidden = !told;
    this.shown = false;
    this.show(true);
    map.on("zoomend", () => this.tell());
  }

  /** @param {boolean} on */
  show(on) {
    this.shown = on && this.layer !== null;
    if (this.shown) this.layer?.addTo(this.map);
    else this.layer?.remove();
    this.tell();
  }

  tell() {
    this.note.hidden = this.shown || this.map.getZoom() < COARSE_FROM;
  }
}

/** @param {LMap} map @param {Told} told */
function makeLayer(map, {url, attribution, least, most, bounds}) {
  map.createPane("tiles").style.zIndex = ABOVE_GROUND;
  const [west, south, east, north] = bounds ?? [];
  return L.tileLayer(url, {
    pane: "tiles",
    // Leaflet takes it for HTML; what the settings say is text.
    attribution: make("span", {}, attribution).innerHTML,
    minZoom: least, // of a deeper one it would fetch thousands of tiles to shrink
    maxNativeZoom: most,
    maxZoom: 19,
    bounds:
      bounds &&
      L.latLngBounds([
        [south, west],
        [north, east],
      ]),
  });
}
