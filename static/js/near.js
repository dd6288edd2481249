/** "What's near": the places around the selected client, in the card and on the map. */

import {makeAttributions} from "./attributions.js";
import {askWhatIsNear} from "./details.js";
import {make} from "./dom.js";
import {distance} from "./words.js";

/**
 * @param {string} name @param {[number, number] | null} from the client, in degrees
 * @param {HTMLElement} box @param {import("./overlay.js").Overlay} overlay @param {() => string} selected
 */
export async function showNear(name, from, box, overlay, selected) {
  box.replaceChildren(make("p", {class: "hint"}, "Asking…"));
  const {report, places, trouble, sources} = await askWhatIsNear(name);
  if (selected() !== name) return null;
  overlay.showPlaces(places);
  const lines = places.map((each) => {
    const away = from ? distance(L.latLng(...from).distanceTo(L.latLng(each.latitude, each.longitude))) : "";
    return make("li", {}, make("span", {}, each.name), make("span", {class: "away"}, away));
  });
  if (trouble) box.replaceChildren(make("p", {class: "trouble"}, `No places to be had: ${trouble}`));
  else if (lines.length) box.replaceChildren(make("ol", {}, ...lines), ...makeAttributions(sources));
  else box.replaceChildren(make("p", {class: "hint"}, "Nothing within 10 km."), ...makeAttributions(sources));
  return report;
}
