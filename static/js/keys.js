/** The keyboard, for the whole page; the list and text fields keep their own keys. */

const STEP = 120; // CSS pixels that an arrow moves the map

/**
 * @param {LMap} map
 * @param {{search: () => void, fit: () => void, clear: () => void, help: () => void}} doing
 */
export function listenToKeys(map, doing) {
  /** @type {Record<string, [number, number]>} */
  const arrows = {ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, -STEP], ArrowDown: [0, STEP]};
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (document.querySelector("dialog[open]")) return;
    if (event.key === "Escape") return doing.clear();
    const target = event.target instanceof Element ? event.target : null;
    if (target?.closest("input, textarea, select, [role=tablist]")) return;
    if (event.key in arrows) map.panBy(arrows[event.key], {animate: map.options.zoomAnimation});
    else if (event.key === "+" || event.key === "=") map.zoomIn(1);
    else if (event.key === "-") map.zoomOut(1);
    else if (event.key === "Home") doing.fit();
    else if (event.key === "/") doing.search();
    else if (event.key === "?") doing.help();
    else return;
    event.preventDefault();
  });
}
