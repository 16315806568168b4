// Pad: two directions at once under one dot, over small pictures of where it can go.
import { h, on, t } from "../page/kit/core.js";
import { fixed, signed } from "../page/kit/figures.js";
import { REACH } from "../page/kit/latentlink.js";
import { nameOf } from "./catalogue.js";
import { Thumbs } from "./thumbs.js";

const [STEP, FINE] = [0.1, 0.01];
const FINE_PX = 128;  // of larger models fewer pictures
/** @type {Record<string, [number, number]>} */
const KEYS = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

/** @param {HTMLElement} body @param {import("./studio.js").Studio} studio @param {import("./catalogue.js").Catalogue} catalogue */
export function buildPad(body, studio, catalogue) { return new Pad(body, studio, catalogue); }

class Pad {
  /** @param {HTMLElement} body @param {import("./studio.js").Studio} studio @param {import("./catalogue.js").Catalogue} catalogue */
  constructor(body, studio, catalogue) {
    this.studio = studio;
    this.catalogue = catalogue;
    this.held = false;  // by a pointer
    this.offered = "";  // the directions in the lists
    this.pictures = 0;  // a row
    /** @type {HTMLCanvasElement[]} */
    this.canvases = [];
    /** @param {string} id */
    const axis = (id) => h("select", { class: "ga-input", id, "data-help": "gan_pad_axis_help" });
    this.across = axis("pad-across");
    this.up = axis("pad-up");
    this.dot = h("div", { class: "ga-pad-dot", id: "pad-dot", role: "slider", tabindex: "0", "aria-label": t("gan_pad"), "aria-valuemin": -REACH, "aria-valuemax": REACH, "data-help": "gan_pad_help" });
    this.sheet = h("div", { class: "ga-pad-sheet", "aria-hidden": "true" });
    this.area = h("div", { class: "ga-pad-area", id: "pad-area" }, this.sheet, this.dot);
    this.middle = h("button", { type: "button", class: "ga-button", id: "pad-middle", "data-help": "gan_pad_middle_help" }, h("span", { "data-t": "gan_pad_middle" }));
    this.acrossOut = h("output", { "data-help": "gan_pad_amount_help" });
    this.upOut = h("output", { "data-help": "gan_pad_amount_help" });
    /** @param {string} word @param {HTMLElement} control @param {HTMLElement} output */
    const field = (word, control, output) => h("label", { class: "ga-field" }, h("span", {}, h("span", { "data-t": word }), output), control);
    body.append(this.area, h("div", { class: "ga-pad-side" }, h("p", { class: "ga-quiet", "data-t": "gan_pad_says" }),
      field("gan_pad_across", this.across, this.acrossOut), field("gan_pad_up", this.up, this.upOut), this.middle));
    this.thumbs = new Thumbs(studio, this.sheet, () => this.area.clientWidth / (this.pictures || 5), () => this.#wanted());
    this.#listen();
    on("directions", () => this.draw());
  }

  #listen() {
    for (const select of [this.across, this.up]) select.addEventListener("change", () => { this.draw(); this.thumbs.later(0); });
    this.middle.addEventListener("click", () => this.#put(0, 0, true));
    this.area.addEventListener("dblclick", () => this.#put(0, 0, true));
    this.area.addEventListener("pointerdown", (e) => {
      if (e.button !== 0) return;
      this.area.setPointerCapture(e.pointerId);
      this.held = true;
      e.preventDefault();
      this.dot.focus({ preventScroll: true });
      this.#point(e);
    });
    this.area.addEventListener("pointermove", (e) => { if (this.held) this.#point(e); });
    for (const name of ["pointerup", "pointercancel"]) this.area.addEventListener(name, () => this.#letGo());
    this.dot.addEventListener("keydown", (e) => this.#key(e));
    this.dot.addEventListener("keyup", (e) => { if (e.key in KEYS || e.key === "Home") this.studio.release(); });
    this.dot.addEventListener("blur", () => this.studio.release());
  }

  #letGo() {
    if (!this.held) return;
    this.held = false;
    this.studio.release();
  }

  get ids() { return [this.across.value, this.up.value]; }

  #at() { return this.ids.map((id) => this.studio.point.steps[id] ?? 0); }

  /** @param {PointerEvent} e */
  #point({ clientX, clientY }) {
    const { left, top, width, height } = this.area.getBoundingClientRect();
    /** @param {number} share */
    const place = (share) => Math.max(-REACH, Math.min(REACH, REACH * (2 * share - 1)));
    this.#put(place((clientX - left) / width), place(1 - (clientY - top) / height));
  }

  /** @param {KeyboardEvent} e */
  #key(e) {
    if (e.ctrlKey || e.metaKey || e.altKey) return;
    if (e.key === "Home") { e.preventDefault(); return void this.#put(0, 0); }
    const way = KEYS[e.key];
    if (!way) return;
    e.preventDefault();
    const [x, y] = this.#at();
    const step = e.shiftKey ? FINE : STEP;
    this.#put(x + step * way[0], y + step * way[1]);
  }

  // A part of a drag, as a slider's; locked directions stay.
  /** @param {number} x @param {number} y */
  #put(x, y, whole = false) {
    const { studio } = this;
    const steps = { ...studio.point.steps };
    const to = [x, y].map((v) => Math.round(100 * Math.max(-REACH, Math.min(REACH, v))) / 100);
    this.ids.forEach((id, i) => {
      if (!id || studio.locks.has(id) || (i && id === this.ids[0])) return;
      if (to[i]) steps[id] = to[i];
      else delete steps[id];
    });
    studio.drag({ steps });
    if (whole) studio.release();
  }

  // ---- drawing ------------------------------------------------------------------------------

  draw() {
    const { studio } = this;
    if (!studio.ready) return;
    this.#axes();
    this.#lay();
    const [x, y] = this.#at();
    const [across, up] = this.ids.map((id) => studio.catalogue.get(id));
    this.middle.disabled = !x && !y;
    /** @param {number} v */
    const amount = (v) => (v ? `${signed(v)} σ` : "0");
    this.acrossOut.textContent = amount(x);
    this.upOut.textContent = amount(y);
    /** @param {number} v */
    const share = (v) => `${50 + 50 * v / REACH}%`;
    Object.assign(this.dot.style, { left: share(x), bottom: share(y) });
    this.dot.setAttribute("aria-valuenow", fixed(x));
    if (!across || !up) return;
    const names = { across: nameOf(across, studio), up: nameOf(up, studio) };
    this.dot.setAttribute("aria-label", t("gan_pad_dot", names));
    this.dot.setAttribute("aria-valuetext", t("gan_pad_value", { ...names, x: signed(x), y: signed(y) }));
  }

  // The two strongest at first; what was chosen stays while there is such a direction.
  #axes() {
    const { studio } = this;
    const chosen = [this.across.value, this.up.value];
    const all = studio.directions().filter((d) => d.kind !== "gone" && (studio.leads(d) || chosen.includes(d.id)));
    const best = this.catalogue.list("ranked").filter(({ target }) => target === null).map(({ id }) => id);
    const key = all.map((d) => `${d.id} ${nameOf(d, studio)}`).join("\n");
    if (key === this.offered) return;
    this.offered = key;
    const unlike = [best[0] ?? all[0]?.id, best[1] ?? all[1]?.id];
    [this.across, this.up].forEach((select, i) => {
      const { value } = select;
      select.replaceChildren(...all.map((d) => h("option", { value: d.id }, nameOf(d, studio))));
      select.value = all.some(({ id }) => id === value) ? value : unlike[i] ?? "";
    });
  }

  #lay() {
    const wanted = this.studio.model.resolution > FINE_PX ? 3 : 5;
    if (this.pictures === wanted) return;
    this.pictures = wanted;
    this.canvases = Array.from({ length: wanted ** 2 }, () => h("canvas", { class: "ga-pixels", width: 1, height: 1 }));
    this.sheet.style.setProperty("--pictures", String(wanted));
    this.sheet.replaceChildren(...this.canvases);
    this.thumbs.later(0);
  }

  // In the middle of each cell: what the dot makes there.
  #wanted() {
    const { studio, pictures } = this;
    const [a, b] = this.ids;
    if (!a || !b) return [];
    /** @param {number} i */
    const at = (i) => REACH * (2 * (i + 0.5) / pictures - 1);
    return this.canvases.map((canvas, i) => ({
      canvas, point: studio.alongAll({ [b]: -at(Math.floor(i / pictures)), [a]: at(i % pictures) }),
    }));
  }
}
