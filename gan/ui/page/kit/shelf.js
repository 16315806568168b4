// The shelf: pictures that a visitor keeps in this browser, each with the point that makes it and
// where it came from. One for the page; boards change it here and listen to "shelf".
/** @import { Pin, PinOrigin, PinPlace } from "./types" */
import { Refused, emit, modelOf, plainRef } from "./core.js";
import { freshPoint, fromLink, linkText, unpackFloats } from "./latentlink.js";
import { LAST_SEED } from "./seeds.js";

const KEY = "gan-shelf";
const UNREAD_KEY = "gan-shelf-unread";
const OLD_KEY = "gan-pins";  // favourites of the gallery, before there was a shelf
const FORMAT = "gan-shelf/1";
export const MOST = 500;
export const MAX_NAME = 40;
const MAX_FILE = 16 * 2 ** 20;  // bytes
const MAX_PICTURE = 256 * 1024;  // characters of a data: address
const MAX_POINT = 64 * 1024;  // characters
const MAX_TURNS = 64;
const MAX_PARENTS = 4;
const PICTURE = /^data:image\/(png|webp|jpeg);base64,[A-Za-z0-9+/]+={0,2}$/;
const HOWS = ["seed", "gallery", "map", "grid", "found", "mixed", "between", "mutated", "changed", "moved"];

// What cannot be done, in one sentence.
class ShelfError extends Refused {
  /** @param {string} key @param {Record<string, number>} [values] */
  constructor(key, values = {}) { super({ key, values }); }
}

export class Shelf {
  constructor() {
    this.kept = true;  // or this browser refuses, and the shelf lasts as long as the page
    /** @type {Pin[]} */
    this.list = read();  // the oldest first
  }

  // What an earlier visit left and this version cannot read, as text, or null.
  get unread() {
    try { return localStorage.getItem(UNREAD_KEY); } catch { return null; }
  }

  forgetUnread() {
    localStorage.removeItem(UNREAD_KEY);
    this.#keep(this.list);  // without what it was set aside from
  }

  /** @param {string} id */
  find(id) { return this.list.find((pin) => pin.id === id) ?? null; }

  // The one of exactly this point, if there is one.
  /** @param {string} ref @param {string} point */
  at(ref, point) { return this.list.find((pin) => pin.ref === ref && pin.point === point) ?? null; }

  /** @param {string} id */
  childrenOf(id) { return this.list.filter((pin) => pin.from.pins.some((parent) => parent.id === id)); }

  // Each of these is one step of undo, where somebody listens to "did".
  /** @param {Pin[]} pins */
  add(pins) {
    const take = () => this.#keep([...this.list, ...pins.filter((pin) => !this.find(pin.id))]);
    const ids = new Set(pins.map((pin) => pin.id));
    take();
    emit("did", { undo: () => this.#keep(this.list.filter((pin) => !ids.has(pin.id))), redo: take });
  }

  /** @param {string} id */
  remove(id) {
    const index = this.list.findIndex((pin) => pin.id === id);
    if (index < 0) return null;
    const pin = this.list[index];
    const drop = () => this.#keep(this.list.filter((other) => other.id !== id));
    const back = () => { if (!this.find(id)) this.#keep(this.list.toSpliced(Math.min(index, this.list.length), 0, pin)); };
    drop();
    emit("did", { undo: back, redo: drop });
    return { pin, back };
  }

  /** @param {string} id @param {string} name */
  rename(id, name) {
    const before = this.find(id)?.name;
    const after = cleanName(name);
    if (before === undefined || !after || before === after) return;
    /** @param {string} text */
    const call = (text) => this.#keep(this.list.map((pin) => (pin.id === id ? { ...pin, name: text } : pin)));
    call(after);
    emit("did", { undo: () => call(before), redo: () => call(after) });
  }

  // A picture that was not there yet; nothing to undo.
  /** @param {string} id @param {string} picture */
  picture(id, picture) {
    this.#keep(this.list.map((pin) => (pin.id === id ? { ...pin, picture } : pin)));
  }

  // Kept as a whole or, where the browser has no room for it, not at all. One that keeps nothing whatever,
  // as a private window may, still has a shelf until the page is closed.
  /** @param {Pin[]} list */
  #keep(list) {
    if (list.length > MOST && list.length > this.list.length) throw new ShelfError("gan_shelf_most", { count: MOST });
    try {
      localStorage.setItem(KEY, JSON.stringify({ format: FORMAT, pins: list }));
      this.kept = true;
    } catch {
      if (keepsAnything()) throw new ShelfError("gan_shelf_no_room");
      this.kept = false;
    }
    this.list = list;
    emit("shelf");
  }

  // Another tab of this browser has changed it.
  reread() {
    if (!this.kept) return;
    this.list = read();
    emit("shelf");
  }

  // ---- as a file ----------------------------------------------------------------------------

  file() { return JSON.stringify({ format: FORMAT, pins: this.list }); }

  // Adds what the file holds beside what is there; raises ShelfError, and then nothing has changed.
  /** @param {Blob} file */
  async open(file) {
    if (file.size > MAX_FILE) throw new ShelfError("gan_shelf_file_large", { mb: MAX_FILE / 2 ** 20 });
    const pins = pinsIn(await file.text());
    const fresh = pins.filter((pin) => !this.find(pin.id));
    if (fresh.length) this.add(fresh);
    return { count: fresh.length, known: pins.length - fresh.length, missing: fresh.filter((pin) => !isHere(pin)).length };
  }
}

// Whether the model that makes it is there; another one under the same name is not it.
/** @param {Pin} pin */
export function isHere({ ref, place }) {
  const model = modelOf(plainRef(ref));
  return model !== null && (!place || unpackFloats(place.z)?.length === model.z_dim);
}

export const newId = () => Array.from(crypto.getRandomValues(new Uint8Array(8)), (b) => b.toString(16).padStart(2, "0")).join("");

/** @param {unknown} name */
export const cleanName = (name) => (typeof name === "string"
  ? [...name.replace(/[\p{C}\s]+/gu, " ").trim()].slice(0, MAX_NAME).join("") : "");

/** @param {Pin} pin */
export const pointOf = (pin) => fromLink(new URLSearchParams(pin.point));

// What Explore begins with when a pin is opened: what is made of it there is its child.
/** @param {Pin} pin */
export function openingOf(pin) {
  const point = pointOf(pin);
  return { ...point, from: { how: null, pins: [pin.id], steps: point.steps } };
}

// ---- what was written: a closed schema, whoever wrote it ----------------------------------------

/** @typedef {Record<string, any>} Json an object as a file holds it */
/** @returns {Pin[]} */
function read() {
  let text = null;
  try {
    text = localStorage.getItem(KEY);
    if (!text) return favourites();
  } catch {
    return [];  // a private window
  }
  const { pins, unread } = soundIn(text);
  if (unread) aside(text);
  return pins;
}

// The pins of a shelf that are sound, and how many are not; of one in another format, none.
/** @param {string} text @returns {{ pins: Pin[], unread: number }} */
function soundIn(text) {
  let data = null;
  try { data = JSON.parse(text); } catch { /* none of it */ }
  if (!isObject(data) || data.format !== FORMAT || !Array.isArray(data.pins)) return { pins: [], unread: 1 };
  const pins = data.pins.flatMap((/** @type {unknown} */ pin) => { try { return [pinIn(pin)]; } catch { return []; } });
  return { pins: distinct(pins).slice(-MOST), unread: data.pins.length - pins.length };
}

// What cannot be read is not written over: a later version may know it, and it can be saved as a file.
/** @param {string} text */
function aside(text) {
  try { localStorage.setItem(UNREAD_KEY, text); } catch { /* there is no room for both */ }
}

function keepsAnything() {
  try {
    localStorage.setItem(`${KEY}-probe`, "1");
    localStorage.removeItem(`${KEY}-probe`);
    return true;
  } catch {
    return false;
  }
}

// Favourites of an earlier version have a seed and no picture yet.
/** @returns {Pin[]} */
function favourites() {
  /** @type {Json[]} */
  const list = JSON.parse(localStorage.getItem(OLD_KEY) ?? "[]");
  return list.filter((e) => Array.isArray(e?.refs) && typeof e.refs[0] === "string" && Number.isInteger(e.seed)
    && e.seed >= 0 && e.seed <= LAST_SEED && Number.isFinite(e.psi) && (e.label === null || Number.isInteger(e.label)))
    .slice(-MOST).map(({ refs, seed, label, psi }, i) => ({
      id: `old${i}`, name: `#${seed}`, ref: refs[0], model: plainRef(refs[0]), point: pointText({ seed, label, psi }), place: null,
      made: 0, from: { how: "gallery", pins: [], turns: [] }, turns: [], picture: null,
    }));
}

// The point of a sample, as a link says it.
/** @param {{ seed: number, label: number | null, psi: number }} sample */
export const pointText = ({ seed, label, psi }) => linkText({ ...freshPoint(seed), label, psi });

/** @param {string} text @returns {Pin[]} */
function pinsIn(text) {
  let data = null;
  try { data = JSON.parse(text); } catch { /* refused below */ }
  const format = isObject(data) ? data.format : null;
  if (typeof format === "string" && format !== FORMAT && /^gan-shelf\/\d+$/.test(format)) throw new ShelfError("gan_shelf_file_version");
  const nonsense = format !== FORMAT || !Array.isArray(data.pins);
  if (nonsense) throw new ShelfError("gan_shelf_file_nonsense");
  if (data.pins.length > MOST) throw new ShelfError("gan_shelf_most", { count: MOST });
  return distinct(data.pins.map(pinIn));
}

/** @param {Pin[]} pins */
const distinct = (pins) => [...new Map(pins.map((pin) => [pin.id, pin])).values()];

/** @param {unknown} data @returns {Pin} */
function pinIn(data) {
  const sound = isObject(data) && /^[a-z0-9]{1,32}$/.test(text(data.id, 32)) && cleanName(data.name)
    && text(data.ref, 300) && text(data.point, MAX_POINT) && Number.isFinite(data.made)
    && (data.picture === null || PICTURE.test(text(data.picture, MAX_PICTURE)));
  if (!sound) throw new ShelfError("gan_shelf_file_nonsense");
  return {
    id: data.id, name: cleanName(data.name), ref: data.ref, model: cleanName(data.model) || data.ref, point: data.point,
    place: placeIn(data.place), made: data.made, from: originIn(data.from), turns: turnsIn(data.turns), picture: data.picture,
  };
}

/** @param {Json | null | undefined} place @returns {PinPlace | null} */
function placeIn(place) {
  if (place === null || place === undefined) return null;
  const { z, mix, label } = place;
  const weights = mix === null || (Array.isArray(mix) && mix.length <= 1000 && mix.every((v) => Number.isFinite(v) && Math.abs(v) <= 100));
  const known = label === null || (Number.isInteger(label) && label >= 0 && label < 1000);
  if (!weights || !known || !unpackFloats(text(z, MAX_POINT))) throw new ShelfError("gan_shelf_file_nonsense");
  return { z, mix, label };
}

/** @param {unknown} from @returns {PinOrigin} */
function originIn(from) {
  if (!isObject(from) || !HOWS.includes(from.how) || !Array.isArray(from.pins) || from.pins.length > MAX_PARENTS) {
    throw new ShelfError("gan_shelf_file_nonsense");
  }
  const pins = from.pins.map((/** @type {Json | null} */ parent) => ({ id: text(parent?.id, 32), name: cleanName(parent?.name) }));
  return { how: from.how, pins, turns: turnsIn(from.turns) };
}

/** @param {unknown} turns @returns {[name: string, sigmas: number][]} */
function turnsIn(turns) {
  const sound = Array.isArray(turns) && turns.length <= MAX_TURNS
    && turns.every((turn) => Array.isArray(turn) && cleanName(turn[0]) && Number.isFinite(turn[1]));
  if (!sound) throw new ShelfError("gan_shelf_file_nonsense");
  return turns.map(([name, sigmas]) => [cleanName(name), sigmas]);
}

/** @param {unknown} value @param {number} most @returns {string} the text, or "" for what is none or is too long */
const text = (value, most) => (typeof value === "string" && value.length <= most ? value : "");

/** @param {unknown} data @returns {data is Json} */
const isObject = (data) => typeof data === "object" && data !== null && !Array.isArray(data);

export const shelf = new Shelf();
addEventListener("storage", (e) => { if (e.key === KEY) shelf.reread(); });
