// The picture of a training: 8 x 8 samples that change softly, the real ones beside them.
/** @import { WatchedRun } from "../page/kit/types" */
import { ACTIVE, boot, className, count, finder, h, on, pencil, recall, t, url, wordedAt, wordedFor } from "../page/kit/core.js";
import { SIDE, paintSheet, sideOf } from "../page/kit/gutters.js";

const FADE_MS = 120;
/** @type {Record<string, number>} */
const ARROWS = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -SIDE, ArrowDown: SIDE };
const still = matchMedia("(prefers-reduced-motion: reduce)");

export class LiveGrid {
  // open(tile): somebody wants to walk on from one of the samples
  /** @param {HTMLElement} root @param {{ open(tile: number): void }} does */
  constructor(root, { open }) {
    this.find = finder(root);
    this.open = open;
    /** @type {string | null} */
    this.id = null;
    /** @type {string | null} */
    this.wanted = null;  // the address of the picture that is to be seen
    /** @type {string[]} */
    this.classes = [];
    /** @type {HTMLElement[]} */
    this.buttons = [];
    this.reals = false;
    /** @type {number | null} */
    this.tile = null;
    this.last = 0;
    this.image = this.find("#live-grid", HTMLImageElement);
    this.tiles = this.find("#grid-tiles", HTMLCanvasElement);
    this.before = this.find("#grid-before", HTMLCanvasElement);
    this.frame = this.find("#grid-frame");
    this.realImage = this.find("#reals", HTMLImageElement);
    this.beside = recall("gan-reals") === "yes";
    this.find("#reals-toggle").addEventListener("click", () => this.#toggle());
    for (const box of root.querySelectorAll(".ga-grid-box")) new ResizeObserver(() => this.#fit()).observe(box);
    this.#buildTiles();
    on("language", () => { this.#nameTiles(); this.#drawTile(); });
  }

  // run: {id, status, classes, reals, beginning}; nimg: the snapshot to show, undefined for none;
  // sheet: the address of what is shown in its place.
  /** @param {WatchedRun} run @param {number | undefined} nimg @param {string | null} sheet */
  show(run, nimg, sheet) {
    const { id, status, classes, reals, beginning } = run;
    if (id !== this.id) this.realImage.removeAttribute("src");
    const same = id === this.id && classes === this.classes;
    Object.assign(this, { id, classes, reals });
    if (!same) this.#nameTiles();
    const empty = this.find("#grid-empty");
    empty.hidden = nimg !== undefined;
    empty.textContent = t(beginning || (id && ACTIVE.includes(status?.state ?? "starting")) ? "gan_grid_wait" : "gan_grid_empty");
    this.#drawReals();
    this.#drawTile();
    if (nimg === undefined) {
      for (const node of [this.image, this.tiles, this.before, this.frame]) node.hidden = true;
      this.wanted = null;
      return;
    }
    this.image.alt = t(wordedAt(this.image, "gan_grid_alt"), { count: count(nimg) });
    this.#paint(sheet ?? url(`snapshot?${new URLSearchParams({ id: String(id), nimg: String(nimg), since: String(status?.since ?? 0) })}`));
  }

  /** @param {string} address */
  #paint(address) {
    if (this.wanted === address) return;
    this.wanted = address;
    const next = new Image();  // decoded first, so that nothing flickers
    next.src = address;
    next.decode().then(async () => {
      if (this.wanted !== address) return;
      this.image.src = address;
      await this.image.decode();
      if (this.wanted !== address) return;
      this.#keepBefore();
      for (const node of [this.image, this.tiles]) node.hidden = false;
      this.frame.hidden = sideOf(this.image) === 1;  // points: no tiles to open
      this.#drawTile();
      this.#fit();
    }, () => { if (this.wanted === address) this.wanted = null; });
  }

  // What was there lies above the new picture for a moment, and fades.
  #keepBefore() {
    this.before.hidden = this.tiles.hidden || still.matches;
    if (this.before.hidden) return;
    const { width, height } = this.tiles;
    Object.assign(this.before, { width, height });
    Object.assign(this.before.style, { width: this.tiles.style.width, height: this.tiles.style.height });
    pencil(this.before).drawImage(this.tiles, 0, 0);
    this.before.getAnimations().forEach((a) => a.cancel());
    this.before.animate([{ opacity: 1 }, { opacity: 0 }], { duration: FADE_MS, fill: "forwards" });
  }

  #fit() {
    /** @type {[HTMLImageElement, HTMLCanvasElement][]} */
    const sheets = [[this.image, this.tiles], [this.realImage, this.find("#reals-tiles", HTMLCanvasElement)]];
    for (const [image, canvas] of sheets) {
      const box = image.parentElement?.clientWidth;
      if (!image.naturalWidth || !box) continue;
      const { gap, side, ratio } = paintSheet(canvas, image, box);
      if (image !== this.image) continue;
      for (const node of [this.frame, this.before]) Object.assign(node.style, { width: `${side / ratio}px`, height: `${side / ratio}px` });
      this.frame.style.setProperty("--gap", `${gap / ratio}px`);
    }
  }

  // ---- real samples ------------------------------------------------------------------------------

  #toggle() {
    this.beside = !this.beside;
    boot.remember("gan-reals", this.beside ? "yes" : "no");
    this.#drawReals();
  }

  #drawReals() {
    const shown = this.beside && this.reals;
    this.find("#reals-toggle", HTMLButtonElement).disabled = !this.reals;
    this.find("#reals-toggle").setAttribute("aria-pressed", String(this.beside));
    this.find("#board").classList.toggle("with-reals", shown);
    this.find("#reals-figure").hidden = !shown;
    this.realImage.alt = t(wordedAt(this.realImage, "gan_reals_alt"));
    const address = url(`run/picture?${new URLSearchParams({ id: this.id ?? "", name: "reals" })}`);
    if (shown && this.realImage.src !== address) {
      this.realImage.src = address;
      this.realImage.decode().then(() => this.#fit(), () => {});
    }
  }

  // ---- the tiles as buttons: one stop of the Tab key, arrows within --------------------------------

  #buildTiles() {
    this.buttons = Array.from({ length: SIDE * SIDE }, (_, i) => h("button", {
      type: "button", tabindex: i ? -1 : 0, "data-tile": i, onclick: () => this.open(i),
      onpointerenter: () => this.#point(i), onpointerleave: () => this.#point(null),
      onfocus: () => { this.#stopAt(i); this.#point(i); }, onblur: () => this.#point(null),
    }));
    this.frame.replaceChildren(...this.buttons);
    this.frame.addEventListener("keydown", (e) => this.#key(e));
    this.#nameTiles();
  }

  #nameTiles() {
    this.buttons.forEach((button, i) => button.setAttribute("aria-label", t("gan_grid_open", { sample: this.#nameOf(i) })));
  }

  /** @param {number} i */
  #nameOf(i) {
    if (!this.classes.length) return t("gan_grid_tile", { index: i + 1 });
    return t("gan_grid_tile_class", { index: i + 1, label: className(this.classes[i % this.classes.length]) });
  }

  /** @param {KeyboardEvent} e */
  #key(e) {
    const at = e.target instanceof HTMLElement ? this.buttons.indexOf(e.target) : -1;
    const to = /** @type {Record<string, number | undefined>} */ ({ Home: 0, End: SIDE * SIDE - 1 })[e.key] ?? (e.key in ARROWS ? at + ARROWS[e.key] : null);
    if (at < 0 || to === null || e.ctrlKey || e.metaKey || e.altKey) return;
    e.preventDefault();
    this.buttons[to]?.focus();
  }

  /** @param {number} i */
  #stopAt(i) {
    this.buttons.forEach((button, k) => { button.tabIndex = k === i ? 0 : -1; });
  }

  /** @param {number | null} i */
  #point(i) {
    this.tile = i;
    if (i !== null) this.last = i;
    this.#drawTile();
  }

  #drawTile() {
    const help = wordedFor("gan_grid_help", this.image.naturalWidth !== 0 && sideOf(this.image) === 1);
    const text = this.tile === null ? t(help) : this.#nameOf(this.tile);
    const node = this.find("#tile-said");
    if (node.textContent !== text) node.textContent = text;
  }
}
