// Settings kept under a name: they stand in the form's list beside the built-in presets.
import { ask, boot, h, on, say, t } from "../page/kit/core.js";

// `values()` gives the form; `changed()` is called after it was refilled.
export function mountPresets(root, { values, changed }) {
  if (boot.local) new MyPresets(root, values, changed).start();
}

class MyPresets {
  constructor(root, values, changed) {
    this.root = root;
    this.values = values;
    this.changed = changed;
    this.mine = {};
    this.select = root.querySelector("#preset");
    this.name = h("input", { class: "ga-input", id: "mypreset-name", "data-help": "gan_mypreset_name_help", maxlength: 40, spellcheck: "false", autocomplete: "off" });
    this.save = h("button", { type: "button", class: "ga-button", id: "mypreset-save", "data-help": "gan_mypreset_save_help", onclick: () => this.#save() });
    this.remove = h("button", { type: "button", class: "ga-button is-bare", id: "mypreset-delete", "data-help": "gan_mypreset_delete_help", hidden: true, onclick: () => this.#delete() });
    this.status = h("output", { class: "ga-quiet", role: "status" });
    this.label = h("span", {});
    this.node = h("div", { class: "ga-mypresets" }, h("label", { class: "ga-field" }, this.label, this.name), this.save, this.remove, this.status);
    root.querySelector("#settings").append(this.node);
  }

  start() {
    this.select.addEventListener("change", () => this.#follow());
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
    if (this.group) this.group.label = t("gan_mypresets");
    this.status.textContent = "";
  }

  async #load() {
    try {
      const { presets } = await ask("presets");
      for (const name of Object.keys(this.mine)) delete boot.train.presets[name];
      this.mine = presets;
      for (const [name, preset] of Object.entries(presets)) boot.train.presets[name] = this.#entry(preset);
      this.#options();
    } catch (error) { this.status.textContent = say(error); }
  }

  #entry(preset) {
    const base = boot.train.presets[preset.base];
    const known = Object.fromEntries(Object.entries(preset.settings).filter(([key]) => key in base.settings));
    return { ...base, data: preset.data, base: preset.base, settings: { ...base.settings, ...known } };
  }

  #options() {
    const chosen = this.select.value;
    this.group?.remove();
    const names = Object.keys(this.mine);
    this.group = names.length ? h("optgroup", { label: t("gan_mypresets") }, ...names.map((n) => h("option", { value: n }, n))) : null;
    if (this.group) this.select.append(this.group);
    if ([...this.select.options].some((o) => o.value === chosen)) this.select.value = chosen;
    this.#follow();
  }

  // The form fills what it knows; what else was saved goes to its line for other settings.
  #follow() {
    const mine = this.mine[this.select.value];
    this.remove.hidden = !mine;
    this.name.value = mine ? this.select.value : this.name.value;
    if (!mine) return;
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
      this.select.value = name;
      this.select.dispatchEvent(new Event("change", { bubbles: true }));
      this.status.textContent = t("gan_mypreset_saved", { name });
    } catch (error) { this.status.textContent = say(error); }
  }

  async #delete() {
    const name = this.select.value;
    const { base } = this.mine[name];
    try {
      await ask("presets/delete", { name });
      this.select.value = base;
      await this.#load();
      this.select.value = base;
      this.select.dispatchEvent(new Event("change", { bubbles: true }));
      this.status.textContent = t("gan_mypreset_deleted", { name });
    } catch (error) { this.status.textContent = say(error); }
  }
}
