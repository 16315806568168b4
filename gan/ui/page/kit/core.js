// What every board shares: words, requests, one poll of the server's state, small DOM helpers.
/** @import { Attributes, Boot, Events, Message, Model, Point, RefusedBody, Run, State, StateReply } from "./types" */
import { Poll } from "./fresh.js";
import { sentence } from "./messages.js";

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
  for (const node of all("[data-t]")) node.textContent = t(node.dataset.t ?? "");
  for (const node of all("[data-t-about]")) {
    node.setAttribute("aria-label", t("gan_help_what", { what: t(node.dataset.tAbout ?? "") }));
  }
  for (const [key, attribute] of Object.entries(ATTRIBUTES)) {
    const name = "data-" + key.replace(/[A-Z]/g, (c) => "-" + c.toLowerCase());
    for (const node of all(`[${name}]`)) {
      node.setAttribute(attribute, t(node.dataset[key] ?? ""));
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

/** @param {number | null | undefined} seconds */
export function duration(seconds) {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) return "–";
  const s = Math.max(0, Math.round(seconds));
  /** @param {number} n */
  const pad = (n) => String(n).padStart(2, "0");
  const [h, m] = [Math.floor(s / 3600), Math.floor(s / 60) % 60];
  return h ? `${h}:${pad(m)}:${pad(s % 60)}` : `${pad(m)}:${pad(s % 60)}`;
}

// ---- DOM ------------------------------------------------------------------------------------

// The one node that must be there: what lacks it is a page of another version, and says so.
/**
 * @template {Element} [T=HTMLElement]
 * @param {ParentNode} root
 * @param {string} selector
 * @param {new () => T} [kind] where more is asked of it than of any HTMLElement
 */
export function find(root, selector, kind) {
  const node = root.querySelector(selector);
  if (!(node instanceof (kind ?? HTMLElement))) throw new Error(`nothing on the page is ${selector}`);
  return /** @type {T} */ (node);
}

// find() within one root.
/**
 * @param {ParentNode} root
 * @returns {<T extends Element = HTMLElement>(selector: string, kind?: new () => T) => T}
 */
export const finder = (root) => (selector, kind) => find(root, selector, kind);

// What may be there, and all that is.
/** @param {ParentNode} root @param {string} selector @returns {HTMLElement | null} */
export const query = (root, selector) => root.querySelector(selector);
/** @param {ParentNode} root @param {string} selector @returns {NodeListOf<HTMLElement>} */
export const queryAll = (root, selector) => root.querySelectorAll(selector);

// The element of a kind that an event came from, or that is around where it came from.
/** @param {Event} e @param {string} selector @returns {HTMLElement | null} */
export const around = (e, selector) => (e.target instanceof Element ? e.target.closest(selector) : null);

// What one draws with on a canvas.
/** @param {HTMLCanvasElement} canvas @param {CanvasRenderingContext2DSettings} [settings] */
export function pencil(canvas, settings) {
  const context = canvas.getContext("2d", settings);
  if (!context) throw new Error("this browser has no more room for a canvas");
  return context;
}

// What has the keyboard inside `box`, or null.
/** @param {Element} box */
export function focusedIn(box) {
  const at = document.activeElement;
  return at instanceof HTMLElement && box.contains(at) ? at : null;
}

// Text only: whatever comes from outside is never parsed as markup.
/**
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Attributes<HTMLElementTagNameMap[K]>} [props]
 * @param {(Node | string | null | undefined)[]} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function h(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (key === "class") node.className = value;
    else if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else node.setAttribute(key, value === true ? "" : value);
  }
  node.append(...children.filter((c) => c !== null && c !== undefined));
  return node;
}

const PATHS = {
  undo: "M6 3 3 6l3 3M3 6h6a4 4 0 0 1 0 8H6",
  redo: "m10 3 3 3-3 3M13 6H7a4 4 0 0 0 0 8h3",
  reset: "M3 8a5 5 0 1 0 1.6-3.7M3 2.5V5h2.5",
  link: "M7 9a2.5 2.5 0 0 0 3.6 0l2-2A2.5 2.5 0 0 0 9 3.4l-.8.8M9 7a2.5 2.5 0 0 0-3.6 0l-2 2A2.5 2.5 0 0 0 7 12.6l.8-.8",
  dice: "M3 3h10v10H3zM6 6h.01M10 10h.01M10 6h.01M6 10h.01",
  next: "m6 3 5 5-5 5", back: "m10 3-5 5 5 5",
  play: "M5 3v10l8-5z", pause: "M5.5 3v10M10.5 3v10", stop: "M4 4h8v8H4z",
  copy: "M6 6V3h7v7h-3M3 6h7v7H3z",
  theme: "M8 2a6 6 0 1 0 0 12zM8 2a6 6 0 0 1 0 12",
  plus: "M8 3v10M3 8h10", minus: "M3 8h10", save: "M8 2.5v7m-3-3 3 3 3-3M3 12.5h10",
  loop: "M4.5 10.5a3.5 3.5 0 1 1 3.5-2.5 3.5 3.5 0 1 0 3.5-2.5", fill: "M3 6V3h3m4 0h3v3m0 4v3h-3m-4 0H3v-3",
  pen: "m3 13 .8-3.2L10.5 3l2.5 2.5-6.8 6.7zM9 4.5 11.5 7", eraser: "m6 13-3-3 7-7 4 4-6 6zM6.5 6.5l4 4M5 13h8",
  upload: "M8 10.5v-7m-3 3 3-3 3 3M3 12.5h10", mirror: "M8 2v12M5.5 5 2.5 8l3 3zM10.5 5l3 3-3 3z",
  pin: "M6 2.5h4l-.5 4.5L12 9.5H4L6.5 7zM8 9.5v4", search: "M7 11.5A4.5 4.5 0 1 0 7 2.5a4.5 4.5 0 0 0 0 9zM10.3 10.3l3.2 3.2",
  open: "M6 3H3v10h10v-3M9 3h4v4M13 3 7 9",
  close: "m4 4 8 8M12 4l-8 8",
  fork: "M4 2v12M4 8c5 0 8-1 8-5",
  step: "M4 3v10l6-5zM12.5 3v10",
  lock: "M4 7.5h8V13H4zM5.5 7.5V5.5a2.5 2.5 0 0 1 5 0v2",
  unlock: "M4 7.5h8V13H4zM5.5 7.5V5a2.5 2.5 0 0 1 4.8-1",
  star: "m8 2 1.8 3.9 4.2.5-3.1 2.9.8 4.2L8 11.4l-3.7 2.1.8-4.2L2 6.4l4.2-.5z",
  tick: "m3 8.5 3.5 3.5L13 4.5",
  bin: "M3 4.5h10M6.5 4.5V3h3v1.5M4.5 4.5 5 13h6l.5-8.5",
};

/** @param {string} name one of PATHS */
export function icon(name) {
  const ns = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(ns, "svg");
  const path = document.createElementNS(ns, "path");
  for (const [key, value] of Object.entries({
    class: "ga-icon", viewBox: "0 0 16 16", fill: "none", stroke: "currentColor",
    "stroke-width": "1.5", "stroke-linecap": "round", "stroke-linejoin": "round",
    "aria-hidden": "true",
  })) svg.setAttribute(key, value);
  if (name === "theme") path.setAttribute("fill-rule", "evenodd");
  path.setAttribute("d", /** @type {Record<string, string>} */ (PATHS)[name]);
  svg.append(path);
  return svg;
}

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

/** @param {HTMLInputElement} input @param {number} from where the filled part begins */
export function fillRange(input, from) {
  const [low, high] = [Number(input.min), Number(input.max)];
  /** @param {number} v */
  const place = (v) => {  // where the middle of a 16-px thumb comes to lie
    const f = Math.min(1, Math.max(0, (v - low) / (high - low || 1)));
    return `calc(8px + ${f} * (100% - 16px))`;
  };
  input.style.setProperty("--at", place(Number(input.value)));
  input.style.setProperty("--from", from <= low ? "0px" : place(from));
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
export const state = { models: [], runs: [], ref: null, ready: false };
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
  () => (isBusy(state.runs) ? 1000 : 4000));

export const refresh = () => poll.now();

/** @param {StateReply} fresh */
function take(fresh) {
  emit("offline", false);
  Object.assign(state, { models: fresh.models, runs: fresh.runs, ready: true });
  if (!state.ref || !modelOf(plainRef(state.ref))) {
    const wanted = linkedState().get("model") ?? "";
    const there = modelOf(plainRef(wanted));
    if (wanted && !there && !state.ref) emit("link-gone", wanted);
    choose(there ? wanted : state.models[0]?.ref ?? null);
  }
  emit("state", state);
}

/** @param {string} ref */
export const plainRef = (ref) => ref.split("@")[0];

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
