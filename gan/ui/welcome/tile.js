// One tile of the wall: a button with a picture, moved by a pointer or the arrow keys.
/** @import { Floats } from "../page/kit/types" */
import { h, pencil } from "../page/kit/core.js";
import { resize, toImageData } from "../page/kit/painter.js";
import { Way } from "./way.js";

const CLICK_PX = 6;  // a press that moves less is a click
const REACH = 3;  // sigmas either way
const SIGMAS = 2.5;  // for as far as a tile is wide
const KEY_SIGMAS = 0.5;
/** @type {Record<string, number[]>} */
const KEYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

/** @typedef {{ image: CanvasImageSource, x: number, y: number }} Still one picture of a tile's arc */
/**
 * @typedef {object} Told
 * @property {(tile: Tile, sigmas: number[]) => void} drag by so many sigmas from where it was taken
 * @property {(tile: Tile) => void} drop
 * @property {(tile: Tile) => void} open
 * @property {(tile: Tile, step: number[]) => void} next to the neighbour, columns and rows
 */

export class Tile {
  /** @param {number} index @param {number | null} label @param {{ from: Floats, to: Floats }} arc @param {Told} told */
  constructor(index, label, { from, to }, told) {
    this.index = index;
    this.label = label;
    this.told = told;
    this.way = new Way(from, to);
    this.arc = { from, to };
    /** @type {Still[]} */
    this.stills = [];  // of its arc, from `from` to `to`; none where it is drawn anew each time
    this.shown = this.way.z();  // what the canvas shows
    /** @type {Floats | null} */
    this.taken = null;  // where it was when it was taken
    this.sigmas = [0, 0];
    this.canvas = h("canvas", { class: "ga-pixels" });
    this.pen = pencil(this.canvas);
    this.node = h("button", { type: "button", class: "ga-wall-tile", tabindex: index ? -1 : 0 }, this.canvas);
    this.#listen();
  }

  get held() { return this.taken !== null; }

  // Where the hand has brought it, or where it is on its way.
  /** @param {(z: Floats, sigmas: number[]) => Floats} moved */
  z(moved) { return this.taken ? moved(this.taken, this.sigmas) : this.way.z(); }

  // Its stills are of one arc.
  /** @param {number} seconds @param {number} free radians of its next arc; 0: back on this one */
  go(seconds, free) {
    const { from } = this.way;
    this.way.go(seconds, free);
    if (this.way.from !== from) this.stills = [];
  }

  // Back on the arc that it came with.
  /** @param {Still[]} stills */
  reset(stills) {
    Object.assign(this.way, this.arc, { back: false });
    this.stills = stills;
  }

  // ---- pictures -------------------------------------------------------------------------------

  // From its stills, one dissolving into the next.
  /** @param {number} width @param {number} height */
  drawStill(width, height) {
    if (!this.stills.length) return;
    const at = this.way.at * (this.stills.length - 1);
    const lower = Math.min(Math.floor(at), this.stills.length - 2);
    resize(this.canvas, width, height);
    this.pen.clearRect(0, 0, width, height);
    this.#put(this.stills[lower], 1, width, height);
    if (at > lower) this.#put(this.stills[lower + 1], at - lower, width, height);
    this.shown = this.way.z();
  }

  /** @param {Still} still @param {number} alpha @param {number} width @param {number} height */
  #put({ image, x, y }, alpha, width, height) {
    this.pen.globalAlpha = alpha;
    this.pen.drawImage(image, x, y, width, height, 0, 0, width, height);
    this.pen.globalAlpha = 1;
  }

  /** @param {Floats} z @param {{ pixels: Uint8Array, width: number, height: number, channels: number }} picture @param {number} [start] */
  drawPixels(z, { pixels, width, height, channels }, start = 0) {
    resize(this.canvas, width, height);
    this.pen.putImageData(toImageData(pixels, width, height, channels, start), 0, 0);
    this.shown = z;
  }

  // ---- the hand -------------------------------------------------------------------------------

  #take() {
    this.taken ??= this.shown;
    this.node.classList.add("is-held");
  }

  #drop() {
    if (!this.held) return;
    this.told.drop(this);
    this.node.classList.remove("is-held");
  }

  // What the wall says after a drop: it goes on from there.
  letGo() { Object.assign(this, { taken: null, sigmas: [0, 0] }); }

  /** @param {number[]} sigmas */
  #move(sigmas) {
    this.#take();
    this.sigmas = sigmas.map((v) => Math.min(REACH, Math.max(-REACH, v)));
    this.told.drag(this, this.sigmas);
  }

  #listen() {
    const { node } = this;
    /** @type {{ x: number, y: number } | null} */
    let down = null;
    let moved = false;
    node.addEventListener("pointerdown", (e) => {
      if (e.button) return;
      [down, moved] = [{ x: e.clientX, y: e.clientY }, false];
      node.setPointerCapture(e.pointerId);
    });
    node.addEventListener("pointermove", (e) => {
      if (!down) return;
      const [x, y] = [e.clientX - down.x, down.y - e.clientY];
      moved ||= Math.hypot(x, y) > CLICK_PX;
      if (moved) this.#move([x, y].map((px) => SIGMAS * px / node.clientWidth));
    });
    const up = () => { down = null; this.#drop(); };
    node.addEventListener("pointerup", up);
    node.addEventListener("pointercancel", up);  // the page scrolls instead
    node.addEventListener("click", () => { if (!moved) this.told.open(this); moved = false; });
    node.addEventListener("keydown", (e) => this.#press(e));
    node.addEventListener("keyup", (e) => { if (e.key in KEYS) this.#drop(); });
    node.addEventListener("blur", () => this.#drop());
  }

  /** @param {KeyboardEvent} e */
  #press(e) {
    const step = KEYS[e.key];
    if (!step || e.ctrlKey || e.metaKey || e.altKey) return;
    e.preventDefault();
    if (e.shiftKey) this.told.next(this, [step[0], -step[1]]);
    else this.#move(this.sigmas.map((v, i) => v + KEY_SIGMAS * step[i]));
  }
}
