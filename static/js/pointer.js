/** The pointer on the map: names what it is over, selects what is clicked, places a mark while placing. */

import {SILENT} from "./ages.js";
import {the} from "./dom.js";
import {ago, count} from "./words.js";

const SAME_SPOT = 4; // CSS pixels between marks that cover each other

/**
 * @param {LMap} map @param {import("./points.js").Points} points @param {import("./clients.js").Clients} clients
 * @param {import("./report.js").Reporting} reporting @param {(name: string) => void} select
 */
export function listenToPointer(map, points, clients, reporting, select) {
  const tip = the("tip", HTMLElement);
  const box = map.getContainer();
  const leave = () => {
    tip.hidden = true;
    box.classList.remove("over");
  };
  map.on("mousemove", ({containerPoint: {x, y}}) => {
    const row = reporting.placing ? -1 : points.pick(x, y);
    if (row < 0) return leave();
    const age = ago(points.ages.now() - clients.time[row]);
    const others = crowd(map, points, row) - 1;
    tip.textContent = `${clients.names[row]}, ${age}${others > 0 ? `, and ${count(others)} more here` : ""}`;
    tip.hidden = false;
    const right = Math.max(4, Math.min(x + 14, box.clientWidth - tip.offsetWidth - 4));
    tip.style.transform = `translate(${right}px, ${Math.max(4, y - 34)}px)`;
    box.classList.add("over");
  });
  map.on("mouseout movestart zoomstart", leave);
  map.on("click", ({containerPoint: {x, y}, latlng}) => {
    if (reporting.placing) return reporting.place(latlng);
    select(clients.names[points.pick(x, y)] ?? "");
  });
}

/** How many marks lie on one another where a client's is. @param {LMap} map @param {import("./points.js").Points} points @param {number} row */
function crowd(map, {clients, ages, showSilent}, row) {
  const reach = SAME_SPOT / (256 * 2 ** map.getZoom());
  const {x, y, here, shown, time} = clients;
  const now = ages.now();
  let found = 0;
  for (let other = 0; other < clients.end; other++) {
    if (Math.abs(x[other] - x[row]) > reach || Math.abs(y[other] - y[row]) > reach) continue;
    if (!here[other] || !shown[other] || !time[other]) continue;
    if (showSilent || ages.state(now - time[other]) !== SILENT) found++;
  }
  return found;
}
