/** Client IDs in URLs and command lines: any bytes without white space, the ones that are not UTF-8 as U+DC80 to U+DCFF. */

/** Percent-encode an ID, each byte as it was on the wire. @param {string} id */
export function encodeId(id) {
  let encoded = "";
  for (const letter of id) {
    const code = /** @type {number} */ (letter.codePointAt(0));
    if (code >= 0xdc80 && code <= 0xdcff) encoded += "%" + (code - 0xdc00).toString(16).toUpperCase();
    else if (code >= 0xd800 && code <= 0xdfff) encoded += "%EF%BF%BD";
    else encoded += encodeURIComponent(letter);
  }
  return encoded;
}

/** Quote a word for a shell, where it needs that. @param {string} word */
export const shellWord = (word) => (/^[\w.@:+/=-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);
