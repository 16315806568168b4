// The settings of a training as fields in groups: one look for the form and for steering.
/** @import { Kind, SettingField } from "../page/kit/types" */
import { boot, h, t } from "../page/kit/core.js";
import { mark } from "../page/kit/explained.js";

/** @type {Record<string, Kind[]>} */
const OF = Object.fromEntries(boot.train.groups.flatMap((group) => group.fields.map((f) => [f.key, f.of])));
export const SETTINGS = boot.train.groups.flatMap((group) => group.fields.map((f) => f.key));

// Settings without effect beside the others: by which, as in gan.losses and gan.training.
const IDLE = {
  gp: (v) => v.loss !== "wasserstein-gp",
  reg_every: (v) => !Number(v.r1) && !Number(v.r2),
  beta1: (v) => v.optimizer === "rmsprop",
  beta2: (v) => v.optimizer === "sgd",
  augment_p: (v) => v.augment === "none",
  ada_target: (v) => v.augment !== "ada",
  aux_weight: (v) => v.aux_classes !== "true",
  warm_up_kimg: (v) => !Number(v.beta),
  free_bits: (v) => !Number(v.beta),
  d_reduce: (v) => Number(v.d_count) === 1 && Number(v.d_scales) === 1,
};

const HARD = ["beta", "free_bits", "loss", "beta1", "ema_half_life_kimg", "r1", "r2", "augment", "ada_target"];  // of which a first reader asks

export class Settings {
  // `steering`: only what a running training takes; `changed(key, text)` when a field is settled.
  /** @param {{ steering?: boolean, changed?: (key: string, text: string) => void }} [how] */
  constructor({ steering = false, changed = () => {} } = {}) {
    this.changed = changed;
    /** @type {Map<string, { input: HTMLInputElement | HTMLSelectElement, said: HTMLElement, idle: HTMLElement, node: HTMLElement, value: string }>} */
    this.fields = new Map();
    const groups = boot.train.groups.map((group) => ({
      ...group, fields: group.fields.filter((f) => f.steer || !steering),
    })).filter((group) => group.fields.length);
    this.node = h("div", { class: "ga-groups" }, ...groups.map((group) => h("fieldset", { class: "ga-set" },
      h("legend", { "data-t": `gan_group_${group.name}` }),
      ...group.fields.map((f) => this.#field(f)))));
    this.groups = /** @type {HTMLElement[]} */ ([...this.node.children]);
    /** @type {Kind | null} */
    this.kind = null;
    this.node.addEventListener("input", () => this.#drawIdle());
  }

  /** @param {SettingField} field */
  #field({ key, kind, choices = [] }) {
    /** @type {HTMLInputElement | HTMLSelectElement} */
    const input = kind === "choice"
      ? h("select", { class: "ga-input", name: key }, ...choices.map((c) => h("option",
        { value: c, ...(["true", "false"].includes(c) ? { "data-t": c === "true" ? "gan_on" : "gan_off" } : {}) }, c)))
      : h("input", { class: "ga-input", name: key, spellcheck: "false", autocomplete: "off",
        inputmode: kind === "whole" ? "numeric" : "decimal" });
    const said = h("small", { class: "ga-said" });
    const idle = h("small", { class: "ga-idle", "data-t": "gan_set_idle", hidden: true });
    input.addEventListener("change", () => this.changed(key, input.value.trim()));
    input.addEventListener("keydown", (e) => {
      if (!(e instanceof KeyboardEvent)) return;  // what fills a form in may send plain events
      if (e.key === "Enter" && kind !== "choice") { e.preventDefault(); this.changed(key, input.value.trim()); }
      if (e.key === "Escape") { input.value = this.fields.get(key)?.value ?? ""; input.blur(); }
    });
    const node = h("label", { class: "ga-field", "data-help": `gan_set_${key}_help` },
      h("span", { class: "ga-name" }, h("span", {}, h("span", { "data-t": `gan_set_${key}` }), HARD.includes(key) ? mark(`gan_set_${key}_help`, { within: true }) : null), said, idle), input);
    this.fields.set(key, { input, said, idle, node, value: "" });
    return node;
  }

  // Only what trainings of this kind have; a group without any is gone too.
  /** @param {Kind} kind */
  of(kind) {
    if (kind === this.kind) return;
    this.kind = kind;
    for (const [key, { node }] of this.fields) node.hidden = !OF[key].includes(kind);
    for (const group of this.groups) group.hidden = ![...group.children].some((node) => node.tagName === "LABEL" && !(/** @type {HTMLElement} */ (node).hidden));
  }

  // What has no effect now is quiet, and may be typed all the same.
  #drawIdle() {
    const values = this.values();
    for (const [key, { idle, node }] of this.fields) {
      const isIdle = Boolean(IDLE[key]?.(values));
      idle.hidden = !isIdle;
      node.classList.toggle("is-idle", isIdle);
    }
  }

  // What is true now; a field that somebody is typing in keeps what is typed.
  fill(values, { gently = false } = {}) {
    for (const [key, field] of this.fields) {
      if (!(key in values)) continue;
      const typing = gently && document.activeElement === field.input && field.input.value !== field.value;
      if (!typing) field.input.value = values[key];
      field.value = values[key];
    }
    this.#drawIdle();
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
