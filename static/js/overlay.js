/** What is drawn around the selected client: a halo, its trail, the places near it. */

import {make} from "./dom.js";

const LONGEST = 400; // points of a trail
const ABOVE_MARKS = "430"; // so that the selected one is found in a crowd

export class Overlay {
  /** @param {LMap} map */
  constructor(map) {
    this.trailLine = L.polyline([], {className: "trail", interactive: false}).addTo(map);
    map.createPane("chosen").style.zIndex = ABOVE_MARKS;
    this.halo = L.circleMarker([0, 0], {pane: "chosen", radius: 13, className: "halo", interactive: false});
    this.places = L.layerGroup().addTo(map);
    this.map = map;
    /** @type {[number, number][]} */
    this.trail = [];
  }

  /** @param {boolean} on */
  showTrail(on) {
    if (on) this.trailLine.addTo(this.map);
    else this.trailLine.remove();
  }

  /** Metres along the trail. */
  walked() {
    const points = this.trail.map((at) => L.latLng(...at));
    return points.reduce((sum, at, i) => sum + (i ? at.distanceTo(points[i - 1]) : 0), 0);
  }

  /** @param {[number, number] | null} at degrees, latitude first; null: nobody is selected */
  mark(at) {
    if (!at) {
      this.halo.remove();
      return;
    }
    this.halo.setLatLng(at).addTo(this.map);
    const last = this.trail.at(-1);
    if (!last || last[0] !== at[0] || last[1] !== at[1]) {
      this.trail = [...this.trail.slice(1 - LONGEST), at];
      this.trailLine.setLatLngs(unroll(this.trail));
    }
  }

  /** The server's memory of where it was, before what this page saw. @param {[number, number][]} points longitude first */
  remember(points) {
    const seen = this.trail;
    const known = points.map(([longitude, latitude]) => /** @type {[number, number]} */ ([latitude, longitude]));
    const joined = known.findIndex(
      ([latitude, longitude]) => seen.length > 0 && latitude === seen[0][0] && longitude === seen[0][1],
    );
    this.trail = [...(joined < 0 ? known : known.slice(0, joined)), ...seen].slice(-LONGEST);
    this.trailLine.setLatLngs(unroll(this.trail));
  }

  forget() {
    this.trail = [];
    this.trailLine.setLatLngs([]);
    this.places.clearLayers();
  }

  /** @param {import("./details.js").Place[]} places */
  showPlaces(places) {
    this.places.clearLayers();
    for (const {name, latitude, longitude} of places) {
      const dot = L.circleMarker([latitude, longitude], {radius: 6, className: "place"});
      dot.bindTooltip(make("span", {}, name), {direction: "top"}).addTo(this.places);
    }
  }
}

/** A line that crosses the antimeridian goes on beyond it, instead of around the world. @param {[number, number][]} points */
function unroll(points) {
  let turn = 0;
  return points.map(([latitude, longitude], i) => {
    const step = i ? longitude - points[i - 1][1] : 0;
    if (step > 180) turn -= 360;
    if (step < -180) turn += 360;
    return /** @type {[number, number]} */ ([latitude, longitude + turn]);
  });
}
