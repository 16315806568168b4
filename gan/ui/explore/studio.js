// The point in latent space that Explore shows: what it is made of, undo, the link, painting.
// Boards and panels change it here and listen to "latent"; nobody else paints on the big canvas.
/** @import { Act, Direction, Floats, How, Model, Origin, Place, Point, Seeded } from "../page/kit/types" */
import { addressOf, ask, choose, emit, isMoment, link, modelOf, on, plainRef, say } from "../page/kit/core.js";
import { firstSeed, freshPoint, toLink } from "../page/kit/latentlink.js";
import { moved, turnsClass } from "./moves.js";
import { addScaled, dot, orthonormal } from "../page/kit/vectors.js";

const KEEP = 100;  // steps of undo
const SEEDS = 256;  // seeds whose z is remembered

/** @typedef {NonNullable<ReturnType<Studio["now"]>>} Now everything that the picture on show is made of */
/** @typedef {{ ref: string, point: Point } | { act: Act }} Step what was, or what was done */

export class Studio {
  /** @param {import("../page/kit/painter.js").Painter} painter */
  constructor(painter) {
    this.painter = painter;
    /** @type {string} */
    this.ref;  // neither is there before the first model is open: who comes earlier asks `ready`
    /** @type {Model} */
    this.model;
    this.point = freshPoint();
    /** @type {Seeded | null} */
    this.seeded = null;  // what point.seed stands for, once known
    /** @type {Map<string, Direction>} */
    this.catalogue = new Map();  // by id
    this.findDirections = async () => {};  // catalogue.js fills this in
    this.locks = new Set();  // "z3", or a direction's id
    this.dragging = false;
    /** @type {Step[]} */
    this.past = [];
    /** @type {Step[]} */
    this.future = [];
    /** @type {(place: { z: Floats, mix: number[] | null, label: number | null, psi: number }, from: { how: How, pins?: string[] }) => void} */
    this.pin = () => {};  // shelf.js fills this in
    this.travelling = false;  // undo goes to another model
    /** @type {() => Record<string, string>} */
    this.namesInLink = () => ({});  // names.js fills this in
    /** @type {Map<string, Seeded>} */
    this.seeds = new Map();
    /** @type {Pick<Point, "label" | "mix" | "psi" | "from"> & { z: Floats, ref: string } | null} */
    this.previewed = null;  // a point on the big picture that is not the state: of a walk, say
    on("did", (act) => this.did(act));
  }

  get #known() {
    if (!this.seeded) throw new Error("nobody knows yet what this seed stands for");
    return this.seeded;
  }

  get previewing() { return this.previewed !== null; }
  get ready() { return this.seeded?.seed === this.point.seed; }
  get classes() { return this.model?.class_names.length ?? 0; }

  // ---- what it is now -----------------------------------------------------------------------

  // Everything a picture is made of, all moves applied. Null before the first picture.
  now() {
    if (!this.ready) return null;
    const { seed, psi } = this.point;
    return { ref: this.ref, seed, label: this.label(), mix: this.mix(), psi, z: this.z() };
  }

  label() {
    return this.classes ? this.point.label ?? this.#known.label : null;
  }

  // Class weights, where there is more than one class to it; else null.
  mix(steps = this.point.steps) {
    const turns = this.#taken(steps);
    if (!this.classes || (!this.point.mix && !turns.some(([d]) => turnsClass(d)))) return null;
    return moved({ z: this.#start(), mix: this.chosenMix() }, turns).mix;
  }

  // The classes that were chosen, before any direction: weights that add up to 1.
  chosenMix() {
    const mix = new Array(this.classes).fill(0);
    const chosen = this.point.mix ?? [];
    const sum = chosen.reduce((a, b) => a + b, 0);
    if (!sum) mix[this.label() ?? 0] = 1;
    else chosen.forEach((v, i) => { mix[i] = v / sum; });
    return mix;
  }

  // A move towards the class that is on show leads nowhere.
  /** @param {Direction} direction */
  leads({ target }) { return target === null || !this.ready || this.chosenMix()[target] < 1; }

  z(steps = this.point.steps) {
    return moved({ z: this.#start(), mix: null }, this.#taken(steps)).z;
  }

  // z before directions.
  #start() { return Float32Array.from({ length: this.model.z_dim }, (_, i) => this.value(i)); }

  // Dimension i before directions: what its slider shows.
  /** @param {number} i */
  value(i) { return this.point.moves[i] ?? (this.point.base ?? this.#known.z)[i]; }

  /** @param {Point["steps"]} steps @returns {[Direction, number][]} */
  #taken(steps) {
    return Object.entries(steps).flatMap(([id, sigmas]) => {
      const direction = this.catalogue.get(id);
      return sigmas && direction ? [/** @type {[Direction, number]} */ ([direction, sigmas])] : [];
    });
  }

  // The point with one direction elsewhere: for thumbnails.
  /** @param {string} id @param {number} sigmas */
  along(id, sigmas) { return this.alongAll({ [id]: sigmas }); }

  /** @param {Record<string, number>} turns sigmas by a direction's id */
  alongAll(turns) {
    const steps = { ...this.point.steps, ...turns };
    return { z: this.z(steps), label: this.label(), mix: this.mix(steps) };
  }

  // ---- another model, newer weights ---------------------------------------------------------

  // `extra`: where to begin, from a link or the gallery. What the old model's moves meant is lost
  // here; undo leads back to where they mean it.
  /** @param {string} ref @param {Model} model @param {Partial<Point> | null} [extra] */
  async open(ref, model, extra = null) {
    const other = this.model && this.model.ref !== model.ref;
    const seed = other && this.#asOpened() ? firstSeed(model) : this.point.seed;
    if (this.model && (extra || ref !== this.ref) && !this.travelling) this.#remember();
    if (this.model?.z_dim !== model.z_dim) this.seeded = null;  // has no meaning here
    Object.assign(this, { ref, model });
    if (other) {
      this.point = { ...freshPoint(seed), psi: this.point.psi };
      this.locks.clear();
      this.catalogue = new Map();
    }
    if (extra) this.point = { ...freshPoint(this.point.seed), ...extra };
    this.#fit();
    const found = this.findDirections();
    if (Object.keys(this.point.steps).length) await found;  // a picture without them is another
    if (ref === this.ref) await this.#show();
  }

  // Whether nothing was chosen since the model was opened: another then opens with a seed of its own.
  #asOpened() { return this.isPlain && !this.point.held && this.point.seed === firstSeed(this.model); }

  // A running training has written newer weights: the point stays, the picture follows.
  /** @param {Model} model @param {boolean} visible */
  follow(model, visible) {
    const newer = model.nimg !== this.model.nimg;
    this.model = model;
    if (!newer || isMoment(this.ref)) return;
    if (visible && !this.previewing) this.paint();
    emit("weights");
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
    this.#plain();
    this.paint();
    this.settled();
  }

  // A seed in its own class is the plain picture of that seed, wherever it was opened from.
  #plain() {
    const { label, held } = this.point;
    if (!held && label === this.#known.label) this.point = { ...this.point, label: null };
  }

  // Whether the point is what its seed makes, in a class that was held or in its own.
  get isPlain() {
    const { base, mix, label, held, moves, steps } = this.point;
    return !base && !mix && (label === null || held)
      && !Object.keys(moves).length && !Object.keys(steps).length;
  }

  // What a seed stands for.
  /** @param {number} seed @returns {Promise<Seeded>} */
  async seed(seed) {
    const { ref, seeds } = this;
    const key = `${this.model.z_dim} ${this.classes} ${seed}`;
    const known = seeds.get(key);
    if (known) return known;
    const { z, label } = await ask(`latents?${new URLSearchParams({ ref, seed: String(seed) })}`);
    const seeded = { seed, z: Float32Array.from(z), label };
    seeds.set(key, seeded);
    const [oldest] = seeds.keys();
    if (seeds.size > SEEDS) seeds.delete(oldest);
    return seeded;
  }

  /** @param {unknown} error */
  refused(error) { emit("latent-failed", say(error)); }

  // ---- changes ------------------------------------------------------------------------------

  // One step of undo.
  /** @param {Partial<Point>} patch */
  change(patch) {
    this.#remember();
    this.point = { ...this.point, ...patch };
    return this.#show();
  }

  // Part of a drag: one step of undo from the first to `release`.
  /** @param {Partial<Point>} patch */
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

  /** @param {number} i @param {number} value */
  move(i, value) { this.drag({ moves: { ...this.point.moves, [i]: value } }); }

  /** @param {string} id @param {number} sigmas */
  step(id, sigmas) {
    const { [id]: _old, ...others } = this.point.steps;
    this.drag({ steps: sigmas ? { ...others, [id]: sigmas } : others });
  }

  // Another point: of a seed, or any z. What is locked keeps its sliders. A class or a mixture that
  // comes with the point goes with it, unless it is held; one that is held stays for other seeds.
  /** @param {Partial<Point> & { z?: ArrayLike<number>, how?: How, pins?: string[] }} to */
  jump(to, { undo = true } = {}) {
    if (undo) this.#remember();
    const { seed, z, how: _how, pins: _pins, ...others } = to;
    /** @type {Partial<Point>} */
    const rest = others;
    const [steps, free] = [true, false].map((locked) => Object.fromEntries(
      Object.entries(this.point.steps).filter(([id]) => this.locks.has(id) === locked)));
    if (z) {
      const base = Float32Array.from(z);
      for (const [direction, sigmas] of this.#taken(steps)) {
        addScaled(base, direction.vector, -sigmas);
      }
      rest.base = base;
      if (seed === undefined && rest.label === undefined) rest.mix ??= this.mix(free);
    } else if (seed !== undefined) rest.base = null;
    if (seed !== undefined) rest.seed = seed;
    const fresh = z || seed !== undefined ? { moves: {}, steps, from: this.#origin(to, steps) } : {};
    const ofItself = rest.label !== undefined || to.mix !== undefined;
    if (ofItself || (seed !== undefined && !this.point.held)) {
      Object.assign(rest, { label: null, mix: null, held: false, ...rest });
    }
    this.point = { ...this.point, ...fresh, ...rest };
    return this.#show();
  }

  // A seed begins anew; any other point comes from where the last one came from, by what it says.
  /** @param {{ seed?: number, z?: ArrayLike<number>, how?: How, pins?: string[] }} to @param {Point["steps"]} steps @returns {Origin} */
  #origin({ z, how, pins }, steps) {
    return { how: how ?? (z ? "changed" : "seed"), pins: pins ?? (z ? this.point.from?.pins : null) ?? [], steps };
  }

  async randomise() {
    const seed = Math.floor(Math.random() * 1_000_000);
    if (!this.locks.size || !this.ready) return this.jump({ seed });
    const seeded = await this.seed(seed).catch((error) => { this.refused(error); return null; });
    return seeded && this.jump({ seed, z: this.held(seeded.z), how: "seed", pins: [] });
  }

  // z with what is locked as it is now: a dimension's value, and the place along a direction.
  /** @param {ArrayLike<number>} z */
  held(z) {
    const now = this.z();
    const kept = Float32Array.from(z, (v, i) => (this.locks.has(`z${i}`) ? now[i] : v));
    const vectors = [...this.locks].map((id) => this.catalogue.get(id)?.vector).filter((v) => v !== undefined);
    const free = vectors.map((v) => v.map((x, i) => (this.locks.has(`z${i}`) ? 0 : x)));
    for (const axis of orthonormal(free)) {
      addScaled(kept, axis, dot(axis, now) - dot(axis, kept));
    }
    return kept;
  }

  // The plain picture of the seed again, but for what is locked.
  reset() {
    if (!this.ready) return;
    const { held, label, mix, steps } = this.point;
    const dims = [...this.locks].filter((key) => /^z\d+$/.test(key)).map((key) => Number(key.slice(1)));
    const moves = dims.map((i) => [i, this.value(i)]).filter(([i, v]) => v !== this.#known.z[i]);
    const strongest = mix ? mix.indexOf(Math.max(...mix)) : label;
    this.change({
      base: null, mix: null, label: held ? strongest : null, from: null, moves: Object.fromEntries(moves),
      steps: Object.fromEntries(Object.entries(steps).filter(([id]) => this.locks.has(id))),
    });
  }

  // Whether the class, or the mixture, outlives Randomise and Reset.
  /** @param {boolean} held */
  hold(held) {
    const chosen = held && !this.point.mix ? { label: this.label() } : {};
    return this.change({ ...chosen, held });
  }

  /** @param {string} key @param {boolean} locked */
  lock(key, locked) {
    const put = (/** @type {boolean} */ held) => {
      if (held) this.locks.add(key);
      else this.locks.delete(key);
      emit("locks");
    };
    put(locked);
    this.did({ undo: () => put(!locked), redo: () => put(locked) });
  }

  // ---- undo and redo ------------------------------------------------------------------------

  #remember() { this.#did({ ref: this.ref, point: this.point }); }

  // Something else than a move of the point was done: a pin, a name.
  /** @param {Act} act */
  did(act) { this.#did({ act }); emit("history"); }

  /** @param {Step} step */
  #did(step) {
    this.past = [...this.past, step].slice(-KEEP);
    this.future = [];
  }

  undo() { return this.#travel("past", "future"); }
  redo() { return this.#travel("future", "past"); }

  /** @param {"past" | "future"} from @param {"past" | "future"} to @returns {Promise<void> | void} */
  #travel(from, to) {
    const step = this[from].at(-1);
    if (!step) return undefined;
    this.dragging = false;
    this[from] = this[from].slice(0, -1);
    if ("act" in step) return this.#again(step, from, to);
    const gone = step.ref !== this.ref && !modelOf(plainRef(step.ref));
    if (gone) return this.#travel(from, to);  // its model was deleted
    this[to] = [...this[to], { ref: this.ref, point: this.point }];
    if (step.ref !== this.ref) return this.#back(step);
    this.point = step.point;
    this.#fit();
    return this.#show();
  }

  /** @param {{ act: Act }} step @param {"past" | "future"} from @param {"past" | "future"} to */
  async #again(step, from, to) {
    this[to] = [...this[to], step];
    try {
      await (from === "past" ? step.act.undo() : step.act.redo());
    } catch (error) {
      this.refused(error);
    }
    emit("history");
  }

  // To the model where the point was; whoever follows the choice opens it at once.
  /** @param {{ ref: string, point: Point }} step */
  #back({ ref, point }) {
    this.travelling = true;
    choose(ref, point);
    this.travelling = false;
  }

  // The point is now what `pin` holds: what is made of it is its child.
  /** @param {string} pin */
  cameFrom(pin) {
    this.point = { ...this.point, from: { how: null, pins: [pin], steps: this.point.steps } };
  }

  // ---- painting and the link ----------------------------------------------------------------

  paint() {
    this.previewed = null;
    const now = this.now();
    if (now) this.painter.paint(now);
  }

  // A picture that is not the state: for playing walks. `fade`: {mix, share} of a picture over it.
  /** @param {Floats} z @param {Partial<Place> & { psi?: number, ref?: string, from?: Origin | null }} [how] */
  // Of another model where `ref` says so; `from`: what it is, for whoever pins it.
  preview(z, { label = this.label(), mix = null, fade = null, psi = this.point.psi, ref = this.ref, from = null } = {}) {
    this.previewed = { z, label, mix, psi, ref, from };
    this.painter.paint({ ref, psi, label, mix, z, fade });
  }

  // Thumbnails of many points, an ImageData of each.
  /** @param {Place[]} points */
  batch(points, { psi = this.point.psi } = {}) {
    return this.painter.batch(points.map((point) => ({
      ref: this.ref, psi, ...point, mix: point.mix ?? null, label: point.label === undefined ? this.label() : point.label,
    })));
  }

  // What can be moved along: [{id, name, vector: Float32Array}].
  directions() { return [...this.catalogue.values()]; }

  settle() { if (this.previewing) this.paint(); }

  // The address bar says what is on show, names of directions too.
  link() {
    if (this.ready) link({ model: this.ref, ...toLink(this.portable()), ...this.namesInLink() });
  }

  settled() {
    this.link();
    emit("latent", { settled: true });
  }

  // A link for others: the picture that is on show, that of a paused walk included; of a training
  // what it showed at `nimg` images, however far it has got since.
  /** @param {number} nimg */
  address(nimg) {
    return addressOf({ tab: "explore", model: this.refAt(nimg), ...toLink(this.onShow()), ...this.namesInLink() });
  }

  // The weights that made the picture on show.
  /** @param {number} nimg */
  refAt(nimg) {
    const ref = this.previewed?.ref ?? this.ref;
    const moving = modelOf(plainRef(ref))?.kind === "run" && !isMoment(ref);
    return moving ? `${ref}@${nimg}` : ref;
  }

  /** @returns {Point} */
  onShow() {
    if (!this.previewed) return this.portable();
    const { z, label, mix, psi, from } = this.previewed;
    return { ...freshPoint(this.point.seed), base: z, label: mix ? null : label, mix, psi, from };
  }

  // The point as another browser can make it again: what only we have is worked into z.
  portable() {
    const { steps } = this.point;
    const ours = this.#taken(steps).some(([direction]) => !direction.shared);
    if (!ours) return this.point;
    return { ...this.point, base: this.z(), mix: this.mix(), moves: {}, steps: {} };
  }
}
