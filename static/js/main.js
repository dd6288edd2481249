/** Puts the page together: the feed into the clients, the clients onto the map, into the list and into words. */

import {Ages} from "./ages.js";
import {Basemap} from "./basemap.js";
import {Card} from "./card.js";
import {Clients} from "./clients.js";
import {copies} from "./copy.js";
import {askForClient} from "./details.js";
import {the} from "./dom.js";
import {Feed} from "./feed.js";
import {inWords, watchHerd} from "./herd.js";
import {listenToKeys} from "./keys.js";
import {explainAges, showLegend} from "./legend.js";
import {List} from "./list.js";
import {Looks} from "./looks.js";
import {createMap, fitAll, showPlace} from "./map.js";
import {showNear} from "./near.js";
import {Overlay} from "./overlay.js";
import {readLink, writeLink} from "./permalink.js";
import {Points} from "./points.js";
import {listenToPointer} from "./pointer.js";
import {Reporting} from "./report.js";
import {Servers} from "./servers.js";
import {Status} from "./status.js";
import {makeTabs} from "./tabs.js";

const DETAILS_EVERY = 2000; // ms between two questions about the selected client while it moves
const AGES_EVERY = 5; // seconds between two paintings of many points that only grew older
const FEW = 2000;

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
const overlay = new Overlay(map);
const status = new Status(clients, ages);
const list = new List(clients, ages, (name) => select(name, true));
const servers = new Servers(clients, settings.server);
const card = new Card(clients, ages, settings, {close: () => select(""), near, follow: (on) => (following = on)});
const reporting = new Reporting(map, (name) => select(name, false));
const tabs = makeTabs((tab) => (tab === "servers" ? servers.show() : list.show()));
const search = the("search", HTMLInputElement);

let selected = "";
let following = false;
let fitted = linked.spot !== null; // whether the map is where somebody wants it
let lastDetails = 0;
let detailsOf = "";

const feed = new Feed(location.origin.replace(/^http/, "ws") + "/live", onFrame, (state) => {
  points.setLive(state.kind === "live");
  status.setFeed(state);
});

/** @param {import("./frame.js").Frame} frame @param {boolean} replaces */
function onFrame(frame, replaces) {
  if (replaces) points.motion.clear();
  ages.learn(frame.header.now);
  clients.take(frame, replaces);
  if (!frame.header.more) {
    the("empty", HTMLElement).hidden = clients.count > 0;
    the("clients", HTMLElement).classList.toggle("none", clients.count === 0);
    if (!fitted && clients.count) {
      fitted = true;
      fitAll(map, clients);
    }
    status.show();
  }
  points.ask();
  list.changed();
  refreshSelected();
}

/** @param {string} name nobody where empty @param {boolean} [go] bring it into sight */
function select(name, go = false) {
  if (name !== selected) {
    overlay.forget();
    lastDetails = 0;
  }
  selected = name;
  card.select(name);
  list.select(name);
  const at = selectedPlace();
  if (at && go) showPlace(map, ...at);
  if (name && matchMedia("(max-width: 699px)").matches) tabs.open(false);
  refreshSelected();
  saveLink();
}

/** @returns {[number, number] | null} degrees, latitude first */
function selectedPlace() {
  const row = clients.rows.get(selected);
  return row === undefined || !clients.time[row] ? null : [clients.latitudeOf(row), clients.longitudeOf(row)];
}

function refreshSelected() {
  const at = selectedPlace();
  overlay.mark(at);
  if (!selected || document.hidden) return;
  card.show();
  if (at && following) map.panTo(at, {animate: map.options.zoomAnimation});
  if (at) askForDetails();
}

/** The rest of the selected client's report, where its newest is not yet known. */
async function askForDetails() {
  const name = selected;
  const row = /** @type {number} */ (clients.rows.get(name));
  const version = `${name} ${clients.time[row]}`;
  const first = lastDetails === 0;
  if (version === detailsOf || Date.now() - lastDetails < DETAILS_EVERY) return;
  lastDetails = Date.now();
  detailsOf = version;
  const details = await askForClient(name);
  if (!details || name !== selected) return;
  card.tell(details.report);
  if (first) overlay.remember(details.trail);
}

async function near() {
  const report = await showNear(selected, selectedPlace(), card.parts.near, overlay, () => selected);
  if (report) card.tell(report);
}

/** @param {string} query */
function find(query) {
  const wanted = query.trim().toLowerCase();
  list.query = wanted;
  clients.filter(wanted ? (row) => (clients.names[row] ?? "").toLowerCase().includes(wanted) : () => true);
  list.box.scrollTop = 0;
  list.active = -1;
  list.sort();
  points.ask();
  saveLink();
}

function saveLink() {
  writeLink(() => {
    const {lat, lng} = map.getCenter().wrap();
    return {spot: {zoom: map.getZoom(), latitude: lat, longitude: lng}, selected, query: search.value.trim()};
  });
}

function clear() {
  if (reporting.placing) reporting.setPlacing(false);
  else if (!the("layers", HTMLElement).hidden) showLayers(false);
  else if (selected) select("");
  else if (search.value) find((search.value = ""));
  else if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
}

/** @param {boolean} on */
function showLayers(on) {
  the("layers", HTMLElement).hidden = !on;
  the("layers-button", HTMLElement).setAttribute("aria-expanded", String(on));
}

function listenToPage() {
  search.addEventListener("input", () => find(search.value));
  const sort = the("sort", HTMLSelectElement);
  sort.addEventListener("change", () => {
    list.by = /** @type {typeof list.by} */ (sort.value);
    list.box.scrollTop = 0;
    list.sort();
  });
  the("fit", HTMLElement).onclick = () => fitAll(map, clients);
  the("help-button", HTMLElement).onclick = () => the("help", HTMLDialogElement).showModal();
  the("layers-button", HTMLElement).onclick = () => showLayers(the("layers", HTMLElement).hidden);
  the("layers", HTMLElement).addEventListener("change", ({target}) => {
    const {name, checked} = /** @type {HTMLInputElement} */ (target);
    if (name === "silent") points.showSilent = checked;
    else basemap.show[/** @type {keyof typeof basemap.show} */ (name)] = checked;
    points.ask();
    basemap.sheet.ask();
  });
  for (const button of document.querySelectorAll("[data-closes]")) {
    const dialog = the(/** @type {HTMLElement} */ (button).dataset.closes ?? "", HTMLDialogElement);
    button.addEventListener("click", () => dialog.close());
  }
  /** @type {HTMLElement} */ (document.querySelector(".skip")).onclick = (event) => {
    event.preventDefault();
    list.box.focus();
  };
  const line = the("first-report", HTMLElement);
  line.textContent = ["curl " + location.origin + "/iamat", "-d client=kiwi.cs.ucla.edu", "-d location=+34.068930-118.445127"].join(" \\\n  ");
  copies(/** @type {HTMLButtonElement} */ (document.querySelector("[data-copies=first-report]")), () => line.textContent ?? "");
}

listenToPage();
listenToPointer(map, points, clients, reporting, (name) => select(name, false));
listenToKeys(map, {
  search: () => {
    the("tab-clients", HTMLElement).click();
    search.focus();
    search.select();
  },
  fit: () => fitAll(map, clients),
  clear,
  help: () => the("help", HTMLDialogElement).showModal(),
});
explainAges(ages);
showLegend(looks);
looks.onChange = () => showLegend(looks);
if (linked.spot) map.setView([linked.spot.latitude, linked.spot.longitude], linked.spot.zoom, {animate: false});
if (linked.query) find((search.value = linked.query));
if (linked.selected) select(linked.selected);
map.on("moveend", saveLink);
map.on("dragstart", () => following && card.setFollow(false));
basemap.load();
feed.dial();
watchHerd((herd) => {
  for (const name of herd?.names ?? []) looks.numberOf(name);
  status.setHerd(herd ? inWords(herd) : "");
  status.show();
  servers.set(herd);
});

let seconds = 0;
setInterval(() => {
  if (document.hidden) return;
  seconds++;
  status.show();
  list.show();
  servers.show();
  refreshSelected();
  if (clients.count <= FEW || seconds % AGES_EVERY === 0) points.ask();
}, 1000);

// For the tests: what is on the canvas cannot be asked of the page's elements.
window.__map = {
  /** The client drawn at a point of the view. @param {number} x @param {number} y */
  pick: (x, y) => clients.names[points.pick(x, y)] ?? null,
  /** Where a client stands in the view. @param {string} name */
  where: (name) => {
    const row = clients.rows.get(name);
    return row === undefined ? null : map.latLngToContainerPoint([clients.latitudeOf(row), clients.longitudeOf(row)]);
  },
  /** @param {string} name */
  state: (name) => {
    const row = clients.rows.get(name);
    return row === undefined ? null : ages.state(ages.now() - clients.time[row]);
  },
  count: () => clients.count,
  drawn: () => points.drawn,
  paintings: () => points.paintings,
  cost: () => points.cost,
  since: () => feed.since,
  view: () => ({zoom: map.getZoom(), ...map.getCenter()}),
  panBy: (/** @type {number} */ x, /** @type {number} */ y) => map.panBy([x, y], {animate: false}),
  ready: () => Boolean(basemap.coarse && basemap.labels),
};
