// Who races: two to four contestants, each a preset with at most one change.
/** @import { Side } from "./racelink.js" */
import { boot, duration, find, h, icon, t } from "../page/kit/core.js";
import { ownPicture, pictureTime, presetPicture } from "../page/kit/presetpicture.js";
import { dot } from "./columns.js";
import { own } from "./ownpresets.js";

const KINDS = ["loss", "optimizer", "remedy", "part"];

// As the page calls a change: "loss=hinge".
/** @param {string} change */
export function nameOfChange(change) {
  const [kind, name] = change.split("=");
  if (!change) return t("gan_race_unchanged");
  return t(`gan_${kind === "optimizer" ? "term" : kind}_${name}`);
}

// What a preset is; where pictures are drawn, what kind of network it is, too. One of one's own is
// called by its name.
/** @param {string} name */
export function nameOfPreset(name) {
  if (!Object.hasOwn(boot.train.cards.presets, name)) return name;
  const [card, kind] = [t(`gan_card_${name}`), boot.train.presets[name].of ?? "gan"];
  const isSaid = name === kind || kind === "drift" || boot.compare.presets[name].plane;
  return isSaid ? card : `${kind.toUpperCase()}: ${card}`;
}

export class Sides {
  // changed(): somebody has chosen otherwise
  /** @param {HTMLElement} box @param {{ changed: () => void }} acts */
  constructor(box, { changed }) {
    this.box = box;
    this.changed = changed;
    /** @type {Side[]} */
    this.sides = [];
    this.plane = false;
  }

  /** @param {Side[]} sides @param {boolean} plane whether the data are points of the plane */
  show(sides, plane) {
    this.sides = sides.map((side) => ({ ...side }));
    this.plane = plane;
    this.draw();
  }

  // Points and pictures have networks of their own.
  /** @param {boolean} plane */
  fit(plane) {
    if (plane === this.plane) return;
    const names = this.#presets(plane);
    this.show([{ preset: names[0], change: "" }, { preset: names[1] ?? names[0], change: "" }], plane);
  }

  // The built-in ones first: names that are numbers would be.
  #presets(plane = this.plane) {
    const names = Object.keys(boot.compare.presets).filter((name) => boot.compare.presets[name].plane === plane);
    return [...names.filter((name) => !(name in own)), ...names.filter((name) => name in own)];
  }

  // Those of one's own may have changed: what is gone gives way to what it began with.
  /** @param {Record<string, string>} bases */
  again(bases) {
    const names = this.#presets();
    this.sides = this.sides.map((side) => {
      const preset = [side.preset, bases[side.preset]].find((name) => names.includes(name)) ?? names[0];
      return preset === side.preset && (!side.change || boot.compare.changes[preset].includes(side.change)) ? side : { preset, change: "" };
    });
    this.draw();
  }

  draw() {
    const { fewest, most } = boot.compare;
    const held = this.box.contains(document.activeElement) ? document.activeElement?.id : null;
    const mayLeave = this.sides.length > fewest;
    this.box.replaceChildren(h("legend", {}, t("gan_race_sides")),
      ...this.sides.map((side, i) => this.#row(side, i, mayLeave)),
      ...(this.sides.length < most ? [h("button", { type: "button", class: "ga-button is-bare ga-race-add", id: "race-add", "data-help": "gan_race_add_help",
        onclick: () => this.#add() }, icon("plus"), t("gan_race_add"))] : []));
    if (held) /** @type {HTMLElement | null} */ (this.box.querySelector(`#${held}`))?.focus({ preventScroll: true });
  }

  /** @param {Side} side @param {number} i @param {boolean} mayLeave @returns {HTMLElement} */
  #row(side, i, mayLeave) {
    const number = i + 1;
    const preset = h("select", { class: "ga-input", id: `race-preset-${number}`, "aria-label": t("gan_race_preset_of", { number }), "data-help": "gan_race_preset_help",
      onchange: () => { this.#set(i, { preset: preset.value, change: "" }); } },
    ...grouped(this.#presets()));
    preset.value = side.preset;
    const change = h("select", { class: "ga-input", id: `race-change-${number}`, "aria-label": t("gan_race_change_of", { number }), "data-help": "gan_race_change_help",
      onchange: () => { this.#set(i, { preset: side.preset, change: change.value }); } },
    h("option", { value: "" }, nameOfChange("")),
    ...KINDS.map((kind) => h("optgroup", { label: t(`gan_race_kind_${kind}`) },
      ...boot.compare.changes[side.preset].filter((name) => name.startsWith(`${kind}=`)).map((name) => h("option", { value: name }, nameOfChange(name)))))
      .filter((group) => group.children.length));
    change.value = side.change;
    return h("div", { class: "ga-race-side" }, dot(i), preset, change,
      h("button", { type: "button", class: "ga-button is-bare is-icon", id: `race-leave-${number}`, "aria-label": t("gan_race_leave", { number }), title: t("gan_race_leave", { number }),
        "data-help": "gan_race_leave_help", disabled: !mayLeave, onclick: () => this.#leave(i) }, icon("close")),
      example(side.preset));
  }

  /** @param {number} i @param {Side} side */
  #set(i, side) {
    this.sides[i] = side;
    this.#other();
  }

  #add() {
    const taken = this.sides.map(({ preset }) => preset);
    const names = this.#presets();
    this.sides.push({ preset: names.find((name) => !taken.includes(name)) ?? names[0], change: "" });
    this.#other();
    find(this.box, `#race-preset-${this.sides.length}`).focus();
  }

  /** @param {number} i */
  #leave(i) {
    this.sides.splice(i, 1);
    this.#other();
    find(this.box, `#race-preset-${Math.min(i + 1, this.sides.length)}`).focus();
  }

  // They are no longer a ready-made race's, names included.
  #other() {
    this.sides = this.sides.map(({ preset, change }) => ({ preset, change }));
    this.draw();
    this.changed();
  }
}

// The options of a preset's list: those of one's own in a group.
/** @param {string[]} names */
function grouped(names) {
  const options = (/** @type {boolean} */ mine) => names.filter((name) => (name in own) === mine).map((name) => h("option", { value: name }, nameOfPreset(name)));
  const mine = options(true);
  return [...options(false), ...(mine.length ? [h("optgroup", { label: t("gan_race_mine") }, ...mine)] : [])];
}

// What a training of the preset had made, after how long.
/** @param {string} preset */
function example(preset) {
  const mine = own[preset];
  const time = mine ? mine.run && duration(mine.run.seconds) : pictureTime(preset);
  return h("figure", { class: "ga-race-example", "data-help": "gan_race_example_help" },
    mine ? ownPicture(mine) : presetPicture(preset, nameOfPreset(preset)),
    h("figcaption", { class: "ga-quiet" }, time ? t("gan_race_example", { time }) : t("gan_race_example_none", { base: nameOfPreset(mine.base) })));
}
