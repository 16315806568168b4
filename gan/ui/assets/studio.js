// The point in latent space that Explore shows: what it is made of, undo, the link, painting.
// Boards and panels change it here and listen to "latent"; nobody else paints on the big canvas.
import { ask, emit, link, say } from "./core.js";
import { freshPoint, toLink } from "./latentlink.js";

const KEEP = 100;  // steps of undo
const SEEDS = 256;  // seeds whose z is remembered

export class Studio {
  constructor(painter) {
    this.painter = painter;
    this.ref = null;
    this.model = null;  // {z_dim, class_names, ...} of the state route
    this.point = freshPoint();
    this.seeded = null;  // {z, label} that point.seed stands for, once known
    this.catalogue = new Map();  // id -> {vector, weights, nimg, shared}
    this.locks = new Set();  // "z3", or a direction's id
    this.past = [];
    this.future = [];
    this.seeds = new Map();
    this.previewing = false;
  }

  get ready() { return this.seeded !== null; }
  get classes() { return this.model?.class_names.length ?? 0; }

  // ---- what it is now -----------------------------------------------------------------------

  // Everything a picture is made of, all moves applied. Null before the first picture.
  now() {
    if (!this.ready) return null;
    const { seed, psi } = this.point;
    return { ref: this.ref, seed, label: this.label(), mix: this.mix(), psi, z: this.z() };
  }

  label() {
    return this.classes ? this.point.label ?? this.seeded.label : null;
  }

  // Class weights, where there is more than one class to it; else null.
  mix(steps = this.point.steps) {
    const turning = this.#taken(steps).filter(([d]) => d.weights);
    if (!this.classes || (!this.point.mix && !turning.length)) return null;
    const mix = new Array(this.classes).fill(0);
    if (this.point.mix) this.point.mix.forEach((v, i) => { if (i < mix.length) mix[i] = v; });
    else mix[this.label()] = 1;
    for (const [direction, sigmas] of turning) {
      direction.weights.forEach((v, i) => { mix[i] += sigmas * v; });
    }
    return mix;
  }

  z(steps = this.point.steps) {
    const z = Float32Array.from({ length: this.model.z_dim }, (_, i) => this.value(i));
    for (const [direction, sigmas] of this.#taken(steps)) addScaled(z, direction.vector, sigmas);
    return z;
  }

  // Dimension i before directions: what its slider shows.
  value(i) { return this.point.moves[i] ?? (this.point.base ?? this.seeded.z)[i]; }

  #taken(steps) {
    return Object.entries(steps).filter(([id, sigmas]) => sigmas && this.catalogue.has(id))
      .map(([id, sigmas]) => [this.catalogue.get(id), sigmas]);
  }

  // The point with one direction elsewhere: for thumbnails.
  along(id, sigmas) {
    const steps = { ...this.point.steps, [id]: sigmas };
    return { z: this.z(steps), label: this.label(), mix: this.mix(steps) };
  }

  // ---- another model, newer weights ---------------------------------------------------------

  // `extra`: where to begin, from a link or the gallery. What the old model's moves meant is lost.
  async open(ref, model, extra = null) {
    const other = this.model && this.model.ref !== model.ref;
    if (this.model?.z_dim !== model.z_dim) this.seeded = null;
    if (other || this.model?.class_names.length !== model.class_names.length) this.seeds.clear();
    Object.assign(this, { ref, model });
    if (other) {
      this.point = { ...freshPoint(this.point.seed), psi: this.point.psi };
      this.locks.clear();
      this.catalogue = new Map();
    }
    if (extra) this.point = { ...freshPoint(this.point.seed), ...extra };
    if (extra || other) this.past = this.future = [];
    this.#fit();
    await this.#show();
  }

  // What does not belong to this model is left out, wherever it came from.
  #fit() {
    const { base, label, mix, moves } = this.point;
    const dims = this.model.z_dim;
    const known = Object.entries(moves).filter(([i]) => Number(i) < dims);
    this.point = {
      ...this.point, moves: Object.fromEntries(known),
      base: base && base.length === dims ? base : null,
      label: label !== null && label < this.classes ? label : null,
      mix: mix && mix.length <= this.classes && mix.some((v) => v > 0) ? mix : null,
    };
  }

  async #show() {
    const { ref, point } = this;
    try {
      const seeded = await this.seed(point.seed);
      if (ref !== this.ref || point.seed !== this.point.seed) return;  // overtaken
      this.seeded = seeded;
    } catch (error) {
      return this.refused(error);
    }
    this.paint();
    this.settled();
  }

  // {z: Float32Array, label} of a seed.
  async seed(seed) {
    if (!this.seeds.has(seed)) {
      const { z, label } = await ask(`latents?${new URLSearchParams({ ref: this.ref, seed })}`);
      this.seeds.set(seed, { z: Float32Array.from(z), label });
      if (this.seeds.size > SEEDS) this.seeds.delete(this.seeds.keys().next().value);
    }
    return this.seeds.get(seed);
  }

  refused(error) { emit("latent-failed", say(error)); }

  // ---- changes ------------------------------------------------------------------------------

  // One step of undo.
  change(patch) {
    this.#remember();
    this.point = { ...this.point, ...patch };
    return this.#show();
  }

  // Part of a drag: one step of undo from the first to `release`.
  drag(patch) {
    if (!this.ready) return;
    if (!this.dragging) this.#remember();
    this.dragging = true;
    this.point = { ...this.point, ...patch };
    this.paint();
    emit("latent", { settled: false });
  }

  release() {
    if (!this.dragging) return;
    this.dragging = false;
    this.settled();
  }

  move(i, value) { this.drag({ moves: { ...this.point.moves, [i]: value } }); }

  step(id, sigmas) {
    const { [id]: _, ...others } = this.point.steps;
    this.drag({ steps: sigmas ? { ...others, [id]: sigmas } : others });
  }

  // Another point: of a seed, or any z. What is locked keeps its sliders.
  jump(to, { undo = true } = {}) {
    if (undo) this.#remember();
    const { seed, z, ...rest } = to;
    const steps = Object.fromEntries(
      Object.entries(this.point.steps).filter(([id]) => this.locks.has(id)));
    if (z) {
      const base = Float32Array.from(z);
      for (const [direction, sigmas] of this.#taken(steps)) {
        addScaled(base, direction.vector, -sigmas);
      }
      rest.base = base;
    } else if (seed !== undefined) Object.assign(rest, { seed, base: null });
    const moved = z || seed !== undefined ? { moves: {}, steps } : {};
    if (rest.label !== undefined && rest.mix === undefined) rest.mix = null;
    this.point = { ...this.point, ...moved, ...rest };
    return this.#show();
  }

  randomise() { return this.jump({ seed: Math.floor(Math.random() * 1_000_000) }); }

  reset() {
    const locked = (prefix) => ([key]) => this.locks.has(prefix + key);
    const kept = (moves, prefix) => Object.fromEntries(Object.entries(moves).filter(locked(prefix)));
    this.change({ moves: kept(this.point.moves, "z"), steps: kept(this.point.steps, "") });
  }

  lock(key, locked) {
    if (locked) this.locks.add(key);
    else this.locks.delete(key);
    emit("locks");
  }

  // ---- undo and redo ------------------------------------------------------------------------

  #remember() {
    this.past = [...this.past, this.point].slice(-KEEP);
    this.future = [];
  }

  undo() { return this.#travel("past", "future"); }
  redo() { return this.#travel("future", "past"); }

  #travel(from, to) {
    if (!this[from].length) return undefined;
    this.dragging = false;
    this[to] = [...this[to], this.point];
    this.point = this[from].at(-1);
    this[from] = this[from].slice(0, -1);
    this.#fit();
    return this.#show();
  }

  // ---- painting and the link ----------------------------------------------------------------

  paint() {
    this.previewing = false;
    const now = this.now();
    if (now) this.painter.paint(now);
  }

  // A picture that is not the state: for playing walks.
  preview(z, { label = this.label(), mix = null, psi = this.point.psi } = {}) {
    this.previewing = true;
    this.painter.paint({ ref: this.ref, psi, label, mix, z });
  }

  // Thumbnails of many points: [{z, label, mix, psi}] -> ImageData of each.
  batch(points, { psi = this.point.psi } = {}) {
    return this.painter.batch(points.map((point) => ({
      ref: this.ref, psi, label: this.label(), mix: null, ...point,
    })));
  }

  // What can be moved along: [{id, name, vector: Float32Array}].
  directions() { return [...this.catalogue.values()]; }

  settle() { if (this.previewing) this.paint(); }

  settled() {
    link({ tab: "explore", model: this.ref, ...toLink(this.portable()) });
    emit("latent", { settled: true });
  }

  // The point as another browser can make it again: what only we have is worked into z.
  portable() {
    const { steps } = this.point;
    const ours = Object.keys(steps).some((id) => this.catalogue.get(id)?.shared === false);
    if (!ours) return this.point;
    return { ...this.point, base: this.z(), mix: this.mix(), moves: {}, steps: {} };
  }
}

export function addScaled(z, vector, factor) {
  for (let i = 0; i < z.length; i += 1) z[i] += factor * vector[i];
}
