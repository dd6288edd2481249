/** The part of the page's address after #: where the map is, who is selected, what is searched. */

import {decodeId, encodeId} from "./ids.js";

const PATIENCE = 300; // ms; browsers limit how often an address may change

/** @typedef {{zoom: number, latitude: number, longitude: number}} Spot */
/** @typedef {{spot: Spot | null, selected: string, query: string}} Linked */

/** @returns {Linked} */
export function readLink() {
  const found = new Map(
    location.hash
      .slice(1)
      .split("&")
      .map((part) => {
        const [name, ...rest] = part.split("=");
        return [name, decodeId(rest.join("="))];
      }),
  );
  const numbers = (found.get("map") ?? "").split("/").map(Number);
  const [zoom, latitude, longitude] = numbers;
  const whole = numbers.length === 3 && numbers.every(Number.isFinite) && Math.abs(latitude) <= 90;
  return {
    spot: whole ? {zoom: Math.max(1, Math.min(19, zoom)), latitude, longitude} : null,
    selected: found.get("sel") ?? "",
    query: found.get("q") ?? "",
  };
}

let timer = 0;

/** @param {() => Linked} current */
export function writeLink(current) {
  clearTimeout(timer);
  timer = window.setTimeout(() => {
    const {spot, selected, query} = current();
    const parts = [];
    if (spot) {
      const digits = Math.max(2, Math.ceil(spot.zoom / 3));
      parts.push(`map=${spot.zoom}/${spot.latitude.toFixed(digits)}/${spot.longitude.toFixed(digits)}`);
    }
    if (selected) parts.push("sel=" + encodeId(selected));
    if (query) parts.push("q=" + encodeId(query));
    history.replaceState(history.state, "", location.pathname + location.search + "#" + parts.join("&"));
  }, PATIENCE);
}
