// Gallery: one page of samples in one binary reply; a click opens the same picture in Explore.
import {
  choose, fillRange, h, modelOf, on, openTab, plainRef, prepare, refuse, say, state, t, tabIsOpen,
  url,
} from "./core.js";
import { toImageData } from "./painter.js";

const COLUMNS = [2, 3, 4, 6, 8, 12, 16, 24];
const LAST_SEED = 2 ** 31 - 1;

export function mount(element) {
  new Gallery(prepare(element)).start();
}

class Gallery {
  constructor(root) {
    this.root = root;
    this.find = (selector) => root.querySelector(selector);
    this.grid = this.find("#gallery");
    this.ref = state.ref;
    this.shown = null;  // what the tiles on screen are
    this.asked = 0;
  }

  start() {
    const reload = () => this.#load();
    for (const id of ["first-seed", "gallery-class", "gallery-psi", "per-page"]) {
      this.find(`#${id}`).addEventListener("change", reload);
    }
    this.find("#page-back").addEventListener("click", () => this.#turn(-1));
    this.find("#page-on").addEventListener("click", () => this.#turn(1));
    this.#listenRanges();
    this.grid.addEventListener("click", (e) => this.#open(e.target.closest(".ga-tile")));
    on("model", ({ ref }) => { this.ref = ref; this.#classes(); this.#load(); });
    on("state", () => this.#refreshIfStale());
    on("language", () => { this.#classes(); this.#words(); });
    new IntersectionObserver(() => this.#refreshIfStale()).observe(this.root);
    this.#classes();
    this.#load();
  }

  #listenRanges() {
    const psi = this.find("#gallery-psi");
    const drawPsi = () => {
      this.find("#gallery-psi-value").textContent = Number(psi.value).toFixed(2);
      fillRange(psi, 0);
    };
    psi.addEventListener("input", drawPsi);
    drawPsi();
    const size = this.find("#tile-size");
    const drawSize = () => {
      this.#columns();
      fillRange(size, Number(size.min));
    };
    if (innerWidth < 640) size.value = 72;
    size.addEventListener("input", drawSize);
    new ResizeObserver(() => this.#columns()).observe(this.grid);
    drawSize();
  }

  // As many as fit, among the numbers that divide a page: the last row is full too.
  #columns() {
    const gap = 8;
    const fit = (this.grid.clientWidth + gap) / (Number(this.find("#tile-size").value) + gap);
    const columns = COLUMNS.findLast((n) => n <= fit) ?? COLUMNS[0];
    this.grid.style.setProperty("--columns", columns);
  }

  #wanted() {
    const label = this.find("#gallery-class").value;
    const model = this.ref ? modelOf(plainRef(this.ref)) : null;
    const number = Math.floor(Number(this.find("#first-seed").value));
    return {
      ref: this.ref, start: Math.min(Math.max(number || 0, 0), LAST_SEED),
      count: Number(this.find("#per-page").value), psi: Number(this.find("#gallery-psi").value),
      ...(label === "" || !model?.class_names.length ? {} : { label: Number(label) }),
    };
  }

  #turn(pages) {
    const { start, count } = this.#wanted();
    this.find("#first-seed").value = Math.min(Math.max(0, start + pages * count), LAST_SEED);
    this.#load();
  }

  // A hidden gallery does not draw; it catches up when it is looked at.
  #refreshIfStale() {
    const model = this.ref ? modelOf(plainRef(this.ref)) : null;
    const stale = model && this.shown !== JSON.stringify([this.#wanted(), model.nimg]);
    if (stale && tabIsOpen(this.root)) this.#load();
  }

  async #load() {
    const wanted = this.#wanted();
    const model = wanted.ref ? modelOf(plainRef(wanted.ref)) : null;
    if (!model || !tabIsOpen(this.root)) return;
    this.find("#first-seed").value = wanted.start;
    const mine = ++this.asked;
    this.shown = JSON.stringify([wanted, model.nimg]);
    try {
      const query = new URLSearchParams({ ...wanted, at: model.nimg });
      const reply = await fetch(url(`gallery?${query}`), { credentials: "same-origin" });
      if (!reply.ok) await refuse(reply);
      const pixels = new Uint8Array(await reply.arrayBuffer());
      if (mine === this.asked) this.#draw(pixels, reply.headers, wanted, model);
      this.#note("");
    } catch (error) {
      if (mine === this.asked) this.#note(say(error));
    }
  }

  #draw(pixels, headers, wanted, model) {
    const shape = headers.get("x-gan-shape").split(",").map(Number);
    const labels = headers.get("x-gan-labels")?.split(",").filter(Boolean).map(Number) ?? [];
    const [height, width, channels] = shape;
    const canvas = h("canvas", { width, height });
    const context = canvas.getContext("2d");
    const size = height * width * channels;
    this.tiles = Array.from({ length: pixels.length / size }, (_, i) => {
      context.putImageData(toImageData(pixels, width, height, channels, i * size), 0, 0);
      return { seed: wanted.start + i, label: labels[i] ?? null, src: canvas.toDataURL() };
    });
    Object.assign(this, { drawn: wanted, names: model.class_names });
    this.#place();
  }

  // Tiles are kept and refilled: turning a page makes no new nodes.
  #place() {
    while (this.grid.children.length > this.tiles.length) this.grid.lastChild.remove();
    this.tiles.forEach((tile, i) => {
      const node = this.grid.children[i] ?? this.grid.appendChild(
        h("button", { type: "button", class: "ga-tile" }, h("img", { class: "ga-pixels" }), h("span")));
      node.dataset.index = i;
      node.querySelector("img").src = tile.src;
    });
    this.#words();
  }

  #words() {
    if (!this.tiles) return;
    this.tiles.forEach((tile, i) => {
      const node = this.grid.children[i];
      const seed = t("gan_what_seed", { seed: tile.seed });
      const name = this.names[tile.label];
      const what = name ? `${name}, ${seed}` : seed;
      node.querySelector("img").alt = what;
      node.querySelector("span").textContent = name ? `${tile.seed} ${name}` : tile.seed;
      node.dataset.seed = tile.seed;
      node.setAttribute("aria-label", t("gan_tile", { what }));
    });
    this.find("#page-range").textContent = t("gan_page_range", {
      first: this.tiles[0].seed, last: this.tiles.at(-1).seed,
    });
    this.find("#page-back").disabled = this.drawn.start === 0;
  }

  #classes() {
    const model = this.ref ? modelOf(plainRef(this.ref)) : null;
    const names = model?.class_names ?? [];
    const select = this.find("#gallery-class");
    const chosen = select.value;
    this.root.querySelector(".is-class").hidden = !names.length;
    select.replaceChildren(
      h("option", { value: "" }, t("gan_any_class")),
      ...names.map((name, i) => h("option", { value: i }, name)));
    select.value = Number(chosen) < names.length ? chosen : "";
  }

  #open(node) {
    if (!node) return;
    const { seed, label } = this.tiles[Number(node.dataset.index)];
    choose(this.drawn.ref, { seed, label, psi: this.drawn.psi });
    openTab("explore");
  }

  #note(sentence) { this.find("#gallery-note").textContent = sentence; }
}
