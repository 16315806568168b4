// Grid: the point moved along two directions at once; every cell can be gone to.
/** @import { Place } from "../page/kit/types" */
import { around, fillRange, h, pencil, say, t } from "../page/kit/core.js";
import { shortNameOf } from "./catalogue.js";
import { signed } from "../page/kit/figures.js";
import { moved } from "./moves.js";
import { button, field, here, jumpTo, put, range, samePoint, shot } from "./points.js";
import { save } from "../page/kit/lines.js";

const SIZES = [5, 7, 9];
const [GAP, SHEET_PX] = [2, 1024];
const DIMENSIONS = 16;  // offered beside the directions

export class Grid {
  /** @param {import("./studio.js").Studio} studio */
  constructor(studio) {
    this.studio = studio;
    /** @type {Place | null} */
    this.centre = null;
    this.drawn = 0;
    this.mine = false;  // the point that is shown was chosen here
    /** @type {Place | null} */
    this.goal = null;  // which one
    /** @type {(Place & { u: number, v: number })[]} */
    this.cells = [];
    /** @type {{ node: HTMLButtonElement, canvas: HTMLCanvasElement }[]} */
    this.nodes = [];  // of the cells
    /** @type {ImageData[] | null} */
    this.images = null;
    /** @type {number | undefined} */
    this.timer = undefined;
    this.across = h("select", { class: "ga-input", id: "grid-across" });
    this.down = h("select", { class: "ga-input", id: "grid-down" });
    this.size = h("select", { class: "ga-input", id: "grid-size" },
      ...SIZES.map((n) => h("option", { value: n }, `${n} × ${n}`)));
    this.size.value = "7";
    this.reachOut = h("output");
    this.reach = range({ id: "grid-reach", min: 0.5, max: 4, step: 0.25, value: 2 });
    this.export = button("gan_grid_export", { icon: "save", id: "grid-export" });
    this.sheet = h("div", { class: "ga-cells", role: "group", "data-t-label": "gan_map_grid", id: "grid-cells", "data-help": "gan_grid_hint" });
    this.note = h("p", { class: "ga-note", role: "status" });
    this.node = h("div", { class: "ga-grid-panel" },
      h("div", { class: "ga-rowed" },
        field("gan_grid_across", this.across, { class: "is-axis" }),
        field("gan_grid_down", this.down, { class: "is-axis" }),
        field("gan_grid_size", this.size, { class: "is-size" }),
        field("gan_grid_reach", this.reach, { class: "is-reach", output: this.reachOut }),
        h("span", { class: "ga-space" }), this.export),
      this.note, this.sheet, h("p", { class: "ga-quiet", "data-t": "gan_grid_hint" }));
    for (const control of [this.across, this.down, this.size]) {
      control.addEventListener("change", () => this.#draw());
    }
    this.reach.addEventListener("input", () => { this.#words(); this.#soon(); });
    this.sheet.addEventListener("click", (e) => this.#jump(around(e, "[data-cell]")));
    this.sheet.addEventListener("keydown", (e) => this.#key(e));
    this.export.addEventListener("click", () => this.#save());
  }

  open() {
    this.#axes();
    if (this.studio.now()) this.centre = here(this.studio);
    this.#draw();
  }

  // Going to a cell keeps the grid where it is; any other change is its new middle.
  settled() {
    this.#axes();
    const mine = this.mine && this.goal !== null && samePoint(here(this.studio), this.goal);
    this.mine = mine;
    if (mine) return this.#draw();
    this.centre = here(this.studio);
    return this.#draw();
  }

  worded() { this.#axes(); this.#words(); }

  #axes() {
    const found = this.studio.directions().map((d) => [String(d.id), shortNameOf(d)]);
    const dims = Math.min(this.studio.model?.z_dim ?? 0, DIMENSIONS);
    const plain = Array.from({ length: dims }, (_, i) => [`z${i}`, t("gan_dimension", { index: i + 1 })]);
    [this.across, this.down].forEach((axis, k) => {
      const chosen = axis.value;
      const options = [...found, ...plain];
      axis.replaceChildren(...options.map(([id, name]) => h("option", { value: id }, name)));
      const known = options.some(([id]) => id === chosen);
      axis.value = known ? chosen : options[Math.min(k, options.length - 1)]?.[0] ?? "";
    });
    this.#words();
  }

  #words() {
    this.reachOut.textContent = `±${Number(this.reach.value).toFixed(2)} σ`;
    fillRange(this.reach, 0.5);
  }

  // A direction's move of z and of the class weights.
  /** @param {string} id @returns {import("./moves.js").Move} */
  #move(id) {
    const found = this.studio.directions().find((d) => String(d.id) === id);
    if (found) return found;
    const vector = new Float32Array(this.studio.model.z_dim);
    vector[Number(id.slice(1))] = 1;
    return { vector, weights: null, target: null };
  }

  /** @param {Place} centre */
  #points(centre) {
    const n = Number(this.size.value);
    const [a, b] = [this.#move(this.across.value), this.#move(this.down.value)];
    /** @param {number} i */
    const at = (i) => Number(this.reach.value) * (2 * i / (n - 1) - 1);
    return Array.from({ length: n * n }, (_, cell) => {
      const [u, v] = [at(cell % n), at(Math.floor(cell / n))];
      return { ...moved(centre, [[a, u], [b, v]]), seed: null, u, v };
    });
  }

  #soon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.#draw(), 80);
  }

  async #draw() {
    if (!this.centre || !this.across.value || this.centre.z.length !== this.studio.model.z_dim) return;
    const mine = ++this.drawn;
    const points = this.#points(this.centre);
    this.#place(points);
    try {
      const images = await this.studio.batch(points);
      if (mine !== this.drawn) return;
      images.forEach((image, i) => put(this.nodes[i].canvas, image));
      this.images = images;
      this.note.textContent = "";
    } catch (error) {
      if (mine === this.drawn) this.note.textContent = say(error);
    }
  }

  /** @param {(Place & { u: number, v: number })[]} points */
  #place(points) {
    const n = Number(this.size.value);
    this.cells = points;
    this.sheet.style.setProperty("--cells", String(n));
    while (this.nodes.length > points.length) this.nodes.pop()?.node.remove();
    const now = here(this.studio);
    points.forEach((point, i) => {
      const { u, v } = point;
      const { node: cell } = this.nodes[i] ??= this.#cell(i);
      const what = t("gan_grid_cell", { across: signed(u), down: signed(v) });
      cell.setAttribute("aria-label", what);
      cell.title = what;
      cell.classList.toggle("is-current", samePoint(now, point));
    });
  }

  /** @param {number} i */
  #cell(i) {
    const canvas = shot(null, { width: 1, height: 1, "aria-hidden": "true" });
    const node = h("button", { type: "button", "data-cell": i }, canvas);
    this.sheet.append(node);
    return { node, canvas };
  }

  /** @param {HTMLElement | null} node */
  #jump(node) {
    if (!node) return;
    const point = this.cells[Number(node.dataset.cell)];
    Object.assign(this, { mine: true, goal: point });
    this.studio.jump({ ...jumpTo(point), how: "grid" });
  }

  /** @param {KeyboardEvent} e */
  #key(e) {
    const step = /** @type {Record<string, number | undefined>} */ ({ ArrowLeft: -1, ArrowRight: 1, ArrowUp: -Number(this.size.value), ArrowDown: Number(this.size.value) })[e.key];
    if (!step) return;
    e.preventDefault();
    this.nodes[Number(around(e, "[data-cell]")?.dataset.cell) + step]?.node.focus();
  }

  // Whole multiples again: the file is as crisp as the page.
  #save() {
    if (!this.images) return;
    const n = Math.sqrt(this.images.length);
    const { width, height } = this.images[0];
    const scale = Math.max(1, Math.floor(SHEET_PX / (n * width)));
    const sheet = h("canvas", {
      width: n * width * scale + (n - 1) * GAP, height: n * height * scale + (n - 1) * GAP,
    });
    const c = pencil(sheet);
    c.imageSmoothingEnabled = false;
    this.images.forEach((image, i) => {
      const one = h("canvas", { width, height });
      pencil(one).putImageData(image, 0, 0);
      c.drawImage(one, (i % n) * (width * scale + GAP), Math.floor(i / n) * (height * scale + GAP), width * scale, height * scale);
    });
    const name = (this.studio.model.name ?? "gan").replace(/[^A-Za-z0-9]+/g, "-");
    sheet.toBlob((blob) => blob && save(blob, `${name}-grid-${n}x${n}.png`), "image/png");
  }
}
