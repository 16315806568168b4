// Small pictures of what sliders would make: drawn when the point has come to rest, remembered.
/** @import { Place } from "../page/kit/types" */
import { on, tabIsOpen } from "../page/kit/core.js";
import { crispSize, resize } from "../page/kit/painter.js";

const REST_MS = 120;  // after the hand has let go
const KEPT = 600;

export class Thumbs {
  // `wanted`: () -> [{canvas, key, point: {z, label, mix}}]; asked when the point has settled.
  /**
   * @param {import("./studio.js").Studio} studio
   * @param {HTMLElement} node
   * @param {() => number} room px of each
   * @param {() => { canvas: HTMLCanvasElement, point: Place }[]} wanted
   */
  constructor(studio, node, room, wanted) {
    this.studio = studio;
    this.node = node;
    this.room = room;
    this.wanted = wanted;
    this.asked = 0;
    /** @type {number | undefined} */
    this.timer = undefined;
    /** @type {Map<string, ImageData>} */
    this.pictures = new Map();
    on("latent", ({ settled }) => (settled ? this.later() : this.hold()));
    on("weights", () => this.later());
    new IntersectionObserver(([seen]) => seen.isIntersecting && this.later(0)).observe(node);
  }

  hold() {
    clearTimeout(this.timer);
    this.asked += 1;  // what is under way is of a point that was left
  }

  later(ms = REST_MS) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.#draw(), ms);
  }

  async #draw() {
    const { studio } = this;
    if (!studio.ready || !tabIsOpen(this.node)) return;
    const mine = ++this.asked;
    const side = crispSize(studio.model.resolution, this.room());
    this.node.style.setProperty("--side", `${side}px`);
    this.node.classList.toggle("is-shrunk", side < studio.model.resolution / (devicePixelRatio || 1));
    const about = `${studio.ref} ${studio.model.nimg} ${studio.point.psi} `;
    const jobs = this.wanted().map((job) => ({ ...job, key: about + fingerprint(job.point) }));
    const missing = jobs.filter((job) => !this.pictures.has(job.key));
    if (missing.length) {
      const made = await studio.batch(missing.map((job) => job.point)).catch(() => []);
      made.forEach((picture, i) => this.#keep(missing[i].key, picture));
      if (mine !== this.asked) return;
    }
    for (const { canvas, key } of jobs) this.#put(canvas, this.pictures.get(key));
  }

  /** @param {string} key @param {ImageData} picture */
  #keep(key, picture) {
    this.pictures.set(key, picture);
    const [oldest] = this.pictures.keys();
    if (this.pictures.size > KEPT) this.pictures.delete(oldest);
  }

  /** @param {HTMLCanvasElement} canvas @param {ImageData | undefined} picture */
  #put(canvas, picture) {
    if (!picture || !canvas.isConnected) return;
    resize(canvas, picture.width, picture.height);
    canvas.getContext("2d")?.putImageData(picture, 0, 0);
    canvas.dataset.shown = String(Number(canvas.dataset.shown ?? 0) + 1);
  }
}

// FNV-1a over the bits: a name for a point, good enough for a memory of some hundred pictures.
/** @param {Place} place */
function fingerprint({ z, label, mix }) {
  let low = 0x811c9dc5;
  let high = 0x1000193;
  for (const word of new Uint32Array(Float32Array.from(mix ? [...z, ...mix] : z).buffer)) {
    low = Math.imul(low ^ word, 0x01000193);
    high = Math.imul(high + word, 0x85ebca6b) ^ (high >>> 13);
  }
  return `${low} ${high} ${mix ? "" : label}`;
}
