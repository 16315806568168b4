// A small pixel editor: pen, eraser, sizes, mirror, undo; every pixel is one of the model's.
import { fillRange, h, pencil, t } from "../page/kit/core.js";
import { crispSize } from "../page/kit/painter.js";
import { button, field, iconButton, range } from "./points.js";

const KEEP = 30;  // steps of undo
const LARGEST = 280;  // px on the page

export class Editor {
  // `changed` is called when a stroke has ended, or all was replaced.
  /** @param {{ changed(): void }} does */
  constructor({ changed }) {
    this.changed = changed;
    /** @type {{ image: ImageData, empty: boolean }[]} */
    this.past = [];
    this.tool = "pen";
    /** @type {number[] | null} */
    this.stroke = null;  // where it is by now
    this.side = 0;
    this.channels = 1;
    this.empty = true;
    this.canvas = h("canvas", {
      class: "ga-pixels ga-editor", id: "picture-editor", tabindex: "0", role: "application", width: 28, height: 28,
      "data-t-label": "gan_draw_alt", "aria-label": t("gan_draw_alt"),
    });
    /** @type {number[] | null} */
    this.cursor = null;
    this.tools = ["pen", "eraser"].map((name) => iconButton(name === "pen" ? "gan_draw_pen" : "gan_draw_eraser", name,
      { "data-tool": name, "aria-pressed": String(name === "pen"), id: `draw-${name}` }));
    this.mirror = iconButton("gan_draw_mirror", "mirror", { "aria-pressed": "false", id: "draw-mirror" });
    this.undo = iconButton("gan_draw_undo", "undo", { id: "draw-undo", disabled: true });
    this.clear = button("gan_draw_clear", { bare: true, id: "draw-clear" });
    this.sizeOut = h("output");
    this.size = range({ id: "draw-size", min: 1, max: 8, step: 1, value: 2 });
    this.greyOut = h("output", { class: "ga-brush", "aria-hidden": "true" });
    this.grey = range({ id: "draw-grey", min: 0, max: 255, step: 5, value: 255 });
    this.colour = h("input", { type: "color", id: "draw-colour", class: "ga-colour", value: "#d9542b" });
    this.greyField = field("gan_draw_grey", this.grey, { class: "is-tone", output: this.greyOut });
    this.colourField = field("gan_draw_colour", this.colour, { class: "is-tone" });
    this.box = h("div", { class: "ga-editor-box" }, this.canvas);
    this.node = h("div", { class: "ga-draw" },
      this.box,
      h("div", { class: "ga-rowed" },
        h("div", { class: "ga-group" }, ...this.tools), this.mirror, this.undo, this.clear),
      h("div", { class: "ga-rowed" },
        field("gan_draw_size", this.size, { class: "is-tone", output: this.sizeOut }), this.greyField, this.colourField));
    this.#listen();
  }

  // A blank sheet of a model's size: black for grey pictures, white for colour.
  /** @param {number} side @param {number} channels */
  fit(side, channels) {
    if (this.side === side && this.channels === channels) return;
    Object.assign(this, { side, channels, past: [] });
    Object.assign(this.canvas, { width: side, height: side });
    const size = `${crispSize(side, LARGEST)}px`;
    Object.assign(this.canvas.style, { width: size, height: size });
    this.greyField.hidden = channels !== 1;
    this.colourField.hidden = channels === 1;
    this.size.max = String(Math.max(4, Math.round(side / 4)));
    this.#blank();
    this.words();
  }

  get context() { return pencil(this.canvas, { willReadFrequently: true }); }

  // Raw pixels (H, W, C), as the server wants them.
  pixels() {
    const { data } = this.context.getImageData(0, 0, this.side, this.side);
    const out = new Uint8Array(this.side * this.side * this.channels);
    for (let i = 0; i < this.side * this.side; i += 1) {
      for (let c = 0; c < this.channels; c += 1) out[i * this.channels + c] = data[4 * i + c];
    }
    return out;
  }

  image() { return this.context.getImageData(0, 0, this.side, this.side); }

  /** @param {ImageData} image */
  take(image) {
    this.#remember();
    this.context.putImageData(image, 0, 0);
    this.empty = false;
    this.changed();
  }

  // Light and dark exchanged, hues kept: the lightness of HSL; gan/latent/likeness.py does the same.
  invert() {
    this.#remember();
    const image = this.image();
    const { data } = image;
    for (let i = 0; i < data.length; i += 4) {
      const [r, g, b] = data.slice(i, i + 3);
      const rest = 255 - Math.max(r, g, b) - Math.min(r, g, b);
      data.set([r + rest, g + rest, b + rest], i);
    }
    this.context.putImageData(image, 0, 0);
    this.changed();
  }

  words() {
    this.sizeOut.textContent = `${this.size.value} px`;
    fillRange(this.size, 1);
    this.greyOut.style.background = `rgb(${this.grey.value} ${this.grey.value} ${this.grey.value})`;
    fillRange(this.grey, 0);
  }

  // ---- hands --------------------------------------------------------------------------------

  #listen() {
    const { canvas } = this;
    canvas.addEventListener("pointerdown", (e) => {
      canvas.setPointerCapture(e.pointerId);
      this.#remember();
      this.stroke = this.#place(e);
      this.#line(this.stroke, this.stroke);
    });
    canvas.addEventListener("pointermove", (e) => {
      if (!this.stroke) return;
      const to = this.#place(e);
      this.#line(this.stroke, to);
      this.stroke = to;
    });
    for (const end of ["pointerup", "pointercancel"]) {
      canvas.addEventListener(end, () => { if (this.stroke) { this.stroke = null; this.changed(); } });
    }
    canvas.addEventListener("keydown", (e) => this.#key(e));
    canvas.addEventListener("blur", () => { this.cursor = null; this.#mark(); });
    for (const tool of this.tools) tool.addEventListener("click", () => this.#choose(tool.dataset.tool));
    this.mirror.addEventListener("click", () => {
      this.mirror.setAttribute("aria-pressed", String(this.mirror.getAttribute("aria-pressed") !== "true"));
    });
    this.undo.addEventListener("click", () => this.#back());
    this.clear.addEventListener("click", () => { this.#remember(); this.#blank(); this.changed(); });
    for (const slider of [this.size, this.grey]) slider.addEventListener("input", () => this.words());
    this.grey.addEventListener("input", () => this.#choose("pen"));
    this.colour.addEventListener("input", () => this.#choose("pen"));
  }

  /** @param {string | undefined} name */
  #choose(name) {
    this.tool = name ?? "pen";
    for (const tool of this.tools) tool.setAttribute("aria-pressed", String(tool.dataset.tool === name));
  }

  /** @param {PointerEvent} e */
  #place(e) {
    const box = this.canvas.getBoundingClientRect();
    return [(e.clientX - box.left) / box.width * this.side, (e.clientY - box.top) / box.height * this.side];
  }

  // With the keyboard: arrows move a cursor, Space or Enter draws a dot there.
  /** @param {KeyboardEvent} e */
  #key(e) {
    const step = /** @type {Record<string, number[] | undefined>} */ ({ ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] })[e.key];
    if (!step && e.key !== " " && e.key !== "Enter") return;
    e.preventDefault();
    this.cursor ??= [this.side / 2, this.side / 2];
    if (step) {
      this.cursor = this.cursor.map((v, k) => Math.min(this.side - 0.5, Math.max(0.5, Math.floor(v) + 0.5 + step[k])));
    } else {
      this.#remember();
      this.#line(this.cursor, this.cursor);
      this.changed();
    }
    this.#mark();
  }

  #mark() {
    const box = this.box;
    box.classList.toggle("has-cursor", this.cursor !== null);
    if (!this.cursor) return;
    const unit = this.canvas.clientWidth / this.side;
    box.style.setProperty("--x", `${this.cursor[0] * unit}px`);
    box.style.setProperty("--y", `${this.cursor[1] * unit}px`);
    box.style.setProperty("--unit", `${Math.max(unit, 6)}px`);
  }

  // ---- pixels -------------------------------------------------------------------------------

  get background() { return this.channels === 1 ? "#000" : "#fff"; }

  get ink() {
    if (this.tool === "eraser") return this.background;
    return this.channels === 1 ? `rgb(${this.grey.value} ${this.grey.value} ${this.grey.value})` : this.colour.value;
  }

  /** @param {number[]} from @param {number[]} to */
  #line(from, to) {
    const steps = Math.max(1, Math.ceil(Math.hypot(to[0] - from[0], to[1] - from[1]) * 2));
    for (let i = 0; i <= steps; i += 1) {
      const [x, y] = [0, 1].map((k) => from[k] + (to[k] - from[k]) * i / steps);
      this.#dot(x, y);
      if (this.mirror.getAttribute("aria-pressed") === "true") this.#dot(this.side - x, y);
    }
    this.empty = false;
  }

  // A round brush on whole pixels.
  /** @param {number} x @param {number} y */
  #dot(x, y) {
    const c = this.context;
    const width = Number(this.size.value);
    const [left, top] = [Math.floor(x - (width - 1) / 2), Math.floor(y - (width - 1) / 2)];
    const middle = (width - 1) / 2;
    c.fillStyle = this.ink;
    for (let i = 0; i < width; i += 1) {
      for (let j = 0; j < width; j += 1) {
        if (Math.hypot(i - middle, j - middle) <= width / 2 + 0.05) c.fillRect(left + i, top + j, 1, 1);
      }
    }
  }

  #blank() {
    this.context.fillStyle = this.background;
    this.context.fillRect(0, 0, this.side, this.side);
    this.empty = true;
  }

  #remember() {
    this.past = [...this.past, { image: this.image(), empty: this.empty }].slice(-KEEP);
    this.undo.disabled = false;
  }

  #back() {
    const last = this.past.pop();
    if (!last) return;
    this.context.putImageData(last.image, 0, 0);
    this.empty = last.empty;
    this.undo.disabled = !this.past.length;
    this.changed();
  }
}
