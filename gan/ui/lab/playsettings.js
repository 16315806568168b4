// The few settings of the playground: they hold for the next training, and steer the one that is under way.
/** @import { Row, SettingField, Settings } from "../page/kit/types" */
import { boot, h, saidValue, t, valueKey } from "../page/kit/core.js";
import { split } from "./playlink.js";

const SHOWN = ["loss", "g_lr", "d_lr", "r1", "batch_size", "ode_steps", "solver", "tau"];
const RATES = ["g_lr", "d_lr"];  // which fall
const FIELDS = /** @type {SettingField[]} */ (SHOWN.map((key) => boot.train.groups.flatMap((g) => g.fields).find((f) => f.key === key)));

export class PlaySettings {
  /** @param {HTMLElement} root @param {{ changed: (key: string, text: string) => void }} told */
  constructor(root, { changed }) {
    /** @type {Settings} */
    this.base = {};
    /** @type {Map<string, HTMLInputElement | HTMLSelectElement>} */
    this.inputs = new Map(FIELDS.map(({ key, choices }) => {
      const input = choices ? h("select", { class: "ga-input", id: `play-set-${key}` }, ...choices.map((c) => h("option", { value: c, ...(valueKey(c) ? { "data-t": valueKey(c) } : {}) }, saidValue(c))))
        : h("input", { class: "ga-input", id: `play-set-${key}`, inputmode: "decimal", spellcheck: "false", autocomplete: "off" });
      input.addEventListener("change", () => changed(key, input.value.trim()));
      return [key, input];
    }));
    /** @type {Map<string, HTMLElement>} */
    this.nows = new Map(RATES.map((key) => [key, h("small", { class: "ga-quiet" })]));
    root.replaceChildren(...FIELDS.map(({ key, of }) => h("label", { class: "ga-field", "data-of": of.join(" "), "data-called": `gan_set_${key}`, "data-help": `gan_set_${key}_help` },
      h("span", {}, h("span", { "data-called": `gan_set_${key}`, "data-t": `gan_set_${key}` }, t(`gan_set_${key}`)), " ", this.nows.get(key) ?? ""), this.#input(key))));
  }

  /** @param {string} key */
  #input(key) {
    const input = this.inputs.get(key);
    if (!input) throw new Error(`the playground has no ${key}`);
    return input;
  }

  /** @param {string} key */
  value(key) { return this.#input(key).value; }

  // What a recipe says; what was changed before is gone.
  /** @param {Settings} settings */
  rebase(settings) {
    this.base = settings;
    this.follow(settings);
  }

  // What a run says of itself, but for the field that is being typed in.
  /** @param {Settings} settings */
  follow(settings) {
    for (const [key, input] of this.inputs) {
      if (input !== document.activeElement && key in settings && input.value !== settings[key]) input.value = settings[key];
    }
  }

  // What the rates have fallen to by now, beside what they are set to.
  /** @param {Partial<Row> | null} row */
  fallen(row) {
    for (const [key, node] of this.nows) {
      const now = row?.[/** @type {"g_lr"} */ (key)];
      const rounded = typeof now === "number" ? Number(now.toPrecision(2)) : null;
      const text = rounded === null || rounded === Number(this.#input(key).value) ? "" : t("gan_set_now", { value: rounded });
      if (node.textContent !== text) node.textContent = text;
    }
  }

  /** @returns {Settings} those that differ from the recipe */
  changed() {
    return Object.fromEntries([...this.inputs].map(([key, input]) => [key, input.value.trim()]).filter(([key, text]) => text !== this.base[key]));
  }

  // Those of a link, KEY:VALUE,...; returns what cannot be taken.
  /** @param {string} text */
  read(text) {
    const wrong = [];
    for (const [part, key, value] of split(text)) {
      const input = this.inputs.get(key);
      const choices = FIELDS.find((f) => f.key === key)?.choices;
      if (input && value && (choices ? choices.includes(value) : Number.isFinite(Number(value)))) input.value = value;
      else wrong.push(part);
    }
    return wrong;
  }
}
