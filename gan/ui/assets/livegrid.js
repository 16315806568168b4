// The picture of a training: 8 x 8 samples that change softly, the real ones beside them.
import { ACTIVE, boot, count, h, on, recall, t, url } from "./core.js";

const SIDE = 8;
const FADE_MS = 120;
const ENOUGH = 0.7;  // of the box: less, and even pixels are given up for size
const still = matchMedia("(prefers-reduced-motion: reduce)");

export class LiveGrid {
  constructor(root) {
    this.find = (selector) => root.querySelector(selector);
    Object.assign(this, { id: null, wanted: null, classes: [], reals: false, tile: null });
    this.image = this.find("#live-grid");
    this.before = this.find("#grid-before");
    this.frame = this.find("#grid-frame");
    this.realImage = this.find("#reals");
    this.beside = recall("gan-reals") === "yes";
    this.find("#reals-toggle").addEventListener("click", () => this.#toggle());
    for (const box of root.querySelectorAll(".ga-grid-box")) new ResizeObserver(() => this.#fit()).observe(box);
    this.find("#grid-box").addEventListener("pointermove", (e) => this.#point(e));
    this.find("#grid-box").addEventListener("pointerleave", () => { this.tile = null; this.#drawTile(); });
    on("language", () => this.#drawTile());
  }

  // run: {id, status, classes, reals, beginning}; nimg: the snapshot to show, undefined for none.
  show(run, nimg) {
    const { id, status, classes, reals, beginning } = run;
    if (id !== this.id) this.realImage.removeAttribute("src");
    Object.assign(this, { id, classes, reals });
    const empty = this.find("#grid-empty");
    empty.hidden = nimg !== undefined;
    empty.textContent = t(beginning || (id && ACTIVE.includes(status?.state ?? "starting")) ? "gan_grid_wait" : "gan_grid_empty");
    this.#drawReals();
    this.#drawTile();
    if (nimg === undefined) {
      this.image.hidden = this.before.hidden = true;
      this.wanted = null;
      return;
    }
    this.image.alt = t("gan_grid_alt", { count: count(nimg) });
    this.#paint(url(`snapshot?${new URLSearchParams({ id, nimg, since: status?.since ?? 0 })}`));
  }

  #paint(address) {
    if (this.wanted === address) return;
    this.wanted = address;
    const next = new Image();  // decoded first, so that nothing flickers
    next.src = address;
    next.decode().then(() => {
      if (this.wanted !== address) return;
      this.#keepBefore();
      this.image.src = address;
      this.image.hidden = false;
      this.#fit();
    }, () => { if (this.wanted === address) this.wanted = null; });
  }

  // What was there lies above the new picture for a moment, and fades.
  #keepBefore() {
    this.before.hidden = this.image.hidden || still.matches;
    if (this.before.hidden) return;
    const { naturalWidth, naturalHeight } = this.image;
    Object.assign(this.before, { width: naturalWidth, height: naturalHeight });
    this.before.getContext("2d").drawImage(this.image, 0, 0);
    this.before.getAnimations().forEach((a) => a.cancel());
    this.before.animate([{ opacity: 1 }, { opacity: 0 }], { duration: FADE_MS, fill: "forwards" });
  }

  // Whole device pixels a pixel where that still fills the box.
  #fit() {
    for (const [image, also] of [[this.image, [this.before, this.frame]], [this.realImage, []]]) {
      const box = image.parentElement.clientWidth;
      if (!image.naturalWidth || !box) continue;
      const scale = Math.max(1, Math.floor((box * devicePixelRatio) / image.naturalWidth)) / devicePixelRatio;
      const side = Math.min(box, image.naturalWidth * scale);
      const size = `${side / box >= ENOUGH ? side : box}px`;
      for (const node of [image, ...also]) Object.assign(node.style, { width: size, height: size });
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
    this.find("#reals-toggle").disabled = !this.reals;
    this.find("#reals-toggle").setAttribute("aria-pressed", String(this.beside));
    this.find("#board").classList.toggle("with-reals", shown);
    this.find("#reals-figure").hidden = !shown;
    this.realImage.alt = t("gan_reals_alt");
    const address = url(`run/picture?${new URLSearchParams({ id: this.id ?? "", name: "reals" })}`);
    if (shown && this.realImage.src !== address) {
      this.realImage.src = address;
      this.realImage.decode().then(() => this.#fit(), () => {});
    }
  }

  // ---- one tile ----------------------------------------------------------------------------------

  #point(e) {
    const box = this.image.getBoundingClientRect();
    const at = [e.clientX - box.left, e.clientY - box.top].map((v) => Math.floor((v / box.width) * SIDE));
    const inside = !this.image.hidden && at.every((v) => v >= 0 && v < SIDE);
    this.tile = inside ? at[1] * SIDE + at[0] : null;
    this.#drawTile();
  }

  #drawTile() {
    const { tile } = this;
    const mark = this.frame.firstElementChild;
    mark.hidden = tile === null;
    let text = t("gan_grid_help");
    if (tile !== null) {
      Object.assign(mark.style, { left: `${(tile % SIDE) * 12.5}%`, top: `${Math.floor(tile / SIDE) * 12.5}%` });
      const label = this.classes.length ? this.classes[tile % this.classes.length] : null;
      text = label === null ? t("gan_grid_tile", { index: tile + 1 }) : t("gan_grid_tile_class", { index: tile + 1, label });
    }
    const node = this.find("#tile-said");
    if (node.textContent !== text) node.textContent = text;
  }
}
