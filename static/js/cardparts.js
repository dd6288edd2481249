/** What the card of the selected client is built of. */

import {copies} from "./copy.js";
import {draw, make, say} from "./dom.js";

/**
 * Build the card into its box.
 * @param {HTMLElement} box
 * @param {{close: () => void, near: () => void, follow: () => void, coordinates: () => string}} doing
 */
export function buildCard(box, doing) {
  const parts = {
    path: draw("path", {}),
    name: make("h2"),
    state: make("p", {class: "state"}),
    where: make("span", {id: "card-where"}),
    town: make("dd"),
    server: make("dd", {id: "card-server"}),
    sent: make("dd"),
    heard: make("dd"),
    skew: make("dd", {id: "card-skew"}),
    trail: make("dd"),
    nc: make("code", {id: "card-nc"}),
    curl: make("code", {id: "card-curl"}),
    near: make("div", {id: "near"}),
    follow: button("button small", "Follow", doing.follow, {"aria-pressed": "false", id: "follow"}),
    nearButton: button("button small", "What’s near", doing.near, {id: "near-button"}),
  };
  const close = button("button round close", "×", doing.close, {"aria-label": "Close", title: "Close (Esc)"});
  const icon = draw("svg", {class: "shape", viewBox: "-8 -8 16 16", "aria-hidden": "true"}, parts.path);
  const details = make(
    "dl",
    {},
    ...entry("Near", parts.town),
    ...entry("Heard by", parts.server),
    ...entry("Sent", parts.sent),
    ...entry("Heard", parts.heard),
    ...entry("Clock", parts.skew),
    ...entry("Trail", parts.trail),
  );
  const lines = [codeLine(parts.nc), codeLine(parts.curl)];
  box.append(
    make("div", {class: "title"}, icon, parts.name, close),
    parts.state,
    make("div", {class: "line where"}, parts.where, copyButton(doing.coordinates)),
    details,
    make("div", {class: "doing"}, parts.nearButton, parts.follow),
    parts.near,
    make("details", {}, make("summary", {}, "Ask for it yourself"), ...lines),
  );
  return parts;
}

/** Fill an entry, or leave it out where there is nothing to say. @param {HTMLElement} value @param {string} words */
export function fill(value, words) {
  say(value, words);
  value.hidden = !words;
  /** @type {HTMLElement} */ (value.previousElementSibling).hidden = !words;
}

/** @param {string} name @param {HTMLElement} value */
const entry = (name, value) => [make("dt", {}, name), value];

/** @param {string} kind @param {string} text @param {() => void} onClick @param {Record<string, string>} [more] */
function button(kind, text, onClick, more = {}) {
  const made = make("button", {type: "button", class: kind, ...more}, text);
  made.onclick = onClick;
  return made;
}

/** @param {() => string} text */
function copyButton(text) {
  const made = make("button", {type: "button", class: "copy"}, "Copy");
  copies(made, text);
  return made;
}

/** @param {HTMLElement} code */
const codeLine = (code) =>
  make(
    "div",
    {class: "line"},
    code,
    copyButton(() => code.textContent ?? ""),
  );
