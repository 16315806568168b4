// What every board shares: words, requests, one poll of the server's state, small DOM helpers.
/** @import { Boot, Events, Message, Model, Point, RefusedBody, Run, State, StateReply } from "./types" */
import { find, h, icon } from "./dom.js";
import { Poll } from "./fresh.js";
import { sentence } from "./messages.js";
import { stateMs } from "./tick.js";

export { around, fillRange, find, finder, focusedIn, h, icon, onLetter, pencil, query, queryAll } from "./dom.js";
export { tabIsOpen } from "./fresh.js";
export { short } from "./figures.js";

/** @type {Boot} */
export const boot = window.GAN;
export const events = new EventTarget();
/**
 * @template {keyof Events} K
 * @param {K} name
 * @param {Events[K]} [detail]
 */
export const emit = (name, detail) => events.dispatchEvent(new CustomEvent(name, { detail }));
/**
 * @template {keyof Events} K
 * @param {K} name
 * @param {(detail: Events[K]) => void} listen
 */
export const on = (name, listen) => events.addEventListener(name, (e) => listen(/** @type {CustomEvent} */ (e).detail));

// What boot.remember kept; null where nothing was, or where the browser keeps nothing.
/** @param {string} key */
export function recall(key) {
  try { return localStorage.getItem(key); } catch { return null; }
}

// A board is built when its tab is first opened: what was said to it before, it hears then.
/** @type {Map<keyof Events, any>} */
const left = new Map();

/**
 * @template {keyof Events} K
 * @param {K} name
 * @param {Events[K]} detail
 */
export function leave(name, detail) {
  left.set(name, detail);
  emit(name, detail);
}

/**
 * @template {keyof Events} K
 * @param {K} name
 * @param {(detail: Events[K]) => void} listen
 */
export function collect(name, listen) {
  on(name, (detail) => { left.delete(name); listen(detail); });
  const detail = left.get(name);
  left.delete(name);
  if (detail !== undefined) listen(detail);
}

// ---- requests -------------------------------------------------------------------------------

// The page's own address is the root, whatever a proxy puts before it.
/** @param {string} path */
export const url = (path) => new URL("_gan/" + path, document.baseURI).href;

export class Refused extends Error {
  /** @param {RefusedBody} body */
  constructor(body) {
    super();
    this.body = body;
    this.field = body.field ?? null;
    this.kind = body.kind ?? null;  // of a failure at the Hub
  }

  // in the language that the page has by now
  get message() { return written(this.body, this.body.typed); }
}

/**
 * @param {string} path
 * @param {object} [body] where there is one, it is a POST
 * @param {AbortSignal} [signal]
 * @returns {Promise<any>} JSON, which each caller knows
 */
export async function ask(path, body, signal) {
  /** @type {RequestInit} */
  const options = body === undefined ? {} : {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
  };
  const reply = await fetch(url(path), { credentials: "same-origin", signal, ...options });
  return reply.ok ? reply.json() : refuse(reply);
}

/** @param {Response} reply @returns {Promise<never>} */
export async function refuse(reply) {
  const body = await reply.json().catch(() => ({}));
  const request = reply.headers.get("x-request-id");
  throw new Refused(body.key ? { request, ...body } : failed(request));
}

/** A reply without a sentence of ours. @param {string | null} request its id in the server's log */
export const failed = (request) => ({ key: "gan_error_server", values: { request: request ?? "–" } });

const REMEMBERED = 20;
/** @type {Map<string, string>} sentences that were said, and the ids of their requests */
const requests = new Map();

/** @param {unknown} error */
export function say(error) {
  if (!(error instanceof Refused)) return t("gan_offline");
  const { message, body: { key, request } } = error;
  requests.delete(message);  // the newest last
  if (request && key !== "gan_error_server") requests.set(message, request);
  if (requests.size > REMEMBERED) requests.delete([...requests.keys()][0]);
  return message;
}

// What the log calls a refusal is told to whoever rests on its sentence, and to nobody else.
document.addEventListener("pointerover", ({ target }) => {
  if (!(target instanceof HTMLElement) || target.childElementCount || !requests.size) return;
  const request = requests.get(target.textContent.trim());
  if (request) target.title = t("gan_request_id", { request });
  else if ("request" in target.dataset) target.removeAttribute("title");
  target.toggleAttribute("data-request", Boolean(request));
});

// ---- colours --------------------------------------------------------------------------------

// Whoever draws on a canvas draws again: after the button, and when the system's theme changes.
new MutationObserver(() => emit("theme"))
  .observe(document.documentElement, { attributes: true, attributeFilter: ["data-ga-theme"] });

// ---- words ----------------------------------------------------------------------------------

let language = boot.language;
let texts = await boot.wordsOf(language);  // whoever imports this module begins with them
export const currentLanguage = () => language;

/** @param {string} key @param {Record<string, unknown>} [values] for the {names} in it */
export function t(key, values = {}) {
  const text = texts[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

/**
 * A message from the server as a sentence in the page's language.
 * @param {Message} message
 * @param {boolean} [typed]
 */
export const written = (message, typed) => sentence(texts, message, typed);

// Sentences after one another; Chinese puts no space between them.
/** @param {(string | null | undefined)[]} texts */
export const sentences = (...texts) => texts.filter(Boolean).join(language === "zh" ? "" : " ");

/** @param {string} key @returns {boolean} whether there is such a text */
export const knows = (key) => key in texts;

// Whether data of so many pixels a side are points of the plane: those have one.
/** @param {number | string | undefined} resolution */
export const arePoints = (resolution) => Number(resolution) === 1;

/** @param {string | undefined} preset @returns {boolean} whether its data are points of the plane */
export const presetOfPoints = (preset) => arePoints(boot.train.data_sizes[boot.train.presets[preset ?? ""]?.data ?? ""]);

// The text `gan_x_points` (or `gan_x_points_help`) in the place of `gan_x`, where there is one: what is
// said of images otherwise.
/** @param {string} key @param {boolean} plane of a model of points @returns {string} */
export function wordedFor(key, plane) {
  const own = key.replace(/(_help)?$/, "_points$1");
  return plane && knows(own) ? own : key;
}

// What a key says at a place of the page: of points, below `data-plane`.
/** @param {Element} node @param {string} key */
export const wordedAt = (node, key) => wordedFor(key, node.closest("[data-plane]") !== null);

// Says of all below `root` whether it is of points; what is there already is worded anew.
/** @param {HTMLElement} root @param {boolean} plane */
export function ofPoints(root, plane) {
  if (root.hasAttribute("data-plane") === plane) return;
  root.toggleAttribute("data-plane", plane);
  translate(root);
}

// The text that says a setting's value in words, such as a loss by its name; "" where the value says itself.
/** @param {unknown} value */
export function valueKey(value) {
  const key = { true: "gan_on", false: "gan_off" }[String(value)] ?? `gan_loss_${value}`;
  return knows(key) ? key : "";
}

/** @param {string} value of a setting @returns {string} as a reader knows it */
export const saidValue = (value) => (valueKey(value) ? t(valueKey(value)) : value);

// A class by its name: those of the sets that ship have one in each language, all others their own.
/** @param {string} name */
export function className(name) {
  const key = `gan_class_name_${String(name).toLowerCase().replaceAll(" ", "-")}`;
  return knows(key) ? t(key) : name;
}

const ATTRIBUTES = { tTitle: "title", tLabel: "aria-label", tPlaceholder: "placeholder" };

/** @param {ParentNode} root */
export function translate(root) {
  /** @param {string} selector @returns {NodeListOf<HTMLElement>} */
  const all = (selector) => root.querySelectorAll(selector);
  for (const node of all("[data-t]")) node.textContent = t(wordedAt(node, node.dataset.t ?? ""));
  for (const node of all("[data-t-about]")) {
    node.setAttribute("aria-label", t("gan_help_what", { what: t(wordedAt(node, node.dataset.tAbout ?? "")) }));
  }
  for (const [key, attribute] of Object.entries(ATTRIBUTES)) {
    const name = "data-" + key.replace(/[A-Z]/g, (c) => "-" + c.toLowerCase());
    for (const node of all(`[${name}]`)) {
      node.setAttribute(attribute, t(wordedAt(node, node.dataset[key] ?? "")));
    }
  }
}

/** @param {string} next its code */
export async function setLanguage(next) {
  boot.remember("gan-language", next);
  texts = await boot.wordsOf(next);
  language = next;
  document.documentElement.lang = boot.languages[next].tag;
  document.querySelectorAll(".ga").forEach(translate);
  nameTabs();
  emit("language", next);
}

// Gradio names its tabs once, in the language it starts in; later we rename them in place.
const TABS = boot.tabs;
/** @returns {NodeListOf<HTMLElement>} */
const tabNodes = () => document.querySelectorAll('.tab-container button[role="tab"]');
const tabButtons = () => [...tabNodes()];

export function nameTabs() {
  for (const button of tabButtons()) {
    const text = [...button.childNodes].find((n) => n instanceof Text && n.data.trim());
    if (text) text.textContent = t(`gan_tab_${button.dataset.tabId}`);
  }
}

// The one on screen; before Gradio has drawn them, the one that the link asks for.
function currentTab() {
  const shown = tabButtons().find((b) => b.getAttribute("aria-selected") === "true");
  return shown?.dataset.tabId ?? linkedState().get("tab") ?? boot.landing;
}

/** @param {string} tab */
export function openTab(tab) {
  const found = tabButtons().find((b) => b.dataset.tabId === tab);
  if (!found || found.getAttribute("aria-selected") === "true") return;
  const leaves = document.activeElement?.closest('[role="tabpanel"]');  // what was pressed is hidden now
  found.click();
  if (leaves) found.focus({ preventScroll: true });
}

// ---- numbers --------------------------------------------------------------------------------

/** @param {number} n */
export const count = (n) => Math.round(n).toLocaleString("en-US");

// `PNG, JPEG, or GIF`, as the page's language writes it.
/** @param {string[]} names */
export const oneOf = (names) => new Intl.ListFormat(boot.languages[language].tag, { type: "disjunction" }).format(names);

// A speed in steps a second; 0 is full speed.
/** @param {number} rate */
export function speedOf(rate) {
  return rate ? t(rate === 1 ? "gan_slow_one" : "gan_slow_at", { rate }) : t("gan_slow_full");
}

/** @param {number | null | undefined} seconds */
export function duration(seconds) {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) return "–";
  const s = Math.max(0, Math.round(seconds));
  /** @param {number} n */
  const pad = (n) => String(n).padStart(2, "0");
  const [h, m] = [Math.floor(s / 3600), Math.floor(s / 60) % 60];
  return h ? `${h}:${pad(m)}:${pad(s % 60)}` : `${pad(m)}:${pad(s % 60)}`;
}

// ---- a board's markup --------------------------------------------------------------------------

/** @param {HTMLElement} element */
export function prepare(element) {
  const root = find(element, ".ga");
  /** @type {NodeListOf<HTMLElement>} */
  const slots = root.querySelectorAll("[data-icon]");
  for (const slot of slots) slot.replaceWith(icon(slot.dataset.icon ?? ""));
  translate(root);
  nameTabs();
  return root;
}

/** @param {string} text @param {EventTarget | null} button that says so */
export async function copyText(text, button) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {  // no permission, or a page without https
    const area = h("textarea", { style: "position:fixed;opacity:0" });
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
  /** @type {HTMLElement | null} */
  const label = button instanceof Element ? button.querySelector("[data-t]") : null;
  const key = label?.dataset.t;
  if (!label || !key) return;
  label.textContent = t("gan_copied");
  setTimeout(() => { label.textContent = t(key); }, 1200);
}

// ---- the server's state, asked for once for all boards ------------------------------------------

/** @type {State} */
export const state = { models: [], runs: [], asking: 1, ref: null, ready: false };
/** @param {string} ref @returns {Model | null} */
export const modelOf = (ref) => state.models.find((m) => m.ref === ref) ?? null;
export const ACTIVE = ["starting", "running", "paused"];

/** @param {Pick<Run, "state">[]} runs */
export const isBusy = (runs) => runs.some((r) => ["starting", "running"].includes(r.state));

// What this page looks at, however old: the server tells of the newest runs, and of what is asked for.
/** @type {{ run: string | null }} */
export const looked = { run: null };

function stateQuery() {
  const wanted = { run: looked.run, model: state.ref ?? linkedState().get("model") };
  return new URLSearchParams(Object.entries(wanted).flatMap(([name, value]) => (value ? [[name, value]] : [])));
}

const poll = new Poll(
  (signal) => ask(`state?${stateQuery()}`, undefined, signal).then(take, () => emit("offline", true)),
  () => stateMs(isBusy(state.runs), state.asking));

export const refresh = () => poll.now();

/** @param {StateReply} fresh */
function take(fresh) {
  emit("offline", false);
  Object.assign(state, { models: fresh.models, runs: fresh.runs, asking: fresh.asking, ready: true });
  if (!state.ref || !modelOf(plainRef(state.ref))) {
    const wanted = linkedState().get("model") ?? "";
    const there = modelOf(plainRef(wanted));
    if (wanted && !there && !state.ref) emit("link-gone", wanted);
    choose(there ? wanted : state.models[0]?.ref ?? null);
  }
  emit("state", state);
}

// Without the moment of a run, and the length of its average: run:ID@NIMG~LENGTH. As in gan.runs.moments, a
// run may itself be called so: the longest name that there is.
/** @param {string} ref */
export function plainRef(ref) {
  if (!ref.startsWith("run:")) return ref;
  const whole = ref.replace(/~[-+]?[0-9]*\.?[0-9]+$/, "");
  const names = [ref, whole, whole.replace(/@[0-9]{1,15}$/, "")];
  return names.find((name) => modelOf(name)) ?? names[2];
}

// Whether a ref names a moment of a run, which stays as it is while the run goes on.
/** @param {string} ref */
export const isMoment = (ref) => plainRef(ref) !== ref;

// That length, as it is named; "" for a run's own average.
/** @param {string} ref */
export const lengthOf = (ref) => ref.slice(plainRef(ref).length).split("~")[1] ?? "";

// `extra` goes with the choice: what the gallery was clicked on, say; `said`: what there is to know of it.
/** @param {string | null} ref @param {Partial<Point> | null} [extra] */
export function choose(ref, extra = null, said = "") {
  state.ref = ref;
  leave("model", { ref, extra, said });
}

// ---- the address bar ---------------------------------------------------------------------------

export const linkedState = () => new URLSearchParams(location.hash.slice(1));

// A word of the glossary that a link leads to is no place to come back to.
/** @param {URLSearchParams} state @returns {Record<string, string>} */
const placeOf = (state) => Object.fromEntries([...state].filter(([name]) => name !== "glossary"));

/** @param {Record<string, unknown>} values */
export function addressOf(values) {
  const hash = new URLSearchParams(Object.entries(values).map(([name, value]) => [name, String(value)])).toString().replaceAll("%3A", ":").replaceAll("%2C", ",");
  return new URL(location.pathname + location.search + "#" + hash, location.href).href;
}

// A reload comes back to the same tab, model and point.
let linked = placeOf(linkedState());
const LAB = ["lesson", "play", "text", "recipe", "for", "init", "with"];
const OURS = { gan: true };  // marks entries of the history that this page made

/** @param {Record<string, unknown>} values */
export function link(values) {
  // a picture drawn at once may write here before the click on its tab has
  if (TABS.includes(linkedState().get("tab") ?? boot.landing)) linkTab();
  const tab = currentTab();
  // the lesson or playground on show stays, when Explore's picture comes late and writes where it is
  const stays = tab === "lab" && !LAB.some((name) => name in values) ? LAB.filter((name) => name in linked) : [];
  linked = { tab, ...Object.fromEntries(stays.map((name) => [name, linked[name]])), ...values };
  history.replaceState(OURS, "", addressOf(linked));
  remember();
}

// Where the next visit begins; landing.js reads it.
const remember = () => boot.remember("gan-place", location.hash.slice(1));
if (Object.keys(linked).length) remember();

// Another tab is another entry, so that the browser's Back goes to the tab before.
export function linkTab() {
  const { tab, ...values } = placeOf(linkedState());
  if ((tab ?? boot.landing) === currentTab()) return;
  history.replaceState(OURS, "");
  linked = { tab: currentTab(), ...values };
  history.pushState(OURS, "", addressOf(linked));
  remember();
}

addEventListener("popstate", (event) => {
  const place = placeOf(linkedState());
  const names = Object.keys(place);
  const pasted = event.state === null;  // into the address bar, or by a script
  if (pasted && !names.length) return;  // a word of the glossary alone: help.js opens it, over the tab of now
  // open it as a new page would; a tab alone is no reason to lose what stands in the others
  if (pasted && names.some((name) => name !== "tab")) return location.reload();
  const { tab = boot.landing } = place;
  const wanted = TABS.includes(tab) ? tab : TABS[0];  // as landing.js does
  openTab(wanted);
  linked = { ...linked, tab: wanted };  // the tab before, with the picture of now
  history.replaceState(OURS, "", addressOf(linked));
  remember();
});
