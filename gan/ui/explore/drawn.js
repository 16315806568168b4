// Drawn directions: where they are kept (by the owner's machine, or in this browser), shared, read.
/** @import { PackedDirection } from "../page/kit/types" */
import { ask, boot, plainRef } from "../page/kit/core.js";
import { floatsOf, textOf } from "./catalogue.js";

const FORMAT = "gan-directions/1";
const MOST = 32;  // of one model
const MAX_NAME = 40;
const MAX_FILE = 64 * 1024;
const FURTHEST = 10;

export class Refusal extends Error {}  // its message is the key of a sentence

/** @typedef {{ do: "save", name: string, vector: string, classes: string | null } | { do: "rename", name: string, to: string } | { do: "delete", name: string }} Order */

export class Drawn {
  /** @param {import("./studio.js").Studio} studio */
  constructor(studio) {
    this.studio = studio;
    /** @type {PackedDirection[]} */
    this.list = [];  // [{id, name, kind, vector: base64, classes: base64 or null}]
    /** @type {(drawn: PackedDirection[]) => void} */
    this.changed = () => {};
  }

  // What the server keeps of a model; in public, what this browser keeps.
  /** @param {string} model @param {PackedDirection[]} fromServer */
  take(model, fromServer) {
    this.list = [...fromServer, ...(boot.local ? [] : this.#recall(model))];
    return this.list;
  }

  /** @param {string} id */
  find(id) { return this.list.find((d) => d.id === id); }

  // `direction`: {vector, classes} as base64.
  /** @param {string} name @param {{ vector: string, classes?: string | null }} direction */
  save(name, { vector, classes = null }) { return this.#change({ do: "save", name, vector, classes }); }
  /** @param {string} name @param {string} to */
  rename(name, to) { return this.#change({ do: "rename", name, to }); }
  /** @param {string} name */
  remove(name) { return this.#change({ do: "delete", name }); }

  /** @param {Order} order */
  async #change(order) {
    if (boot.local) {
      this.list = (await ask("directions/keep", { ref: this.studio.ref, ...order })).drawn;
    } else this.#changeHere(order);
    this.changed(this.list);
  }

  /** @param {Order} order */
  #changeHere(order) {
    const name = checkedName(order.name);
    const without = this.list.filter((d) => d.name !== name);
    if (order.do === "save") {
      const { vector, classes } = order;
      this.list = [...without, { id: idOf(name), name, kind: "drawn", vector, classes }];
    } else if (order.do === "rename") {
      const to = checkedName(order.to);
      this.list = this.list.filter((d) => d.name === name || d.name !== to)
        .map((d) => (d.name === name ? { ...d, id: idOf(to), name: to } : d));
    } else this.list = without;
    if (this.list.length > MOST) {
      this.list = this.list.slice(0, MOST);
      throw new Refusal("gan_error_directions_full");
    }
    const { z_dim, ref } = this.studio.model;
    boot.remember(keyOf(ref), JSON.stringify(toFile(this.list, z_dim, this.studio.classes)));
  }

  /** @param {string} model */
  #recall(model) {
    let text = null;
    try { text = localStorage.getItem(keyOf(model)); } catch { /* private */ }
    try {
      return text ? fromFile(text, this.studio.model.z_dim, this.studio.classes) : [];
    } catch {
      return [];  // what another version or another hand left there
    }
  }

  // One small JSON with all of them, the same as in a weights folder.
  file() {
    return JSON.stringify(toFile(this.list, this.studio.model.z_dim, this.studio.classes));
  }

  // Add what a file holds; returns how many. Raises Refusal for anything else.
  /** @param {Blob} file */
  async add(file) {
    if (file.size > MAX_FILE) throw new Refusal("gan_error_directions_file");
    const found = fromFile(await file.text(), this.studio.model.z_dim, this.studio.classes);
    for (const direction of found) await this.save(direction.name, direction);
    return found.length;
  }
}

/** @param {string} model */
const keyOf = (model) => `gan-directions ${plainRef(model)}`;
/** @param {string} name */
const idOf = (name) => `drawn-${[...name].reduce((h, c) => (Math.imul(h, 31) + (c.codePointAt(0) ?? 0)) >>> 0, 7).toString(16)}`;

/** @param {unknown} name */
export function checkedName(name) {
  const text = typeof name === "string" ? name.trim().replace(/\s+/g, " ") : "";
  if (!text || text.length > MAX_NAME) throw new Refusal("gan_error_direction_name");
  return text;
}

// ---- the file: a closed schema, as gan.latent.files writes it -------------------------------------

/** @param {PackedDirection[]} list @param {number} zDim @param {number} classes */
function toFile(list, zDim, classes) {
  const directions = list.map(({ name, vector, classes: weights }) => {
    const floats = floatsOf(vector);
    return {
      name, kind: "drawn", vector: rounded(floats), sigma: rounded([Math.hypot(...floats)])[0],
      share: null, classes: weights ? rounded(floatsOf(weights)) : null, effect: null,
    };
  });
  return { format: FORMAT, z_dim: zDim, classes, directions };
}

/** @param {ArrayLike<number>} floats */
const rounded = (floats) => Array.from(floats, (v) => Number(v.toPrecision(6)));

const TOP = ["format", "z_dim", "classes", "directions"];
const KEYS = ["name", "kind", "vector", "sigma", "share", "classes", "effect"];

/** @param {string} text @param {number} zDim @param {number} classes @returns {PackedDirection[]} */
function fromFile(text, zDim, classes) {
  let data = null;
  try { data = JSON.parse(text); } catch { /* refused below */ }
  const isOurs = isObject(data, TOP) && data.format === FORMAT && Array.isArray(data.directions);
  if (!isOurs) throw new Refusal("gan_error_directions_file");
  if (data.z_dim !== zDim || data.classes !== classes) throw new Refusal("gan_error_directions_other");
  if (data.directions.length > MOST) throw new Refusal("gan_error_directions_full");
  return data.directions.map((/** @type {unknown} */ entry) => {
    if (!isObject(entry, KEYS)) throw new Refusal("gan_error_directions_file");
    const name = checkedName(entry.name);
    const weights = entry.classes ?? null;
    return {
      id: idOf(name), name, kind: "drawn", vector: floats(entry.vector, zDim),
      classes: weights === null ? null : floats(weights, classes),
    };
  });
}

/** @param {unknown} data @param {string[]} keys @returns {data is Record<string, any>} */
function isObject(data, keys) {
  return typeof data === "object" && data !== null && !Array.isArray(data)
    && Object.keys(data).every((key) => keys.includes(key));
}

/** @param {unknown} values @param {number} length */
function floats(values, length) {
  const fits = Array.isArray(values) && values.length === length && length > 0
    && values.every((v) => typeof v === "number" && Math.abs(v) <= FURTHEST);
  if (!fits) throw new Refusal("gan_error_directions_file");
  return textOf(values);
}
