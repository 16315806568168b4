// The set-up of a race as part of the address: a ready-made race or its contestants, data, seconds, seeds.

const KNOWN = ["race", "sides", "on", "for", "seeds", "raced"];
const OTHERS = ["tab", "model", "glossary", "seed", "at", "class", "mix", "keep", "psi", "z", "d", "lesson"];  // of other boards

/**
 * @typedef {{ preset: string, change: string, name?: string }} Side
 * @typedef {{ ready: string, sides: Side[], data: string, seconds: string, seeds: string }} RaceForm
 */

// A side is PRESET or PRESET:KIND:NAME, as ring-article:loss:hinge.
/** @param {RaceForm} form @returns {Record<string, string>} */
export function toRaceLink({ ready, sides, data, seconds, seeds }) {
  const spelt = sides.map(({ preset, change }) => [preset, change.replace("=", ":")].filter(Boolean).join(":")).join(",");
  return { tab: "compare", ...(ready ? { race: ready } : { sides: spelt }), on: data, for: seconds, seeds: seeds.replace(/\s/g, "") };
}

// What a link asks for, or null where it asks for no race. `strange`: names that this version does not know.
/** @param {URLSearchParams} linked */
export function fromRaceLink(linked) {
  if (linked.get("tab") !== "compare" || !KNOWN.some((name) => linked.has(name))) return null;
  return {
    asked: Object.fromEntries(KNOWN.map((name) => [name, linked.get(name)?.trim() ?? ""])),
    strange: [...new Set(linked.keys())].filter((name) => !KNOWN.includes(name) && !OTHERS.includes(name)),
  };
}

/** @param {URLSearchParams} linked */
export const withoutRace = (linked) => Object.fromEntries([...linked].filter(([name]) => !KNOWN.includes(name) && name !== "tab"));
