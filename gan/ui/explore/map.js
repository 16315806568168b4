// Map: six hundred samples in the plane, near what looks alike; and a grid over two directions.
/** @import { Place } from "../page/kit/types" */
import { ask, around, className, count, h, modelOf, pencil, plainRef, say, t } from "../page/kit/core.js";
import { Grid } from "./grid.js";
import { MapView, colourOf } from "./mapview.js";
import { between, button, field, fromSeed, iconButton, jumpTo, select, shot } from "./points.js";

const LARGE = 96;  // px of the picture under the pointer

/** @param {HTMLElement} body @param {import("./studio.js").Studio} studio */
export function build(body, studio) { return new MapPanel(body, studio); }

class MapPanel {
  /** @param {HTMLElement} body @param {import("./studio.js").Studio} studio */
  constructor(body, studio) {
    // made by #make
    /** @type {HTMLSelectElement} */ this.method;
    /** @type {HTMLInputElement} */ this.dots;
    /** @type {HTMLButtonElement} */ this.closer;
    /** @type {HTMLButtonElement} */ this.farther;
    /** @type {HTMLButtonElement} */ this.whole;
    /** @type {HTMLDivElement} */ this.legend;
    /** @type {HTMLDivElement} */ this.tip;
    /** @type {HTMLCanvasElement} */ this.large;
    /** @type {HTMLSpanElement} */ this.tipText;
    /** @type {HTMLParagraphElement} */ this.wait;
    /** @type {HTMLSpanElement} */ this.waitText;
    /** @type {HTMLButtonElement} */ this.retry;
    /** @type {HTMLParagraphElement} */ this.about;
    /** @type {HTMLDivElement} */ this.box;
    /** @type {HTMLDivElement} */ this.mapNode;
    this.body = body;
    this.studio = studio;
    /** @type {import("./mapview.js").MapData | null} */
    this.data = null;
    this.rough = false;  // what is shown until the wanted kind of map is there
    /** @type {string | null} */
    this.key = null;
    /** @type {HTMLElement[]} */
    this.tabs = [];
    /** @type {Place | null} */
    this.blended = null;
    /** @type {string | null} */
    this.ref = null;
    /** @type {"map" | "grid"} */
    this.showing = "map";
    /** @type {Map<number, Place | null>} */
    this.points = new Map();  // of seeds; null while one is on its way
    this.view = new MapView({
      hover: (...place) => this.#hover(...place), click: (index) => this.#jump(index),
      drag: (blend) => this.#drag(blend), drop: (lost) => this.#drop(lost),
    });
    this.grid = new Grid(studio);
    this.#make();
    this.#listen();
  }

  open() { if (this.showing === "map") this.#load(); else this.grid.open(); }

  close() { if (this.blended) this.studio.settle(); this.blended = null; }

  changed() {
    if (this.ref !== this.studio.ref) { this.ref = this.studio.ref; this.points.clear(); }
  }

  /** @param {import("./studio.js").Now | null} now */
  settled(now) {
    if (!now) return;
    if (this.showing === "grid") return void this.grid.settled();
    this.#load();
    this.#mark(now);
  }

  worded() { this.#words(); this.grid.worded(); }

  // ---- the panel ----------------------------------------------------------------------------

  #make() {
    this.tabs = ["map", "grid"].map((name) => h("button", {
      type: "button", class: "ga-button", id: `map-show-${name}`, "data-show": name,
      "data-t": name === "map" ? "gan_map_map" : "gan_map_grid", "aria-pressed": String(name === "map"),
    }));
    this.method = select([["tsne", "gan_map_tsne"], ["pca", "gan_map_pca"]], { id: "map-method" });
    this.dots = h("input", { type: "checkbox", id: "map-dots" });
    this.closer = iconButton("gan_map_closer", "plus", { id: "map-closer" });
    this.farther = iconButton("gan_map_farther", "minus", { id: "map-farther" });
    this.whole = iconButton("gan_map_whole", "fill", { id: "map-whole" });
    this.legend = h("div", { class: "ga-legend", role: "group", "data-t-label": "gan_map_legend" });
    this.tip = h("div", { class: "ga-map-tip", hidden: true, role: "status" },
      this.large = shot(null, { width: 1, height: 1, "aria-hidden": "true" }), this.tipText = h("span"));
    this.wait = h("p", { class: "ga-map-wait" }, this.waitText = h("span"), this.retry = button("gan_map_retry", { hidden: true }));
    this.about = h("p", { class: "ga-quiet" });
    this.box = h("div", { class: "ga-map-box is-waiting" }, this.view.canvas, this.wait, this.tip);
    this.mapNode = h("div", { class: "ga-map" },
      h("div", { class: "ga-rowed" },
        field("gan_map_method", this.method, { class: "is-method" }),
        h("label", { class: "ga-check" }, this.dots, h("span", { "data-t": "gan_map_dots" })),
        h("span", { class: "ga-space" }),
        h("div", { class: "ga-group" }, this.farther, this.whole, this.closer)),
      this.box,
      this.legend, this.about);
    this.body.append(
      h("div", { class: "ga-group is-switch" }, ...this.tabs), this.mapNode, this.grid.node);
    this.grid.node.hidden = true;
  }

  #listen() {
    for (const tab of this.tabs) tab.addEventListener("click", () => this.#show(tab.dataset.show === "grid" ? "grid" : "map"));
    this.method.addEventListener("change", () => this.#load());
    this.dots.addEventListener("change", () => this.view.mark({ dots: this.dots.checked }));
    this.closer.addEventListener("click", () => this.view.closer(1.6));
    this.farther.addEventListener("click", () => this.view.closer(1 / 1.6));
    this.whole.addEventListener("click", () => this.view.whole());
    this.retry.addEventListener("click", () => { this.key = null; this.#load(); });
    this.legend.addEventListener("click", (e) => this.#only(around(e, "[data-class]")));
  }

  /** @param {"map" | "grid"} name */
  #show(name) {
    this.showing = name;
    this.mapNode.hidden = name !== "map";
    this.grid.node.hidden = name !== "grid";
    for (const tab of this.tabs) tab.setAttribute("aria-pressed", String(tab.dataset.show === name));
    this.open();
  }

  // ---- the map ------------------------------------------------------------------------------

  async #load() {
    const now = this.studio.now();
    const model = now && modelOf(plainRef(now.ref));
    if (!model) return;
    const psi = Math.round(now.psi * 10) / 10;
    const key = JSON.stringify([now.ref, psi, this.method.value]);
    if (key === this.key) return;
    this.key = key;
    this.#wait(t("gan_map_loading"));
    const wanted = this.method.value;
    try {  // t-SNE takes seconds, so that there is something to look at before
      for (const method of new Set(["pca", wanted])) {
        const data = await ask(`map?${new URLSearchParams({ ref: now.ref, psi: String(psi), method })}`);
        data.sheet = await picture(data.sheet);
        while (this.view.held && key === this.key) await new Promise((r) => setTimeout(r, 100));
        if (key === this.key) this.#take(data, method !== wanted);
      }
    } catch (error) {
      if (key === this.key) this.#wait(say(error), true);
    }
  }

  /** @param {string} sentence */
  #wait(sentence, failed = false) {
    this.waitText.textContent = sentence;
    this.retry.hidden = !failed;
    this.box.classList.add("is-waiting");
    this.box.classList.toggle("is-failed", failed);
  }

  /** @param {import("./mapview.js").MapData} data @param {boolean} rough */
  #take(data, rough) {
    Object.assign(this, { data, rough });
    this.box.classList.remove("is-waiting");
    this.view.show(data);
    this.#mark(this.studio.now());
    this.#words();
  }

  /** @param {import("./studio.js").Now | null} now */
  #mark(now) {
    if (!now) return;
    const index = this.data?.seeds.indexOf(now.seed) ?? -1;
    const { seeded } = this.studio;
    const plain = seeded && index >= 0 && now.z.every((v, i) => v === seeded.z[i]);
    this.view.mark({ current: plain ? index : null });
  }

  #words() {
    for (const tab of this.tabs) tab.textContent = t(tab.dataset.t ?? "");
    const { data } = this;
    if (!data) return;
    const shown = new Set(data.labels ?? []);
    this.legend.hidden = !shown.size;
    this.legend.replaceChildren(...data.class_names.flatMap((name, i) => (shown.has(i) ? h("button", {
      type: "button", class: "ga-legend-key", "data-class": i, "data-help": "gan_map_legend_help", "aria-pressed": String(this.view.only === i),
    }, h("i", { style: `background:${colourOf(i)}`, "aria-hidden": "true" }), className(name)) : [])));
    const parts = [t("gan_map_about", { count: count(data.seeds.length) })];
    if (this.rough) parts.push(t("gan_map_rough"));
    if (data.guessed) parts.push(t("gan_map_guessed"));
    if (!data.labels) parts.push(t("gan_map_no_classes"));
    this.about.textContent = parts.join(" ");
  }

  /** @param {HTMLElement | null} node */
  #only(node) {
    if (!node) return;
    const chosen = Number(node.dataset.class);
    this.view.mark({ only: this.view.only === chosen ? null : chosen });
    for (const key of this.legend.querySelectorAll("button")) {
      key.setAttribute("aria-pressed", String(Number(key.dataset.class) === this.view.only));
    }
  }

  // ---- hands --------------------------------------------------------------------------------

  /** @param {number | null} index */
  #hover(index, x = 0, y = 0) {
    this.tip.hidden = index === null;
    if (index === null || !this.data) return;
    const { sheet, width, height, columns, labels, class_names: names, seeds } = this.data;
    if (this.large.dataset.index !== String(index)) {
      this.large.dataset.index = String(index);
      Object.assign(this.large, { width, height });
      pencil(this.large).drawImage(sheet, (index % columns) * width,
        Math.floor(index / columns) * height, width, height, 0, 0, width, height);
    }
    const seed = t("gan_what_seed", { seed: seeds[index] });
    const text = labels ? `${className(names[labels[index]])} · ${seed}` : seed;
    if (this.tipText.textContent !== text) this.tipText.textContent = text;
    const wide = Math.max(this.tip.offsetWidth, LARGE);
    const left = x + 16 + wide > this.view.wide ? x - 16 - wide : x + 16;
    const top = Math.min(Math.max(0, y - LARGE / 2), this.view.high - LARGE - 32);
    this.tip.style.transform = `translate(${Math.round(left)}px, ${Math.round(top)}px)`;
  }

  /** @param {number} index */
  #jump(index) {
    if (!this.data) return;
    this.view.mark({ current: index });
    this.studio.jump({ seed: this.data.seeds[index], label: null, how: "map" });
  }

  /** @param {{ from: number, to: number | null, part: number }} blend */
  async #drag({ from, to, part }) {
    const [a, b] = [this.#point(from), to === null ? null : this.#point(to)];
    if (!a || (to !== null && !b)) return;  // on its way; the next move paints
    this.blended = b ? between(a, b, part) : a;
    this.studio.preview(this.blended.z, { mix: this.blended.mix, fade: this.blended.fade });
  }

  /** @param {number} index @returns {Place | null | undefined} null while it is on its way */
  #point(index) {
    if (!this.data) return null;
    const seed = this.data.seeds[index];
    if (!this.points.has(seed)) {
      this.points.set(seed, null);
      fromSeed(this.studio, seed).then(
        (point) => this.points.set(seed, point), () => this.points.delete(seed));
    }
    return this.points.get(seed);
  }

  /** @param {boolean} [lost] */
  #drop(lost) {
    const { blended } = this;
    this.blended = null;
    if (!blended || lost) return void this.studio.settle();
    this.studio.jump({ ...jumpTo(blended), how: "map", pins: [] });
  }
}

/** @param {string} address */
async function picture(address) {
  const image = new Image();
  image.src = address;
  await image.decode();
  return image;
}
