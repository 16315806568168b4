// Two pictures of the shelf side by side; on a tab with a big picture, one or the other on it, and
// the way between them.
/** @import { Pin, ShelfHost } from "./types" */
import { fillRange, h, icon, say, t } from "./core.js";
import { isHere, shelf } from "./shelf.js";
import { image, show } from "./shelfimage.js";

const HOLD_MS = 300;  // a press that lasts longer ends with the finger

export class Comparison {
  /** @param {ShelfHost} host */
  constructor(host) {
    this.host = host;
    this.isOpen = false;
    /** @type {Pin | null} */
    this.pin = null;
    /** @type {string | null} */
    this.other = null;  // a pin's id; null: the picture on show
    /** @type {"a" | "b" | null} */
    this.showing = null;  // which of the two is on the big picture
    /** @param {string} name */
    const id = (name) => host.prefix + name;
    this.select = h("select", { class: "ga-input", id: id("other"), "data-help": "gan_shelf_other_help" });
    this.sides = /** @type {const} */ (["a", "b"]).map((side) => ({ side, picture: image(), name: h("figcaption") }));
    this.flips = this.sides.map(({ side }) => h("button", { type: "button", class: "ga-button", id: id(`show-${side}`), "aria-pressed": "false",
      "data-help": "gan_shelf_flip_help", "data-side": side }, side.toUpperCase()));
    this.play = h("button", { type: "button", class: "ga-button is-icon", id: id("morph"), "data-help": "gan_shelf_morph_help" }, icon("play"));
    this.way = h("input", { class: "ga-range", type: "range", id: id("way"), min: 0, max: 1, step: 0.005, value: 0,
      "data-t-label": "gan_shelf_way", "data-help": "gan_shelf_way_help" });
    this.film = h("button", { type: "button", class: "ga-button is-bare", id: id("film"), "data-help": "gan_shelf_film_help" },
      h("span", { "data-t": "gan_shelf_film" }));
    this.note = h("p", { class: "ga-quiet", role: "status" });
    this.stage = h("div", { class: "ga-pins-stage" },
      h("span", { class: "ga-quiet", "data-t": "gan_shelf_flip" }), h("div", { class: "ga-group is-switch" }, ...this.flips),
      h("div", { class: "ga-pins-morph" }, h("span", { class: "ga-quiet", "data-t": "gan_shelf_morph" }), this.play, this.way), this.film);
    this.node = h("div", { class: "ga-pins-compare", hidden: true },
      h("label", { class: "ga-field" }, h("span", { "data-t": "gan_shelf_other" }), this.select),
      h("div", { class: "ga-pins-pair" }, ...this.sides.map(({ picture, name }) => h("figure", {}, picture, name))),
      host.stage ? this.stage : null, this.note);
    this.#listen();
  }

  #listen() {
    this.select.addEventListener("change", () => {
      this.#settle();
      this.other = this.select.value || null;
      if (this.pin) this.draw(this.pin);
    });
    for (const [i, button] of this.flips.entries()) this.#holdOrToggle(button, this.sides[i].side);
    const { stage } = this.host;
    if (!stage) return;
    stage.told = () => this.#drawWay();
    this.play.addEventListener("click", () => this.#morph((a, b) => stage.play(a, b)));
    this.way.addEventListener("input", () => this.#morph((a, b) => stage.scrub(a, b, Number(this.way.value))));
    this.film.addEventListener("click", () => this.#morph((a, b) => stage.film(a, b)));
  }

  // A short press stays until the next one, a long one shows it as long as it lasts.
  /** @param {HTMLButtonElement} button @param {"a" | "b"} side */
  #holdOrToggle(button, side) {
    let since = 0;
    let before = this.showing;
    button.addEventListener("pointerdown", (e) => {
      [since, before] = [performance.now(), this.showing];
      button.setPointerCapture(e.pointerId);
      this.#show(side);
    });
    button.addEventListener("pointerup", () => {
      if (performance.now() - since > HOLD_MS) this.#show(before);
      else if (before === side) this.#show(null);
    });
    button.addEventListener("pointercancel", () => this.#show(before));
    button.addEventListener("click", (e) => { if (e.detail === 0) this.#show(this.showing === side ? null : side); });  // by keys
  }

  toggle() {
    this.isOpen = !this.isOpen;
    if (!this.isOpen) this.#settle();
  }

  // Another pin is looked at, or none.
  leave() {
    this.#settle();
    Object.assign(this, { isOpen: false, other: null, pin: null });
  }

  // Somebody else paints the big picture now.
  overtaken() {
    if (this.showing === null) return;
    this.showing = null;
    this.#drawFlips();
  }

  #settle() {
    if (this.showing !== null) this.host.stage?.settle();
    this.host.stage?.stop();
    this.showing = null;
    this.#drawFlips();
  }

  /** @param {"a" | "b" | null} side */
  async #show(side) {
    const { stage } = this.host;
    if (!stage || !this.pin) return;
    this.showing = side;
    this.#drawFlips();
    const pin = side === "a" ? this.pin : side === "b" ? this.#second() : null;
    try {
      stage.stop();
      if (pin) await stage.show(pin, () => this.showing === side);
      else stage.settle();
    } catch (error) {
      this.note.textContent = say(error);
    }
  }

  /** @param {(a: Pin, b: Pin | null) => Promise<void>} act */
  async #morph(act) {
    this.showing = null;
    this.#drawFlips();
    try {
      if (this.pin) await act(this.pin, this.#second());
      this.note.textContent = "";
    } catch (error) {
      this.note.textContent = say(error);
    }
  }

  /** @returns {Pin | null} null: the picture on show */
  #second() { return this.other === null ? null : shelf.find(this.other); }

  // ---- drawing ------------------------------------------------------------------------------

  /** @param {Pin} pin */
  draw(pin) {
    if (this.pin?.id !== pin.id) this.other = this.#first(pin);
    this.pin = pin;
    if (this.other !== null && !shelf.find(this.other)) this.other = this.#first(pin);
    this.node.hidden = !this.isOpen;
    if (!this.isOpen) return;
    this.#options(pin);
    const second = this.#second();
    const [a, b] = this.sides;
    show(a.picture, pin.picture);
    a.name.textContent = `A · ${pin.name}`;
    b.name.textContent = `B · ${second?.name ?? (this.host.stage ? t("gan_shelf_on_show") : "–")}`;
    if (second) show(b.picture, second.picture);
    else this.#drawNow(b.picture);
    this.#drawFlips();
    this.#drawWay();
  }

  // Its parent, or another one, or the picture on show.
  /** @param {Pin} pin */
  #first(pin) {
    const parent = pin.from.pins.find(({ id }) => id !== pin.id && shelf.find(id));
    if (parent) return parent.id;
    return this.host.stage ? null : shelf.list.find(({ id }) => id !== pin.id)?.id ?? null;
  }

  /** @param {HTMLImageElement} picture */
  async #drawNow(picture) {
    const src = await this.host.stage?.picture().catch(() => null);
    if (this.other === null) show(picture, src ?? null);
  }

  /** @param {Pin} pin */
  #options(pin) {
    const others = [...shelf.list].reverse().filter(({ id }) => id !== pin.id);
    const options = [...(this.host.stage ? [["", t("gan_shelf_on_show")]] : []), ...others.map(({ id, name }) => [id, name])];
    const key = JSON.stringify(options);
    if (this.select.dataset.key !== key) {
      this.select.dataset.key = key;
      this.select.replaceChildren(...options.map(([value, name]) => h("option", { value }, name)));
    }
    this.select.value = this.other ?? "";
    this.select.disabled = options.length < 2;
  }

  #drawFlips() {
    const pins = [this.pin, this.#second()];
    this.flips.forEach((button, i) => {
      const pin = pins[i];
      button.setAttribute("aria-pressed", String(this.showing === button.dataset.side));
      button.disabled = pin !== null && !isHere(pin);
    });
  }

  // There is a way only within one model.
  #drawWay() {
    const { stage } = this.host;
    if (!stage || !this.pin) return;
    const able = stage.joins(this.pin, this.#second());
    for (const control of [this.play, this.way, this.film]) control.disabled = !able;
    const word = stage.playing ? "gan_walk_pause" : "gan_walk_play";
    if (this.play.dataset.tLabel !== word || this.play.title !== t(word)) {
      Object.assign(this.play.dataset, { tLabel: word, tTitle: word });
      this.play.title = t(word);
      this.play.setAttribute("aria-label", t(word));
      this.play.replaceChildren(icon(stage.playing ? "pause" : "play"));
    }
    this.way.value = String(stage.at);
    fillRange(this.way, 0);
    this.note.textContent = able ? "" : t("gan_shelf_no_way");
  }
}
