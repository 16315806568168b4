// The panels under the latent board: a row of buttons, one panel open at a time, each in a module
// of its own that is fetched when it is first opened.
//
// What they ask of `studio` (studio.js): now() -> {ref, seed, label, mix, psi, z} or null;
// jump({seed?|z?, label?, mix?, psi?}, {undo}); preview(z, {label, mix, psi}); settle();
// batch(points, {psi}) -> Promise<ImageData[]> (painter.batch); directions() ->
// [{name, vector: Float32Array}]; and "latent" (core events) whenever the point changed.
/** @import { Place } from "../page/kit/types" */
import { collect, h, icon, on, say, t, tabIsOpen, translate } from "../page/kit/core.js";

/** @type {{ name: string, word: string, load: Panel["load"], plane?: boolean }[]} plane: whether a model of points has it */
const PANELS = [
  { name: "walk", word: "gan_panel_walk", load: () => import("./walk.js") },
  { name: "mix", word: "gan_panel_mix", load: () => import("./mix.js") },
  { name: "map", word: "gan_panel_map", load: () => import("./map.js") },
  { name: "picture", word: "gan_panel_picture", load: () => import("./picture.js"), plane: false },
  { name: "inside", word: "gan_panel_inside", load: () => import("./inside.js") },
];
const SETTLED_MS = 250;  // after the last change; a drag changes every 16 ms

// What a panel module may have: build(body, studio) -> {open?, close?, changed?, settled?, worded?}.
/** @param {HTMLElement} node @param {Studio} studio */
export function mountPanels(node, studio) {
  return new Panels(node, studio);
}

/**
 * What build() of a panel's module returns; it is told of what happens while it is open.
 * @typedef {{ open?(): void, close?(): void, hidden?(): void, worded?(): void,
 *   changed?(now: Now): void, settled?(now: Now | null): void,
 *   take?(what: File | Place[]): void }} PanelBoard
 * @typedef {{ name: string, plane?: boolean, load: () => Promise<{ build(body: HTMLElement, studio: Studio): PanelBoard }>,
 *   button: HTMLButtonElement, body: HTMLElement, board: PanelBoard | null }} Panel
 * @typedef {import("./studio.js").Studio} Studio
 * @typedef {import("./studio.js").Now} Now
 */

class Panels {
  /** @param {HTMLElement} node @param {Studio} studio */
  constructor(node, studio) {
    this.node = node;
    this.studio = studio;
    /** @type {Panel | null} */
    this.opened = null;
    /** @type {number | undefined} */
    this.timer = undefined;
    this.panels = PANELS.map((panel) => this.#panel(panel));
    node.classList.add("ga-panels");
    node.replaceChildren(
      h("div", { class: "ga-panel-row", role: "group", "data-t-label": "gan_panels" },
        ...this.panels.map((p) => p.button)),
      ...this.panels.map((p) => p.body));
    this.#words();
    on("latent", () => this.#changed());
    on("language", () => this.#words());
    on("model", () => this.#changed());
    collect("picture", (file) => this.#give("picture", file));
    on("walk-wish", (keys) => this.#give("walk", keys));
    document.addEventListener("visibilitychange", () => document.hidden && this.opened?.board?.hidden?.());
  }

  /** @param {typeof PANELS[number]} panel @returns {Panel} */
  #panel({ name, word, load, plane }) {
    const id = `panel-${name}`;
    const button = h("button", {
      type: "button", class: "ga-button ga-disclose", id: `open-${name}`,
      "aria-expanded": "false", "aria-controls": id,
    }, icon("next"), h("span", { "data-t": word }));
    const body = h("section", {
      class: `ga-panel ga-panel-body is-${name}`, id, "data-t-label": word, hidden: true,
    });
    const panel = { name, load, plane, button, body, board: null };
    button.addEventListener("click", () => this.#toggle(panel));
    return panel;
  }

  // A point has no picture that could be looked for.
  #offer() {
    const { plane } = this.studio.model ?? {};
    for (const panel of this.panels) panel.button.hidden = plane === true && panel.plane === false;
    if (this.opened?.button.hidden) this.#close();
  }

  /** @param {Panel} panel */
  async #toggle(panel) {
    const closing = this.opened === panel;
    this.#close();
    if (closing) return;
    this.opened = panel;
    panel.button.setAttribute("aria-expanded", "true");
    panel.body.hidden = false;
    try {
      panel.board ??= await this.#build(panel);
    } catch (error) {
      return panel.body.replaceChildren(h("p", { class: "ga-note" }, say(error)));
    }
    if (this.opened === panel) {
      panel.board.open?.();
      panel.board.settled?.(this.studio.now());
    }
  }

  // A file that was dropped on the page, or pictures to walk through, for the panel of that name.
  /** @param {string} name @param {File | Place[]} what */
  async #give(name, what) {
    const panel = this.panels.find((p) => p.name === name);
    if (!panel) return;
    if (this.opened !== panel) await this.#toggle(panel);
    panel.board?.take?.(what);
    panel.button.scrollIntoView({ block: "nearest" });
  }

  /** @param {Panel} panel */
  async #build(panel) {
    panel.body.replaceChildren(h("p", { class: "ga-panel-wait ga-quiet" }, t("gan_panel_loading")));
    const { build } = await panel.load();
    panel.body.replaceChildren();
    const board = build(panel.body, this.studio);
    this.#words();
    return board;
  }

  #close() {
    const panel = this.opened;
    this.opened = null;
    if (!panel) return;
    panel.button.setAttribute("aria-expanded", "false");
    panel.body.hidden = true;
    panel.board?.close?.();
  }

  // A panel that shows the point follows it when it has come to rest, and only while it is open.
  #changed() {
    const now = this.studio.now();
    if (!now) return;
    this.#offer();
    this.opened?.board?.changed?.(now);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      if (tabIsOpen(this.node)) this.opened?.board?.settled?.(this.studio.now());
    }, SETTLED_MS);
  }

  #words() {
    translate(this.node);
    for (const panel of this.panels) panel.board?.worded?.();
  }
}
