// What explains what on the page: the key of a sentence in the catalogues, found from the markup.
//
// `data-help` on a control, number, heading or curve names the sentence; what is labelled by the text
// `gan_x` is explained by `gan_x_help` without saying so.
/** @import { Explained } from "./types" */
import { h, knows, t, wordedAt } from "./core.js";

export const CONTROLS = "button, select, input, textarea, summary, canvas[tabindex], [role=button], [role=switch], [role=progressbar]";
const HOSTS = "button, label, summary, th, legend";  // whose one label is inside
const EXPLAINS_ITSELF = "#ga-help-bar *, .ga-help-pop *, .ga-glossary *, .ga-tour *, #help-toggle, #help-toggle *";

/** @param {Element & { dataset?: DOMStringMap }} e @returns {string | null} the key of its own sentence */
function keyOf(e) {
  const { help, t: text, tLabel } = /** @type {HTMLElement} */ (e).dataset ?? {};
  if (help) return help;
  const inside = e.matches(HOSTS) ? /** @type {HTMLElement | null} */ (e.querySelector("[data-t]"))?.dataset.t : undefined;
  const label = e.matches(CONTROLS) ? tLabel : undefined;
  return [text, label, inside].map((name) => `${name}_help`).find(knows) ?? tabKey(e);
}

// Of the row of tabs, which Gradio draws.
/** @param {Element & { dataset?: DOMStringMap }} e */
const tabKey = (e) => (e.matches('button[role="tab"]') && knows(`gan_tab_${e.dataset?.tabId}_help`) ? `gan_tab_${e.dataset?.tabId}_help` : null);

/**
 * What explains `node`: itself, its label, or the nearest around it that has a sentence.
 * @param {Element} node @returns {Explained | null}
 */
export function explained(node) {
  if (node.matches(EXPLAINS_ITSELF)) return null;
  const whole = node.hasAttribute("data-help") ? null : node.closest("label, button, summary");  // not a word in it
  const wholeKey = whole && keyOf(whole);
  if (whole && wholeKey && knows(wholeKey)) return { host: whole, key: wholeKey };
  for (let e = /** @type {Element | null} */ (node); e && !e.matches(".ga, .tabs"); e = e.parentElement) {
    const labels = e instanceof HTMLInputElement || e instanceof HTMLSelectElement ? [...e.labels ?? []] : [];
    for (const host of [e, ...labels]) {
      const key = keyOf(host);
      if (key && knows(key)) return { host, key };
    }
  }
  return null;
}

/** @param {Explained} what @returns {string} */
export function sentenceOf({ host, key }) {
  const { dataset } = /** @type {HTMLElement} */ (host);
  const values = Object.fromEntries(Object.entries(dataset).filter(([name]) => name.startsWith("help") && name !== "help")
    .map(([name, value]) => [name.slice(4).toLowerCase(), value]));
  return [t(wordedAt(host, key), values), dataset.helpAlso].filter(Boolean).join(" ");
}

// A name stands for points and images alike, unless it is another one for points.
/** @param {string} key of a sentence */
function nameKey(key) {
  const whole = key.replace(/_(help|why)$/, "");
  return knows(whole) ? whole : whole.replace(/_points$/, "");
}

/** @param {string} key of a sentence @returns {string} what it is about, or nothing */
export function termOf(key) {
  const name = nameKey(key);
  return name !== key && knows(name) && !/\{/.test(t(name)) ? t(name) : "";
}

// A "?" beside a hard word. Within a label it is for mouse and touch: there the field itself is told of
// when the keyboard comes to it, and its name stays what it is.
/** @param {string} key @param {{ within?: boolean }} [where] */
export function mark(key, { within = false } = {}) {
  return within ? h("span", { class: "ga-term", "data-help": key, "aria-hidden": "true" }, "?")
    : h("button", { type: "button", class: "ga-term", "data-help": key, "data-t-about": nameKey(key) }, "?");
}
