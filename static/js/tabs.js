/** The panel's tabs, and its grip on small screens. */

import {the} from "./dom.js";

const TABS = ["clients", "servers"];

/** @param {(tab: string) => void} onShow */
export function makeTabs(onShow) {
  const buttons = TABS.map((name) => the("tab-" + name, HTMLButtonElement));
  /** @param {number} chosen */
  const show = (chosen) => {
    buttons.forEach((button, i) => {
      button.setAttribute("aria-selected", String(i === chosen));
      button.tabIndex = i === chosen ? 0 : -1;
      the(TABS[i], HTMLElement).hidden = i !== chosen;
    });
    onShow(TABS[chosen]);
  };
  buttons.forEach((button, i) => {
    button.addEventListener("click", () => (show(i), open(true)));
    button.addEventListener("keydown", (event) => {
      if (event.key !== "ArrowRight" && event.key !== "ArrowLeft") return;
      const next = (i + 1) % TABS.length;
      buttons[next].focus();
      show(next);
      event.stopPropagation();
    });
  });
  const panel = the("panel", HTMLElement);
  const grip = the("grip", HTMLButtonElement);
  /** @param {boolean} wide */
  const open = (wide) => {
    panel.classList.toggle("open", wide);
    grip.setAttribute("aria-expanded", String(wide));
  };
  grip.addEventListener("click", () => open(!panel.classList.contains("open")));
  the("search", HTMLInputElement).addEventListener("focus", () => open(true));
  return {open};
}
