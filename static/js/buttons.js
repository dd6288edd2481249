/** Buttons and links whose page says what they do: close a dialog, copy a line, skip to the list. */

import {copies} from "./copy.js";
import {the} from "./dom.js";

/** @param {HTMLElement} list where the skip link leads */
export function listenToButtons(list) {
  for (const button of document.querySelectorAll("[data-closes]")) {
    const dialog = the(/** @type {HTMLElement} */ (button).dataset.closes ?? "", HTMLDialogElement);
    button.addEventListener("click", () => dialog.close());
  }
  /** @type {HTMLElement} */ (document.querySelector(".skip")).onclick = (event) => {
    event.preventDefault(); // the part of the address after # is the permalink's
    list.focus();
  };
  const line = the("first-report", HTMLElement);
  const token = "guarded" in line.dataset ? ['-H "Authorization: Bearer $HERD_TOKEN"'] : [];
  const options = ["-d client=kiwi.cs.ucla.edu", "-d location=+34.068930-118.445127"];
  line.textContent = [`curl ${location.origin}/iamat`, ...options, ...token].join(" \\\n  ");
  for (const copy of document.querySelectorAll("[data-copies]")) {
    const {copies: id = ""} = /** @type {HTMLElement} */ (copy).dataset;
    copies(/** @type {HTMLButtonElement} */ (copy), () => the(id, HTMLElement).textContent ?? "");
  }
}
