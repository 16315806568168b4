// "Draw me a direction": mark a few samples as more and a few as less, name it, get a slider.
/** @import { Place, Seeded } from "../page/kit/types" */
import { around, emit, h, icon, refuse, say, t, translate, url } from "../page/kit/core.js";
import { Refusal, checkedName } from "./drawn.js";
import { Thumbs } from "./thumbs.js";

const SAMPLES = 20;
const ENOUGH = 2;  // on either side
const MOST = 32;  // marked in all
const ROOM = 64;
/** @type {Record<string, string>} */
const MARKS = { more: "plus", less: "minus" };

/** @param {HTMLElement} body @param {import("./studio.js").Studio} studio @param {Tools} with */
export function buildMarks(body, studio, { store, made, open }) {
  return new Marks(body, studio, { store, made, open });
}

/**
 * @typedef {{ store: import("./drawn.js").Drawn, made(name: string): void, open(): void }} Tools
 * @typedef {{ seed: number, canvas: HTMLCanvasElement, node: HTMLElement, buttons: HTMLButtonElement[], mark: string | null, point: Place }} Sample
 * @typedef {{ model: string, samples: Sample[], marks: (string | null)[], name: string }} Marked as undo knows it
 */

class Marks {
  /** @param {HTMLElement} body @param {import("./studio.js").Studio} studio @param {Tools} with */
  constructor(body, studio, { store, made, open }) {
    this.body = body;
    this.studio = studio;
    this.store = store;
    this.made = made;
    this.open = open;
    /** @type {Sample[]} */
    this.samples = [];
    /** @type {string | null} */
    this.about = null;
    this.strip = h("div", { class: "ga-strip" });
    this.others = h("button", { type: "button", class: "ga-button", id: "other-samples" },
      icon("dice"), h("span", { "data-t": "gan_other_samples" }));
    this.name = h("input", {
      class: "ga-input", id: "direction-name", maxlength: 40, autocomplete: "off",
      "data-t-placeholder": "gan_direction_name", "data-t-label": "gan_direction_name",
    });
    this.make = h("button", { type: "submit", class: "ga-button is-primary", id: "make-direction" },
      h("span", { "data-t": "gan_make_slider" }));
    this.note = h("p", { class: "ga-quiet", role: "status", id: "draw-note" });
    const form = h("form", { class: "ga-marks-form" }, this.others, this.name, this.make, this.note);
    body.append(h("p", { class: "ga-quiet", "data-t": "gan_draw_help" }), this.strip, form);
    this.thumbs = new Thumbs(studio, this.strip, () => ROOM, () => this.samples);
    this.others.addEventListener("click", () => this.#renew());
    this.name.addEventListener("input", () => this.draw());
    form.addEventListener("submit", (e) => {
      e.preventDefault();
      this.#make();
    });
    this.strip.addEventListener("click", (e) => this.#mark(around(e, "button")));
    translate(body);
  }

  // Another model, or another class chosen: other samples.
  draw() {
    const { studio } = this;
    if (!studio.ready) return;
    const about = `${studio.model.ref} ${studio.point.label} ${studio.point.mix}`;
    if (about !== this.about) {
      if (this.about?.split(" ")[0] !== studio.model.ref) this.samples = [];
      this.about = about;
      this.#fill();
    }
    const counts = ["more", "less"].map((side) => this.#marked(side).length);
    this.make.disabled = Math.min(...counts) < ENOUGH || !this.name.value.trim();
    if (!this.note.dataset.result) {
      this.note.textContent = t("gan_marked", { more: counts[0], less: counts[1], enough: ENOUGH });
    }
    this.samples.forEach((sample, i) => this.#drawSample(sample, i));
  }

  /** @param {string} side */
  #marked(side) { return this.samples.filter((s) => s.mark === side); }

  // ---- undo -----------------------------------------------------------------------------------

  /** @returns {Marked} */
  #state() {
    return { model: this.studio.model.ref, samples: this.samples, marks: this.samples.map((s) => s.mark), name: this.name.value };
  }

  // One step of undo, from `before` to what is there now; `to` does what else is to be undone.
  /** @param {Marked} before @param {{ undo(): Promise<unknown>, redo(): Promise<unknown> }} [to] */
  #done(before, to = { undo: async () => {}, redo: async () => {} }) {
    const after = this.#state();
    emit("did", { undo: () => to.undo().then(() => this.#restore(before)), redo: () => to.redo().then(() => this.#restore(after)) });
  }

  // Another model's samples mean nothing here.
  /** @param {Marked} state */
  #restore({ model, samples, marks, name }) {
    if (model !== this.studio.model?.ref) return;
    if (this.body.hidden) this.open();  // what is undone is seen
    this.filling = {};  // what is under way would replace it
    this.samples = samples;
    samples.forEach((sample, i) => { sample.mark = marks[i]; });
    this.name.value = name;
    delete this.note.dataset.result;
    this.#show();
  }

  // ---- the samples ----------------------------------------------------------------------------

  async #renew() {
    const before = this.#state();
    if (await this.#fill()) this.#done(before);
  }

  // Samples that are marked stay; the others make room for new ones. Whether they came.
  async #fill() {
    const { studio } = this;
    const kept = this.samples.filter((s) => s.mark);
    const count = Math.max(SAMPLES - kept.length, kept.length < MOST ? SAMPLES / 2 : 0);
    const seeds = Array.from({ length: count }, () => Math.floor(Math.random() * 1_000_000));
    const mine = (this.filling = {});
    const drawn = await Promise.all(seeds.map((seed) => studio.seed(seed))).catch(() => []);
    if (mine !== this.filling) return false;
    this.samples = [...kept, ...drawn.map((seeded) => this.#sample(seeded))];
    this.#show();
    return true;
  }

  #show() {
    this.strip.replaceChildren(...this.samples.map((s) => s.node));
    this.draw();
    this.thumbs.later(0);
  }

  /** @param {Seeded} seeded @returns {Sample} */
  #sample({ seed, z, label }) {
    const { point } = this.studio;
    const canvas = h("canvas", { class: "ga-pixels", width: 1, height: 1 });
    const buttons = Object.entries(MARKS).map(([mark, picture]) => h("button", {
      type: "button", class: "ga-mini", "data-mark": mark, "data-help": `gan_mark_${mark}_help`, "aria-pressed": "false",
    }, icon(picture)));
    const node = h("div", { class: "ga-sample", "data-seed": seed },
      h("span", { class: "ga-tip" }, canvas), h("div", {}, ...buttons));
    const mix = point.mix ? this.studio.chosenMix() : null;
    return { seed, canvas, node, buttons, mark: null, point: { z, label: point.label ?? label, mix } };
  }

  /** @param {Sample} sample @param {number} i */
  #drawSample({ node, buttons, mark }, i) {
    node.dataset.mark = mark ?? "";
    for (const button of buttons) {
      const { mark: its } = button.dataset;
      button.setAttribute("aria-pressed", String(its === mark));
      button.setAttribute("aria-label", t(its === "more" ? "gan_mark_more" : "gan_mark_less", { index: i + 1 }));
    }
  }

  /** @param {HTMLElement | null} button */
  #mark(button) {
    if (!button) return;
    const sample = this.samples.find((s) => s.buttons.some((b) => b === button));
    if (!sample) return;
    const { mark = null } = button.dataset;
    const before = this.#state();
    sample.mark = sample.mark === mark ? null : mark;
    this.#done(before);
    delete this.note.dataset.result;
    this.draw();
  }

  async #make() {
    if (this.make.disabled) return;
    this.make.disabled = true;
    this.note.dataset.result = "yes";
    try {
      const name = checkedName(this.name.value);
      const direction = await this.#fit();
      const before = this.#state();
      const replaced = this.store.list.find((d) => d.name === name);
      await this.store.save(name, direction);
      this.note.textContent = t(direction.guessing ? "gan_direction_guesses" : "gan_direction_made", {
        name, share: Math.round(100 * direction.held_out),
      });
      if (!direction.guessing) {  // else more are to be marked beside these, under the same name
        this.name.value = "";
        for (const sample of this.samples) sample.mark = null;
      }
      this.#done(before, {
        undo: () => (replaced ? this.store.save(name, replaced) : this.store.remove(name)),
        redo: () => this.store.save(name, direction),
      });
      this.made(name);
    } catch (error) {
      this.note.textContent = error instanceof Refusal ? t(error.message, { count: 40 }) : say(error);
    }
    this.draw();
  }

  /** @returns {Promise<{ vector: string, classes: string | null, guessing: boolean, held_out: number }>} */
  async #fit() {
    const { studio } = this;
    const [more, less] = [this.#marked("more"), this.#marked("less")];
    const rows = [...more, ...less].slice(0, 2 * MOST).flatMap(({ point: { z, label, mix } }) => {
      const weights = Array.from({ length: studio.classes }, (_, i) => (mix ? mix[i] : Number(i === label)));
      return [...z, ...weights];
    });
    const query = new URLSearchParams({ ref: studio.ref, plus: String(more.length) });
    const reply = await fetch(url(`directions/fit?${query}`), {
      method: "POST", body: Float32Array.from(rows), credentials: "same-origin",
      headers: { "Content-Type": "application/octet-stream" },
    });
    return reply.ok ? reply.json() : refuse(reply);
  }
}
