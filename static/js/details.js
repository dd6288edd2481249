/** What the server says of one client beyond the feed: its whole report, its trail, what is near. */

import {encodeId} from "./ids.js";

/** @typedef {{report: import("./card.js").Report, trail: [number, number][]}} Details */
/** @typedef {{name: string, latitude: number, longitude: number}} Place */

/** The report and the trail (longitude, latitude); null where the server does not say. @param {string} name @returns {Promise<Details | null>} */
export async function askForClient(name) {
  try {
    const answer = await fetch(`/clients/${encodeId(name)}?trail=1`, {headers: {Accept: "application/geo+json"}});
    if (!answer.ok) return null;
    const feature = await answer.json();
    // A point, or a collection of it and its trail: one line, or several where it crosses the antimeridian.
    const lines = (feature.geometry.geometries ?? []).filter((/** @type {any} */ {type}) =>
      type.endsWith("LineString"),
    );
    const trail = lines.flatMap((/** @type {any} */ {type, coordinates}) =>
      type === "LineString" ? coordinates : coordinates.flat(),
    );
    return {report: feature.properties, trail};
  } catch {
    return null;
  }
}

/**
 * What is near a client, and why not where nothing can be said.
 * @param {string} name
 * @returns {Promise<{report: import("./card.js").Report | null, places: Place[], trouble: string, sources?: unknown}>}
 */
export async function askWhatIsNear(name) {
  try {
    const answer = await fetch(`/whatsat?client=${encodeId(name)}&radius=10&limit=5`, {
      headers: {Accept: "application/json"},
    });
    const said = await answer.json();
    if (!answer.ok) return {report: null, places: [], trouble: String(said.detail ?? said.title ?? answer.status)};
    const {results = [], status, error_message: message, html_attributions: sources} = said.places;
    const trouble = status === "OK" || status === "ZERO_RESULTS" ? "" : String(message ?? status);
    return {report: said.report, places: results.map(toPlace), trouble, sources};
  } catch {
    return {report: null, places: [], trouble: "The server could not be asked."};
  }
}

/** @param {any} result @returns {Place} */
const toPlace = ({name, geometry}) => ({
  name: String(name),
  latitude: geometry.location.lat,
  longitude: geometry.location.lng,
});
