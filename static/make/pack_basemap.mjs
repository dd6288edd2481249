/**
 * Packs land and borders of Natural Earth into static/basemap/, as the page draws them.
 *
 * Needed only to make them anew; what it makes is committed. In a throw-away folder:
 *
 *     npm install world-atlas@2 topojson-client@3 d3-geo@3 d3-geo-projection@4
 *     cp THIS_FILE . && node pack_basemap.mjs /path/to/static/basemap
 *
 * Source: Natural Earth (public domain), as TopoJSON in npm's world-atlas. Its rings are stitched across the
 * antimeridian and would draw streaks over Russia, Fiji and Antarctica on a flat map, so they are cut there once, here.
 *
 * Form: {"land": [ring...], "borders": [line...]}; each is one flat array [x0, y0, dx1, dy1, ...] of integers of
 * 0.01 degree, longitude first, every point but the first as its difference to the one before.
 */
import {readFileSync, writeFileSync} from "node:fs";
import {createRequire} from "node:module";
import {join} from "node:path";
import {geoEquirectangular} from "d3-geo";
import {geoProject} from "d3-geo-projection";
import {feature, mesh} from "topojson-client";

const UNITS = 100; // a degree
const require = createRequire(import.meta.url);
const target = process.argv[2] ?? ".";

/** One unit of the projection is one degree, north is up, nothing is resampled: all that is left is the cut. */
const flat = geoEquirectangular()
  .scale(180 / Math.PI)
  .translate([0, 0])
  .reflectY(true)
  .precision(0);

for (const scale of ["110m", "50m"]) {
  const topology = JSON.parse(readFileSync(require.resolve(`world-atlas/countries-${scale}.json`), "utf8"));
  const land = geoProject(feature(topology, topology.objects.land), flat);
  const borders = mesh(topology, topology.objects.countries, (one, other) => one !== other);
  const packed = {land: polygons(land).flat().map(pack), borders: borders.coordinates.map(pack)};
  packed.land = packed.land.filter((ring) => ring.length >= 8); // under four points nothing is left of an islet
  packed.borders = packed.borders.filter((line) => line.length >= 4);
  const text = JSON.stringify(packed);
  writeFileSync(join(target, `land-${scale}.json`), text + "\n");
  console.log(`${scale}: ${packed.land.length} rings, ${packed.borders.length} borders, ${text.length} bytes`);
}

function polygons(shape) {
  if (shape.type === "FeatureCollection") return shape.features.flatMap(polygons);
  if (shape.type === "Feature") return polygons(shape.geometry);
  if (shape.type === "GeometryCollection") return shape.geometries.flatMap(polygons);
  return shape.type === "Polygon" ? [shape.coordinates] : shape.coordinates;
}

function pack(points) {
  const found = [];
  let lastX = 0;
  let lastY = 0;
  for (const [longitude, latitude] of points) {
    const x = Math.round(longitude * UNITS);
    const y = Math.round(latitude * UNITS);
    if (found.length && x === lastX && y === lastY) continue;
    found.push(x - lastX, y - lastY);
    lastX = x;
    lastY = y;
  }
  return found;
}
