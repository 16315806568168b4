// A mixture of classes: a chip with a small slider for each class that is in it. The sliders are
// shares: one that goes up takes from the others as they are, and fully right is all of it.
/** @import { Point } from "../page/kit/types" */
import { around, className, fillRange, find, h, icon, t } from "../page/kit/core.js";
import { percents } from "../page/kit/figures.js";

const LEAST = 0.005;  // of a share that is shown

export class ClassMix {
  /** @param {HTMLElement} box @param {HTMLButtonElement} toggle @param {import("./studio.js").Studio} studio */
  constructor(box, toggle, studio) {
    this.box = box;
    this.toggle = toggle;
    this.studio = studio;
    /** @type {number[]} */
    this.listed = [];
    /** @type {string | null} */
    this.model = null;
    this.open = false;
    this.shown = "";  // the classes that have chips
    this.words = "";  // the language of the chips
    /** @type {number | null} */
    this.dragged = null;
    /** @type {number[]} */
    this.others = [];  // what the others were to each other when the drag began
    this.chips = h("div", { class: "ga-mix-chips" });
    this.add = h("select", { class: "ga-input", id: "mix-add", "data-help": "gan_mix_add_help" });
    box.append(this.chips, this.add);
    toggle.addEventListener("click", () => (box.hidden ? this.#open() : this.#close()));
    this.add.addEventListener("change", () => this.#add(Number(this.add.value)));
    /** @param {Event} e */
    const index = (e) => Number(around(e, "[data-class]")?.dataset.class);
    this.chips.addEventListener("input", (e) => {
      if (e.target instanceof HTMLInputElement) this.#drag(index(e), Number(e.target.value));
    });
    this.chips.addEventListener("change", () => studio.release());
    this.chips.addEventListener("click", (e) => {
      if (around(e, "button")) this.#remove(index(e));
    });
  }

  // It begins with the mixture or the class that is on show.
  #open() {
    const { studio } = this;
    if (!studio.ready) return;
    this.open = true;
    this.listed = this.listed.filter((i) => i < studio.classes);
    if (studio.point.mix) this.draw();
    else this.#take(studio.chosenMix());
  }

  // One class again: the strongest.
  #close() {
    const { mix } = this.studio.point;
    Object.assign(this, { open: false, listed: [] });
    if (mix) this.#take(null, { label: strongest(mix) });
    else this.#show(false);
  }

  /** @param {number[] | null} mix @param {Partial<Point>} [more] */
  #take(mix, more = {}) {
    const { held } = this.studio.point;
    return this.studio.jump({ mix, held, ...more });
  }

  /** @param {boolean} open */
  #show(open) {
    this.box.hidden = !open;
    this.toggle.setAttribute("aria-pressed", String(open));
  }

  /** @param {number} index @param {number} share */
  #drag(index, share) {
    const { studio } = this;
    if (!studio.dragging || this.dragged !== index) this.others = this.#others(index);
    this.dragged = index;
    studio.drag({ mix: mixed(this.others, index, share) });
  }

  // The shares of the other classes; of those that are listed each the same where this is all.
  /** @param {number} index */
  #others(index) {
    const rest = this.studio.chosenMix().map((v, i) => (i === index ? 0 : Math.max(0, v)));
    if (rest.some((v) => v > 0)) return rest;
    return rest.map((_, i) => Number(i !== index && this.listed.includes(i)));
  }

  /** @param {number} index */
  #add(index) {
    this.listed = [...this.listed, index];
    this.#take(mixed(this.#others(index), index, 1 / 3));
  }

  /** @param {number} index */
  #remove(index) {
    this.listed = this.listed.filter((i) => i !== index);
    const others = this.#others(index);
    if (others.some((v) => v > 0)) this.#take(mixed(others, index, 0));
    else this.#close();
  }

  draw() {
    const { studio } = this;
    const { mix } = studio.point;
    if (this.model !== studio.model.ref) Object.assign(this, { listed: [], open: false });
    this.model = studio.model.ref;
    this.toggle.hidden = studio.classes < 2;
    if (!mix) Object.assign(this, { listed: [], open: false });
    if (!this.open) return this.#show(false);  // a mixture of a walk or of a map asks for no room
    this.#show(true);
    const inside = studio.chosenMix().flatMap((v, i) => (v > LEAST ? [i] : []));
    this.listed = [...new Set([...this.listed, ...inside])].sort((a, b) => a - b);
    const names = studio.model.class_names.map(className);
    const shown = this.listed.map((i) => `${i} ${names[i]}`).join();
    if (shown !== this.shown || this.words !== t("gan_mix_add")) this.#build(names);
    Object.assign(this, { shown, words: t("gan_mix_add") });
    return this.#drawChips(studio.chosenMix());
  }

  /** @param {string[]} names */
  #build(names) {
    this.chips.replaceChildren(...this.listed.map((i) => h("div", { class: "ga-mix-chip", "data-class": i, "data-help": "gan_mix_share_help" },
      h("span", {}, names[i]), h("output"),
      h("input", { class: "ga-range", type: "range", min: 0, max: 1, step: 0.01, "aria-label": t("gan_mix_share", { name: names[i] }) }),
      h("button", { type: "button", class: "ga-mini", "data-help": "gan_mix_remove_help", "aria-label": t("gan_mix_remove", { name: names[i] }), title: t("gan_mix_remove", { name: names[i] }) }, icon("close")))));
    const others = names.flatMap((name, i) => (this.listed.includes(i) ? [] : [h("option", { value: i }, name)]));
    this.add.replaceChildren(h("option", { value: "" }, t("gan_mix_add")), ...others);
    this.add.setAttribute("aria-label", t("gan_mix_add"));
    this.add.hidden = !others.length;
  }

  /** @param {number[]} shares */
  #drawChips(shares) {
    this.add.value = "";
    const told = percents(shares);
    /** @type {NodeListOf<HTMLElement>} */
    const chips = this.chips.querySelectorAll("[data-class]");
    for (const chip of chips) {
      const index = Number(chip.dataset.class);
      const slider = find(chip, "input", HTMLInputElement);
      const share = Number(shares[index].toFixed(2));
      if (Number(slider.value) !== share) slider.value = String(share);
      fillRange(slider, 0);
      find(chip, "output").textContent = `${told[index]} %`;
    }
  }
}

/** @param {number[]} mix */
const strongest = (mix) => mix.indexOf(Math.max(...mix));

// Weights with `share` for class `index` and the rest as `others` are to each other.
/** @param {number[]} others @param {number} index @param {number} share */
function mixed(others, index, share) {
  const sum = others.reduce((a, b) => a + b, 0);
  if (!sum) return others.map((_, i) => Number(i === index));
  return others.map((v, i) => (i === index ? share : (1 - share) * v / sum));
}
