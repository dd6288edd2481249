/** The page's colours for what is painted on canvases: CSS says them, once for light and once for dark. */

/** @typedef {Record<"land" | "coast" | "border" | "graticule" | "label" | "halo" | "edge" | "offline", string>} Colours */

const NAMES = /** @type {const} */ (["land", "coast", "border", "graticule", "label", "halo", "edge", "offline"]);
const dark = matchMedia("(prefers-color-scheme: dark)");

/** @returns {Colours} */
export function colours() {
  const style = getComputedStyle(document.documentElement);
  return /** @type {Colours} */ (
    Object.fromEntries(NAMES.map((name) => [name, style.getPropertyValue("--" + name).trim()]))
  );
}

export const isDark = () => dark.matches;

/** @param {() => void} listener */
export const onScheme = (listener) => dark.addEventListener("change", listener);

/** Mix two colours of the form #rrggbb. @param {string} one @param {string} other @param {number} share of the other */
export function mix(one, other, share) {
  const parts = [1, 3, 5].map((at) => {
    const [a, b] = [one, other].map((colour) => parseInt(colour.slice(at, at + 2), 16));
    return Math.round(a + (b - a) * share)
      .toString(16)
      .padStart(2, "0");
  });
  return "#" + parts.join("");
}
