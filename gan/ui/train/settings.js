// The settings of a training as fields in groups: one look for the form and for steering.
import { boot, h, t } from "../page/kit/core.js";

export const SETTINGS = boot.train.groups.flatMap((group) => group.fields.map((f) => f.key));

export class Settings {
  // `steering`: only what a running training takes; `changed(key, text)` when a field is settled.
  constructor({ steering = false, changed = () => {} } = {}) {
    Object.assign(this, { changed, fields: new Map() });
    const groups = boot.train.groups.map((group) => ({
      ...group, fields: group.fields.filter((f) => f.steer || !steering),
    })).filter((group) => group.fields.length);
    this.node = h("div", { class: "ga-groups" }, ...groups.map((group) => h("fieldset", { class: "ga-set" },
      h("legend", { "data-t": `gan_group_${group.name}` }),
      ...group.fields.map((f) => this.#field(f)))));
  }

  #field({ key, kind, choices }) {
    const input = kind === "choice"
      ? h("select", { class: "ga-input", name: key }, ...choices.map((c) => h("option",
        { value: c, ...(["true", "false"].includes(c) ? { "data-t": c === "true" ? "gan_on" : "gan_off" } : {}) }, c)))
      : h("input", { class: "ga-input", name: key, spellcheck: "false", autocomplete: "off",
        inputmode: kind === "whole" ? "numeric" : "decimal" });
    const said = h("small", { class: "ga-said" });
    input.addEventListener("change", () => this.changed(key, input.value.trim()));
    input.addEventListener("keydown", (e) => {
      if (e.key === "Enter" && kind !== "choice") { e.preventDefault(); this.changed(key, input.value.trim()); }
      if (e.key === "Escape") { input.value = this.fields.get(key).value; input.blur(); }
    });
    this.fields.set(key, { input, said, value: "" });
    return h("label", { class: "ga-field", "data-t-title": `gan_set_${key}_help` },
      h("span", { class: "ga-name" }, h("span", { "data-t": `gan_set_${key}` }), said), input);
  }

  // What is true now; a field that somebody is typing in keeps what is typed.
  fill(values, { gently = false } = {}) {
    for (const [key, field] of this.fields) {
      if (!(key in values)) continue;
      const typing = gently && document.activeElement === field.input && field.input.value !== field.value;
      if (!typing) field.input.value = values[key];
      field.value = values[key];
    }
  }

  values() {
    return Object.fromEntries([...this.fields].map(([key, { input }]) => [key, input.value.trim()]));
  }

  value(key) { return this.fields.get(key)?.value; }

  enable(yes) { for (const { input } of this.fields.values()) input.disabled = !yes; }

  // A word beside a field's name: "applied", or what is wrong.
  say(key, word, kind = "") {
    const field = this.fields.get(key);
    if (!field) return;
    field.said.textContent = word;
    field.said.className = `ga-said ${kind && `is-${kind}`}`;
    field.input.setAttribute("aria-invalid", String(kind === "wrong"));
  }

  mark(key) {
    for (const [name, { input }] of this.fields) input.setAttribute("aria-invalid", String(name === key));
  }
}

export const nameOf = (key) => (SETTINGS.includes(key) ? t(`gan_set_${key}`) : key);
