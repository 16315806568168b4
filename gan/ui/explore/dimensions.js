// All dimensions of z, one slider each: compact columns, built when they are first opened.
import { fillRange, h, t } from "../page/kit/core.js";
import { fixed } from "../page/kit/figures.js";
import { stepWithKeys } from "./keys.js";
import { REACH } from "../page/kit/latentlink.js";

// One listener for all of them, however many there are.
/** @typedef {{ row: HTMLElement, slider: HTMLInputElement, lock: HTMLButtonElement, output: HTMLOutputElement, shown: number | null, moved: boolean, locked: boolean }} Row */
export class Dimensions {
  /** @param {HTMLElement} board @param {import("./studio.js").Studio} studio */
  constructor(board, studio) {
    this.board = board;
    this.studio = studio;
    /** @type {Row[]} */
    this.rows = [];
    /** @param {Event} e */
    const index = (e) => (e.target instanceof HTMLElement ? Number(e.target.dataset.index) : NaN);
    board.addEventListener("input", (e) => {
      if (e.target instanceof HTMLInputElement) studio.move(index(e), Number(e.target.value));
    });
    board.addEventListener("change", () => studio.release());
    board.addEventListener("dblclick", (e) => {
      if (!(e.target instanceof Element) || !e.target.matches(".latent-slider:enabled")) return;
      studio.move(index(e), 0);
      studio.release();
    });
    board.addEventListener("click", (e) => {
      if (!(e.target instanceof Element) || !e.target.matches(".ga-dim-lock")) return;
      const key = `z${index(e)}`;
      studio.lock(key, !studio.locks.has(key));
    });
    stepWithKeys(board, ".latent-slider");
  }

  draw() {
    const { studio } = this;
    if (!studio.ready) return;
    if (this.rows.length !== studio.model.z_dim) this.#build(studio.model.z_dim);
    if (this.words !== t("gan_dimension")) this.#words();
    this.rows.forEach((_, i) => this.#drawRow(i));
  }

  /** @param {number} dims */
  #build(dims) {
    this.rows = Array.from({ length: dims }, (_, i) => {
      const slider = h("input", {
        class: "ga-range latent-slider", type: "range", min: -REACH, max: REACH, step: 0.01,
        "data-index": i,
      });
      const lock = h("button", { type: "button", class: "ga-dim-lock", "data-index": i, "data-help": "gan_lock_help" }, String(i + 1));
      const output = h("output");
      const row = h("div", { class: "ga-dim", "data-help": "gan_dimension_help" }, lock, slider, output);
      return { row, slider, lock, output, shown: /** @type {number | null} */ (null), moved: false, locked: false };
    });
    this.board.replaceChildren(...this.rows.map((r) => r.row));
    this.words = null;
  }

  // Only what differs from the screen is touched: a drag with 512 rows changes one.
  /** @param {number} i */
  #drawRow(i) {
    const row = this.rows[i];
    const value = this.studio.value(i);
    const moved = i in this.studio.point.moves;
    const locked = this.studio.locks.has(`z${i}`);
    if (row.shown === value && row.moved === moved && row.locked === locked) return;
    Object.assign(row, { shown: value, moved, locked });
    if (Number(row.slider.value) !== value) row.slider.value = String(value);
    row.slider.disabled = locked;
    row.output.textContent = fixed(value);
    row.row.classList.toggle("is-moved", moved);
    row.row.classList.toggle("is-locked", locked);
    row.lock.setAttribute("aria-pressed", String(locked));
    fillRange(row.slider, 0);
  }

  #words() {
    this.words = t("gan_dimension");
    this.rows.forEach(({ slider, lock, output }, i) => {
      const name = t("gan_dimension", { index: i + 1 });
      slider.setAttribute("aria-label", name);
      lock.title = t("gan_lock", { name });
      lock.setAttribute("aria-label", lock.title);
      output.dataset.help = "gan_metric_sigma_help";
    });
  }
}
