/** Whom a source of places wants to be named: HTML from afar, of which only text and checked links are kept. */

import {make} from "./dom.js";

const MOST = 20; // attributions
const LONGEST = 2000; // characters of one

const UNREADABLE = /<(script|style)\b[^]*?<\/\1\s*>/gi;
const TAG = /<[^>]*>/g;
const HREF = /\shref\s*=\s*("[^"]*"|'[^']*'|[^\s>]+)/i;

/** Text and links in it, as nodes of our own. @param {string} html @returns {(Node | string)[]} */
export function readAttribution(html) {
  const bare = html.slice(0, LONGEST).replace(UNREADABLE, "").replace(TAG, bareTag);
  // A document in no window, where nothing runs or is loaded; it reads what is escaped.
  const parsed = new DOMParser().parseFromString(bare, "text/html");
  /** @type {(Node | string)[]} */
  const nodes = [];
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

/** A link with nothing but its address, or nothing: browsers complain of handlers even where they run none. @param {string} tag */
function bareTag(tag) {
  if (/^<\/a\s*>$/i.test(tag)) return tag;
  const address = /^<a\s/i.test(tag) && HREF.exec(tag);
  return address ? `<a href=${address[1]}>` : "";
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
