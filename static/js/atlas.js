/** The packed land, borders and cities, fetched when first needed and unpacked to Mercator. */

import {toX, toY} from "./mercator.js";

const UNITS = 100; // a degree

/**
 * A ring or line: x and y in turns, and the box around it.
 * @typedef {{points: Float64Array, west: number, east: number, north: number, south: number}} Line
 * @typedef {{land: Line[], borders: Line[]}} Coast
 * @typedef {{name: string, x: number, y: number, people: number}} City
 */

/** @param {string} name @returns {Promise<any>} */
async function load(name) {
  const answer = await fetch(new URL(`../basemap/${name}.json`, import.meta.url));
  if (!answer.ok) throw new Error(`${name}: ${answer.status}`);
  return answer.json();
}

/** @param {number[]} packed @returns {Line} */
function unpack(packed) {
  const points = new Float64Array(packed.length);
  const line = {points, west: 1, east: 0, north: 1, south: 0};
  let longitude = 0;
  let latitude = 0;
  for (let i = 0; i < packed.length; i += 2) {
    const x = (points[i] = toX((longitude += packed[i]) / UNITS));
    const y = (points[i + 1] = toY((latitude += packed[i + 1]) / UNITS));
    line.west = Math.min(line.west, x);
    line.east = Math.max(line.east, x);
    line.north = Math.min(line.north, y);
    line.south = Math.max(line.south, y);
  }
  return line;
}

/** @param {"110m" | "50m"} scale @returns {Promise<Coast>} */
export async function loadCoast(scale) {
  const packed = await load(`land-${scale}`);
  return {land: packed.land.map(unpack), borders: packed.borders.map(unpack)};
}

/** Cities, the largest first. @returns {Promise<City[]>} */
export async function loadCities() {
  const {names, places, people} = await load("cities");
  const points = unpack(places).points;
  return names.map((/** @type {string} */ name, /** @type {number} */ i) => ({
    name,
    x: points[2 * i],
    y: points[2 * i + 1],
    people: people[i],
  }));
}
