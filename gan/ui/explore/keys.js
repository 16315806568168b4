// The keyboard on the latent board: arrows step a slider, shift makes the step fine; undo, redo.
import { tabIsOpen } from "../page/kit/core.js";

const STEP = 0.1;
const FINE = 0.01;
const LEAP = 1;
/** @type {Record<string, number>} */
const STEPS = {
  ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, PageUp: LEAP / STEP, PageDown: -LEAP / STEP,
};

// For every slider inside `node` that `selector` matches: as if it had been dragged.
/** @param {HTMLElement} node @param {string} selector */
export function stepWithKeys(node, selector) {
  node.addEventListener("keydown", (e) => {
    const slider = e.target;
    if (!(e.key in STEPS) || !(slider instanceof HTMLInputElement) || !slider.matches(selector) || e.ctrlKey || e.metaKey || e.altKey) return;
    e.preventDefault();
    const value = Number(slider.value) + STEPS[e.key] * (e.shiftKey ? FINE : STEP);
    slider.value = String(Math.round(value * 100) / 100);
    slider.dispatchEvent(new Event("input", { bubbles: true }));
  });
  // a held key is one step of undo, as a drag is
  node.addEventListener("keyup", (e) => {
    if (e.key in STEPS && e.target instanceof Element && e.target.matches(selector)) {
      e.target.dispatchEvent(new Event("change", { bubbles: true }));
    }
  });
}

const TYPED = "input:not([type=range], [type=checkbox]), textarea, select, [contenteditable]";

/** @param {HTMLElement} root @param {import("./studio.js").Studio} studio */
export function undoWithKeys(root, studio) {
  document.addEventListener("keydown", (e) => {
    if (!(e.ctrlKey || e.metaKey) || e.altKey || !tabIsOpen(root)) return;
    if (e.target instanceof Element && e.target.matches(TYPED)) return;
    const key = e.key.toLowerCase();
    const back = key === "z" && !e.shiftKey;
    const forth = key === "y" || (key === "z" && e.shiftKey);
    if (!back && !forth) return;
    e.preventDefault();
    if (back) studio.undo();
    else studio.redo();
  });
}
