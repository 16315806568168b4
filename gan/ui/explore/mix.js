// Mix: A - B + C with pictures, live on the big picture.
/** @import { Place } from "../page/kit/types" */
/** @typedef {{ model: string, points: Record<string, Place | null>, amounts: Record<string, string>, length: boolean }} Trio
 * @typedef {{ name: string, canvas: HTMLCanvasElement, seed: HTMLInputElement, field: ReturnType<typeof seedField>, now: HTMLButtonElement,
 *   chance: HTMLButtonElement, node: HTMLElement, point: Place | null, stamp: string | null }} Slot stamp: of which weights its picture is */
import { emit, fillRange, find, h, say, t, wordedAt } from "../page/kit/core.js";
import {
  anySeed, button, fromSeed, here, iconButton, jumpTo, put, range, shot,
} from "./points.js";
import { effect, pairs } from "./trio.js";
import { seedField } from "../page/kit/seedfield.js";

const SLOTS = ["a", "b", "c"];
const LARGE_PX = 128;  // beyond, a picture takes long to draw
/** @type {Record<string, string>} */
const SIGNS = { a: "", b: "−", c: "+" };

/** @param {HTMLElement} body @param {import("./studio.js").Studio} studio */
export function build(body, studio) { return new Mix(body, studio); }

// Class weights made a mixture: none negative, all adding up to 1; walk.py does the same.
/** @param {number[]} weights */
function mixture(weights) {
  const positive = weights.map((v) => Math.max(0, v));
  const sum = positive.reduce((a, b) => a + b, 0) || 1;
  return positive.map((v) => v / sum);
}

/** @param {Trio} a @param {Trio} b */
const same = (a, b) => a.length === b.length && SLOTS.every((name) => a.points[name] === b.points[name] && a.amounts[name] === b.amounts[name]);

class Mix {
  /** @param {HTMLElement} body @param {import("./studio.js").Studio} studio */
  constructor(body, studio) {
    // made by #make
    /** @type {HTMLParagraphElement} */ this.note;
    /** @type {HTMLCanvasElement} */ this.result;
    /** @type {HTMLButtonElement} */ this.use;
    /** @type {HTMLInputElement} */ this.length;
    /** @type {HTMLButtonElement} */ this.again;
    this.body = body;
    this.studio = studio;
    this.model = studio.model?.ref;
    this.shown = false;
    /** @type {object | null} */
    this.asked = null;  // the latest request of the result
    /** @type {Record<string, { slider: HTMLInputElement, output: HTMLOutputElement }>} */
    this.amounts = {};  // of B and C
    /** @type {Record<string, Slot>} */
    this.slots = Object.fromEntries(SLOTS.map((name) => [name, this.#slot(name)]));
    this.#make();
    this.kept = this.#state();  // as undo knows it
  }

  open() {
    if (this.#ready()) this.#shoot();
    else this.#fillFirst();
  }

  close() { this.#leave(); }

  changed() {
    this.shown = false;
    if (this.studio.model?.ref === this.model) return;
    this.model = this.studio.model?.ref;
    for (const slot of Object.values(this.slots)) Object.assign(slot, { point: null, stamp: null });
    this.kept = this.#state();
    this.asked = null;
    this.note.textContent = "";
    this.#draw();
    if (!this.body.hidden) this.#fillFirst();
  }

  settled() {
    if (this.slots.a.point) this.#shoot();
    else if (!this.body.hidden) this.#fillFirst();  // it was opened before there was a point
  }

  worded() { this.#draw(); }

  // ---- the panel ----------------------------------------------------------------------------

  #make() {
    this.note = h("p", { class: "ga-note", role: "status" });
    this.result = shot(null, { id: "mix-result", width: 1, height: 1 });
    this.use = button("gan_mix_use", { id: "mix-use", primary: true });
    this.use.disabled = true;  // until there are three
    this.length = h("input", { type: "checkbox", id: "mix-length", checked: true });
    this.again = button("gan_mix_again", { icon: "dice", id: "mix-again" });
    const amounts = h("div", { class: "ga-rowed" },
      this.#amount("b", "gan_mix_less"), this.#amount("c", "gan_mix_more"),
      h("label", { class: "ga-check", "data-help": "gan_mix_length_help" }, this.length,
        h("span", { "data-t": "gan_mix_length" })),
      h("span", { class: "ga-space" }), this.again, this.use);
    this.body.append(
      h("p", { class: "ga-quiet", "data-t": "gan_mix_help" }), this.note,
      h("div", { class: "ga-mix" },
        ...SLOTS.map((name) => this.slots[name].node),
        h("div", { class: "ga-mix-slot is-result" },
          h("span", { class: "ga-mix-sign", "aria-hidden": "true" }, "="),
          h("div", { class: "ga-mix-shot" }, this.result),
          h("strong", { "data-t": "gan_mix_result" }))),
      amounts);
    this.length.addEventListener("change", () => { this.#blend(); this.#done(); });
    this.use.addEventListener("click", () => this.#use());
    this.again.addEventListener("click", () => this.#again());
    for (const slot of Object.values(this.slots)) this.#listen(slot);
  }

  /** @param {string} name @returns {Slot} */
  #slot(name) {
    const canvas = shot(null, { width: 1, height: 1 });
    const seed = h("input", {
      class: "ga-input", inputmode: "numeric", id: `mix-seed-${name}`, "data-t-placeholder": "gan_seed",
      "data-help": "gan_metric_seed_help",
    });
    const now = button("gan_mix_this", { id: `mix-this-${name}` });
    const chance = iconButton("gan_mix_chance", "dice", { id: `mix-chance-${name}` });
    const node = h("div", { class: "ga-mix-slot", role: "group" },
      h("span", { class: "ga-mix-sign", "aria-hidden": "true" }, SIGNS[name]),
      h("div", { class: "ga-mix-shot" }, canvas),
      h("div", { class: "ga-mix-acts" },
        h("b", {}, name.toUpperCase()), seed, chance), now);
    const field = seedField(seed, (wanted) => this.#fill([name], [wanted]));
    return { name, canvas, seed, field, now, chance, node, point: null, stamp: null };
  }

  /** @param {string} name @param {string} word */
  #amount(name, word) {
    const slider = range({ id: `mix-amount-${name}`, min: 0, max: 2, step: 0.05, value: 1 });
    const output = h("output");
    this.amounts[name] = { slider, output };
    slider.addEventListener("input", () => this.#blend());
    slider.addEventListener("change", () => this.#done());
    slider.addEventListener("dblclick", () => { slider.value = "1"; this.#blend(); this.#done(); });
    return h("label", { class: "ga-field is-amount", "data-help": "gan_metric_amount_help" },
      h("span", {}, h("span", { "data-t": word }), output), slider);
  }

  /** @param {Slot} slot */
  #listen(slot) {
    slot.now.addEventListener("click", () => {
      this.#set(slot, this.shown ? this.#mixed() : here(this.studio));
      this.#done();
    });
    slot.chance.addEventListener("click", () => this.#fill([slot.name]));
  }

  // ---- undo ---------------------------------------------------------------------------------

  /** @returns {Trio} */
  #state() {
    return {
      model: this.model, points: Object.fromEntries(SLOTS.map((name) => [name, this.slots[name].point])),
      amounts: { b: this.amounts.b.slider.value, c: this.amounts.c.slider.value }, length: this.length.checked,
    };
  }

  // What was done since the last time is one step of undo; the first trio is nobody's doing.
  #done() {
    const [before, after] = [this.kept, this.#state()];
    this.kept = after;
    if (same(before, after) || SLOTS.some((name) => !before.points[name])) return;
    emit("did", { undo: () => this.#restore(before), redo: () => this.#restore(after) });
  }

  // Another model's points mean nothing here.
  /** @param {Trio} trio */
  #restore(trio) {
    if (trio.model !== this.studio.model?.ref) return;
    if (this.body.hidden) find(document, "#open-mix").click();  // what is undone is seen
    this.filling = {};  // what is under way would replace it
    for (const name of SLOTS) Object.assign(this.slots[name], { point: trio.points[name], stamp: null });
    for (const [name, value] of Object.entries(trio.amounts)) this.amounts[name].slider.value = value;
    this.length.checked = trio.length;
    this.kept = trio;
    this.#shoot();
    this.#blend();
  }

  // ---- what is mixed ------------------------------------------------------------------------

  #fillFirst() {
    if (!this.studio.now()) return;
    this.slots.a.point = here(this.studio);
    this.#fillTelling();
  }

  async #again() {
    await this.#fill(["a"], [anySeed()], { undo: false });
    await this.#fillTelling();
  }

  // Of a few candidates the B and C whose difference shows best at A. Two kinds of garment cancel to a third that
  // nobody asked for, so candidates are of A's kind.
  async #fillTelling() {
    const { model, studio } = this;
    const few = (studio.model?.resolution ?? 0) > LARGE_PX;
    const a = this.#point("a");
    const mine = (this.filling = {});
    try {
      const points = (await Promise.all(Array.from({ length: few ? 3 : 6 }, () => fromSeed(studio, anySeed()))))
        .map((point) => (a.mix ? { ...point, mix: [...a.mix] } : point));
      const tried = pairs(points.length, few ? 4 : 24);
      const [own, ...images] = await studio.batch([a, ...points]);
      const results = await studio.batch(tried.map(([b, c]) => this.#mixed(a, points[b], points[c])));
      if (model !== this.model || mine !== this.filling) return;
      const shown = tried.map(([b, c], i) => effect(own, images[b], images[c], results[i]));
      const [b, c] = tried[shown.indexOf(Math.max(...shown))];
      Object.assign(this.slots.b, { point: points[b], stamp: null });
      this.#set(this.slots.c, points[c]);
      this.#done();
    } catch (error) {
      this.note.textContent = say(error);
    }
  }

  /** @param {string[]} names */
  async #fill(names, seeds = names.map(anySeed), { undo = true } = {}) {
    const { model } = this;
    try {
      const points = await Promise.all(seeds.map((seed) => fromSeed(this.studio, seed)));
      if (model !== this.model) return;
      names.forEach((name, i) => Object.assign(this.slots[name], { point: points[i], stamp: null }));
      this.note.textContent = "";
      this.#shoot();
      this.#blend();
      if (undo) this.#done();
    } catch (error) {
      this.note.textContent = say(error);
    }
  }

  /** @param {Slot} slot @param {Place} point */
  #set(slot, point) {
    Object.assign(slot, { point, stamp: null });
    this.#shoot();
    this.#blend();
  }

  #ready() { return SLOTS.every((name) => this.slots[name].point); }

  /** @param {string} name */
  #point(name) {
    const { point } = this.slots[name];
    if (!point) throw new Error(`nothing is in ${name}`);
    return point;
  }

  /** @returns {Place} */
  #mixed(a = this.#point("a"), b = this.#point("b"), c = this.#point("c")) {
    const [less, more] = ["b", "c"].map((name) => Number(this.amounts[name].slider.value));
    // less of B and more of C than the average, which is 0 in z and the same share of every class;
    // so that the weights of the classes still add up to 1, whatever the amounts
    /** @param {ArrayLike<number>} x @param {ArrayLike<number>} y @param {ArrayLike<number>} w */
    const sum = (x, y, w, average = 0) => Array.from(
      x, (v, i) => v - less * (y[i] - average) + more * (w[i] - average));
    /** @param {number} v */
    const exact = (v) => Number(v.toFixed(6));  // no traces of a class that cancels out
    let z = Float32Array.from(sum(a.z, b.z, c.z));
    if (this.length.checked) {  // noise lives at one length; three of it added do not
      const scale = Math.hypot(...a.z) / (Math.hypot(...z) || 1);
      z = z.map((v) => v * scale);
    }
    const mix = a.mix && b.mix && c.mix && mixture(sum(a.mix, b.mix, c.mix, 1 / a.mix.length)).map(exact);
    return { z, mix, label: null, seed: null };
  }

  #blend() {
    this.#draw();
    if (!this.#ready()) return;
    const { z, mix } = this.#mixed();
    this.studio.preview(z, { mix, from: { how: "mixed", pins: this.studio.point.from?.pins ?? [], steps: {} } });
    this.shown = true;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.#shootResult(), 60);
  }

  async #use() {
    const point = this.#mixed();
    this.shown = false;
    await this.studio.jump({ ...jumpTo(point), how: "mixed" });
  }

  #leave() {
    if (this.shown) this.studio.settle();
    this.shown = false;
  }

  // ---- pictures -----------------------------------------------------------------------------

  async #shoot() {
    const now = this.studio.now();
    if (!now) return;
    const stamp = `${now.ref} ${now.psi} ${this.studio.model?.nimg}`;
    const stale = Object.values(this.slots).filter((s) => s.point && s.stamp !== stamp)
      .map((slot) => ({ slot, point: this.#point(slot.name) }));
    if (!stale.length) return;
    try {
      const images = await this.studio.batch(stale.map(({ point }) => point));
      stale.forEach(({ slot, point }, i) => {
        if (slot.point !== point) return;  // another one is here by now, and on its way
        put(slot.canvas, images[i]);
        slot.stamp = stamp;
      });
      this.#shootResult();
    } catch (error) {
      this.note.textContent = say(error);
    }
    this.#draw();
  }

  async #shootResult() {
    if (!this.#ready() || this.body.hidden) return;
    const mine = (this.asked = {});  // a late answer is not the result any more
    try {
      const [image] = await this.studio.batch([this.#mixed()]);
      if (mine !== this.asked) return;
      put(this.result, image);
      this.note.textContent = "";
    } catch (error) {
      if (mine === this.asked) this.note.textContent = say(error);
    }
  }

  #draw() {
    for (const { name, point, seed, field, canvas, node } of Object.values(this.slots)) {
      const what = t(wordedAt(this.body, "gan_mix_slot"), { name: name.toUpperCase() });
      node.setAttribute("aria-label", what);
      canvas.setAttribute("aria-label", what);
      seed.setAttribute("aria-label", t("gan_mix_seed", { name: name.toUpperCase() }));
      if (document.activeElement !== seed) field.put(String(point?.seed ?? ""));
      node.classList.toggle("is-empty", !point);
    }
    for (const name of ["b", "c"]) {
      const { slider, output } = this.amounts[name];
      output.textContent = Number(slider.value).toFixed(2);
      fillRange(slider, 0);
    }
    this.result.setAttribute("aria-label", t("gan_mix_result"));
    this.use.disabled = !this.#ready();
  }
}
