// The map as a canvas: small pictures in the plane, zoom and pan, hover, click, and dragging between.
import { h, on, pencil, t } from "../page/kit/core.js";

const HEIGHT = () => (innerWidth <= 640 ? 340 : 460);
const MARGIN = 0.9;  // of half the canvas, at zoom 1
const [CLOSEST, STEP] = [24, 1.4];
const THUMB = { base: 18, least: 10, most: 112 };
const CLICK_PX = 4;
const COLOURS = [
  "#4e79a7", "#f28e2b", "#e15759", "#76b7b2", "#59a14f", "#edc948", "#b07aa1", "#ff9da7", "#9c755f",
  "#8a8f98",
];

/** @param {number} i */
export const colourOf = (i) => COLOURS[i] ?? `hsl(${(i * 137.5) % 360} 55% 55%)`;

/**
 * What there is to see: a place of each picture in -1..1, and the sheet that holds them.
 * @typedef {{ x: number[], y: number[], labels: number[] | null, sheet: HTMLImageElement, width: number,
 *   height: number, columns: number, seeds: number[], class_names: string[], guessed?: boolean }} MapData
 * @typedef {{ from: number, to: number | null, x: number, y: number }} Blend
 * @typedef {[x: number, y: number]} Pixel
 * @typedef {{ hover(index: number | null, x?: number, y?: number): void, click(index: number): void,
 *   drag(blend: { from: number, to: number | null, part: number }): void, drop(lost?: boolean): void }} Acts
 */

// `acts`: hover(index | null, x, y), click(index), drag({from, to, part}), drop().
export class MapView {
  /** @param {Acts} acts */
  constructor(acts) {
    this.acts = acts;
    this.canvas = h("canvas", {
      class: "ga-map-canvas", id: "map-canvas", tabindex: "0", role: "application",
      "data-t-label": "gan_map_alt", "aria-label": t("gan_map_alt"),
    });
    /** @type {MapData | null} */
    this.data = null;
    this.view = { zoom: 1, x: 0, y: 0 };
    this.wide = 0;  // CSS px
    this.high = 0;
    /** @type {Map<number, Pixel>} */
    this.pointers = new Map();
    /** @type {Pixel} */
    this.began = [0, 0];  // where the first pointer came down
    this.wandered = false;  // it has moved since: no click
    /** @type {number | null} */
    this.from = null;  // the picture under it
    /** @type {number | null} */
    this.hovered = null;
    /** @type {number | null} */
    this.current = null;
    /** @type {number | null} */
    this.only = null;  // the one class that is not dimmed
    this.dots = false;
    /** @type {Blend | null} */
    this.blend = null;
    /** @type {number | null} */
    this.frame = null;
    this.#listen();
    new ResizeObserver(() => this.#size()).observe(this.canvas);
    on("theme", () => this.draw());  // the ring is in the theme's ink
  }

  // `data`: {x, y, labels, sheet: Image, width, height, columns}
  /** @param {MapData} data */
  show(data) {
    const places = { x: filling(data.x), y: filling(data.y) };
    Object.assign(this, { data: { ...data, ...places }, view: { zoom: 1, x: 0, y: 0 }, hovered: null, only: null, blend: null });
    this.#size();
  }

  // Towards the chosen picture, or the one nearest to the middle: never into the void.
  /** @param {number} factor */
  closer(factor) {
    if (!this.data) return;
    const i = this.hovered ?? this.current ?? this.nearest(this.wide / 2, this.high / 2).index;
    this.zoom(factor, ...(i === null ? [] : this.#screen(i)));
  }

  /** @param {number} factor */
  zoom(factor, px = this.wide / 2, py = this.high / 2) {
    const { view } = this;
    const zoom = Math.min(CLOSEST, Math.max(1, view.zoom * factor));
    const [x, y] = this.#plane(px, py);
    view.zoom = zoom;
    const [nx, ny] = this.#plane(px, py);
    view.x += x - nx;
    view.y += y - ny;
    this.#hold();
    this.draw();
  }

  whole() { this.view = { zoom: 1, x: 0, y: 0 }; this.draw(); }

  // What is on show; asked for where there is something.
  get #shown() {
    if (!this.data) throw new Error("there is no map yet");
    return this.data;
  }

  get held() { return this.pointers.size > 0; }

  /** @param {Partial<Pick<MapView, "current" | "only" | "dots">>} values */
  mark(values) { Object.assign(this, values); this.draw(); }

  draw() {
    this.frame ??= requestAnimationFrame(() => { this.frame = null; this.#paint(); });
  }

  // ---- places -------------------------------------------------------------------------------

  #size() {
    const wide = this.canvas.clientWidth;
    if (!wide) return;
    const ratio = window.devicePixelRatio || 1;
    Object.assign(this, { wide, high: HEIGHT() });
    this.canvas.style.height = `${this.high}px`;
    Object.assign(this.canvas, { width: Math.round(wide * ratio), height: Math.round(this.high * ratio) });
    this.#paint();
  }

  // Wide canvases use their width: the axes of a map have no common unit anyway.
  /** @param {number} axis */
  #scale(axis) { return MARGIN * this.view.zoom * (axis ? this.high : this.wide) / 2; }

  /** @param {number} i @returns {Pixel} */
  #screen(i) {
    const { x, y } = this.#shown;
    return [
      (x[i] - this.view.x) * this.#scale(0) + this.wide / 2,
      (y[i] - this.view.y) * this.#scale(1) + this.high / 2,
    ];
  }

  /** @param {number} px @param {number} py @returns {Pixel} */
  #plane(px, py) {
    return [
      (px - this.wide / 2) / this.#scale(0) + this.view.x,
      (py - this.high / 2) / this.#scale(1) + this.view.y,
    ];
  }

  #hold() {
    const room = 1 - 1 / this.view.zoom;
    this.view.x = Math.max(-room, Math.min(room, this.view.x));
    this.view.y = Math.max(-room, Math.min(room, this.view.y));
  }

  get thumb() {
    if (this.dots) return 9;
    return Math.max(THUMB.least, Math.min(THUMB.most, THUMB.base * this.view.zoom ** 0.75));
  }

  // The nearest place to a pointer: {index, distance in px}.
  /** @param {number} px @param {number} py @param {{ not?: number | null }} [but] */
  nearest(px, py, { not = null } = {}) {
    /** @type {{ index: number | null, distance: number }} */
    let best = { index: null, distance: Infinity };
    for (let i = 0; i < this.#shown.x.length; i += 1) {
      if (i === not || this.#isDim(i)) continue;
      const [x, y] = this.#screen(i);
      const distance = Math.hypot(x - px, y - py);
      if (distance < best.distance) best = { index: i, distance };
    }
    return best;
  }

  /** @param {number} px @param {number} py */
  #under(px, py) {
    const found = this.nearest(px, py);
    return found.distance <= Math.max(this.thumb / 2 + 3, 8) ? found.index : null;
  }

  /** @param {number} i */
  #isDim(i) { return this.only !== null && this.#shown.labels?.[i] !== this.only; }

  // ---- drawing ------------------------------------------------------------------------------

  #paint() {
    const c = pencil(this.canvas);
    const ratio = window.devicePixelRatio || 1;
    c.setTransform(ratio, 0, 0, ratio, 0, 0);
    c.clearRect(0, 0, this.wide, this.high);
    if (!this.data) return;
    c.imageSmoothingEnabled = false;
    const order = this.data.x.map((_, i) => i).sort((a, b) => Number(this.#isDim(b)) - Number(this.#isDim(a)));
    for (const i of order) this.#paintOne(c, i, this.thumb);
    if (this.blend) this.#paintBlend(c, this.blend);
    for (const i of [this.current, this.hovered]) if (i !== null && i !== undefined) this.#ring(c, i);
  }

  /** @param {CanvasRenderingContext2D} c @param {number} i @param {number} side */
  #paintOne(c, i, side) {
    const [x, y] = this.#screen(i);
    if (x < -side || y < -side || x > this.wide + side || y > this.high + side) return;
    const { labels, sheet, width, height, columns } = this.#shown;
    const colour = labels ? colourOf(labels[i]) : "#8a8f98";
    c.globalAlpha = this.#isDim(i) ? 0.12 : 1;
    if (this.dots) {
      c.fillStyle = colour;
      c.beginPath();
      c.arc(x, y, 4, 0, 2 * Math.PI);
      c.fill();
    } else {
      const edge = side > 40 ? 3 : 2;
      if (labels) {
        c.fillStyle = colour;
        c.fillRect(x - side / 2 - edge, y - side / 2 - edge, side + 2 * edge, side + 2 * edge);
      }
      c.drawImage(sheet, (i % columns) * width, Math.floor(i / columns) * height, width, height,
        x - side / 2, y - side / 2, side, side);
    }
    c.globalAlpha = 1;
  }

  /** @param {CanvasRenderingContext2D} c @param {number} i */
  #ring(c, i) {
    const side = Math.max(this.thumb * (i === this.hovered ? 1.5 : 1), 14);
    this.#paintOne(c, i, this.dots ? this.thumb : side);
    const [x, y] = this.#screen(i);
    c.lineWidth = 2;
    c.strokeStyle = getComputedStyle(this.canvas).color;
    c.strokeRect(x - side / 2 - 4, y - side / 2 - 4, side + 8, side + 8);
  }

  /** @param {CanvasRenderingContext2D} c @param {Blend} blend */
  #paintBlend(c, { from, to, x, y }) {
    const path = [this.#screen(from), [x, y], ...(to === null ? [] : [this.#screen(to)])];
    c.lineWidth = 2;
    c.strokeStyle = getComputedStyle(this.canvas).color;
    c.beginPath();
    path.forEach(([px, py], k) => (k ? c.lineTo(px, py) : c.moveTo(px, py)));
    c.stroke();
    for (const i of [from, to]) if (i !== null) this.#ring(c, i);
    c.beginPath();
    c.arc(x, y, 5, 0, 2 * Math.PI);
    c.fillStyle = c.strokeStyle;
    c.fill();
  }

  // ---- hands --------------------------------------------------------------------------------

  #listen() {
    const { canvas } = this;
    canvas.addEventListener("pointerdown", (e) => this.#down(e));
    canvas.addEventListener("pointermove", (e) => this.#moved(e));
    canvas.addEventListener("pointerup", (e) => this.#up(e));
    canvas.addEventListener("pointercancel", (e) => this.#up(e, true));
    canvas.addEventListener("pointerleave", () => { if (!this.pointers.size) this.#hover(null); });
    canvas.addEventListener("wheel", (e) => {
      if (!this.data || (this.view.zoom === 1 && e.deltaY > 0)) return;  // the page scrolls on
      e.preventDefault();
      this.zoom(Math.exp(-e.deltaY / 400), e.offsetX, e.offsetY);
    }, { passive: false });
    canvas.addEventListener("keydown", (e) => this.#key(e));
    canvas.addEventListener("blur", () => this.#hover(null));
  }

  /** @param {PointerEvent} e */
  #down(e) {
    if (!this.data) return;
    this.canvas.setPointerCapture(e.pointerId);
    this.pointers.set(e.pointerId, [e.offsetX, e.offsetY]);
    this.began = [e.offsetX, e.offsetY];
    this.wandered = false;
    this.from = this.pointers.size === 1 ? this.#under(e.offsetX, e.offsetY) : null;
    if (this.pointers.size > 1) this.#endBlend();
  }

  /** @param {PointerEvent} e */
  #moved(e) {
    if (!this.data) return;
    /** @type {Pixel} */
    const at = [e.offsetX, e.offsetY];
    const before = this.pointers.get(e.pointerId);
    if (!before) return this.#hover(this.#under(...at), ...at);
    if (this.pointers.size > 1) return this.#pinch(e.pointerId, at);
    this.wandered ||= Math.hypot(at[0] - this.began[0], at[1] - this.began[1]) > CLICK_PX;
    this.pointers.set(e.pointerId, at);
    if (!this.wandered) return undefined;
    if (this.from !== null) return this.#drag(this.from, ...at);
    this.view.x -= (at[0] - before[0]) / this.#scale(0);
    this.view.y -= (at[1] - before[1]) / this.#scale(1);
    this.#hold();
    this.#hover(null);
    return this.draw();
  }

  /** @param {number} id @param {Pixel} at */
  #pinch(id, at) {
    const [other] = [...this.pointers].filter(([key]) => key !== id).map(([, place]) => place);
    const before = this.pointers.get(id) ?? at;
    /** @param {Pixel} p */
    const spread = (p) => Math.max(Math.hypot(p[0] - other[0], p[1] - other[1]), 10);
    this.wandered = true;
    this.pointers.set(id, at);
    this.zoom(spread(at) / spread(before), (at[0] + other[0]) / 2, (at[1] + other[1]) / 2);
  }

  /** @param {number} from @param {number} x @param {number} y */
  #drag(from, x, y) {
    const { index: to, distance } = this.nearest(x, y, { not: from });
    const [fx, fy] = this.#screen(from);
    const away = Math.hypot(fx - x, fy - y);
    this.blend = { from, to, x, y };
    this.hovered = null;
    this.acts.hover(null);
    this.acts.drag({ from, to, part: away / (away + distance || 1) });
    this.draw();
  }

  /** @param {PointerEvent} e */
  #up(e, lost = false) {
    if (!this.pointers.delete(e.pointerId) || this.pointers.size) return;
    if (this.blend) this.#endBlend(lost);
    else if (!this.wandered && !lost) {
      const index = this.#under(e.offsetX, e.offsetY);
      if (index !== null) this.acts.click(index);
    }
  }

  #endBlend(lost = false) {
    if (!this.blend) return;
    this.blend = null;
    this.acts.drop(lost);
    this.draw();
  }

  /** @param {number | null} index */
  #hover(index, x = 0, y = 0) {
    this.canvas.style.cursor = index === null ? "grab" : "pointer";
    if (this.hovered !== index) {
      this.hovered = index;
      this.draw();
    }
    this.acts.hover(index, x, y);
  }

  /** @param {KeyboardEvent} e */
  #key(e) {
    if (!this.data) return;
    /** @type {Record<string, Pixel>} */
    const arrows = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    if (arrows[e.key]) this.#towards(...arrows[e.key]);
    else if (e.key === "Enter" || e.key === " ") { if (this.hovered !== null) this.acts.click(this.hovered); }
    else if (e.key === "+" || e.key === "=") this.closer(STEP);
    else if (e.key === "-") this.closer(1 / STEP);
    else if (e.key === "0") this.whole();
    else return;
    e.preventDefault();
  }

  // The next picture in one direction from the chosen one: near, and not too much aside.
  /** @param {number} dx @param {number} dy */
  #towards(dx, dy) {
    const from = this.hovered ?? this.current ?? this.nearest(this.wide / 2, this.high / 2).index;
    if (from === null) return undefined;  // all are dimmed
    if (this.hovered === null) return this.#choose(from);
    const [x, y] = this.#screen(from);
    /** @type {[index: number | null, cost: number]} */
    let best = [null, Infinity];
    for (let i = 0; i < this.#shown.x.length; i += 1) {
      const [px, py] = this.#screen(i);
      const ahead = (px - x) * dx + (py - y) * dy;
      const aside = Math.abs((px - x) * dy) + Math.abs((py - y) * dx);
      if (ahead > 1 && !this.#isDim(i) && ahead + 2 * aside < best[1]) best = [i, ahead + 2 * aside];
    }
    return best[0] === null ? undefined : this.#choose(best[0]);
  }

  /** @param {number} index */
  #choose(index) {
    const [x, y] = this.#screen(index);
    this.#hover(index, x, y);
  }
}

// Coordinates stretched over -1..1, so that the canvas is used.
/** @param {number[]} values */
function filling(values) {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  return values.map((v) => 2 * (v - low) / (high - low || 1) - 1);
}
