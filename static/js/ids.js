/** Client IDs in URLs and command lines: any bytes without white space, the ones that are not UTF-8 as U+DC80 to U+DCFF. */

/** Percent-encode an ID, each byte as it was on the wire. @param {string} id */
export function encodeId(id) {
  let encoded = "";
  for (const letter of id) {
    const code = /** @type {number} */ (letter.codePointAt(0));
    if (code >= 0xdc80 && code <= 0xdcff) encoded += "%" + (code - 0xdc00).toString(16).toUpperCase();
    else if (code >= 0xd800 && code <= 0xdfff) encoded += "%EF%BF%BD";
    else encoded += letter === "'" ? "%27" : encodeURIComponent(letter); // command lines have it between these
  }
  return encoded;
}

/** The ID that `encodeId`, or a person, wrote so: bytes that are no UTF-8 come back as they were. @param {string} text */
export const decodeId = (text) => text.replace(/(?:%[0-9a-f]{2})+/gi, decodeBytes);

/** @param {string} encoded `%XX` and so on */
function decodeBytes(encoded) {
  let decoded = "";
  for (let at = 0; at < encoded.length;) {
    const first = parseInt(encoded.slice(at + 1, at + 3), 16);
    const size = 3 * (first < 0xc0 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4);
    try {
      decoded += decodeURIComponent(encoded.slice(at, at + size));
      at += size;
    } catch {
      decoded += String.fromCharCode(0xdc00 + first);
      at += 3;
    }
  }
  return decoded;
}

/** Quote a word for a shell, where it needs that; bytes that are no UTF-8 as $'\xNN'. @param {string} word */
export function shellWord(word) {
  if (/^[\w.@:+/=-]+$/.test(word)) return word;
  const bytes = /[\udc80-\udcff]/u; // with u: lone ones, no halves of a pair
  if (!bytes.test(word)) return `'${word.replaceAll("'", "'\\''")}'`;
  const quoted = word.replace(/['\\]/g, "\\$&");
  const hex = (/** @type {string} */ byte) => "\\x" + (byte.charCodeAt(0) - 0xdc00).toString(16);
  return `$'${quoted.replace(new RegExp(bytes, "gu"), hex)}'`;
}
