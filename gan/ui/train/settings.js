// The settings of a training as fields in groups: one look for the form and for steering.
/** @import { Kind, SettingField } from "../page/kit/types" */
import { boot, h, icon, knows, saidValue, t, translate, valueKey } from "../page/kit/core.js";
import { mark } from "../page/kit/explained.js";

/** @type {Record<string, Kind[]>} */
const OF = Object.fromEntries(boot.train.groups.flatMap((group) => group.fields.map((f) => [f.key, f.of])));
const OF_PICTURES = new Set(boot.train.groups.flatMap((group) => group.fields.filter((f) => f.pictures).map((f) => f.key)));
export const SETTINGS = boot.train.groups.flatMap((group) => group.fields.map((f) => f.key));

// Beside which others a setting has no effect: gan/settings.py, IDLE.
const IDLE = Object.fromEntries(boot.train.groups.flatMap((group) => group.fields.map((f) => [f.key, f.idle])));

// What is a factor: half and twice as much are the next things to try.
const RATES = ["g_lr", "d_lr", "r1", "r2", "gp", "ema_half_life_kimg", "batch_size"];
const FALLING = ["g_lr", "d_lr"];
const DIGITS = 9;  // as the server writes a number

// What a setting is called where there is no game: G's rate is the one there is.
/** @param {string} key @param {Kind | null} kind */
const wordOf = (key, kind) => (kind && kind !== "gan" && knows(`gan_set_${key}_alone`) ? `gan_set_${key}_alone` : `gan_set_${key}`);

const HARD = ["beta", "lr_schedule", "free_bits", "loss", "beta1", "ema_half_life_kimg", "r1", "r2", "augment", "ada_target", "modulation"];  // of which a first reader asks

export class Settings {
  // `steering`: only what a running training takes; `changed(key, text)` when a field is settled;
  // `differing(count)`: of how many settings the form differs from what it began with.
  /** @param {{ steering?: boolean, changed?: (key: string, text: string) => void, differing?: (count: number) => void }} [how] */
  constructor({ steering = false, changed = () => {}, differing = () => {} } = {}) {
    this.changed = changed;
    this.differing = differing;
    /** @type {Record<string, string>} */
    this.base = {};
    /** @type {Map<string, { input: HTMLInputElement | HTMLSelectElement, said: HTMLElement, now: HTMLElement, idle: HTMLElement, node: HTMLElement,
     *   box: HTMLElement, rates: HTMLButtonElement[], again: HTMLButtonElement, value: string }>} */
    this.fields = new Map();
    const groups = boot.train.groups.map((group) => ({
      ...group, fields: group.fields.filter((f) => f.steer || !steering),
    })).filter((group) => group.fields.length);
    this.node = h("div", { class: "ga-groups" }, ...groups.map((group) => h("fieldset", { class: "ga-set" },
      h("legend", { "data-t": `gan_group_${group.name}` }),
      ...group.fields.map((f) => this.#field(f)))));
    this.groups = /** @type {HTMLElement[]} */ ([...this.node.children]);
    /** @type {HTMLElement[]} */
    this.others = [];  // fields of what is no setting
    /** @type {Kind | null} */
    this.kind = null;
    this.plane = false;
    /** @type {Record<string, string>} */
    this.beside = {};  // what has no field and counts for whether others have an effect
    this.sought = "";
    this.node.addEventListener("input", () => this.#draw());
  }

  /** @param {SettingField} field */
  #field({ key, kind, choices = [] }) {
    /** @type {HTMLInputElement | HTMLSelectElement} */
    const input = kind === "choice"
      ? h("select", { class: "ga-input", name: key }, ...choices.map((c) => h("option",
        { value: c, ...(valueKey(c) ? { "data-t": valueKey(c) } : {}) }, saidValue(c))))
      : h("input", { class: "ga-input", name: key, spellcheck: "false", autocomplete: "off",
        inputmode: kind === "whole" ? "numeric" : "decimal" });
    const said = h("small", { class: "ga-said" });
    const now = h("small", { class: "ga-now", hidden: true });
    const idle = h("small", { class: "ga-idle", "data-t": "gan_set_idle", hidden: true });
    /** @type {string | null} */
    let entered = null;  // told with Enter: leaving the field is no second change
    const settle = () => this.changed(key, input.value.trim());
    input.addEventListener("input", () => { entered = null; });
    input.addEventListener("change", () => { if (input.value !== entered) settle(); });
    input.addEventListener("keydown", (e) => {
      if (!(e instanceof KeyboardEvent)) return;  // what fills a form in may send plain events
      if (e.key === "Enter" && kind !== "choice") { e.preventDefault(); entered = input.value; settle(); }
      if (e.key === "Escape") { input.value = this.fields.get(key)?.value ?? ""; input.blur(); }
    });
    const node = h("label", { class: "ga-field", "data-help": `gan_set_${key}_help` },
      h("span", { class: "ga-name" }, h("span", {}, h("span", { "data-t": `gan_set_${key}` }), HARD.includes(key) ? mark(`gan_set_${key}_help`, { within: true }) : null), now, said, idle), input);
    const rates = RATES.includes(key) ? [0.5, 2].map((by) => h("button", { type: "button", class: "ga-button ga-times",
      "data-help": by < 1 ? "gan_half_help" : "gan_twice_help", "data-times": by, onclick: () => this.#times(key, by) }, by < 1 ? "×½" : "×2")) : [];
    const again = h("button", { type: "button", class: "ga-button is-bare is-icon ga-again", "data-help": "gan_setting_again_help",
      hidden: true, onclick: () => this.#again(key) }, icon("undo"));
    const box = h("div", { class: "ga-set-box", "data-key": key }, node, ...rates, again);
    this.fields.set(key, { input, said, now, idle, node, box, rates, again, value: "" });
    return box;
  }

  // ---- half, twice, and back to what it was ---------------------------------------------------------

  /** @param {string} key @param {number} by */
  #times(key, by) {
    const field = this.fields.get(key);
    if (!field) return;
    const whole = field.input.inputMode === "numeric";
    const now = Number(field.input.value);
    if (!field.input.value.trim() || !Number.isFinite(now)) return;
    this.#put(key, plain(whole ? Math.max(1, Math.round(now * by)) : now * by));
  }

  /** @param {string} key */
  #again(key) {
    const field = this.fields.get(key);
    if (!field) return;
    this.#put(key, this.base[key]);
    field.input.focus({ preventScroll: true });  // its own button goes
  }

  // As if it had been typed.
  /** @param {string} key @param {string} text */
  #put(key, text) {
    const input = this.fields.get(key)?.input;
    if (!input) return;
    input.value = text;
    for (const kind of ["input", "change"]) input.dispatchEvent(new Event(kind, { bubbles: true }));
  }

  // What the form begins with: the preset's settings, or those of the run that it forks.
  /** @param {Record<string, string>} base */
  rebase(base) {
    Object.assign(this.base, base);
    this.#draw();
  }

  // The settings that are not as they began, by key.
  differences() {
    return Object.fromEntries(Object.entries(this.values()).filter(([key, text]) => key in this.base && !same(text, this.base[key])));
  }

  // A group of fields of what is no setting: found by their words too.
  /** @param {HTMLElement} group */
  join(group) {
    this.node.append(group);
    this.groups.push(group);
    this.others.push(.../** @type {NodeListOf<HTMLElement>} */ (group.querySelectorAll(".ga-field")));
  }

  // Shows the fields whose name or key has `text` in it; returns how many.
  /** @param {string} text */
  narrow(text) {
    const sought = text.trim().toLowerCase();
    let found = 0;
    for (const [key, { box }] of this.fields) {
      const here = (!this.kind || OF[key].includes(this.kind)) && !(this.plane && OF_PICTURES.has(key));
      box.hidden = !here || !`${t(wordOf(key, this.kind))} ${key}`.toLowerCase().includes(sought);
      found += Number(!box.hidden);
    }
    for (const field of this.others) {
      field.hidden = !field.textContent?.toLowerCase().includes(sought);
      found += Number(!field.hidden);
    }
    for (const group of this.groups) group.hidden = !group.querySelector(".ga-set-box:not([hidden]), :scope > .ga-field:not([hidden])");
    this.sought = text;
    return found;
  }

  words() {
    for (const [key, { rates, again }] of this.fields) {
      const field = t(wordOf(key, this.kind));
      rates.forEach((button, i) => button.setAttribute("aria-label", t(i ? "gan_twice" : "gan_half", { field })));
      again.setAttribute("aria-label", t("gan_setting_again", { field, value: this.base[key] ?? "" }));
      again.title = t("gan_setting_again", { field, value: this.base[key] ?? "" });
    }
  }

  #draw() {
    this.#drawIdle();
    const differ = this.differences();
    for (const [key, { box, input, rates, again }] of this.fields) {
      box.classList.toggle("is-changed", key in differ);
      again.hidden = !(key in differ);
      for (const button of rates) button.disabled = input.disabled || !(Number(input.value) > 0);
    }
    this.words();
    this.differing(Object.keys(differ).length);
  }

  // Only what trainings of this kind have; a group without any is gone too.
  /** @param {Kind} kind @param {boolean} plane of points */
  of(kind, plane) {
    if (kind === this.kind && plane === this.plane) return;
    Object.assign(this, { kind, plane });
    for (const [key, { node }] of this.fields) {
      node.dataset.help = `${wordOf(key, kind)}_help`;
      for (const name of node.querySelectorAll("[data-t^=gan_set_]:not(.ga-idle)")) name.setAttribute("data-t", wordOf(key, kind));
    }
    translate(this.node);
    this.words();
    this.narrow(this.sought);
  }

  // How many classes the data have, where that is known, and the family of networks.
  /** @param {number | undefined} classes @param {string} [family] */
  asOf(classes, family = "") {
    const text = classes === undefined ? "" : String(classes);
    if (this.beside.classes === text && this.beside.family === family) return;
    this.beside = { classes: text, family };
    this.#drawIdle();
  }

  // What has no effect now is quiet, and may be typed all the same.
  #drawIdle() {
    const values = { ...this.beside, ...this.values() };
    for (const [key, { idle, node }] of this.fields) {
      const rules = IDLE[key];
      const isIdle = rules.length > 0 && rules.every(([other, text, differs]) => same(values[other], text) !== differs);
      idle.hidden = !isIdle;
      node.classList.toggle("is-idle", isIdle);
    }
  }

  // What is true now; a field that somebody is typing in keeps what is typed.
  /** @param {Record<string, string>} values */
  fill(values, { gently = false } = {}) {
    for (const [key, field] of this.fields) {
      if (!(key in values)) continue;
      const typing = gently && document.activeElement === field.input && field.input.value !== field.value;
      if (!typing) field.input.value = values[key];
      field.value = values[key];
    }
    this.#draw();
  }

  values() {
    return Object.fromEntries([...this.fields].map(([key, { input }]) => [key, input.value.trim()]));
  }

  /** @param {string} key */
  value(key) { return this.fields.get(key)?.value; }

  /** @param {boolean} yes */
  enable(yes) {
    for (const { input, rates } of this.fields.values()) {
      input.disabled = !yes;
      for (const button of rates) button.disabled = !yes || !(Number(input.value) > 0);
    }
  }

  // What a rate that falls and a batch that grows are by now, beside what is set.
  /** @param {Record<string, number | null | undefined>} row */
  fallen(row) {
    for (const key of FALLING) {
      const field = this.fields.get(key);
      const value = row[key];
      if (!field || typeof value !== "number") continue;
      const text = plain(Number(value.toPrecision(2)));
      field.now.hidden = this.fields.get("lr_schedule")?.value === "constant" || same(text, field.value);
      field.now.textContent = t("gan_set_now", { value: text });
    }
    const batch = this.fields.get("batch_size");
    if (!batch) return;
    const [growth, after] = ["batch_growth", "growth_kimg"].map((key) => Number(this.value(key)));
    batch.now.hidden = growth === 1 || (row.nimg ?? 0) < 1000 * after;
    batch.now.textContent = t("gan_set_now", { value: growth * Number(batch.value) });
  }

  // A word beside a field's name: "applied", or what is wrong.
  /** @param {string} key @param {string} word */
  say(key, word, kind = "") {
    const field = this.fields.get(key);
    if (!field) return;
    field.said.textContent = word;
    field.said.className = `ga-said ${kind && `is-${kind}`}`;
    field.input.setAttribute("aria-invalid", String(kind === "wrong"));
  }

  /** @param {string | null} key */
  mark(key) {
    for (const [name, { input }] of this.fields) input.setAttribute("aria-invalid", String(name === key));
  }
}

// 0.00002, not 2e-5: as the field takes it, and as the server writes it.
/** @param {number} value */
function plain(value) {
  const text = String(Number(value.toPrecision(DIGITS)));
  return text.includes("e") ? Number(text).toFixed(20).replace(/\.?0+$/, "") : text;
}

/** @param {string | undefined} a @param {string | undefined} b */
export const same = (a, b) => a === b || (a !== undefined && b !== undefined && a !== "" && Number(a) === Number(b));

/** @param {string} key */
export const nameOf = (key) => (SETTINGS.includes(key) ? t(`gan_set_${key}`) : key);
