// The set-up of a training as part of the address: preset, data, what differs, seed, and of a run its moment.

const KNOWN = ["preset", "data", "init", "seconds", "kimg", "set", "run", "moment"];
const OTHERS = ["tab", "model", "glossary", "seed", "at", "class", "mix", "keep", "psi", "z", "d", "lesson",
  "play", "text", "recipe", "for", "with"];  // of other boards
const FILLS = ["preset", "data", "seconds", "kimg", "set"];  // each is a set-up by itself; a seed or a run is none
const WHOLE = /^\d{1,12}$/;

/**
 * @typedef {{ preset: string, data: string, init?: string, seconds?: string, kimg?: string,
 *   set: Record<string, string>, run?: string | null, moment?: number | null }} Setup
 */

/** @param {Setup} setup @returns {Record<string, string>} */
export function toSetupLink({ set, moment, ...rest }) {
  const parts = { tab: "train", ...rest,
    set: Object.entries(set).map(([key, value]) => `${key}:${encodeURIComponent(value)}`).join(","),
    moment: String(moment ?? "") };  // 0 is the moment before the first step
  return Object.fromEntries(Object.entries(parts).flatMap(([key, value]) => (value ? [[key, String(value)]] : [])));
}

// What a link asks for, or null where it asks for no set-up. `strange`: names that this version does not know;
// `wrong`: parts of it that say nothing.
/** @param {URLSearchParams} linked */
export function fromSetupLink(linked) {
  if (!linked.has("preset") && !(linked.get("tab") === "train" && FILLS.some((name) => linked.has(name)))) return null;
  /** @param {string} name */
  const value = (name) => linked.get(name)?.trim() ?? "";
  /** @type {Record<string, string>} */
  const set = {};
  const wrong = [];
  for (const part of value("set").split(",").filter(Boolean)) {
    const [, key, text] = part.match(/^(\w+):(.*)$/) ?? [];
    if (key) set[key] = decoded(text);
    else wrong.push(part);
  }
  if (value("moment") && !WHOLE.test(value("moment"))) wrong.push(`moment=${value("moment")}`);
  return {
    setup: { preset: value("preset"), data: value("data"), init: value("init"), seconds: value("seconds"), kimg: value("kimg"),
      set, run: value("run") || null, moment: WHOLE.test(value("moment")) ? Number(value("moment")) : null },
    wrong, strange: [...new Set(linked.keys())].filter((name) => !KNOWN.includes(name) && !OTHERS.includes(name)),
  };
}

// The address once its set-up stands in the form: what is changed there is no longer the link's.
/** @param {URLSearchParams} linked */
export const withoutSetup = (linked) => Object.fromEntries([...linked].filter(([name]) => !KNOWN.includes(name)));

/** @param {string} text */
function decoded(text) {
  try { return decodeURIComponent(text); } catch { return text; }
}
