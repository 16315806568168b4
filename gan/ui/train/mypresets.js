// Settings kept under a name: they stand as cards behind the built-in presets.
/** @import { TrainFormValues } from "../page/kit/types" */
import { ask, boot, find, h, on, say, t } from "../page/kit/core.js";

/** @import { PresetCards } from "./presetcards.js" */
/** @typedef {import("../page/kit/presetpicture.js").Mine & { data: string, settings: Record<string, string> }} Saved a preset as the server keeps it */

// `values()` gives the form; `changed()` is called after it was refilled. Returns what looks again.
/** @param {HTMLElement} root @param {{ cards: PresetCards, values: () => TrainFormValues, changed: () => unknown }} does */
export function mountPresets(root, { cards, values, changed }) {
  if (!boot.local) return () => {};
  const mine = new MyPresets(root, cards, values, changed);
  mine.start();
  return () => mine.look();
}

class MyPresets {
  /** @param {HTMLElement} root @param {PresetCards} cards @param {() => TrainFormValues} values @param {() => unknown} changed */
  constructor(root, cards, values, changed) {
    this.root = root;
    this.cards = cards;
    this.values = values;
    this.changed = changed;
    /** @type {Record<string, Saved>} */
    this.mine = {};
    this.name = h("input", { class: "ga-input", id: "mypreset-name", "data-help": "gan_mypreset_name_help", maxlength: 40, spellcheck: "false", autocomplete: "off" });
    this.save = h("button", { type: "button", class: "ga-button", id: "mypreset-save", "data-help": "gan_mypreset_save_help", onclick: () => this.#save() });
    this.remove = h("button", { type: "button", class: "ga-button is-bare", id: "mypreset-delete", "data-help": "gan_mypreset_delete_help", hidden: true, onclick: () => this.#delete() });
    this.status = h("output", { class: "ga-quiet", role: "status" });
    this.label = h("span", {});
    this.node = h("div", { class: "ga-mypresets" }, h("label", { class: "ga-field" }, this.label, this.name), this.save, this.remove, this.status);
    find(root, "#settings").append(this.node);
  }

  start() {
    find(this.root, "#presets").addEventListener("change", () => this.#follow());
    this.name.addEventListener("keydown", (e) => { if (e.key === "Enter") { e.preventDefault(); this.#save(); } });
    on("language", () => this.#words());
    this.#words();
    this.#load();
  }

  #words() {
    this.label.textContent = t("gan_mypreset_name");
    this.name.placeholder = t("gan_mypreset_hint");
    this.save.textContent = t("gan_mypreset_save");
    this.remove.textContent = t("gan_mypreset_delete");
    this.status.textContent = "";
  }

  async #load() {
    try {
      /** @type {{ presets: Record<string, Saved> }} */
      const { presets } = await ask("presets");
      for (const name of Object.keys(this.mine)) delete boot.train.presets[name];
      this.mine = presets;
      for (const [name, preset] of Object.entries(presets)) boot.train.presets[name] = this.#entry(preset);
      this.cards.show(presets);
      this.#follow();
    } catch (error) { this.status.textContent = say(error); }
  }

  /** @param {Saved} preset */
  #entry(preset) {
    const base = boot.train.presets[preset.base];
    const known = Object.fromEntries(Object.entries(preset.settings).filter(([key]) => key in base.settings));
    return { ...base, data: preset.data, base: preset.base, settings: { ...base.settings, ...known } };
  }

  // Their pictures are those of their last runs.
  async look() {
    if (!Object.keys(this.mine).length) return;
    const { presets } = await ask("presets").catch(() => ({ presets: null }));
    if (presets) this.cards.show(presets);
  }

  // The form fills what it knows; what else was saved goes to its line for other settings.
  #follow() {
    const mine = this.mine[this.cards.value];
    this.remove.hidden = !mine;
    this.name.value = mine ? this.cards.value : this.name.value;
    if (!mine) return;
    /** @type {HTMLInputElement | null} */
    const other = this.root.querySelector('[name="other"]');
    const base = boot.train.presets[mine.base].settings;
    if (other) other.value = Object.entries(mine.settings).filter(([k]) => !(k in base)).map(([k, v]) => `${k}=${v}`).join(" ");
    this.changed();
  }

  async #save() {
    const name = this.name.value.trim().toLowerCase().replace(/\s+/g, "-");  // as it is typed in a terminal
    try {
      await ask("presets/save", { name, form: this.values() });
      await this.#load();
      this.cards.choose(name);
      this.status.textContent = t("gan_mypreset_saved", { name });
    } catch (error) { this.status.textContent = say(error); }
  }

  async #delete() {
    const name = this.cards.value;
    const { base } = this.mine[name];
    try {
      await ask("presets/delete", { name });
      this.cards.value = base;
      await this.#load();
      this.cards.choose(base);
      this.status.textContent = t("gan_mypreset_deleted", { name });
    } catch (error) { this.status.textContent = say(error); }
  }
}
