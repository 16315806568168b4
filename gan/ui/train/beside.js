// Below the curves of a comparison: pictures at equal image counts, the settings that differ, and the
// family of the runs.
/** @import { ListedRun } from "../page/kit/types" */
import { ask, currentLanguage, fillRange, h, say, saidValue, t, url, wordedFor } from "../page/kit/core.js";
import { paintSheet } from "../page/kit/gutters.js";
import { momentOf } from "./moments.js";
import { nameOf as nameOfSetting } from "./settings.js";

/** @type {Record<string, string>} */
/** @type {Record<string, string>} */
const NAMES = { preset: "gan_preset", data: "gan_data", seed: "gan_set_seed" };
const TONES = 4;  // of lines; further ones have the same, dashed
export const MOST = 6;  // runs in one comparison

/** @param {Pick<ListedRun, "id" | "name">} run */
export const nameOf = (run) => run.name || run.id;

// How a run's line is drawn in the chart, and the same beside its name.
/** @param {number} i */
export const toneOf = (i) => ({ tone: `--ga-run-${i % TONES}`, dash: i < TONES ? undefined : [5, 3] });
/** @param {number} i */
export const swatch = (i) => h("i", { class: `ga-run-swatch is-run-${i % TONES} ${i < TONES ? "" : "is-dashed"}`, "aria-hidden": "true" });

/**
 * What the server knows of the runs, and of all they come from.
 * @typedef {{ settings: Record<string, string>, snapshots: number[], since: number }} Facts
 * @typedef {{ id: string, depth: number, at: number | null, gone: boolean }} Kin
 * @typedef {{ canvas: HTMLCanvasElement, said: HTMLElement, address: string }} Sheet
 */

export class Beside {
  /** @param {{ pick: (id: string) => void, unpick: (id: string) => void, moved: () => void }} acts */
  constructor({ pick, unpick, moved }) {
    this.pick = pick;
    this.unpick = unpick;
    this.moved = moved;
    /** @type {ListedRun[]} */
    this.runs = [];
    this.plane = false;  // all of points
    /** @type {Record<string, Facts>} */
    this.facts = {};
    /** @type {Kin[]} */
    this.tree = [];
    /** @type {number | null} */
    this.at = null;  // images at which the pictures are shown
    this.common = true;  // they follow what all have reached
    this.asked = "";
    this.drawn = "";
    /** @type {Sheet[]} */
    this.sheets = [];
    this.slider = h("input", { type: "range", id: "compare-at", class: "ga-range", min: 0, max: 0, step: 1, value: 0, "data-help": "gan_compare_at_help",
      oninput: (e) => this.#go(Number(e.currentTarget.value)) });
    this.where = h("output", { class: "ga-quiet", id: "compare-at-said" });
    this.pictures = h("div", { class: "ga-compare-pictures", id: "compare-pictures" });
    this.title = h("h4", {});
    this.different = h("div", { class: "ga-compare-settings", id: "compare-settings", tabindex: 0, role: "region" });
    this.family = h("ol", { class: "ga-family", id: "compare-family" });
    this.note = h("p", { class: "ga-quiet", role: "status" });
    this.kin = h("section", {}, h("h4", {}), this.family);
    this.node = h("div", { class: "ga-beside" },
      h("section", {}, h("div", { class: "ga-compare-at" }, this.title, this.slider, this.where), this.pictures),
      h("section", {}, h("h4", {}), this.different), this.kin, this.note);
    new ResizeObserver(() => this.#fit()).observe(this.pictures);
  }

  /** @param {ListedRun[]} runs */
  async show(runs) {
    this.runs = runs;
    this.plane = runs.every(({ plane }) => plane);
    const wanted = JSON.stringify(runs.map((r) => [r.id, r.nimg, r.state]));
    if (wanted === this.asked) return this.#draw();
    this.asked = wanted;
    try {
      const news = await ask(`runs/compared?${new URLSearchParams({ ids: runs.map((r) => r.id).join(",") })}`);
      if (wanted !== this.asked) return undefined;
      Object.assign(this, { facts: news.runs, tree: news.tree });
      this.note.textContent = "";
    } catch (error) { this.note.textContent = say(error); }
    return this.#draw();
  }

  #draw() {
    const drawn = JSON.stringify([this.runs.map((r) => [r.id, r.name]), this.facts, this.tree, currentLanguage()]);
    if (drawn === this.drawn) return;
    this.drawn = drawn;
    this.title.textContent = t("gan_compare_pictures");
    this.slider.setAttribute("aria-label", t(wordedFor("gan_compare_at", this.plane)));
    this.#drawPictures();
    this.#drawSettings();
    this.#drawFamily();
  }

  // ---- pictures at equal counts -------------------------------------------------------------------

  // Every count of which some run has a picture.
  #counts() { return [...new Set(this.runs.flatMap((r) => this.facts[r.id]?.snapshots ?? []))].sort((a, b) => a - b); }

  #drawPictures() {
    const counts = this.#counts();
    this.sheets = this.runs.map(() => ({ canvas: h("canvas", { class: "ga-pixels", role: "img" }), said: h("span", { class: "ga-quiet" }), address: "" }));
    this.pictures.replaceChildren(...this.runs.map((run, i) => h("figure", {}, this.sheets[i].canvas,
      h("figcaption", {}, swatch(i), h("b", { title: run.id }, nameOf(run)), this.sheets[i].said))));
    this.slider.max = String(Math.max(0, counts.length - 1));
    this.slider.disabled = counts.length < 2;
    const at = this.common || this.at === null ? this.#common() : this.at;
    const place = counts.findIndex((n) => n >= at);
    this.slider.value = String(place < 0 ? counts.length - 1 : place);
    this.#show();
  }

  // The most images that all have seen.
  #common() { return Math.min(...this.runs.map((r) => this.facts[r.id]?.snapshots.at(-1) ?? Infinity)); }

  /** @param {number} i */
  #go(i) {
    this.common = false;
    this.slider.value = String(i);
    this.#show();
  }

  #show() {
    this.at = this.#counts()[Number(this.slider.value)] ?? null;
    fillRange(this.slider, 0);
    const text = this.at === null ? "" : momentOf(this.at, this.plane);
    this.where.textContent = text;
    this.slider.setAttribute("aria-valuetext", text);
    this.runs.forEach((run, i) => this.#showSheet(run, i));
    this.moved();
  }

  // The last picture that it had by then; of one that had ended, its last.
  /** @param {ListedRun} run @param {number} i */
  #showSheet(run, i) {
    const { snapshots = [], since = 0 } = this.facts[run.id] ?? {};
    const { at } = this;
    const sheet = this.sheets[i];
    const nimg = at === null ? undefined : snapshots.findLast((n) => n <= at) ?? snapshots[0];
    const over = at !== null && (at > (snapshots.at(-1) ?? 0) || at < (snapshots[0] ?? 0));
    const told = !over ? "gan_compare_seen" : at !== null && nimg !== undefined && at < nimg ? "gan_compare_begins" : "gan_compare_ended";
    sheet.said.textContent = nimg === undefined ? t("gan_compare_no_picture") : t(told, { at: momentOf(nimg, this.plane) });
    sheet.canvas.classList.toggle("is-over", over);
    sheet.canvas.setAttribute("aria-label", nimg === undefined ? t("gan_compare_no_picture") : t("gan_compare_picture", { name: nameOf(run), at: momentOf(nimg, this.plane) }));
    if (nimg !== undefined) this.#paint(sheet, url(`snapshot?${new URLSearchParams({ id: run.id, nimg: String(nimg), since: String(since) })}`));
  }

  /** @param {Sheet} sheet @param {string} address */
  async #paint(sheet, address) {
    sheet.address = address;
    const image = new Image();
    image.src = address;
    try { await image.decode(); } catch { return; }  // thinned meanwhile: the next look knows
    const room = sheet.canvas.parentElement?.clientWidth ?? 0;
    if (sheet.address !== address || !room) return;
    paintSheet(sheet.canvas, image, room);
    sheet.canvas.dataset.painted = address;
  }

  #fit() { for (const sheet of this.sheets) if (sheet.address) this.#paint(sheet, sheet.address); }

  // ---- the settings that differ -------------------------------------------------------------------

  #drawSettings() {
    const box = /** @type {HTMLElement} */ (this.different.parentElement);
    const all = this.runs.map((r) => this.facts[r.id]?.settings ?? {});
    const keys = [...new Set(all.flatMap(Object.keys))].filter((key) => new Set(all.map((s) => s[key])).size > 1);
    box.hidden = this.runs.length < 2;
    const title = /** @type {HTMLElement} */ (box.firstElementChild);
    title.textContent = t("gan_compare_settings");
    this.different.setAttribute("aria-label", t("gan_compare_settings"));
    if (!keys.length) return this.different.replaceChildren(h("p", { class: "ga-quiet" }, t("gan_compare_same")));
    /** @param {string | undefined} value */
    const shown = (value) => (value === undefined ? "–" : saidValue(value));
    return this.different.replaceChildren(h("table", {},
      h("thead", {}, h("tr", {}, h("td", {}), ...this.runs.map((run, i) => h("th", { scope: "col", title: run.id }, swatch(i), nameOf(run))))),
      h("tbody", {}, ...keys.map((key) => h("tr", {}, h("th", { scope: "row", "data-help": key in NAMES ? undefined : `gan_set_${key}_help` }, key in NAMES ? t(NAMES[key]) : nameOfSetting(key)),
        ...all.map((s) => h("td", {}, shown(s[key]))))))));
  }

  // ---- parents and forks --------------------------------------------------------------------------

  #drawFamily() {
    this.kin.hidden = this.tree.every((k) => k.at === null && !k.depth);
    const title = /** @type {HTMLElement} */ (this.kin.firstElementChild);
    title.textContent = t("gan_compare_family");
    this.family.replaceChildren(...this.tree.map(({ id, depth, at, gone }) => {
      const i = this.runs.findIndex((r) => r.id === id);
      const name = i < 0 ? id : nameOf(this.runs[i]);
      const button = h("button", { type: "button", class: "ga-button is-bare is-link", "aria-pressed": String(i >= 0), disabled: i < 0 && this.runs.length >= MOST,
        "data-help": "gan_compare_pick_help", onclick: () => (this.runs.some((r) => r.id === id) ? this.unpick(id) : this.pick(id)) }, name);  // as it is when pressed: an answer may not have redrawn it yet
      return h("li", { style: `--depth: ${depth}`, "data-run": id }, i < 0 ? null : swatch(i),
        gone ? h("span", {}, id) : button,
        h("span", { class: "ga-quiet" }, gone ? t("gan_compare_gone") : at === null ? "" : t("gan_compare_forked", { at: momentOf(at, this.plane) })));
    }));
  }
}
