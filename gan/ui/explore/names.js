// What a visitor calls a model's directions: kept with the model on its owner's machine, in this
// browser elsewhere, and carried by links.
import { ask, boot, emit, linkedState, plainRef, recall } from "../page/kit/core.js";
import { MAX_NAME, cleanName } from "../page/kit/shelf.js";

const MOST = 64;  // of one model
const MOST_IN_LINK = 16;
const IS_ID = /^(pca|sefa|class)-\d{1,4}$/;

export class Names {
  /** @param {import("./studio.js").Studio} studio */
  constructor(studio) {
    this.studio = studio;
    /** @type {Map<string, string>} */
    this.names = new Map();  // by id, of the model on show
    this.linked = linkedNames();
    studio.namesInLink = () => this.#inLink();
  }

  // Of a model that was just asked about; a link's names fill what has none, once.
  /** @param {string} model @param {Record<string, string>} fromServer */
  take(model, fromServer) {
    this.names = new Map([...stored(model), ...sound(fromServer)]);
    this.#takeLinked(model);
    if (this.names.size) this.studio.link();  // it was written before they were known
  }

  /** @param {string} model */
  #takeLinked(model) {
    const { model: ref, names } = this.linked;
    if (!ref || plainRef(ref) !== plainRef(model)) return;
    this.linked = { model: null, names: [] };
    for (const [id, name] of names) if (!this.names.has(id)) this.names.set(id, name);
    this.#store(model);
  }

  /** @param {string} id */
  of(id) { return this.names.get(id) ?? null; }

  // One step of undo; an empty name gives the direction its own back.
  /** @param {string} id @param {string} text */
  async rename(id, text) {
    const [before, after] = [this.of(id), cleanName(text) || null];
    if (before === after) return;
    await this.#call(id, after);
    emit("did", { undo: () => this.#call(id, before), redo: () => this.#call(id, after) });
  }

  /** @param {string} id @param {string | null} name */
  async #call(id, name) {
    const { studio } = this;
    const { ref } = studio.model;
    if (boot.local) await ask("directions/keep", { ref: studio.ref, do: "name", id, to: name });
    if (ref !== studio.model.ref) return;  // another model was opened meanwhile
    if (name === null) this.names.delete(id);
    else this.names.set(id, name);
    this.#store(ref);
    const direction = studio.catalogue.get(id);
    if (direction) studio.catalogue.set(id, { ...direction, given: name });
    emit("directions");
    studio.link();
  }

  /** @param {string} model */
  #store(model) { boot.remember(keyOf(model), JSON.stringify(Object.fromEntries([...this.names].slice(0, MOST)))); }

  // Those in use first: a link has room for a few.
  #inLink() {
    const { steps } = this.studio.point;
    const all = [...this.names].sort(([a], [b]) => Number(b in steps) - Number(a in steps));
    const names = all.slice(0, MOST_IN_LINK).map(([id, name]) => `${id}:${encodeURIComponent(name)}`).join(",");
    return /** @type {Record<string, string>} */ (names ? { names } : {});
  }
}

/** @param {string} model */
const keyOf = (model) => `gan-direction-names ${plainRef(model)}`;

/** @param {string} model */
function stored(model) {
  try { return sound(JSON.parse(recall(keyOf(model)) ?? "{}")); } catch { return []; }
}

/** @param {unknown} names @returns {[id: string, name: string][]} */
function sound(names) {
  const found = Object.entries(typeof names === "object" && names !== null ? names : {});
  return found.filter(([id, name]) => IS_ID.test(id) && cleanName(name)).slice(0, MOST)
    .map(([id, name]) => [id, cleanName(name)]);
}

function linkedNames() {
  const linked = linkedState();
  const pairs = (linked.get("names") ?? "").split(",").slice(0, MOST_IN_LINK).map((pair) => pair.split(":"));
  const names = pairs.map(([id, name]) => [id, decoded(name)]);
  return { model: linked.get("model"), names: sound(Object.fromEntries(names)) };
}

function decoded(text = "") {
  try { return text.length <= 9 * MAX_NAME ? decodeURIComponent(text) : ""; } catch { return ""; }
}
