// The directions of the model on show: fetched once per weights, kept while they are in use.
/** @import { Direction, PackedDirection } from "../page/kit/types" */
import { ask, className, emit, on, t, tabIsOpen } from "../page/kit/core.js";
import { whenShown } from "../page/kit/fresh.js";

const REST_MS = 15000;  // a running training writes weights often; finding directions takes a second

export class Catalogue {
  // `store`: where drawn directions are kept (drawn.js); `node`: asked only while it is visible.
  /**
   * @param {import("./studio.js").Studio} studio
   * @param {import("./drawn.js").Drawn} store
   * @param {import("./names.js").Names} names
   * @param {HTMLElement} node
   */
  constructor(studio, store, names, node) {
    this.studio = studio;
    this.store = store;
    this.names = names;
    this.node = node;
    /** @type {string[]} */
    this.ranked = [];  // ids
    /** @type {"loading" | "ready" | "failed"} */
    this.state = "loading";
    /** @type {unknown} */
    this.error = null;
    this.asked = 0;
    /** @type {string | null} */
    this.key = null;  // the weights that we have, or are asking for
    /** @type {string | null} */
    this.model = null;  // the ref that they are of
    this.at = 0;
    /** @type {number | undefined} */
    this.timer = undefined;
    /** @type {Promise<void> | undefined} */
    this.loading = undefined;
    studio.findDirections = () => this.load();
    on("weights", () => this.#later());
    whenShown(node, () => this.#later());
  }

  // In the order in which they are offered.
  /** @param {string} kind */
  list(kind) {
    const all = this.studio.directions();
    if (kind !== "ranked") return all.filter((d) => d.kind === kind);
    return this.ranked.flatMap((id) => this.studio.catalogue.get(id) ?? []).filter((d) => this.studio.leads(d));
  }

  #later() {
    clearTimeout(this.timer);
    if (this.#fresh() || !tabIsOpen(this.node)) return;
    const rest = Math.max(0, this.at + REST_MS - performance.now());
    this.timer = setTimeout(() => this.load(), rest);
  }

  #fresh() { return !this.studio.model || this.key === keyOf(this.studio); }

  async load() {
    if (this.#fresh()) return this.loading;
    const other = this.model !== this.studio.model.ref;
    const { ref: model } = this.studio.model;
    Object.assign(this, { key: keyOf(this.studio), model, at: performance.now() });
    if (other) {
      this.state = "loading";
      emit("directions");
    }
    this.loading = this.#ask(this.studio.ref, model);
    return this.loading;
  }

  /** @param {string} ref @param {string} model */
  async #ask(ref, model) {
    const mine = ++this.asked;
    try {
      const found = await ask(`directions?${new URLSearchParams({ ref })}`);
      if (mine !== this.asked) return;
      this.#take(found, model);
    } catch (error) {
      if (mine !== this.asked) return;
      Object.assign(this, { state: "failed", key: null, error });
    }
    emit("directions");
  }

  // A direction that is in use stays as it is until its slider is back at zero: nothing jumps.
  /** @param {{ directions: PackedDirection[], drawn: PackedDirection[], names: Record<string, string>, ranked: string[] }} found @param {string} model */
  #take(found, model) {
    const { studio } = this;
    const inUse = Object.keys(studio.point.steps).flatMap((id) => studio.catalogue.get(id) ?? []);
    this.names.take(model, found.names);
    const fresh = [
      ...found.directions.map((d) => decoded(d, studio.classes)),
      ...this.store.take(model, found.drawn).map((d) => decoded(d, studio.classes)),
    ];
    studio.catalogue = new Map(fresh.map((d) => [d.id, { ...d, given: this.names.of(d.id) }]));
    for (const old of inUse) {
      const now = studio.catalogue.get(old.id);
      if (!now || !same(now.vector, old.vector)) {
        studio.catalogue.set(old.id, { ...old, shared: false });
      }
    }
    this.ranked = found.ranked;
    this.state = "ready";
  }

  // The drawn ones have changed. What was deleted still counts where it was used, but is not listed.
  /** @param {PackedDirection[]} drawn */
  redraw(drawn) {
    const { studio } = this;
    for (const [id, d] of studio.catalogue) {
      if (d.kind === "drawn") studio.catalogue.set(id, { ...d, kind: "gone" });
    }
    for (const d of drawn) studio.catalogue.set(d.id, decoded(d, studio.classes));
    emit("directions");
  }
}

/** @param {import("./studio.js").Studio} studio */
const keyOf = ({ ref, model }) => `${ref} ${model.nimg}`;

/** @param {Float32Array} a @param {Float32Array} b */
const same = (a, b) => a.length === b.length && a.every((v, i) => v === b[i]);

/** @param {string} text */
export function floatsOf(text) {
  return new Float32Array(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer);
}

/** @param {ArrayLike<number>} floats */
export function textOf(floats) {
  const bytes = new Uint8Array(Float32Array.from(floats).buffer);
  return btoa(Array.from(bytes, (b) => String.fromCharCode(b)).join(""));
}

/** @param {PackedDirection} packed @param {number} count of the model's classes @returns {Direction} */
function decoded({ id, name, kind, share = null, vector, classes }, count) {
  // a class move of a model with classes goes from whatever is on show to the whole class
  const target = kind === "class" && count ? Number(id.replace("class-", "")) : null;
  return {
    id, name, kind, share, target, vector: floatsOf(vector),
    weights: target === null && classes ? floatsOf(classes) : null,
    shared: kind !== "drawn",  // the same for everyone who opens a link
  };
}

// What a direction is called in a list.
/** @param {Pick<Direction, "id" | "kind" | "name" | "given">} direction */
export function shortNameOf({ id, kind, name, given }) {
  if (given) return given;
  if (kind === "pca" || kind === "sefa") return t(`gan_direction_${kind}`, { index: id.split("-")[1] });
  return kind === "class" ? className(name) : name;
}

// What it is called where it is moved: a class says from where to where.
/** @param {Direction} direction @param {import("./studio.js").Studio} studio */
export function nameOf(direction, studio) {
  const { target, given } = direction;
  const to = shortNameOf(direction);
  if (given || target === null || studio.point.mix) return to;
  return t("gan_direction_class", { from: className(studio.model.class_names[studio.label() ?? 0]), to });
}
