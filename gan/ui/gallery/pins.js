// Favourites: kept in this browser, by model, seed, class and psi.
import { boot } from "../page/kit/core.js";

const KEY = "gan-pins";
const MOST = 500;

/** @param {import("../page/kit/types").Entry} entry */
export const keyOf = ({ refs, seed, label, psi }) => JSON.stringify([refs[0], seed, label, psi]);

export class Pins {
  constructor() {
    this.list = read();
    this.keys = new Set(this.list.map(keyOf));
  }

  has(entry) { return this.keys.has(keyOf(entry)); }

  toggle(entry) {
    const key = keyOf(entry);
    if (this.keys.delete(key)) this.list = this.list.filter((e) => keyOf(e) !== key);
    else {
      const { refs, seed, label, psi } = entry;
      this.list = [...this.list, { refs: [refs[0]], seed, label, psi }].slice(-MOST);
      this.keys = new Set(this.list.map(keyOf));
    }
    boot.remember(KEY, JSON.stringify(this.list));
  }
}

function read() {
  try {
    const list = JSON.parse(localStorage.getItem(KEY) ?? "[]");
    return list.filter((e) => Array.isArray(e?.refs) && typeof e.refs[0] === "string"
      && Number.isInteger(e.seed) && Number.isFinite(e.psi)
      && (e.label === null || Number.isInteger(e.label))).slice(-MOST);
  } catch {
    return [];
  }
}
