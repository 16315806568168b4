// The wall: tiles that breathe. First from the server's stills, one dissolving into the next; as soon
// as the model runs in this browser, drawn anew and free to go anywhere in its class.
/** @import { Floats } from "../page/kit/types" */
import { ask, pencil, refuse, tabIsOpen } from "../page/kit/core.js";
import { server } from "../page/kit/painter.js";
import { WallEngine } from "./engine.js";
import { Tile } from "./tile.js";
import { moved } from "./way.js";

const STILL_MS = 33;  // between two looks of stills
const SLICE_MS = 14;  // of drawing at a time; as long a rest follows
const MOST_AT_ONCE = 12;
const LONGEST_STEP_S = 0.1;  // after a pause the walk goes on where it was
const CALM_MS = 600;  // the first pictures come first; then the model
const LEFT_MS = 20_000;  // out of sight for so long, and the model is given up

/**
 * The server's reply.
 * @typedef {object} Reply
 * @property {string} ref of the model that it shows
 * @property {string} revision
 * @property {number} nimg
 * @property {string} data that it learned from
 * @property {number | null} seconds of its training
 * @property {number[] | null} labels
 * @property {number} z_dim
 * @property {string} begin
 * @property {string} end
 * @property {string} axes
 * @property {number} arc
 * @property {number} moments
 * @property {string} sheet
 */

export class Wall {
  /**
   * @param {HTMLElement} box
   * @param {{ opened: (ref: string, place: { z: Floats, label: number | null }) => void,
   *   label: (label: number | null, number: number) => string, changed: () => void }} told
   */
  constructor(box, { opened, label, changed }) {
    this.box = box;
    this.opened = opened;
    this.label = label;
    this.changed = changed;
    /** @type {Reply | null} */
    this.reply = null;
    /** @type {ImageBitmap | null} */
    this.sheet = null;
    /** @type {Tile[]} */
    this.tiles = [];
    /** @type {WallEngine | null} */
    this.engine = null;
    /** @type {Floats[]} */
    this.axes = [];
    this.paused = false;
    this.near = true;  // on the screen, not scrolled away
    this.running = false;
    this.drawing = false;
    this.turn = 0;  // whose turn it is to be drawn
    this.atOnce = 2;
    /** @type {Set<Tile>} */
    this.urgent = new Set();  // held tiles that moved since they were drawn
    this.painted = 0;  // looks, for whoever waits for movement
    /** @type {number | undefined} */
    this.timer = undefined;
    /** @type {number | undefined} */
    this.leaving = undefined;
    this.loading = false;  // the model is on its way
    this.refused = false;  // not this model, in this browser
    new IntersectionObserver(([{ isIntersecting }]) => { this.near = isIntersecting; this.look(); }).observe(box);
    new ResizeObserver(() => this.#layOut()).observe(box);
    document.addEventListener("visibilitychange", () => this.look());
  }

  get moving() { return !this.paused && this.#seen; }
  get #seen() { return this.near && tabIsOpen(this.box); }

  // ---- a model's wall -------------------------------------------------------------------------

  // `early`: a reply that is on its way already.
  /** @param {string | null} ref @param {Promise<Response> | null} early */
  async show(ref, early = null) {
    /** @type {Reply} */
    const reply = await (early ? early.then((r) => (r.ok ? r.json() : refuse(r))) : ask(`wall${ref ? `?${new URLSearchParams({ ref })}` : ""}`));
    const { ref: of, revision } = reply;
    if (this.reply?.ref === of && this.reply.revision === revision) return;
    const bytes = Uint8Array.from(atob(reply.sheet), (c) => c.charCodeAt(0));
    const sheet = await createImageBitmap(new Blob([bytes], { type: "image/webp" }));
    this.#giveUp();
    Object.assign(this, { reply, sheet, loading: false, refused: false, axes: rows(reply.axes, reply.z_dim) });
    const [begin, end] = [rows(reply.begin, reply.z_dim), rows(reply.end, reply.z_dim)];
    this.tiles = begin.map((from, i) => this.#tile(i, from, end[i]));
    for (const tile of this.tiles) tile.drawStill(...this.#size());
    this.#layOut();
    this.box.parentElement?.style.setProperty("--backdrop", backdropOf(sheet, this.tiles.length, reply.moments));
    this.box.classList.add("is-painted");
    this.changed();
    this.look();
    this.timer = setTimeout(() => this.#begin(), CALM_MS);
  }

  /** @param {number} i @param {Floats} from @param {Floats} to */
  #tile(i, from, to) {
    const tile = new Tile(i, this.reply?.labels?.[i] ?? null, { from, to }, {
      drag: (t) => this.#dragged(t), drop: (t) => this.#dropped(t), next: (t, step) => this.#next(t, step),
      open: (t) => this.opened(this.#known.ref, { z: t.shown, label: t.label }),
    });
    tile.reset(this.#stills(i));
    return tile;
  }

  get #known() {
    if (!this.reply) throw new Error("there is no wall yet");
    return this.reply;
  }

  /** @returns {[number, number]} of one picture on the sheet */
  #size() { return [(this.sheet?.width ?? 0) / this.tiles.length, (this.sheet?.height ?? 0) / this.#known.moments]; }

  /** @param {number} i @returns {import("./tile.js").Still[]} */
  #stills(i) {
    const { sheet } = this;
    const { moments, begin, z_dim } = this.#known;
    if (!sheet) return [];
    const count = atob(begin).length / 4 / z_dim;
    const [width, height] = [sheet.width / count, sheet.height / moments];
    return Array.from({ length: moments }, (_, k) => ({ image: sheet, x: i * width, y: k * height }));
  }

  // As many whole rows as the style asks for.
  #layOut() {
    const style = getComputedStyle(this.box);
    const count = Number(style.getPropertyValue("--columns")) * Number(style.getPropertyValue("--rows"));
    const wanted = this.tiles.slice(0, count).map((tile) => tile.node);
    if (wanted.length === this.box.children.length && wanted.every((node, i) => node === this.box.children[i])) return;
    this.box.replaceChildren(...wanted);
    this.name();
  }

  get #there() { return this.tiles.slice(0, this.box.children.length); }

  name() {
    for (const tile of this.#there) tile.node.setAttribute("aria-label", this.label(tile.label, tile.index + 1));
  }

  // ---- movement -------------------------------------------------------------------------------

  /** @param {boolean} paused */
  pause(paused) {
    this.paused = paused;
    this.look();
  }

  // Whether it should be moving has perhaps changed.
  look() {
    if (this.#seen) clearTimeout(this.leaving);
    else if (this.engine) {
      clearTimeout(this.leaving);
      this.leaving = setTimeout(() => { if (!this.#seen) this.#giveUp(); }, LEFT_MS);
    }
    if (!this.reply || this.running || !this.moving) return;
    this.running = true;
    if (!this.engine) this.#begin();
    requestAnimationFrame((now) => this.#tick(now, now, 0));
  }

  /** @param {number} now @param {number} last @param {number} drawn */
  #tick(now, last, drawn) {
    if (!this.moving) { this.running = false; return; }
    const step = Math.min((now - last) / 1000, LONGEST_STEP_S);
    for (const tile of this.#there) {
      if (tile.held) continue;
      if (this.engine || tile.stills.length) tile.go(step, this.engine ? this.#known.arc : 0);
    }
    const due = now - drawn >= STILL_MS;
    if (this.engine) this.#draw();
    else if (due) this.#drawStills();
    requestAnimationFrame((next) => this.#tick(next, now, due ? now : drawn));
  }

  #drawStills() {
    const [width, height] = this.#size();
    for (const tile of this.#there) if (!tile.held) tile.drawStill(width, height);
    this.#count();
  }

  #count() { this.box.dataset.painted = String(this.painted += 1); }

  // Some tiles at a time, held ones first; half of the time is left to the page and its machine.
  async #draw() {
    const { engine } = this;
    if (this.drawing || !engine) return;
    this.drawing = true;
    const tiles = this.#some();
    const places = tiles.map((tile) => ({ z: this.#z(tile), label: tile.label }));
    try {
      const drawn = await engine.draw(places);
      if (engine !== this.engine) return;
      const size = drawn.width * drawn.height * drawn.channels;
      tiles.forEach((tile, i) => tile.drawPixels(places[i].z, drawn, i * size));
      this.#count();
      this.atOnce = Math.max(1, Math.min(MOST_AT_ONCE, Math.round(tiles.length * SLICE_MS / Math.max(1, drawn.ms))));
      await new Promise((go) => setTimeout(go, drawn.ms));
    } catch (error) {
      this.#fail(error);
    } finally {
      this.drawing = false;
    }
    if (this.urgent.size) this.#draw();
  }

  #some() {
    const held = [...this.urgent];
    this.urgent.clear();
    if (!this.moving) return held;
    const free = this.#there.filter((tile) => !tile.held);
    const some = Array.from({ length: Math.min(this.atOnce, free.length) }, (_, i) => free[(this.turn + i) % free.length]);
    this.turn = free.length ? (this.turn + some.length) % free.length : 0;
    return [...held, ...some];
  }

  /** @param {Tile} tile */
  #z(tile) { return tile.z((z, sigmas) => moved(z, this.axes, sigmas)); }

  // ---- the model in this browser ----------------------------------------------------------------

  async #begin() {
    clearTimeout(this.timer);
    const { reply } = this;
    if (!reply || this.engine || this.loading || this.refused || !this.#seen) return;
    this.loading = true;
    const [{ shown: z, label }] = this.tiles;
    try {
      const engine = await WallEngine.start(reply, { z, label });
      if (this.reply !== reply) return void engine?.end();
      this.#take(engine);
    } catch (error) {
      if (this.reply === reply) this.#fail(error);
    } finally {
      if (this.reply === reply) this.loading = false;
    }
  }

  /** @param {WallEngine | null} engine */
  #take(engine) {
    this.engine = engine;
    if (engine) this.box.dataset.engine = "browser";
    else this.#stay();
  }

  /** @param {unknown} error */
  #fail(error) {
    console.info(`the wall stays with the server's pictures: ${error instanceof Error ? error.message : error}`);
    this.#giveUp();
    this.#stay();
  }

  // The server's stills are enough: it is not tried again for this model.
  #stay() {
    this.refused = true;
    for (const tile of this.tiles) if (!tile.stills.length) tile.reset(this.#stills(tile.index));
  }

  #giveUp() {
    clearTimeout(this.timer);
    this.engine?.end();
    this.engine = null;
    delete this.box.dataset.engine;
  }

  // ---- the hand -------------------------------------------------------------------------------

  /** @param {Tile} tile */
  #dragged(tile) {
    this.urgent.add(tile);
    if (this.engine) this.#draw();
    else this.#ask();
  }

  // Of a held tile the server is asked for the newest picture, one at a time.
  async #ask() {
    if (this.drawing) return;
    this.drawing = true;
    const [tile] = this.urgent;
    this.urgent.delete(tile);
    const { ref } = this.#known;
    const z = this.#z(tile);
    try {
      const picture = await server.render({ ref, psi: 1, z, label: tile.label, mix: null });
      if (picture.pixels) tile.drawPixels(z, { ...picture, pixels: picture.pixels });
    } catch { /* it stays where it was */ } finally {
      this.drawing = false;
    }
    if (this.urgent.size) this.#dragged([...this.urgent][0]);
  }

  // It goes on breathing from where it was brought.
  /** @param {Tile} tile */
  async #dropped(tile) {
    const z = this.#z(tile);
    tile.way.leave(z, this.#known.arc);
    tile.letGo();
    tile.stills = [];
    if (!this.engine) tile.stills = await this.#askStills(tile).catch(() => []);
  }

  /** @param {Tile} tile */
  async #askStills(tile) {
    const { ref, moments } = this.#known;
    const { way } = tile;
    const parts = Array.from({ length: moments }, (_, k) => k / (moments - 1));
    const images = await server.renderAll(parts.map((part) => ({
      ref, psi: 1, z: way.between(part), label: tile.label, mix: null })));
    return Promise.all(images.map(async (image) => ({ image: await createImageBitmap(image), x: 0, y: 0 })));
  }

  /** @param {Tile} tile @param {number[]} step */
  #next(tile, [columns, rows_]) {
    const across = Number(getComputedStyle(this.box).getPropertyValue("--columns"));
    const column = tile.index % across + columns;
    const to = this.#there[tile.index + columns + rows_ * across];
    if (!to || column < 0 || column >= across) return;
    tile.node.tabIndex = -1;
    to.node.tabIndex = 0;
    to.node.focus();
  }
}

// What the pictures stand on: the colour that their upper left corners have, the middle of all.
/** @param {ImageBitmap} sheet @param {number} columns @param {number} count */
function backdropOf(sheet, columns, count) {
  const pen = pencil(Object.assign(document.createElement("canvas"), { width: columns, height: count }));
  pen.imageSmoothingEnabled = false;
  const [width, height] = [sheet.width / columns, sheet.height / count];
  for (let i = 0; i < columns; i += 1) {
    for (let k = 0; k < count; k += 1) pen.drawImage(sheet, i * width, k * height, 1, 1, i, k, 1, 1);
  }
  const { data } = pen.getImageData(0, 0, columns, count);
  /** @param {number} c */
  const middle = (c) => data.filter((_, i) => i % 4 === c).sort()[columns * count >> 1];
  return `rgb(${[0, 1, 2].map(middle).join(" ")})`;
}

/** @param {string} text base64 of little-endian float32 @param {number} width @returns {Floats[]} */
function rows(text, width) {
  const all = new Float32Array(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer);
  return Array.from({ length: all.length / width }, (_, i) => all.slice(i * width, (i + 1) * width));
}
