// The presets as cards: a picture of what each one makes, in how many seconds, and what it is good for.
import { boot, duration, finder, h, on, presetOfPoints, query, t } from "../page/kit/core.js";
import { momentOf } from "./moments.js";
import { ownPicture, pictureTime, presetPicture } from "../page/kit/presetpicture.js";

const CARD_PX = 150;  // the least width of one, with the gap
/** @import { Mine } from "../page/kit/presetpicture.js" */

export class PresetCards {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.find = finder(root);
    this.box = this.find("#presets", HTMLFieldSetElement);
    this.toggle = this.find("#cards-toggle");
    /** @type {Record<string, Mine>} */
    this.mine = {};
    this.chosen = "";
    this.toggle.addEventListener("click", () => this.fold(!this.box.hidden));
    this.box.addEventListener("change", (e) => {
      if (e.target instanceof HTMLInputElement && e.target.name === "preset") this.chosen = e.target.value;
      this.#drawChosen();
    });
    on("language", () => this.draw());
    new ResizeObserver(() => this.#layOut()).observe(this.box);
    this.draw();
  }

  // As few rows as there is room for, of equal length: no row for the last two alone.
  #layOut() {
    const count = this.box.querySelectorAll(".ga-preset").length;
    const most = Math.max(1, Math.floor(this.box.clientWidth / CARD_PX));
    this.box.style.setProperty("--columns", String(Math.ceil(count / Math.ceil(count / most))));
  }

  get value() { return this.chosen; }

  set value(name) {
    /** @type {HTMLInputElement | null} */
    const radio = this.box.querySelector(`input[value="${CSS.escape(name)}"]`);
    if (!radio) return;
    radio.checked = true;
    this.chosen = name;
    this.#drawChosen();
  }

  // As if somebody had chosen it: who listens to the cards hears of it.
  /** @param {string} name */
  choose(name) {
    this.value = name;
    this.box.dispatchEvent(new Event("change", { bubbles: true }));
  }

  /** @param {boolean} yes */
  disable(yes) { this.box.disabled = yes; }

  get folded() { return this.box.hidden; }

  // Cards are for choosing; while a training is on show, one line says which it was.
  /** @param {boolean} yes */
  fold(yes) {
    this.box.hidden = yes;
    this.toggle.setAttribute("aria-expanded", String(!yes));
    this.#drawChosen();
  }

  /** @param {Record<string, Mine>} mine */
  show(mine) {
    this.mine = mine;
    this.draw();
  }

  draw() {
    const names = [...Object.keys(boot.train.cards.presets), ...Object.keys(this.mine)];
    const before = document.activeElement;
    const held = before instanceof HTMLInputElement && this.box.contains(before) ? before.value : null;
    this.box.replaceChildren(h("legend", { class: "ga-sr" }, t("gan_preset")), ...names.map((name) => this.#card(name)));
    this.#layOut();
    this.value = names.includes(this.chosen) ? this.chosen : names[0];
    if (held) query(this.box, `input[value="${CSS.escape(held)}"]`)?.focus();
  }

  /** @param {string} name */
  #card(name) {
    const input = h("input", { type: "radio", name: "preset", value: name, "data-help": "gan_preset_help",
      "aria-describedby": `card-${name}` });
    return h("label", { class: "ga-preset", title: name }, input, this.#picture(name),
      h("span", { class: "ga-preset-name" }, h("b", {}, titleOf(name)), h("span", { class: "ga-quiet" }, this.#time(name))),
      h("span", { class: "ga-preset-says ga-quiet", id: `card-${name}` }, this.#says(name)));
  }

  /** @param {string} name */
  #picture(name) { return this.mine[name] ? ownPicture(this.mine[name]) : presetPicture(name); }

  /** @param {string} name */
  #time(name) {
    const run = this.mine[name]?.run;
    const time = !this.mine[name] ? pictureTime(name) : run ? duration(run.seconds) : "";
    return time && t("gan_card_after", { time });
  }

  /** @param {string} name */
  #says(name) {
    if (!this.mine[name]) return t(`gan_preset_${name}`);
    const { base, run } = this.mine[name];
    return run ? t("gan_card_mine", { base, at: momentOf(run.nimg, presetOfPoints(base)) }) : t("gan_card_mine_new", { base });
  }

  #drawChosen() {
    const name = this.chosen;
    const folded = this.box.hidden && name;
    this.find("#preset-name").textContent = folded ? titleOf(name) : "";
    this.find("#preset-summary").textContent = folded ? this.#says(name) : t("gan_cards_how", { machine: boot.train.cards.machine });
  }
}

/** @param {string} name */
const titleOf = (name) => (Object.hasOwn(boot.train.cards.presets, name) ? t(`gan_card_${name}`) : name);
