// A mixture of classes: a chip with a small slider for each class that is in it.
import { className, fillRange, h, icon, t } from "./core.js";

export class ClassMix {
  constructor(box, toggle, studio) {
    Object.assign(this, { box, toggle, studio, listed: [], model: null });
    this.chips = h("div", { class: "ga-mix-chips" });
    this.add = h("select", { class: "ga-input", id: "mix-add" });
    box.append(this.chips, this.add);
    toggle.addEventListener("click", () => (box.hidden ? this.#open() : this.#close()));
    this.add.addEventListener("change", () => this.#set(Number(this.add.value), 0.5));
    const index = (e) => Number(e.target.closest("[data-class]").dataset.class);
    this.chips.addEventListener("input", (e) => this.#drag(index(e), Number(e.target.value)));
    this.chips.addEventListener("change", () => studio.release());
    this.chips.addEventListener("click", (e) => {
      if (e.target.closest("button")) this.#set(index(e), null);
    });
  }

  // It begins with the class that is on show.
  #open() {
    const { studio } = this;
    if (!studio.ready) return;
    this.listed = this.listed.filter((i) => i < studio.classes);
    this.#show(true);
    const mix = new Array(studio.classes).fill(0);
    mix[studio.label()] = 1;
    studio.jump({ mix });
  }

  // One class again: the strongest.
  #close() {
    const { studio } = this;
    const { mix } = studio.point;
    this.listed = [];
    studio.jump({ mix: null, ...(mix ? { label: strongest(mix) } : {}) });
  }

  #show(open) {
    this.box.hidden = !open;
    this.toggle.setAttribute("aria-pressed", String(open));
  }

  #raw() { return Array.from({ length: this.studio.classes }, (_, i) => this.studio.point.mix?.[i] ?? 0); }

  #drag(index, weight) {
    const mix = this.#raw();
    mix[index] = weight;
    this.studio.drag({ mix });
  }

  // null takes a class out.
  #set(index, weight) {
    const mix = this.#raw();
    mix[index] = weight ?? 0;
    this.listed = this.listed.filter((i) => i !== index || weight !== null);
    if (mix.some((v) => v > 0)) this.studio.jump({ mix });
    else this.#close();
  }

  draw() {
    const { studio } = this;
    const { mix } = studio.point;
    if (this.model !== studio.model.ref) this.listed = [];
    this.model = studio.model.ref;
    this.toggle.hidden = studio.classes < 2;
    if (!mix) return this.#show(false);
    this.#show(true);
    const inside = mix.flatMap((v, i) => (v > 0 ? [i] : []));
    this.listed = [...new Set([...this.listed, ...inside])].sort((a, b) => a - b);
    const names = studio.model.class_names.map(className);
    const shown = this.listed.map((i) => `${i} ${names[i]}`).join();
    if (shown !== this.shown || this.words !== t("gan_mix_add")) this.#build(names);
    Object.assign(this, { shown, words: t("gan_mix_add") });
    return this.#drawChips(studio.chosenMix());
  }

  #build(names) {
    this.chips.replaceChildren(...this.listed.map((i) => h("div", { class: "ga-mix-chip", "data-class": i },
      h("span", {}, names[i]), h("output"),
      h("input", { class: "ga-range", type: "range", min: 0, max: 1, step: 0.01, "aria-label": t("gan_mix_share", { name: names[i] }) }),
      h("button", { type: "button", class: "ga-mini", "aria-label": t("gan_mix_remove", { name: names[i] }), title: t("gan_mix_remove", { name: names[i] }) }, icon("close")))));
    const others = names.flatMap((name, i) => (this.listed.includes(i) ? [] : [h("option", { value: i }, name)]));
    this.add.replaceChildren(h("option", { value: "" }, t("gan_mix_add")), ...others);
    this.add.setAttribute("aria-label", t("gan_mix_add"));
    this.add.hidden = !others.length;
  }

  #drawChips(shares) {
    this.add.value = "";
    for (const chip of this.chips.children) {
      const index = Number(chip.dataset.class);
      const slider = chip.querySelector("input");
      const weight = this.studio.point.mix[index] ?? 0;
      if (Number(slider.value) !== weight) slider.value = weight;
      fillRange(slider, 0);
      chip.querySelector("output").textContent = `${Math.round(100 * shares[index])} %`;
    }
  }
}

const strongest = (mix) => mix.indexOf(Math.max(...mix));
