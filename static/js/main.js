/** Puts the page together: the feed into the clients, the clients onto the map, into the list and into words. */

import {Ages} from "./ages.js";
import {Basemap} from "./basemap.js";
import {listenToButtons} from "./buttons.js";
import {Chosen} from "./chosen.js";
import {Clients} from "./clients.js";
import {the} from "./dom.js";
import {Feed} from "./feed.js";
import {inWords, watchHerd} from "./herd.js";
import {hook} from "./hook.js";
import {listenToKeys} from "./keys.js";
import {makeLayers} from "./layers.js";
import {explainAges, showLegend} from "./legend.js";
import {List} from "./list.js";
import {Looks} from "./looks.js";
import {createMap, fitAll} from "./map.js";
import {readLink, writeLink} from "./permalink.js";
import {listenToPointer} from "./pointer.js";
import {Points} from "./points.js";
import {Rates} from "./rates.js";
import {Reporting} from "./report.js";
import {Servers} from "./servers.js";
import {Status} from "./status.js";
import {makeTabs} from "./tabs.js";
import {Tiles} from "./tiles.js";
import {Towns} from "./towns.js";

const AGES_EVERY = 5; // seconds between two paintings of many points that only grew older
const FEW = 2000;
const SMALL = matchMedia("(max-width: 699px)");

const settings = JSON.parse(the("settings", HTMLScriptElement).textContent ?? "{}");
const parameters = new URLSearchParams(location.search);
document.body.classList.toggle("kiosk", parameters.has("kiosk"));

const linked = readLink();
const looks = new Looks(settings.servers);
const clients = new Clients(looks);
const ages = new Ages(parameters.get("ages"));
const map = createMap(the("map", HTMLElement));
const basemap = new Basemap(map);
const points = new Points(map, clients, ages);
const status = new Status(clients, ages);
const chosen = new Chosen(map, clients, ages, settings, onChoice);
clients.onGone = (name) => chosen.lose(name);
const list = new List(clients, ages, (name) => chosen.choose(name, true));
const rates = new Rates();
const servers = new Servers(clients, rates, settings.server);
const reporting = new Reporting(map, (name) => chosen.choose(name));
const layers = makeLayers(basemap, points, new Tiles(map, settings.tiles), chosen.overlay);
const tabs = makeTabs((tab) => (tab === "servers" ? servers.show() : list.show()));
const search = the("search", HTMLInputElement);
let fitted = linked.spot !== null; // whether the map is where somebody wants it

const feed = new Feed(location.origin.replace(/^http/, "ws") + "/live", onFrame, (state) => {
  points.setLive(state.kind === "live");
  status.setFeed(state);
});

/** @param {import("./frame.js").Frame} frame @param {boolean} replaces */
function onFrame(frame, replaces) {
  if (replaces) points.motion.clear();
  ages.learn(frame.header.now);
  clients.take(frame, replaces);
  rates.take(frame);
  if (!frame.header.more) {
    the("empty", HTMLElement).hidden = clients.count > 0;
    the("clients", HTMLElement).classList.toggle("none", clients.count === 0);
    if (!fitted && clients.count) {
      fitted = true;
      fitAll(map, clients);
    }
    status.show();
  }
  // Of one tick's changes the last part paints; of a long snapshot each, so that something is seen at once.
  if (!frame.header.more || frame.header.type === "snapshot") points.ask();
  list.changed();
  chosen.refresh();
}

function onChoice() {
  list.select(chosen.name);
  if (chosen.name && SMALL.matches) tabs.open(false);
  saveLink();
}

/** @param {string} query */
function find(query) {
  const wanted = query.trim().toLowerCase();
  list.query = wanted;
  clients.filter(wanted ? (row) => (clients.names[row] ?? "").toLowerCase().includes(wanted) : () => true);
  list.restart();
  points.ask();
  saveLink();
}

function saveLink() {
  writeLink(() => {
    const {lat, lng} = map.getCenter().wrap();
    const spot = {zoom: map.getZoom(), latitude: lat, longitude: lng};
    return {spot, selected: chosen.name, query: search.value.trim()};
  });
}

/** One step back, for the Escape key. */
function clear() {
  if (reporting.placing) reporting.setPlacing(false);
  else if (layers.isOpen()) layers.close();
  else if (chosen.name) chosen.card.close();
  else if (search.value) find((search.value = ""));
  else if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
}

function goToSearch() {
  the("tab-clients", HTMLElement).click();
  search.focus();
  search.select();
}

function listenToPage() {
  search.addEventListener("input", () => find(search.value));
  const sort = the("sort", HTMLSelectElement);
  sort.addEventListener("change", () => {
    list.by = /** @type {typeof list.by} */ (sort.value);
    list.restart();
  });
  the("fit", HTMLElement).onclick = () => fitAll(map, clients);
  the("help-button", HTMLElement).onclick = () => the("help", HTMLDialogElement).showModal();
}

/** What the address asks for. */
function goToLink() {
  const {spot, query, selected} = linked;
  if (spot) map.setView([spot.latitude, spot.longitude], spot.zoom, {animate: false});
  if (query) find((search.value = query));
  if (selected) chosen.choose(selected);
}

let seconds = 0;

/** The one timer of all that grows older. */
function tick() {
  if (document.hidden) return;
  seconds++;
  status.show();
  list.show();
  servers.show();
  chosen.refresh();
  if (clients.count <= FEW || seconds % AGES_EVERY === 0) points.ask();
}

listenToPage();
listenToButtons(list.box);
listenToPointer(map, points, clients, reporting, (name) => chosen.choose(name));
listenToKeys(map, {
  search: goToSearch,
  fit: () => fitAll(map, clients),
  clear,
  help: () => the("help", HTMLDialogElement).showModal(),
});
explainAges(ages);
showLegend(looks);
looks.onChange = () => showLegend(looks);
goToLink();
map.on("moveend", saveLink);
basemap.onCities = (/** @type {import("./atlas.js").City[]} */ cities) => {
  list.towns = chosen.card.towns = new Towns(cities);
  list.show();
  chosen.refresh();
};
basemap.load();
feed.dial();
watchHerd(
  (herd) => {
    for (const name of herd?.names ?? []) looks.numberOf(name);
    status.setHerd(herd ? inWords(herd) : "");
    status.show();
    servers.set(herd);
  },
  () => feed.doubt(),
);
setInterval(tick, 1000);
hook(map, points, clients, basemap, feed);
