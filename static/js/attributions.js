/** Whom a source of places wants to be named: HTML from afar, of which only text and checked links are kept. */

import {make} from "./dom.js";

const MOST = 20; // attributions
const LONGEST = 2000; // characters of one

/** Text and links in it, as nodes of our own. @param {string} html @returns {(Node | string)[]} */
export function readAttribution(html) {
  // A document that is in no window: nothing in it runs or is loaded.
  const parsed = new DOMParser().parseFromString(html.slice(0, LONGEST), "text/html");
  /** @type {(Node | string)[]} */
  const nodes = [];
  for (const link of parsed.querySelectorAll("script, style, template")) link.remove();
  const walker = parsed.createTreeWalker(parsed.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const text = node.textContent ?? "";
    const address = linkOf(node.parentElement?.closest("a")?.getAttribute("href"));
    nodes.push(address ? make("a", {href: address, rel: "noopener nofollow", target: "_blank"}, text) : text);
  }
  return nodes;
}

/** One line of them, or nothing. @param {unknown} said `html_attributions` */
export function makeAttributions(said) {
  const all = Array.isArray(said) ? said.filter((each) => typeof each === "string").slice(0, MOST) : [];
  const lines = all.map(readAttribution).filter((nodes) => nodes.length > 0);
  if (!lines.length) return [];
  return [make("p", {class: "hint attributions"}, ...lines.flatMap((nodes, i) => (i ? [" · ", ...nodes] : nodes)))];
}

/** A whole address of the web, or nothing. @param {string | null | undefined} href */
function linkOf(href) {
  try {
    const {protocol, href: address} = new URL(href ?? "");
    return protocol === "https:" || protocol === "http:" ? address : "";
  } catch {
    return "";
  }
}
