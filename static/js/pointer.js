/** The pointer on the map: names what it is over, selects what is clicked, places a mark while placing. */

import {the} from "./dom.js";
import {ago} from "./words.js";

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
    tip.textContent = `${clients.names[row]}, ${age}`;
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
