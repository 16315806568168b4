// What is said of a pin: where it came from, and the settings that make it.
/** @import { Pin } from "./types" */
import { className, knows, modelOf, plainRef, t } from "./core.js";
import { fixed, signed } from "./figures.js";
import { isHere, pointOf, shelf } from "./shelf.js";

/** @param {[name: string, sigmas: number][]} turns */
const turnsText = (turns) => turns.map(([name, sigmas]) => `${name} ${signed(sigmas)} σ`).join(" · ");

// "+ 1.2 heel height − 0.5 sole"
/** @param {[name: string, sigmas: number][]} turns */
const sumText = (turns) => turns.map(([name, sigmas]) => `${sigmas < 0 ? "−" : "+"} ${Number(Math.abs(sigmas).toFixed(2))} ${name}`).join(" ");

// "Mutated from Boot 3 + 1.2 heel height": from which by what. A parent goes by its name of now.
/** @param {Pin} pin */
export function originText({ from: { how, pins, turns }, point }) {
  const names = pins.map(({ id, name }) => shelf.find(id)?.name ?? name);
  const [name = "", other = ""] = names;
  const seed = new URLSearchParams(point).get("seed") ?? "";
  const both = how === "between" && names.length > 1 ? "_two" : "";
  const key = `gan_shelf_from_${how}${both}`;
  const base = t(names.length && knows(key) ? key : `gan_shelf_from_${how}_none`, { name, other, seed });
  return [base, sumText(turns)].filter(Boolean).join(" ");
}

// "seed 42 · Ankle boot · ψ 0.80 · heel height +1.20 σ"
/** @param {Pin} pin */
export function settingsText(pin) {
  const { seed, base, psi, moves } = pointOf(pin);
  const moved = Object.keys(moves).length;
  return [
    base ? t("gan_what_own") : t("gan_what_seed", { seed }),
    classText(pin), `ψ ${fixed(psi)}`, turnsText(pin.turns),
    moved ? t("gan_shelf_dims", { count: moved }) : "",
  ].filter(Boolean).join(" · ");
}

/** @param {Pin} pin */
function classText(pin) {
  const names = modelOf(plainRef(pin.ref))?.class_names ?? [];
  const label = pin.place ? pin.place.label : pointOf(pin).label;
  const { mix } = pin.place ?? { mix: null };
  if (!names.length) return "";
  if (mix) return mix.map((share, i) => [share, i]).filter(([share]) => share > 0.005).sort(([a], [b]) => b - a)
    .map(([share, i]) => `${className(names[i] ?? i)} ${Math.round(100 * share)} %`).join(" + ");
  return label === null || names[label] === undefined ? "" : className(names[label]);
}

// "fashion", and that it is gone.
/** @param {Pin} pin */
export const modelText = (pin) => (isHere(pin) ? modelOf(plainRef(pin.ref))?.name ?? pin.model : t("gan_shelf_gone", { name: pin.model }));

// A name for a new one: what it shows, and the next number.
/** @param {string} what */
export function nextName(what) {
  const numbers = shelf.list.map(({ name }) => (name.startsWith(`${what} `) ? Number(name.slice(what.length + 1)) : 0));
  return `${what} ${Math.max(0, ...numbers.filter(Number.isInteger)) + 1}`;
}
