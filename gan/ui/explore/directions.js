// Directions: a short list of sliders, each between pictures of its two ends.
/** @import { Direction } from "../page/kit/types" */
import { around, emit, fillRange, find, finder, focusedIn, h, icon, on, query, say, sentences, t } from "../page/kit/core.js";
import { nameOf } from "./catalogue.js";
import { signed } from "../page/kit/figures.js";
import { stepWithKeys } from "./keys.js";
import { REACH } from "../page/kit/latentlink.js";
import { Thumbs } from "./thumbs.js";

const AT_FIRST = 8;
const CLASSES_AT_FIRST = 12;  // ten are common: no need to ask for the last two
const KINDS = ["ranked", "pca", "sefa", "class", "drawn"];

/**
 * @typedef {{ low: HTMLButtonElement, high: HTMLButtonElement, name: HTMLButtonElement, output: HTMLOutputElement, lock: HTMLButtonElement,
 *   slider: HTMLInputElement, own: HTMLButtonElement[], row: HTMLElement, seen?: string }} Row seen: what was drawn
 */

export class Directions {
  /**
   * @param {HTMLElement} root
   * @param {import("./studio.js").Studio} studio
   * @param {import("./catalogue.js").Catalogue} catalogue
   * @param {import("./drawn.js").Drawn} store
   */
  constructor(root, studio, catalogue, store) {
    this.root = root;
    this.studio = studio;
    this.catalogue = catalogue;
    this.store = store;
    this.kind = "ranked";
    this.shown = AT_FIRST;
    /** @type {number | null} */
    this.fitted = null;  // to what room the thumbnails were drawn
    /** @type {Map<string, Row>} */
    this.rows = new Map();  // id -> parts, in the order on screen
    this.find = finder(root);
    this.list = this.find("#direction-rows");
    this.thumbs = new Thumbs(studio, this.list, () => this.#room(), () => this.#wanted());
    new ResizeObserver(() => this.#fit()).observe(this.list);
    this.#listen();
    for (const name of /** @type {const} */ (["directions", "language"])) on(name, () => this.build());
    on("latent", () => this.draw());
    on("locks", () => this.#drawAll());
    this.build();
  }

  #listen() {
    const { list, studio } = this;
    /** @param {Event} e */
    const idOf = (e) => around(e, ".ga-direction")?.dataset.id ?? "";
    list.addEventListener("input", (e) => {
      if (e.target instanceof HTMLInputElement) studio.step(idOf(e), Number(e.target.value));
    });
    list.addEventListener("change", () => studio.release());
    list.addEventListener("dblclick", (e) => {
      if (e.target instanceof Element && e.target.matches(".direction-slider:enabled")) this.#set(idOf(e), 0);
    });
    list.addEventListener("click", (e) => {
      const button = around(e, "button");
      if (button) this.#press(button, idOf(e));
    });
    stepWithKeys(list, ".direction-slider");
    this.find("#direction-kinds").addEventListener("click", (e) => {
      const kind = around(e, "button")?.dataset.kind;
      if (kind) this.show(kind);
    });
    this.find("#more-directions").addEventListener("click", () => {
      this.shown += AT_FIRST;
      this.build();
    });
  }

  /** @param {HTMLElement} button @param {string} id */
  #press(button, id) {
    const { end, act } = button.dataset;
    if (end) this.#set(id, Number(end));
    else if (act === "lock") this.studio.lock(id, !this.studio.locks.has(id));
    else if (act === "retry") this.catalogue.load();
    else if (act) emit("drawn-act", { act, id, row: this.rows.get(id)?.row });
  }

  /** @param {string} id @param {number} sigmas */
  #set(id, sigmas) {
    if (this.studio.locks.has(id)) return;
    this.studio.step(id, sigmas);
    this.studio.release();
  }

  /** @param {string} kind */
  show(kind) {
    Object.assign(this, { kind, shown: kind === "class" ? CLASSES_AT_FIRST : AT_FIRST });
    this.build();
  }

  // ---- rows -----------------------------------------------------------------------------------

  build() {
    const all = this.catalogue.list(this.kind);
    const list = all.slice(0, this.shown);
    this.#drawKinds();
    this.find("#more-directions").hidden = all.length <= list.length;
    const abbreviated = ["pca", "sefa"].filter((kind) => list.some((d) => d.kind === kind));
    const about = this.find("#direction-about");
    about.hidden = !abbreviated.length;
    about.textContent = sentences(...abbreviated.map((kind) => t(`gan_direction_about_${kind}`)));
    if (!list.length) return this.#empty();
    const rows = new Map(list.map((d) => [d.id, this.rows.get(d.id) ?? this.#row(d)]));
    const ids = [...rows.keys()].join();
    if (ids !== [...this.rows.keys()].join() || this.list.querySelector(".is-waiting")) {
      this.list.replaceChildren(...[...rows.values()].map((r) => r.row));
    }
    this.rows = rows;
    this.#drawAll();
    this.thumbs.later(0);
    return undefined;
  }

  /** @param {Direction} direction @returns {Row} */
  #row({ id, kind }) {
    /** @param {number} sigmas */
    const end = (sigmas) => {
      const canvas = h("canvas", { class: "ga-pixels", width: 1, height: 1 });
      return h("button", { type: "button", class: "ga-tip", tabindex: -1, "data-end": sigmas, "data-help": "gan_tip_help" }, canvas);
    };
    /** @param {string} name @param {string} picture */
    const act = (name, picture) => h("button", {
      type: "button", class: "ga-mini", "data-act": name, "data-help": `gan_${name}_help`,
    }, icon(picture));
    const inner = {
      low: end(-REACH), high: end(REACH),
      name: h("button", { type: "button", class: "ga-direction-name", "data-act": "rename", "data-help": "gan_rename_help" }, h("span"), icon("pen")),
      output: h("output"), lock: act("lock", "unlock"),
      slider: h("input", {
        class: "ga-range direction-slider", type: "range", min: -REACH, max: REACH, step: 0.01, value: 0,
      }),
      own: kind === "drawn" ? [act("delete", "bin")] : [],
    };
    const row = h("div", { class: "ga-direction", role: "group", "data-id": id, "data-help": `gan_direction_${kind}_help` }, inner.low,
      h("div", { class: "ga-direction-middle" }, inner.name, inner.output, ...inner.own, inner.lock,
        inner.slider),
      inner.high);
    return { ...inner, row };
  }

  draw() {
    const names = this.catalogue.list(this.kind).slice(0, this.shown).map((d) => d.id).join();
    if (names !== [...this.rows.keys()].join()) this.build();
    else this.#drawAll();
  }

  #drawAll() {
    if (!this.studio.ready) return;
    for (const [id, parts] of this.rows) this.#drawRow(id, parts);
  }

  // Only what differs from the screen is touched.
  /** @param {string} id @param {Row} parts */
  #drawRow(id, parts) {
    const direction = this.studio.catalogue.get(id);
    if (!direction) return;
    const sigmas = this.studio.point.steps[id] ?? 0;
    const locked = this.studio.locks.has(id);
    const name = nameOf(direction, this.studio);
    const seen = `${sigmas} ${locked} ${name}`;
    if (parts.seen === seen) return;
    parts.seen = seen;
    const { slider, row, output, lock } = parts;
    if (Number(slider.value) !== sigmas) slider.value = String(sigmas);
    slider.disabled = locked;
    slider.setAttribute("aria-label", name);
    slider.setAttribute("aria-valuetext", t("gan_sigmas", { value: sigmas.toFixed(2) }));
    fillRange(slider, 0);
    row.classList.toggle("is-moved", sigmas !== 0);
    row.setAttribute("aria-label", name);
    output.dataset.help = "gan_metric_sigma_help";
    output.textContent = sigmas ? `${signed(sigmas)} σ` : "0";
    lock.setAttribute("aria-pressed", String(locked));
    this.#drawWords(parts, direction, name, locked);
  }

  /** @param {Row} parts @param {Direction} direction @param {string} name @param {boolean} locked */
  #drawWords({ name: label, lock, low, high, own }, direction, name, locked) {
    find(label, "span").textContent = name;
    /** @param {HTMLElement} node @param {string} words */
    const title = (node, words) => {
      node.title = words;
      node.setAttribute("aria-label", words);
    };
    title(label, t("gan_rename", { name }));
    title(lock, t(locked ? "gan_unlock" : "gan_lock", { name }));
    lock.replaceChildren(icon(locked ? "lock" : "unlock"));
    title(low, t("gan_less_of", { name }));
    title(high, t("gan_more_of", { name }));
    if (own.length) title(own[0], t("gan_delete", { name }));
  }

  // ---- kinds, and lists with nothing in them ------------------------------------------------------

  #drawKinds() {
    const offered = KINDS.filter((kind) => {
      return ["ranked", "drawn"].includes(kind) || this.catalogue.list(kind).length;
    });
    const buttons = offered.map((kind) => h("button", {
      type: "button", class: "ga-button is-bare", "data-kind": kind,
      "data-help": `gan_direction_${kind}_help`, "aria-pressed": String(kind === this.kind),
    }, t(`gan_kind_${kind}`)));
    const row = this.find("#direction-kinds");
    const kept = focusedIn(row)?.dataset.kind;
    row.replaceChildren(...buttons);
    if (kept) query(row, `[data-kind="${kept}"]`)?.focus();
    const term = this.find("#kind-term");
    Object.assign(term.dataset, { help: `gan_direction_${this.kind}_help`, tAbout: `gan_kind_${this.kind}` });
    term.setAttribute("aria-label", t("gan_help_what", { what: t(`gan_kind_${this.kind}`) }));
    this.find("#drawn-tools").hidden = this.kind !== "drawn";
  }

  #empty() {
    this.rows = new Map();
    const { state, error } = this.catalogue;
    if (state === "loading" && this.kind !== "drawn") {
      const waiting = () => h("div", { class: "ga-direction is-waiting" },
        h("span", { class: "ga-tip" }), h("span", { class: "ga-direction-middle" }), h("span", { class: "ga-tip" }));
      this.list.replaceChildren(...Array.from({ length: AT_FIRST }, waiting));
    } else if (state === "failed") {
      this.list.replaceChildren(h("p", { class: "ga-direction-none" }, `${say(error)} `, h("button", {
        type: "button", class: "ga-button", "data-act": "retry", "data-help": "gan_try_again_help",
      }, t("gan_try_again"))));
    } else {
      const key = this.kind === "drawn" ? "gan_no_drawn" : "gan_no_directions";
      this.list.replaceChildren(h("p", { class: "ga-direction-none ga-quiet" }, t(key)));
    }
  }

  // ---- thumbnails -------------------------------------------------------------------------------

  // CSS px of a thumbnail: the style sheet has more for a wider screen
  #room() { return parseFloat(getComputedStyle(this.list).getPropertyValue("--room")); }

  #fit() {
    const room = this.#room();
    if (room === this.fitted) return;
    this.fitted = room;
    this.thumbs.later();
  }

  #wanted() {
    return [...this.rows].flatMap(([id, { low, high }]) => [
      { canvas: find(low, "canvas", HTMLCanvasElement), point: this.studio.along(id, -REACH) },
      { canvas: find(high, "canvas", HTMLCanvasElement), point: this.studio.along(id, REACH) },
    ]);
  }
}
