// The shelf in Explore: what is on show is pinned, pins are opened and compared on the big picture.
/** @import { Origin, Pin, PinPlace, Place, Point } from "../page/kit/types" */
import { choose, className, emit, find, modelOf, on, onLetter, plainRef, say, t, wordedFor } from "../page/kit/core.js";
import { linkText, packFloats } from "../page/kit/latentlink.js";
import { isHere, newId, openingOf, shelf } from "../page/kit/shelf.js";
import { drawableOf, keptImage } from "../page/kit/shelfpictures.js";
import { ShelfView } from "../page/kit/shelfview.js";
import { nextName } from "../page/kit/shelfwords.js";
import { shortNameOf } from "./catalogue.js";
import { Player } from "./player.js";
import { here, hold, strongest } from "./points.js";

const MORPH_S = 3;

export class ExploreShelf {
  // `nimg`: images that the weights on show were trained on.
  /** @param {HTMLElement} root @param {import("./studio.js").Studio} studio @param {() => number} nimg */
  constructor(root, studio, nimg) {
    this.studio = studio;
    this.nimg = nimg;
    const node = find(root, "#pins");
    this.button = find(root, "#pin");
    /** @type {Set<string>} */
    this.pinning = new Set();  // points whose pictures are on their way
    this.stage = new Stage(node, this);
    /** @type {ShelfView} */
    this.view = new ShelfView(node, { prefix: "pins-", emptyWord: "gan_shelf_empty", open: (pin) => this.open(pin), stage: this.stage });
    studio.pin = (place, from) => this.#pin(place, from);
    this.button.addEventListener("click", () => this.pin());
    onLetter(root, "k", () => this.pin());
    on("latent", ({ settled }) => {
      this.stage.player.yield();
      this.view.compare.overtaken();
      this.#drawButton();
      if (settled && this.view.compare.isOpen) this.view.draw();
    });
    for (const name of /** @type {const} */ (["shelf", "language"])) on(name, () => this.#drawButton());
    on("did", () => this.#drawButton());
  }

  // To the model and the point; its own moment of a training is the one on show, if it is.
  /** @param {Pin} pin */
  open(pin) { choose(this.refOf(pin), openingOf(pin)); }

  /** @param {Pin} pin */
  refOf(pin) { return pin.ref === this.studio.refAt(this.nimg()) ? this.studio.ref : pin.ref; }

  // ---- pinning --------------------------------------------------------------------------------

  // The picture on show, that of a paused walk included.
  pin() {
    const { studio } = this;
    if (!studio.ready) return undefined;
    const { previewed } = studio;
    const shown = previewed ?? studio.now();
    if (!shown) return undefined;
    return this.#keep({ ...shown, label: shown.label ?? null }, studio.onShow(), previewed ? previewed.from : studio.point.from, !previewed);
  }

  // A point that is not on show: a neighbour, or what was found from a picture.
  /** @param {{ z: Place["z"], mix: number[] | null, label: number | null, psi: number }} place @param {{ how: import("../page/kit/types").How, pins?: string[] }} from */
  #pin({ z, mix, label, psi }, { how, pins = this.studio.point.from?.pins ?? [] }) {
    const point = { ...this.studio.point, base: z, mix, label: mix ? null : label, psi, held: false, moves: {}, steps: {} };
    return this.#keep({ z, mix, label, psi }, point, { how, pins, steps: {} }, false);
  }

  /** @param {{ z: Place["z"], mix: number[] | null, label: number | null, psi: number }} place @param {Point} point @param {Origin | null} from @param {boolean} isState */
  async #keep({ z, mix, label, psi }, point, from, isState) {
    const { studio } = this;
    const ref = studio.refAt(this.nimg());
    const text = linkText(point);
    const known = shelf.at(ref, text);
    if (known) {
      this.view.choose(known.id);
      return void this.view.say(t("gan_shelf_known", { name: known.name }));
    }
    const key = `${ref} ${text}`;
    if (this.pinning.has(key)) return undefined;  // a second click
    this.pinning.add(key);
    const steps = isState ? studio.point.steps : {};
    try {
      const [image] = await studio.batch([{ z, mix, label }], { psi });
      /** @type {Pin} */
      const pin = {
        id: newId(), name: nextName(this.#what(mix, label)), ref, model: modelOf(plainRef(ref))?.name ?? ref, point: text,
        place: placeOf(z, mix, label), made: Date.now(), from: this.#origin(from, steps), turns: this.#turns(steps), picture: keptImage(image),
      };
      shelf.add([pin]);
      if (isState && linkText(studio.portable()) === text) studio.cameFrom(pin.id);
      this.view.say(t("gan_shelf_pinned", { name: pin.name }));
      this.view.list.scrollTo({ left: 0 });
    } catch (error) {
      this.view.say(say(error));
    } finally {
      this.pinning.delete(key);
    }
    return this.#drawButton();
  }

  /** @param {number[] | null} mix @param {number | null} label */
  #what(mix, label) {
    const { class_names: names, plane } = this.studio.model;
    return names.length ? className(names[mix ? strongest(mix) : label ?? 0]) : t(wordedFor("gan_shelf_picture", plane));
  }

  /** @param {Record<string, number>} steps @returns {[string, number][]} */
  #turns(steps) {
    return Object.entries(steps).flatMap(([id, sigmas]) => {
      const direction = this.studio.catalogue.get(id);
      return direction && sigmas ? [/** @type {[string, number]} */ ([shortNameOf(direction), Number(sigmas.toFixed(2))])] : [];
    }).slice(0, 64);
  }

  // Only what has changed since: "Boot 3, heel height +1.2".
  /** @param {Origin | null} from @param {Record<string, number>} steps */
  #origin(from, steps) {
    const before = from?.steps ?? {};
    const ids = [...new Set([...Object.keys(before), ...Object.keys(steps)])];
    const turns = this.#turns(Object.fromEntries(ids.map((id) => [id, (steps[id] ?? 0) - (before[id] ?? 0)])));
    const pins = (from?.pins ?? []).flatMap((id) => shelf.find(id) ?? []).map(({ id, name }) => ({ id, name }));
    const own = turns.length ? "moved" : "changed";  // from the pin itself
    return { how: from ? from.how ?? own : "seed", pins, turns };
  }

  #drawButton() {
    const { studio } = this;
    const pinned = studio.ready && shelf.at(studio.refAt(this.nimg()), linkText(studio.onShow())) !== null;
    this.button.classList.toggle("is-pinned", pinned);
    const label = find(this.button, "[data-t]");
    const word = pinned ? "gan_shelf_is_pinned" : "gan_pin";
    label.dataset.t = word;
    if (label.textContent !== t(word)) label.textContent = t(word);
  }
}

/** @param {Place["z"]} z @param {number[] | null} mix @param {number | null} label @returns {PinPlace} */
const placeOf = (z, mix, label) => ({ z: packFloats(z), mix: mix ? [...mix] : null, label: mix ? null : label });

// The big picture, as far as the shelf paints on it.
class Stage {
  /** @param {HTMLElement} node @param {ExploreShelf} board */
  constructor(node, board) {
    this.board = board;
    this.studio = board.studio;
    this.told = () => {};
    /** @type {Place[]} */
    this.keys = [];
    this.ref = "";  // of the keys
    this.pair = "";
    this.player = new Player(this.studio, {
      node, way: () => ({ keys: this.keys, seconds: 2 * MORPH_S, space: "z", loop: true, ref: this.ref }), told: () => this.told(),
      ofSeed: () => Promise.reject(new Error("a way between two has no other")),
    });
  }

  get playing() { return this.player.playing; }
  get at() { return 1 - Math.abs(1 - 2 * this.player.at); }  // there and back again

  /** @param {Pin} pin @param {() => boolean} still */
  async show(pin, still) {
    const { z, label, mix, psi } = await drawableOf(pin);
    if (!still()) return;
    this.studio.preview(z, { label, mix, psi, ref: this.board.refOf(pin), from: { how: null, pins: [pin.id], steps: {} } });
  }

  settle() { this.studio.settle(); }
  stop() { this.player.stop(); }

  async picture() {
    const now = this.studio.now();
    if (!now) return null;
    const [image] = await this.studio.batch([now]);
    return keptImage(image);
  }

  /** @param {Pin} a @param {Pin | null} b */
  joins(a, b) {
    return isHere(a) && a.ref === (b ? b.ref : this.studio.refAt(this.board.nimg())) && (!b || isHere(b));
  }

  /** @param {Pin} a @param {Pin | null} b */
  async play(a, b) {
    if (this.player.playing) return this.player.pause();
    await this.#load(a, b);
    return this.player.play();
  }

  /** @param {Pin} a @param {Pin | null} b @param {number} at */
  async scrub(a, b, at) {
    await this.#load(a, b);
    this.player.scrub(at / 2);
  }

  // On with it in the panel for walks, where it becomes a film.
  /** @param {Pin} a @param {Pin | null} b */
  async film(a, b) {
    this.player.pause();
    await this.#load(a, b);
    const { keys } = this;
    this.player.stop();
    await this.#opened(a);
    emit("walk-wish", keys.map(({ psi: _psi, ...key }) => ({ ...key, seed: null })));
  }

  /** @param {Pin} a @param {Pin | null} b */
  async #load(a, b) {
    const pair = `${a.id} ${b?.id ?? ""}`;
    if (this.pair === pair && this.player.shown) return;
    const keys = [await this.#key(a), b ? await this.#key(b) : { ...here(this.studio), psi: this.studio.point.psi }];
    Object.assign(this, { pair, keys, ref: this.board.refOf(a) });
    this.player.at = 0;
  }

  /** @param {Pin} pin */
  async #key(pin) {
    const drawable = await drawableOf(pin);
    const classes = modelOf(plainRef(pin.ref))?.class_names.length ?? 0;
    return { ...hold(drawable, classes), psi: drawable.psi, pin: pin.id };
  }

  /** @param {Pin} pin */
  #opened(pin) {
    return new Promise((done) => {
      let waiting = true;
      on("latent", ({ settled }) => { if (settled && waiting) { waiting = false; done(undefined); } });
      this.board.open(pin);
    });
  }
}
