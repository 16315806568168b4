// The form of a training: what the presets say, what was changed, and the command line of both.
import { Refused, ask, boot, h, say, t, translate } from "./core.js";

const SETTINGS = [
  "g_lr", "d_lr", "batch_size", "loss", "optimizer", "clip_norm", "r1", "r2", "ema_half_life_kimg",
];

export class TrainForm {
  constructor(root, { note }) {
    this.find = (selector) => root.querySelector(selector);
    Object.assign(this, { note, command: "", asked: 0 });
  }

  start() {
    const { presets, losses, optimizers } = boot.train;
    this.find("#preset").replaceChildren(
      ...Object.keys(presets).map((name) => h("option", { value: name }, name)));
    const fields = SETTINGS.map((key) => {
      const options = { loss: losses, optimizer: optimizers }[key];
      const input = options
        ? h("select", { class: "ga-input", name: key }, ...options.map((o) => h("option", {}, o)))
        : h("input", { class: "ga-input", name: key, inputmode: "decimal", spellcheck: "false" });
      return this.#field(key, input);
    });
    const seed = h("input", { class: "ga-input", name: "seed", inputmode: "numeric", value: "0" });
    const back = h("button", { type: "button", class: "ga-button is-bare", "data-t": "gan_settings_reset",
      style: "align-self:end", onclick: () => { this.#fill(); this.changed(); } });
    this.find("#settings-fields").replaceChildren(...fields, this.#field("seed", seed), back);
    translate(this.find("#settings"));
    this.#listen();
    this.words();
    this.#fill();
    this.changed();
  }

  #field(key, input) {
    return h("label", { class: "ga-field", "data-t-title": `gan_set_${key}_help` },
      h("span", { "data-t": `gan_set_${key}` }), input);
  }

  #listen() {
    const toggle = this.find("#settings-toggle");
    toggle.addEventListener("click", () => {
      const open = toggle.getAttribute("aria-expanded") !== "true";
      toggle.setAttribute("aria-expanded", open);
      this.find("#settings").hidden = !open;
    });
    this.find("#preset").addEventListener("change", () => { this.#fill(); this.words(); this.changed(); });
    this.find("#data").addEventListener("change", () => { this.#own(); this.changed(); });
    for (const place of ["#train-form", "#settings"]) {
      this.find(place).addEventListener("input", () => {
        clearTimeout(this.timer);
        this.timer = setTimeout(() => this.changed(), 150);
      });
    }
  }

  words() {
    const data = this.find("#data");
    const chosen = data.value || this.#preset().data;
    data.replaceChildren(
      ...boot.train.data.map((name) => h("option", { value: name }, t(`gan_data_${name}`))),
      ...(boot.local ? [h("option", { value: "own" }, t("gan_data_own"))] : []));
    data.value = chosen;
    const name = this.find("#preset").value;
    const said = t(`gan_preset_${name}`);
    this.find("#preset-summary").textContent = said.startsWith("gan_") ? this.#preset().summary : said;
    this.find("#seconds-field").title = boot.limit_s
      ? t("gan_duration_public", { limit: boot.limit_s }) : t("gan_duration_help");
  }

  #preset() { return boot.train.presets[this.find("#preset").value]; }

  #fill() {
    const preset = this.#preset();
    for (const key of SETTINGS) this.find(`[name="${key}"]`).value = preset.train[key];
    const own = this.find("#preset").value === "own" && boot.local;
    this.find("#data").value = own ? "own" : preset.data;
    this.#own();
  }

  #own() { this.find("#data-path-field").hidden = this.find("#data").value !== "own"; }

  values() {
    const value = (name) => this.find(`[name="${name}"]`).value.trim();
    return {
      preset: value("preset"), data: value("data") === "own" ? value("data_path") : value("data"),
      seed: value("seed"), seconds: value("seconds"),
      settings: Object.fromEntries(SETTINGS.map((key) => [key, value(key)])),
    };
  }

  // What was typed last counts, even if it was typed a moment ago.
  settle() {
    clearTimeout(this.timer);
    this.changed({ quiet: true });
  }

  async changed({ quiet = false } = {}) {
    const mine = ++this.asked;
    const form = this.values();
    if (!form.data) return quiet ? null : this.note(t("gan_data_path_needed"));
    try {
      const { command, problem } = await ask("train/command", form);
      if (mine !== this.asked) return;
      if (problem) throw new Refused(problem);
      this.command = command;
      this.find("#command").textContent = command;
      if (quiet) return;
      this.mark(null);
      this.note("");
    } catch (error) {
      if (mine !== this.asked || quiet) return;
      this.note(say(error));
      this.mark(error.field);
    }
  }

  mark(field) {
    for (const input of [...this.find("#train-form").elements, ...this.find("#settings").querySelectorAll(".ga-input")]) {
      if (input.name) input.setAttribute("aria-invalid", String(input.name === field));
    }
  }
}
