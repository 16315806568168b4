// The playground's set-up as part of the address: data, letters, recipe, seconds, seed and changed settings.

export const PARTS = ["play", "text", "recipe", "for", "init", "with"];

/** @typedef {Record<string, string>} Parts of an address; those of PARTS that are there */

// Settings as KEY:VALUE,...
/** @param {Record<string, string>} settings */
export const joined = (settings) => Object.entries(settings).map(([key, text]) => `${key}:${encodeURIComponent(text)}`).join(",");

// [key, value] of each part; those without a colon have no value.
/** @param {string} text @returns {[part: string, key: string, value: string][]} */
export function split(text) {
  return text.split(",").filter(Boolean).map((part) => {
    const at = part.indexOf(":");
    return [part, at < 0 ? part : part.slice(0, at), at < 0 ? "" : decoded(part.slice(at + 1))];
  });
}

/** @param {Parts} parts */
export const filled = (parts) => Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== ""));

// What of an address can be taken, by `knows`, and NAME=VALUE of the rest.
/** @param {URLSearchParams} linked @param {Record<string, (value: string) => boolean>} knows */
export function taken(linked, knows) {
  /** @type {Parts} */
  const parts = {};
  const wrong = [];
  for (const [name, known] of Object.entries(knows)) {
    const value = linked.get(name);
    if (!value) continue;
    if (known(value)) parts[name] = value;
    else wrong.push(`${name}=${value}`);
  }
  return { parts, wrong };
}

/** @param {string} text */
function decoded(text) {
  try { return decodeURIComponent(text); } catch { return text; }
}
