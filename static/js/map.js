/** The Leaflet map itself: its limits, its buttons, and how it moves. */

import {toLatitude} from "./mercator.js";
import {the} from "./dom.js";

const CREDITS =
  '<a href="https://www.naturalearthdata.com/">Natural Earth</a> (public domain), borders de facto; ' +
  'city names © <a href="https://www.geonames.org/">GeoNames</a> CC BY 4.0';
const CLOSEST_FIT = 6; // closer, the embedded coast gives one client no context
const SMALL = "(max-width: 699px)"; // as in the style sheets
const ABOVE_CARD = 0.22; // of the map's height: where a chosen client is still seen there
const CARD = 360; // CSS pixels at the right that the card covers, on other screens
const EDGE_KEPT = 40; // CSS pixels: nearer to an edge it counts as out of sight
const CLOSER = 6; // the zoom at which a chosen client is shown, unless the map is closer already

/** @param {HTMLElement} element */
export function createMap(element) {
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const map = L.map(element, {
    zoomControl: false,
    keyboard: false, // keys.js has them for the whole page
    worldCopyJump: true,
    minZoom: 1,
    maxZoom: 19,
    zoomSnap: 0.5,
    wheelPxPerZoomLevel: 90,
    zoomAnimation: !still,
    fadeAnimation: !still,
    inertia: !still,
    maxBounds: [
      [-85.06, -3600],
      [85.06, 3600],
    ],
    maxBoundsViscosity: 1,
  });
  element.removeAttribute("tabindex");
  map.attributionControl.setPrefix('<a href="https://leafletjs.com/">Leaflet</a>').addAttribution(CREDITS);
  L.control.scale({imperial: false, maxWidth: 110}).addTo(map);
  map.setView([25, 10], element.clientWidth > 900 ? 2.5 : 1.5, {animate: false});
  the("zoom-in", HTMLElement).onclick = () => map.zoomIn(1);
  the("zoom-out", HTMLElement).onclick = () => map.zoomOut(1);
  new ResizeObserver(() => map.invalidateSize({pan: false})).observe(element);
  return map;
}

/** Show all clients that the search leaves. @param {LMap} map @param {import("./clients.js").Clients} clients */
export function fitAll(map, clients) {
  let [west, east, north, south] = [1, 0, 1, 0];
  for (let row = 0; row < clients.end; row++) {
    if (!clients.here[row] || !clients.shown[row] || !clients.time[row]) continue;
    west = Math.min(west, clients.x[row]);
    east = Math.max(east, clients.x[row]);
    north = Math.min(north, clients.y[row]);
    south = Math.max(south, clients.y[row]);
  }
  if (east < west) return;
  const degrees = (/** @type {number} */ x) => (x - 0.5) * 360;
  const bounds = L.latLngBounds([
    [toLatitude(south), degrees(west)],
    [toLatitude(north), degrees(east)],
  ]);
  map.fitBounds(bounds, {padding: [48, 48], maxZoom: CLOSEST_FIT, animate: false});
}

/** Bring a place into sight, beside the card, or above it on a small screen. @param {LMap} map @param {number} latitude @param {number} longitude */
export function showPlace(map, latitude, longitude) {
  const {x, y} = map.getSize();
  const small = matchMedia(SMALL).matches;
  const clear = small ? L.point(x, y * 2 * ABOVE_CARD) : L.point(Math.max(x - CARD, EDGE_KEPT * 4), y); // what is left
  const at = map.latLngToContainerPoint([latitude, longitude]);
  const inside = at.x > EDGE_KEPT && at.y > EDGE_KEPT && at.x < clear.x - EDGE_KEPT && at.y < clear.y - EDGE_KEPT;
  if (inside && map.getZoom() >= CLOSER) return;
  const zoom = Math.max(CLOSER, map.getZoom());
  const middle = map
    .project([latitude, longitude], zoom)
    .subtract(clear.multiplyBy(0.5))
    .add(L.point(x / 2, y / 2));
  map.setView(map.unproject(middle, zoom), zoom, {animate: map.options.zoomAnimation});
}
