// Thousands of pictures in a page that stays light: only what is near the screen is drawn.
/** @import { Entry } from "../page/kit/types" */
import { around, find, h, icon, modelOf, pencil, plainRef, queryAll, refuse, t, url } from "../page/kit/core.js";
import { resize, toImageData } from "../page/kit/painter.js";

const CHUNK = 96;
const FEW_FROM_PX = 128;  // of a larger model a reply holds fewer tiles, and comes as soon
const AHEAD = 12;  // chunks laid out beyond the last one that was seen
const AT_ONCE = 2;
const BUDGET_MS = 5;  // of drawing a frame

/**
 * What is to be seen: entries by number, or rows of them.
 * @typedef {{ count: number, entry: ((i: number) => Entry) | null, rows?: undefined }
 *   | { rows: { title: () => string, entries: Entry[] }[], count?: undefined, entry?: undefined }} Source
 * @typedef {{ node: HTMLElement, grid: HTMLElement, head: HTMLElement | null, title: (() => string) | null,
 *   entries: Entry[], drawn: boolean, near?: boolean, number: number }} Chunk
 * @typedef {{ describe(entry: Entry): { alt: string, caption: string }, opened(entry: Entry): void, pinned(entry: Entry): boolean,
 *   pin(entry: Entry, canvas: HTMLCanvasElement | null): void, keep(entry: Entry): void, failed(error: unknown): void, seen?(): void }} Acts
 * @typedef {Awaited<ReturnType<typeof pixelsOf>>} Pixels of a chunk, by one model
 */

// entry: {refs: [ref, ...], seed, label, psi, ...}; one picture a ref, side by side.
export class Tiles {
  /** @param {HTMLElement} box @param {Acts} acts */
  constructor(box, { describe, opened, pinned, pin, keep, failed, seen }) {
    this.box = box;
    this.describe = describe;
    this.opened = opened;
    this.pinned = pinned;
    this.pin = pin;
    this.keep = keep;
    this.failed = failed;
    this.seen = seen;
    this.token = 0;
    /** @type {Source} */
    this.source = { rows: [] };
    this.columns = 1;
    this.size = 1;  // entries of a chunk
    /** @type {Chunk[]} */
    this.chunks = [];
    /** @type {Chunk[]} */
    this.queue = [];
    this.flying = 0;
    this.observer = new IntersectionObserver((changes) => this.#moved(changes), {
      rootMargin: "600px 0px",
    });
    box.addEventListener("click", (e) => this.#clicked(e));
    box.addEventListener("keydown", (e) => this.#pressed(e));
    for (const kind of ["pointerover", "focusin"]) box.addEventListener(kind, (e) => this.#point(e.target));
    this.tools = [["ga-pin", "pin"], ["ga-keep", "save"]].map(([name, path]) => h("button", {
      type: "button", class: name, "data-help": name === "ga-pin" ? "gan_pin_help" : "gan_save_one_help" }, icon(path)));
  }

  // source: {count, entry(i)} or {rows: [{title(), entries}]}; `columns` a row.
  /** @param {Source} source @param {number} columns */
  show(source, columns) {
    this.token += 1;
    this.observer.disconnect();
    const wide = source.count && source.entry ? source.entry(0).refs.length : 1;
    const across = Math.max(1, Math.floor(columns / wide));
    const most = Math.max(1, Math.round(CHUNK * Math.min(1, FEW_FROM_PX / largest(source)) ** 2));
    this.size = across * Math.max(1, Math.floor(most / across));  // whole rows
    Object.assign(this, { source, columns, queue: [], chunks: [] });
    this.box.replaceChildren();
    this.box.scrollTop = 0;
    if (source.rows) source.rows.forEach(({ title, entries }) => this.#chunk(entries, title));
    else this.#grow();
    this.box.dataset.count = String(source.rows ? source.rows.length : Math.min(source.count, 1e9));
  }

  // Words and pins have changed, pictures have not.
  relabel() {
    for (const { grid, entries, title, head } of this.chunks) {
      if (head && title) head.textContent = title();
      [...grid.children].forEach((cell, i) => this.#label(cell, entries[i]));
    }
  }

  #grow() {
    const { count: all = 0, entry } = this.source;
    if (!entry) return;
    const next = this.chunks.length * this.size;
    const until = Math.min(all, next + AHEAD * this.size);
    for (let start = next; start < until; start += this.size) {
      const count = Math.min(this.size, all - start);
      this.#chunk(Array.from({ length: count }, (_, i) => entry(start + i)), null);
    }
  }

  /** @param {Entry[]} entries @param {(() => string) | null} title */
  #chunk(entries, title) {
    const grid = h("div", { class: "ga-chunk-grid" });
    const head = title && h("h3", {}, title());
    const node = h("div", { class: head ? "ga-chunk is-row" : "ga-chunk" }, head, grid);
    /** @type {Chunk} */
    const chunk = { node, grid, head, title, entries, drawn: false, number: this.chunks.length };
    Object.assign(node, { chunk });  // for whoever finds the node
    this.chunks.push(chunk);
    this.#measure(chunk);
    this.box.append(node);
    this.observer.observe(node);
  }

  // A chunk has its height before it has its pictures: nothing jumps.
  /** @param {Chunk} chunk */
  #measure(chunk) {
    const wide = chunk.entries[0]?.refs.length ?? 1;
    const columns = Math.max(1, Math.floor(this.columns / wide));
    chunk.grid.style.setProperty("--columns", String(columns));
    chunk.grid.style.setProperty("--rows", String(Math.ceil(chunk.entries.length / columns)));
    chunk.grid.style.setProperty("--wide", String(wide));
  }

  /** @param {IntersectionObserverEntry[]} changes */
  #moved(changes) {
    for (const { target, isIntersecting } of changes) {
      const { chunk } = /** @type {HTMLElement & { chunk: Chunk }} */ (target);
      chunk.near = isIntersecting;
      if (isIntersecting) {
        if (!chunk.drawn && !this.queue.includes(chunk)) this.queue.push(chunk);
        if (!this.source.rows && chunk.number >= this.chunks.length - 4) this.#grow();
      } else if (chunk.drawn) {
        chunk.grid.replaceChildren();
        chunk.drawn = false;
      }
    }
    this.#pump();
  }

  #pump() {
    while (this.flying < AT_ONCE && this.queue.length) {
      const chunk = this.queue.shift();
      if (chunk?.near && !chunk.drawn) this.#load(chunk, this.token);
    }
  }

  /** @param {Chunk} chunk @param {number} token */
  async #load(chunk, token) {
    this.flying += 1;
    try {
      const pictures = await Promise.all(chunk.entries[0].refs.map(
        (_, i) => pixelsOf(chunk.entries, i)));
      if (token !== this.token || !chunk.near) return;
      this.seen?.();
      await this.#draw(chunk, pictures);
    } catch (error) {
      if (token === this.token) this.failed(error);
    } finally {
      this.flying -= 1;
      this.#pump();
    }
  }

  // A few tiles a frame, so that scrolling never waits for them.
  /** @param {Chunk} chunk @param {Pixels[]} pictures */
  async #draw(chunk, pictures) {
    chunk.drawn = true;
    chunk.grid.replaceChildren();
    for (let i = 0; i < chunk.entries.length;) {
      const until = performance.now() + BUDGET_MS;
      while (i < chunk.entries.length && performance.now() < until) {
        const cell = this.#cell(chunk.entries[i], i, pictures);
        chunk.grid.append(cell);
        this.#label(cell, chunk.entries[i]);
        i += 1;
      }
      await new Promise(requestAnimationFrame);
      if (!chunk.drawn) return;  // scrolled away meanwhile
    }
  }

  /** @param {Entry} entry @param {number} i @param {Pixels[]} pictures */
  #cell(entry, i, pictures) {
    const canvases = pictures.map(({ data, width, height, channels, labels }) => {
      entry.shown = labels[i] < 0 ? null : labels[i];
      const canvas = h("canvas", { class: "ga-pixels" });
      resize(canvas, width, height);
      pencil(canvas).putImageData(
        toImageData(data, width, height, channels, i * width * height * channels), 0, 0);
      return canvas;
    });
    return h("div", { class: "ga-cell", "data-i": i },
      h("button", { type: "button", class: "ga-tile", "data-seed": entry.seed }, ...canvases, h("span")));
  }

  /** @param {Element} cell @param {Entry} entry */
  #label(cell, entry) {
    const { alt, caption } = this.describe(entry);
    const tile = find(cell, ".ga-tile");
    tile.setAttribute("aria-label", alt);
    find(tile, "span").textContent = caption;
    const held = this.pinned(entry);
    cell.classList.toggle("is-pinned", held);
    if (!cell.contains(this.tools[0])) return;
    const [pin, keep] = this.tools;
    pin.setAttribute("aria-pressed", String(held));
    /** @type {[HTMLElement, string][]} */
    const titles = [[pin, held ? "gan_unpin" : "gan_pin"], [keep, "gan_save_one"]];
    for (const [button, key] of titles) {
      button.title = t(key);
      button.setAttribute("aria-label", t(key));
    }
  }

  // One pin and one save button, moved to the tile that is pointed at.
  /** @param {EventTarget | null} target */
  #point(target) {
    const found = this.#entryOf(target);
    if (!found || found.cell.contains(this.tools[0])) return;
    found.cell.append(...this.tools);
    this.#label(found.cell, found.entry);
  }

  /** @param {EventTarget | null} target */
  #entryOf(target) {
    const cell = target instanceof Element ? /** @type {HTMLElement | null} */ (target.closest(".ga-cell")) : null;
    /** @type {(HTMLElement & { chunk?: Chunk }) | null | undefined} */
    const node = cell?.closest(".ga-chunk");
    const chunk = node?.chunk;
    return cell && chunk ? { cell, entry: chunk.entries[Number(cell.dataset.i)] } : null;
  }

  /** @param {MouseEvent} event */
  #clicked(event) {
    const found = this.#entryOf(event.target);
    if (!found) return;
    if (around(event, ".ga-pin")) {
      this.pin(found.entry, found.cell.querySelector("canvas"));
      this.#label(found.cell, found.entry);
    } else if (around(event, ".ga-keep")) this.keep(found.entry);
    else if (around(event, ".ga-tile")) this.opened(found.entry);
  }

  /** @param {KeyboardEvent} event */
  #pressed(event) {
    const tile = around(event, ".ga-tile");
    const found = tile && this.#entryOf(event.target);
    if (!found || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key.toLowerCase() === "p") { this.pin(found.entry, found.cell.querySelector("canvas")); this.#label(found.cell, found.entry); return; }
    if (event.key.toLowerCase() === "s") { this.keep(found.entry); return; }
    const step = /** @type {Record<string, number | undefined>} */ ({ ArrowRight: 1, ArrowLeft: -1, ArrowDown: this.columns, ArrowUp: -this.columns })[event.key];
    if (!step) return;
    event.preventDefault();
    const all = [...queryAll(this.box, ".ga-tile")];
    all[all.indexOf(tile) + step]?.focus();
  }
}

// The side in px of the largest model that a source shows.
/** @param {Source} source */
function largest(source) {
  const first = source.rows ? source.rows[0]?.entries[0] : source.count && source.entry ? source.entry(0) : null;
  const sides = (first?.refs ?? []).map((ref) => modelOf(plainRef(ref))?.resolution ?? 1);
  return Math.max(1, ...sides);
}

// All entries of a chunk are of the same models; a class that a model lacks is left to the seed.
/** @param {Entry[]} entries @param {number} i */
async function pixelsOf(entries, i) {
  const ref = entries[0].refs[i];
  const classes = modelOf(plainRef(ref))?.class_names.length ?? 0;
  const form = {
    ref, seeds: entries.map((e) => e.seed), psis: entries.map((e) => e.psi),
    labels: entries.map((e) => (e.label !== null && e.label < classes ? e.label : -1)),
  };
  const reply = await fetch(url("gallery"), {
    method: "POST", credentials: "same-origin", body: JSON.stringify(form),
    headers: { "Content-Type": "application/json" },
  });
  if (!reply.ok) await refuse(reply);
  const [height, width, channels] = (reply.headers.get("x-gan-shape") ?? "").split(",").map(Number);
  return {
    data: new Uint8Array(await reply.arrayBuffer()), height, width, channels,
    labels: (reply.headers.get("x-gan-labels") ?? "").split(",").map(Number),
  };
}
