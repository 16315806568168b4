// Explore: the picture, what it is made of, and the boards and panels that change it.
/** @import { Painted } from "../page/kit/types" */
import {
  className, collect, copyText, count, fillRange, finder, h, icon, isMoment, lengthOf, linkedState, modelOf, on, onLetter, plainRef, prepare, ofPoints, state, t, tabIsOpen, wordedFor,
} from "../page/kit/core.js";
import { Catalogue } from "./catalogue.js";
import { ClassMix } from "./classmix.js";
import { Dimensions } from "./dimensions.js";
import { Directions } from "./directions.js";
import { buildMarks } from "./marks.js";
import { Drawn } from "./drawn.js";
import { fold } from "./fold.js";
import { whenShown } from "../page/kit/fresh.js";
import { undoWithKeys } from "./keys.js";
import { percent } from "../page/kit/figures.js";
import { firstSeed, readLink, unfit } from "../page/kit/latentlink.js";
import { mountEngine } from "./inbrowser.js";
import { buildMutate } from "./mutate.js";
import { Names } from "./names.js";
import { OwnRows } from "./directionrows.js";
import { Painter, crispSize } from "../page/kit/painter.js";
import { seedField } from "../page/kit/seedfield.js";
import { mountPanels } from "./panels.js";
import { presentPicture } from "./presentation.js";
import { buildPad } from "./pad.js";
import { ExploreShelf } from "./shelf.js";
import { Studio } from "./studio.js";

/** @param {HTMLElement} element */
export function mount(element) {
  new Explore(prepare(element)).start();
}

class Explore {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    this.find = finder(root);
    /** @type {ClassMix} */
    this.mix;  // with the boards
    this.options = "";  // the classes that the list offers, as they were drawn
    this.canvas = this.find("#latent-image", HTMLCanvasElement);
    this.nimg = 0;
    this.linked = false;  // an address says which picture
    /** @type {{ point: import("../page/kit/types").Point, wrong: string[] } | null} */
    this.link = null;  // until it is shown
    this.leftOut = "";  // of the address, what could not be taken
    this.said = "";  // of what was chosen, until it is moved
    const painter = new Painter(this.canvas, {
      painted: (facts) => this.#painted(facts), failed: (error) => studio.refused(error),
    });
    this.engine = mountEngine(this.find("#engine"), painter);
    const studio = new Studio(painter);
    this.studio = studio;
    this.#boards();
    new ExploreShelf(root, studio, () => this.nimg);
  }

  #boards() {
    const { root, studio } = this;
    const store = new Drawn(studio);
    const names = new Names(studio);
    const catalogue = new Catalogue(studio, store, names, root);
    store.changed = (drawn) => catalogue.redraw(drawn);
    this.#presents(catalogue);
    const directions = new Directions(root, studio, catalogue, store);
    this.mix = new ClassMix(this.find("#class-mix"), this.find("#mix-toggle"), studio);
    new OwnRows(root, studio, store, names);
    /** @param {string} name @param {(body: HTMLElement) => { draw?(): void }} build */
    const part = (name, build) => fold(this.find(`#open-${name}`), this.find(`#${name}`), build);
    fold(this.find("#open-dimensions"), this.find("#all-dimensions"),
      () => new Dimensions(this.find("#latent-board"), studio));
    part("pad", (body) => buildPad(body, studio, catalogue));
    part("mutate", (body) => buildMutate(body, studio));
    part("draw", (body) => buildMarks(body, studio, {
      store, made: () => directions.show("drawn"), open: () => this.find("#open-draw").click() }));
  }

  /** @param {Catalogue} catalogue */
  #presents(catalogue) {
    const open = () => presentPicture({ source: this.canvas, studio: this.studio, catalogue,
      what: () => this.find("#what").textContent.trim(), note: () => this.find("#explore-note").textContent,
      link: () => this.studio.address(this.nimg) });
    this.find("#present").addEventListener("click", open);
    onLetter(this.root, "p", open);
    on("present", open);
  }

  start() {
    this.#listen();
    on("state", () => this.#follow());
    on("language", () => { this.#draw(); if (this.leftOut) this.#note(this.#ofLink()); });
    on("latent", () => this.#draw());
    on("history", () => this.#draw());
    on("latent-failed", (sentence) => this.#note(sentence));
    const linked = linkedState();
    this.linked = linked.has("seed");
    if (this.linked) {
      this.link = readLink(linked);
      this.studio.point = this.link.point;
    }
    new ResizeObserver(() => this.#size()).observe(this.find(".ga-frame"));
    mountPanels(this.find("#panels"), this.studio);
    whenShown(this.root, () => this.#catchUp());
    collect("model", ({ ref, extra, said }) => { this.said = said; this.#open(ref, extra); });
  }

  #listen() {
    const { studio } = this;
    this.find("#randomise").addEventListener("click", () => studio.randomise());
    this.seed = seedField(this.find("#seed"), (seed) => studio.jump({ seed }));
    undoWithKeys(this.root, studio);
    this.find("#reset").addEventListener("click", () => studio.reset());
    const chosen = this.find("#class-select", HTMLSelectElement);
    chosen.addEventListener("change", () => {
      const label = chosen.value === "" ? null : Number(chosen.value);
      if (label === null || label < studio.classes) studio.jump({ label, held: label !== null });
    });
    this.find("#class-hold").addEventListener("click", () => studio.hold(!studio.point.held));
    const psi = this.find("#psi", HTMLInputElement);
    psi.addEventListener("input", () => studio.drag({ psi: Number(psi.value) }));
    psi.addEventListener("change", () => studio.release());
    psi.addEventListener("dblclick", () => studio.jump({ psi: 1 }));
    this.find("#undo").addEventListener("click", () => studio.undo());
    this.find("#redo").addEventListener("click", () => studio.redo());
    this.find("#copy-link").addEventListener("click", (e) => {
      studio.settled();
      copyText(studio.address(this.nimg), e.currentTarget);
    });
  }

  // ---- the model ------------------------------------------------------------------------------

  /** @param {string | null} ref @param {Partial<import("../page/kit/types").Point> | null} [extra] */
  async #open(ref, extra = null) {
    const model = ref ? modelOf(plainRef(ref)) : null;
    if (!ref || !model) return this.#note(state.ready ? t("gan_no_models") : "");
    if (ref !== this.studio.ref) this.engine.forget();
    ofPoints(this.root, model.plane);
    const first = !extra && !this.studio.model && !this.linked ? { seed: firstSeed(model) } : null;
    await this.studio.open(ref, model, extra ?? first);
    this.#tellLink();
  }

  // What of the address was left out, once: from then on the address is what is shown.
  #tellLink() {
    const { link, studio } = this;
    this.link = null;
    if (!link || !studio.ready) return;
    const parts = [...link.wrong, ...unfit(link.point, studio.point,
      { classes: studio.classes, knows: (id) => studio.catalogue.has(id) })];
    this.leftOut = parts.join(", ").slice(0, 200);
    this.#note(this.#ofLink());
  }

  #ofLink() { return this.leftOut && !this.studio.past.length ? t("gan_link_left_out", { parts: this.leftOut }) : ""; }

  #follow() {
    const { studio } = this;
    const model = studio.model && modelOf(studio.model.ref);
    if (model) studio.follow(model, tabIsOpen(this.root));
  }

  // Weights that came while another tab was shown were not painted.
  #catchUp() {
    const { studio } = this;
    const follows = studio.ready && studio.model.kind === "run" && !isMoment(studio.ref);
    if (follows && this.nimg && this.nimg !== studio.model.nimg) studio.paint();
  }

  // ---- what is shown --------------------------------------------------------------------------

  /** @param {Painted} facts */
  #painted(facts) {
    this.nimg = facts.nimg;
    this.find(".ga-frame").classList.remove("is-loading");
    this.engine.painted(facts);
    this.#note(this.#ofLink());
    this.#size();
    this.#drawWhat();
  }

  #size() {
    const frame = this.find(".ga-frame");
    const room = frame.clientWidth - (frame.clientWidth < 300 ? 16 : 24);
    const side = `${crispSize(this.canvas.width, room)}px`;
    if (this.canvas.style.width !== side) Object.assign(this.canvas.style, { width: side, height: side });
  }

  #draw() {
    const { studio } = this;
    if (!studio.ready) return;
    const { point } = studio;
    this.seed?.put(point.base ? "" : String(point.seed));  // a point of its own has none
    const psi = this.find("#psi", HTMLInputElement);
    psi.value = String(point.psi);
    this.find("#psi-value").textContent = point.psi.toFixed(2);
    fillRange(psi, 0);
    this.#drawClass();
    this.mix.draw();
    this.find("#dimensions").textContent = t("gan_all_dimensions", { count: studio.model.z_dim });
    const moved = Object.keys(point.moves).length + Object.keys(point.steps).length;
    this.find("#moved").textContent = moved ? t("gan_moved", { count: moved }) : "\u00a0";
    this.find("#reset", HTMLButtonElement).disabled = studio.isPlain;
    this.find("#undo", HTMLButtonElement).disabled = !studio.past.length;
    this.find("#redo", HTMLButtonElement).disabled = !studio.future.length;
    this.#drawWhat();
  }

  #drawClass() {
    const names = this.studio.model.class_names.map(className);
    const select = this.find("#class-select", HTMLSelectElement);
    this.find(".is-class").hidden = !names.length;
    if (!names.length) return;
    const { mix, label } = this.studio.point;
    const options = [t("gan_class_by_seed_is", { name: names[this.studio.seeded?.label ?? 0] }), ...names];
    if (mix) options.push(t("gan_mixture"));
    if (options.join("\n") !== this.options) {
      this.options = options.join("\n");
      select.replaceChildren(
        ...options.map((name, i) => h("option", { value: i ? i - 1 : "" }, name)));
    }
    select.selectedIndex = mix ? options.length - 1 : (label ?? -1) + 1;
    this.#drawHold();
  }

  #drawHold() {
    const { held } = this.studio.point;
    const [button, words] = [this.find("#class-hold"), t(held ? "gan_class_release" : "gan_class_hold")];
    if (button.title === words) return;
    button.replaceChildren(icon(held ? "lock" : "unlock"));
    button.setAttribute("aria-pressed", String(held));
    button.setAttribute("aria-label", words);
    button.title = words;
  }

  #drawWhat() {
    const { studio } = this;
    if (!studio.ready) return;
    const own = studio.previewing || studio.point.base;
    const seed = own ? t("gan_what_own") : t("gan_what_seed", { seed: studio.point.seed });
    const name = studio.previewing ? "" : this.#className();
    const at = studio.model.kind === "run" ? t(wordedFor("gan_at_images", studio.model.plane), { count: count(this.nimg) }) : "";
    const length = lengthOf(studio.ref);
    const average = length && t("gan_at_average", { length: percent(Number(length)) });
    const parts = [name, seed, at, average, studio.past.length ? "" : this.said].filter(Boolean).join(" · ");
    const what = parts.charAt(0).toUpperCase() + parts.slice(1);
    if (this.find("#what").textContent !== what) this.find("#what").textContent = what;
    this.canvas.setAttribute("aria-label", t(wordedFor("gan_picture_alt", studio.model.plane), { what }));
  }

  #className() {
    const { studio } = this;
    const names = studio.model.class_names;
    if (!studio.point.mix) return names.length ? className(names[studio.label() ?? 0]) : undefined;
    const shares = studio.chosenMix().map((share, i) => /** @type {[number, string]} */ ([share, names[i]]));
    return shares.filter(([share]) => share > 0.005).sort(([a], [b]) => b - a)
      .map(([share, name]) => `${className(name)} ${Math.round(100 * share)} %`).join(" + ");
  }

  /** @param {string} sentence */
  #note(sentence) {
    const note = this.find("#explore-note");
    if (note.textContent !== sentence) note.textContent = sentence;
  }
}
