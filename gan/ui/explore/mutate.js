// Around here: the point in the middle of eight neighbours; a click goes to one of them.
/** @import { Floats } from "../page/kit/types" */
import { around, fillRange, h, icon, query, t, wordedAt } from "../page/kit/core.js";
import { Thumbs } from "./thumbs.js";
import { addScaled, dot } from "../page/kit/vectors.js";

const CENTRE = 4;
const ROOM = 96;
/** @type {Record<string, number>} */
const KEYS = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -3, ArrowDown: 3 };

/** @param {HTMLElement} body @param {import("./studio.js").Studio} studio */
export function buildMutate(body, studio) {
  return new Mutate(body, studio);
}

class Mutate {
  /** @param {HTMLElement} body @param {import("./studio.js").Studio} studio */
  constructor(body, studio) {
    this.body = body;
    this.studio = studio;
    /** @type {Float32Array[]} */
    this.noise = [];
    /** @type {string | null} */
    this.about = null;
    /** @type {Floats[]} */
    this.near = [];
    this.tiles = Array.from({ length: 9 }, (_, i) => {
      const canvas = h("canvas", { class: "ga-pixels", width: 1, height: 1 });
      return { canvas, node: h("button", { type: "button", class: "ga-neighbour", "data-index": i }, canvas) };
    });
    this.grid = h("div", { class: "ga-neighbours", id: "neighbours", "data-help": "gan_mutate_help" }, ...this.tiles.map(({ node }) => h("div", { class: "ga-neighbour-cell" }, node)));
    this.pin = h("button", { type: "button", class: "ga-mini ga-neighbour-pin", "data-act": "pin", "data-help": "gan_pin_help", "data-t-label": "gan_pin", "data-t-title": "gan_pin" }, icon("pin"));
    this.radius = h("input", {
      class: "ga-range", id: "radius", type: "range", min: 0.05, max: 1, step: 0.01, value: 0.4,
    });
    this.value = h("output");
    const others = h("button", { type: "button", class: "ga-button", id: "other-neighbours" },
      icon("dice"), h("span", { "data-t": "gan_other_neighbours" }));
    body.append(this.grid, h("div", { class: "ga-mutate-side" },
      h("p", { class: "ga-quiet", "data-t": "gan_mutate_help" }),
      h("label", { class: "ga-field", for: "radius", "data-help": "gan_metric_turn_help" },
        h("span", {}, h("span", { "data-t": "gan_radius" }), this.value), this.radius),
      others));
    this.thumbs = new Thumbs(studio, this.grid, () => ROOM, () => this.#wanted());
    this.radius.addEventListener("input", () => this.#spread());
    others.addEventListener("click", () => {
      this.about = null;
      this.draw();
    });
    this.grid.addEventListener("click", (e) => {
      const cell = around(e, ".ga-neighbour-pin") && around(e, ".ga-neighbour-cell");
      if (cell) this.#pin(query(cell, ".ga-neighbour"));
      else this.#go(around(e, ".ga-neighbour"));
    });
    for (const kind of ["pointerover", "focusin"]) {
      this.grid.addEventListener(kind, (e) => {
        const cell = around(e, ".ga-neighbour-cell");
        if (cell && !cell.contains(this.pin) && !cell.querySelector(":disabled")) cell.append(this.pin);
      });
    }
    this.grid.addEventListener("keydown", (e) => this.#walk(e));
  }

  // Somewhere else there are other neighbours.
  draw() {
    const { studio } = this;
    if (!studio.ready) return;
    const about = `${studio.model.ref} ${studio.z().join()}`;
    if (about !== this.about) {
      this.about = about;
      this.noise = this.tiles.map(() => Float32Array.from({ length: studio.model.z_dim }, normal));
    }
    this.#spread();
    this.tiles.forEach(({ node }, i) => {
      node.setAttribute("aria-label", i === CENTRE ? t(wordedAt(node, "gan_neighbour_here")) : t("gan_neighbour", { index: i < CENTRE ? i + 1 : i }));
      node.disabled = i === CENTRE;
    });
  }

  // A turn from z towards noise of the same length: neighbours are as likely as z is. Locked
  // directions and dimensions stay.
  #spread() {
    const { studio } = this;
    const angle = Number(this.radius.value);
    this.value.textContent = angle.toFixed(2);
    fillRange(this.radius, 0);
    const z = studio.z();
    this.near = this.noise.map((noise, i) => {
      if (i === CENTRE) return z;
      const turned = z.map((v) => v * Math.cos(angle));
      addScaled(turned, noise, Math.sin(angle) * Math.sqrt(dot(z, z) / dot(noise, noise)));
      return studio.held(turned);
    });
    this.thumbs.later(40);
  }

  #wanted() {
    const [label, mix] = [this.studio.label(), this.studio.mix()];
    return this.tiles.map(({ canvas }, i) => ({ canvas, point: { z: this.near[i], label, mix } }));
  }

  /** @param {HTMLElement | null} tile */
  #go(tile) {
    if (tile instanceof HTMLButtonElement && !tile.disabled) this.studio.jump({ z: this.near[Number(tile.dataset.index)], how: "mutated" });
  }

  // A neighbour goes to the shelf and the picture stays.
  /** @param {HTMLElement | null} tile */
  #pin(tile) {
    const { studio } = this;
    if (!tile) return;
    studio.pin({ z: Float32Array.from(this.near[Number(tile.dataset.index)]), label: studio.label(), mix: studio.mix(), psi: studio.point.psi }, { how: "mutated" });
  }

  /** @param {KeyboardEvent} e */
  #walk(e) {
    if (!(e.target instanceof HTMLElement)) return;
    if (e.key.toLowerCase() === "k" && e.target.matches(".ga-neighbour") && !e.ctrlKey && !e.metaKey && !e.altKey) {
      e.preventDefault();
      return void this.#pin(e.target);
    }
    if (!(e.key in KEYS)) return;
    e.preventDefault();
    const from = Number(e.target.dataset.index);
    const sideways = e.key === "ArrowLeft" || e.key === "ArrowRight";
    let to = from + KEYS[e.key];
    if (to === CENTRE) to += KEYS[e.key];  // the middle is where we are
    if (to < 0 || to > 8 || (sideways && Math.floor(to / 3) !== Math.floor(from / 3))) return;
    this.tiles[to].node.focus();
  }
}

// Box and Muller.
function normal() {
  return Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random());
}
