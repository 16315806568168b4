// Elements: found, made and drawn; no words, no requests.
/** @import { Attributes } from "./types" */

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

const TYPED = "input:not([type=range], [type=checkbox]), textarea, select, [contenteditable]";

// A letter that does something while the focus is in the board and nobody is typing: one that worked
// anywhere would be pressed by those who speak to their computer (WCAG 2.1.4).
/** @param {HTMLElement} board @param {string} letter @param {() => void} act */
export function onLetter(board, letter, act) {
  board.addEventListener("keydown", (e) => {
    if (e.defaultPrevented || e.key.toLowerCase() !== letter || e.ctrlKey || e.metaKey || e.altKey || e.repeat) return;
    if (e.target instanceof Element && (e.target.matches(TYPED) || e.target.closest("dialog"))) return;
    e.preventDefault();
    act();
  });
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
