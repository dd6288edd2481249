/** What tests ask of the map: what is on a canvas cannot be asked of the page's elements. */

/**
 * @param {LMap} map @param {import("./points.js").Points} points @param {import("./clients.js").Clients} clients
 * @param {import("./basemap.js").Basemap} basemap @param {import("./feed.js").Feed} feed
 */
export function hook(map, points, clients, basemap, feed) {
  const {ages} = points;
  /** @param {string} name */
  const row = (name) => clients.rows.get(name) ?? -1;
  window.__map = {
    /** The client drawn at a point of the view. @param {number} x @param {number} y */
    pick: (x, y) => clients.names[points.pick(x, y)] ?? null,
    /** Where a client stands in the view. @param {string} name */
    where: (name) =>
      row(name) < 0
        ? null
        : map.latLngToContainerPoint([clients.latitudeOf(row(name)), clients.longitudeOf(row(name))]),
    /** @param {string} name */
    state: (name) => (row(name) < 0 ? null : ages.state(ages.now() - clients.time[row(name)])),
    count: () => clients.count,
    drawn: () => points.drawn,
    paintings: () => points.paintings,
    cost: () => points.cost,
    since: () => feed.since,
    view: () => ({zoom: map.getZoom(), ...map.getCenter()}),
    middle: () => map.getSize().multiplyBy(0.5),
    panBy: (/** @type {number} */ x, /** @type {number} */ y) => map.panBy([x, y], {animate: false}),
    ready: () => Boolean(basemap.coarse && basemap.labels),
  };
}
