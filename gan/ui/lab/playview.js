// The picture of a training of points: D as a map, G's grid, points, arrows and paths, on a canvas.
/** @import { Frame, History } from "./playframes.js" */
import { on, pencil } from "../page/kit/core.js";
import { toned } from "../page/kit/plot.js";
import { undecided } from "./playframes.js";

export const LAYERS = ["heat", "field", "manifold", "real", "generated", "arrows", "way", "paths"];
/** @type {Record<string, string>} */
export const OF = { heat: "gan", arrows: "gan drift", field: "flow", way: "flow" };  // of which kind, if not of all
const ARROWS = 96;  // of the samples
const LONGEST = 0.14;  // of an arrow, in the plane's units
const LEAST_DRIFT = 0.1;  // which is drawn at that length: shorter ones are seen to be short
const PATHS = 10;
const WAYS = 48;  // of the samples, from noise
const FIELD_REACH = 1.1;  // as in gan/training/plane.py
const LONGEST_OF_FIELD = 0.11;
const RECENT = 40;  // frames of a path, but for one that is followed
export const REACH = 1.15;  // the plane is drawn from -REACH to REACH
// as in charts and in the picture of the game
const [REAL, GENERATED, GRADIENT] = ["--ga-ink", "--ga-accent", "--ga-warn"];
const FAINT = { real: 0.22, generated: 0.28 };  // of D's map where it is sure

/** @typedef {{ frame: Frame | null, at: number, history: History, time: number, real: Float32Array | null, drawn: number[][] | null, picked: number | null, loss: string }} Scene */

export class PlaneView {
  /** @param {HTMLCanvasElement} canvas */
  constructor(canvas) {
    this.canvas = canvas;
    this.context = pencil(canvas);
    this.shown = new Set(LAYERS);
    this.averaged = false;  // the averaged generator's samples, where a frame has them
    this.map = document.createElement("canvas");
    /** @type {Scene | null} */
    this.scene = null;
    this.side = 0;
    on("theme", () => this.draw());
    new ResizeObserver(() => this.draw()).observe(canvas);
  }

  /** @param {Scene} scene */
  show(scene) {
    this.scene = scene;
    this.draw();
  }

  // Where a place on the screen lies in the plane.
  /** @param {{ clientX: number, clientY: number }} pointer @returns {[number, number]} */
  at({ clientX, clientY }) {
    const { left, top, width, height } = this.canvas.getBoundingClientRect();
    return [((clientX - left) / width * 2 - 1) * REACH, (1 - (clientY - top) / height * 2) * REACH];
  }

  // The sample nearest to a place, if one is near.
  /** @param {[number, number]} place */
  nearest([x, y]) {
    const points = this.#samples();
    let [best, found] = [0.06 ** 2, /** @type {number | null} */ (null)];
    for (let i = 0; points && i < points.length; i += 2) {
      const away = (points[i] - x) ** 2 + (points[i + 1] - y) ** 2;
      if (away < best) [best, found] = [away, i / 2];
    }
    return found;
  }

  /** @param {Frame | null | undefined} frame */
  #whichOf(frame) { return this.averaged && frame?.arrays.averaged ? "averaged" : "samples"; }

  get #which() { return this.#whichOf(this.scene?.frame); }

  // The generated points of a frame that are drawn, flat.
  /** @param {Frame} frame */
  points(frame) { return frame.arrays[this.#whichOf(frame)]; }

  // The same where they are drawn: of a flow at its time t.
  #samples() {
    const { frame = null, time = 1 } = this.scene ?? {};
    if (!frame) return null;
    const path = this.#path;
    if (!path || time === 1) return this.points(frame);
    const at = this.#moment(path, this.points(frame).length);
    return path.subarray(at, at + this.points(frame).length);
  }

  get #path() { return this.scene?.frame?.arrays[this.#which === "averaged" ? "averaged_path" : "path"]; }

  // Where the moment that is nearest to t begins in `values`, which has `size` numbers for each.
  /** @param {ArrayLike<number>} values @param {number} size */
  #moment(values, size) { return size * Math.round((this.scene?.time ?? 1) * (values.length / size - 1)); }

  draw() {
    const { clientWidth } = this.canvas;
    if (!clientWidth || !this.scene) return;
    this.side = Math.round(clientWidth * devicePixelRatio);
    if (this.canvas.width !== this.side) this.canvas.width = this.canvas.height = this.side;
    const c = this.context;
    const tone = toned(this.canvas);
    const { frame, real, drawn } = this.scene;
    c.globalAlpha = 1;
    c.fillStyle = tone("--ga-panel");
    c.fillRect(0, 0, this.side, this.side);
    /** @param {string} layer */
    const has = (layer) => this.shown.has(layer) && frame;
    if (has("heat") && frame?.arrays.heat) this.#heat(tone);
    this.#axes(tone("--ga-line"));
    if (has("field") && frame?.arrays.field) this.#field(tone("--ga-quiet"));
    if (has("manifold")) this.#manifold(tone(GENERATED));
    const small = Math.max(1.6, this.side / 320);
    if (this.shown.has("real") || drawn) this.#dots(drawn?.flat() ?? real, tone(REAL), 0.75, small);
    if (has("paths") || (frame && this.scene.picked !== null)) this.#paths(tone("--ga-quiet"));
    if (has("way") && this.#path) this.#ways(tone(GENERATED));
    if (has("arrows") && this.#which === "samples" && (frame?.arrays.gradient ?? frame?.arrays.drift)) this.#arrows(tone(GRADIENT));
    if (has("generated")) this.#dots(this.#samples(), tone(GENERATED), 1, 1.35 * small, tone("--ga-panel"));
    if (this.scene.picked !== null && frame) this.#ring(this.scene.picked, tone("--ga-ink"));
  }

  #frame() {
    const frame = this.scene?.frame;
    if (!frame) throw new Error("nothing is on show");
    return frame;
  }

  /** @param {number} x */
  #x(x) { return (x / REACH + 1) / 2 * this.side; }

  /** @param {number} y */
  #y(y) { return (1 - y / REACH) / 2 * this.side; }

  // Tinted where D is sure, by what it takes a place for; clear where it cannot tell.
  /** @param {(name: string) => string} tone */
  #heat(tone) {
    const { side, arrays: { heat } } = this.#frame();
    const { middle, scale } = undecided(this.#frame(), this.scene?.loss ?? "");
    const [real, fake] = [rgb(tone(REAL)), rgb(tone(GENERATED))];
    const image = new ImageData(side, side);
    for (let row = 0; row < side; row += 1) {
      for (let column = 0; column < side; column += 1) {
        const sure = Math.tanh((heat[row * side + column] - middle) / scale / 2);  // 2 sigma - 1: -1 generated, 1 real
        const at = 4 * ((side - 1 - row) * side + column);
        image.data.set(sure > 0 ? real : fake, at);
        image.data[at + 3] = Number.isFinite(sure) ? 255 * (sure > 0 ? FAINT.real : FAINT.generated) * Math.abs(sure) : 0;
      }
    }
    this.map.width = this.map.height = side;
    pencil(this.map).putImageData(image, 0, 0);
    this.context.imageSmoothingEnabled = true;
    const [from, to] = [this.#x(-1), this.#x(1)];
    this.context.drawImage(this.map, from, this.#y(1), to - from, to - from);
  }

  /** @param {string} color */
  #axes(color) {
    this.#stroke(color, 1, 1, (c) => {
      for (const [x, y] of [[1, 0], [0, 1]]) {
        c.moveTo(this.#x(-x), this.#y(-y));
        c.lineTo(this.#x(x), this.#y(y));
      }
    });
  }

  // The square of z from -2 to 2, bent by G: where its lines crowd, there are many samples.
  /** @param {string} color */
  #manifold(color) {
    const { grid, arrays: { manifold } } = this.#frame();
    if (!manifold) return;
    this.#stroke(color, 0.45, 1, (c) => {
      const line = (/** @type {(k: number) => number} */ index) => {
        for (let k = 0; k < grid; k += 1) {
          const at = 2 * index(k);
          c[k ? "lineTo" : "moveTo"](this.#x(manifold[at]), this.#y(manifold[at + 1]));
        }
      };
      for (let i = 0; i < grid; i += 1) {
        line((k) => i * grid + k);
        line((k) => k * grid + i);
      }
    });
  }

  // Where G's loss asks each sample to go, or the field moves it.
  /** @param {string} color */
  #arrows(color) {
    const { gradient, drift, samples } = this.#frame().arrays;
    this.#vectors(samples.subarray(0, 2 * ARROWS), gradient ?? drift, LONGEST, 0.7, color, drift ? LEAST_DRIFT : 0);
  }

  // The velocity at t on a grid over the plane.
  /** @param {string} color */
  #field(color) {
    const { path, samples, field } = this.#frame().arrays;
    const size = field.length / (path.length / samples.length);
    const at = this.#moment(field, size);
    const side = Math.sqrt(size / 2);
    const line = (/** @type {number} */ k) => FIELD_REACH * (2 * k / (side - 1) - 1);
    const places = Float32Array.from({ length: size }, (_, i) => line(i % 2 ? Math.floor(i / 2 / side) : (i / 2) % side));
    this.#vectors(places, field.subarray(at, at + size), LONGEST_OF_FIELD, 0.6, color);
  }

  // From the noise of some samples to where they end.
  /** @param {string} color */
  #ways(color) {
    const path = /** @type {Float32Array} */ (this.#path);
    const size = this.#frame().arrays.samples.length;
    const picked = this.scene?.picked ?? null;
    this.#stroke(color, picked === null ? 0.35 : 0.9, picked === null ? 1 : 1.5, (c) => {
      for (const index of picked === null ? Array.from({ length: WAYS }, (_, i) => i) : [picked]) {
        for (let at = 2 * index; at < path.length; at += size) c[at < size ? "moveTo" : "lineTo"](this.#x(path[at]), this.#y(path[at + 1]));
      }
    });
  }

  // Arrows at places; lengths are relative to the longest but a few, or to `least` where all are shorter.
  /** @param {Float32Array} places @param {Float32Array} vectors @param {number} most @param {number} alpha @param {string} color @param {number} [least] */
  #vectors(places, vectors, most, alpha, color, least = 0) {
    const lengths = Array.from({ length: places.length / 2 }, (_, i) => Math.hypot(vectors[2 * i], vectors[2 * i + 1])).filter(Number.isFinite).sort((a, b) => a - b);
    const longest = Math.max(least, lengths[Math.floor(0.95 * (lengths.length - 1))] || 0) || 1;
    this.#stroke(color, alpha, 1, (c) => {
      for (let i = 0; i < places.length; i += 2) {
        const scale = most / Math.max(longest, Math.hypot(vectors[i], vectors[i + 1]));
        const [dx, dy] = [vectors[i] * scale, vectors[i + 1] * scale];
        if (Math.hypot(dx, dy) < 0.01) continue;
        const [x, y] = [this.#x(places[i] + dx), this.#y(places[i + 1] + dy)];
        const head = Math.min(0.3 * Math.hypot(dx, dy), 0.025) / REACH / 2 * this.side;
        const angle = Math.atan2(-dy, dx);
        c.moveTo(this.#x(places[i]), this.#y(places[i + 1]));
        c.lineTo(x, y);
        for (const turn of [2.6, -2.6]) {
          c.moveTo(x, y);
          c.lineTo(x + head * Math.cos(angle + turn), y + head * Math.sin(angle + turn));
        }
      }
    });
  }

  /** @param {string} color */
  #paths(color) {
    const { history, at, picked } = /** @type {Scene} */ (this.scene);
    const which = picked === null ? Array.from({ length: PATHS }, (_, i) => i) : [picked];
    this.#stroke(color, picked === null ? 0.6 : 1, picked === null ? 1 : 1.5, (c) => {
      for (const index of which) {
        history.path(index, at, this.#which).slice(picked === null ? -RECENT : 0).forEach(([x, y], k) => c[k ? "lineTo" : "moveTo"](this.#x(x), this.#y(y)));
      }
    });
  }

  /** @param {number} index @param {string} color */
  #ring(index, color) {
    const samples = /** @type {Float32Array} */ (this.#samples());
    this.#stroke(color, 1, 1.5, (c) => c.arc(this.#x(samples[2 * index]), this.#y(samples[2 * index + 1]), this.side / 70, 0, 2 * Math.PI));
  }

  /** @param {ArrayLike<number> | null} points @param {string} color @param {number} alpha @param {number} radius px @param {string} [edge] */
  #dots(points, color, alpha, radius, edge) {
    const c = this.context;
    c.globalAlpha = alpha;
    c.fillStyle = color;
    c.beginPath();
    for (let i = 0; points && i < points.length; i += 2) {
      const [x, y] = [this.#x(points[i]), this.#y(points[i + 1])];
      c.moveTo(x + radius, y);
      c.arc(x, y, radius, 0, 2 * Math.PI);
    }
    if (edge) this.#edge(edge, radius / 2);
    c.fill();
    c.globalAlpha = 1;
  }

  /** @param {string} color @param {number} width */
  #edge(color, width) {
    this.context.strokeStyle = color;
    this.context.lineWidth = width;
    this.context.stroke();
  }

  /** @param {string} color @param {number} alpha @param {number} width CSS px @param {(c: CanvasRenderingContext2D) => void} path */
  #stroke(color, alpha, width, path) {
    const c = this.context;
    c.globalAlpha = alpha;
    c.beginPath();
    path(c);
    c.lineJoin = "round";
    this.#edge(color, width * devicePixelRatio);
    c.globalAlpha = 1;
  }
}

/** @param {string} color as #rrggbb */
const rgb = (color) => [1, 3, 5].map((i) => parseInt(color.slice(i, i + 2), 16));
