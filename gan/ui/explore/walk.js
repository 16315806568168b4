// Walk: key pictures, the way through them on the big picture, and the film of it.
/** @import { Place } from "../page/kit/types" */
import { around, emit, fillRange, find, h, say, t } from "../page/kit/core.js";
import { shortNameOf } from "./catalogue.js";
import { FilmForm } from "./filmform.js";
import { REACH as WHOLE } from "../page/kit/latentlink.js";
import { moved } from "./moves.js";
import { Player } from "./player.js";
import {
  anySeed, button, field, fromSeed, here, iconButton, jumpTo, put, range, select, shot,
} from "./points.js";
import { LAST_SEED, seedOf } from "../page/kit/seeds.js";

const MOST = 8;
const BY_CHANCE = 4;
const REACH = 2.5;  // standard deviations to either side of a walk along a direction

/** @param {HTMLElement} body @param {import("./studio.js").Studio} studio */
export function build(body, studio) { return new Walk(body, studio); }

/** @typedef {Place & { stamp?: string, image?: ImageData, pins?: string[] }} Key stamp: of which weights its picture is */

class Walk {
  /** @param {HTMLElement} body @param {import("./studio.js").Studio} studio */
  constructor(body, studio) {
    // made by #make
    /** @type {HTMLOListElement} */ this.list;
    /** @type {HTMLParagraphElement} */ this.empty;
    /** @type {HTMLButtonElement} */ this.add;
    /** @type {HTMLButtonElement} */ this.chance;
    /** @type {HTMLInputElement} */ this.seeds;
    /** @type {HTMLButtonElement} */ this.clear;
    /** @type {HTMLParagraphElement} */ this.note;
    /** @type {HTMLInputElement} */ this.scrubber;
    /** @type {HTMLButtonElement} */ this.playing;
    /** @type {HTMLOutputElement} */ this.time;
    /** @type {HTMLSelectElement} */ this.speed;
    /** @type {HTMLButtonElement} */ this.use;
    /** @type {HTMLButtonElement} */ this.fill;
    /** @type {HTMLSelectElement} */ this.space;
    /** @type {HTMLOutputElement} */ this.secondsOut;
    /** @type {HTMLInputElement} */ this.seconds;
    /** @type {HTMLInputElement} */ this.loop;
    /** @type {HTMLInputElement} */ this.within;
    /** @type {HTMLSelectElement} */ this.direction;
    /** @type {HTMLButtonElement} */ this.along;
    /** @type {HTMLButtonElement} */ this.endless;
    // made by #rows
    /** @type {HTMLLabelElement} */ this.withinRow;
    this.body = body;
    this.studio = studio;
    /** @type {Key[]} */
    this.keys = [];
    this.model = studio.model?.ref;
    this.player = new Player(studio, {
      node: body, way: () => this.#way(), told: () => this.#drawPlay(), ofSeed: (seed) => this.#ofSeed(seed),
    });
    this.film = new FilmForm(studio, () => this.#way());
    this.#make();
    this.#listen();
    this.#draw();
  }

  // ---- what the page calls ------------------------------------------------------------------

  // Somebody else's pictures.
  /** @param {import("../page/kit/types").Place[]} keys */
  take(keys) {
    this.player.stop();
    this.keys = [];
    this.#push(keys);
    this.player.at = 0;
    this.player.play();
  }

  open() { this.#directions(); this.#shoot(); this.#draw(); }

  close() { this.player.stop(); }

  hidden() { this.player.pause(); }

  changed() {
    if (this.studio.model?.ref !== this.model) {
      this.model = this.studio.model?.ref;
      this.keys = [];
      this.film.forget();
      this.#draw();
    }
    this.player.yield();
  }

  settled() { this.#directions(); this.#shoot(); }

  worded() { this.#directions(); this.#draw(); this.film.worded(); }

  // ---- the panel ----------------------------------------------------------------------------

  #make() {
    this.list = h("ol", { class: "ga-keys", "data-t-label": "gan_walk_keys" });
    this.empty = h("p", { class: "ga-quiet", "data-t": "gan_walk_empty" });
    this.add = button("gan_walk_add", { icon: "plus" });
    this.chance = button("gan_walk_chance", { icon: "dice" });
    this.seeds = h("input", {
      class: "ga-input", inputmode: "numeric", id: "walk-seeds",
      "data-help": "gan_metric_seed_help", "data-t-placeholder": "gan_walk_seeds_hint", placeholder: t("gan_walk_seeds_hint"),
    });
    this.clear = button("gan_walk_clear", { bare: true });
    this.note = h("p", { class: "ga-note", role: "status" });
    this.scrubber = range({
      id: "walk-scrubber", min: 0, max: 1, step: 0.001, value: 0, "data-t-label": "gan_walk_scrubber",
    });
    this.playing = iconButton("gan_walk_play", "play", { id: "walk-play" });
    this.time = h("output", { class: "ga-quiet ga-walk-time" });
    this.speed = select([[0.5, "gan_walk_half"], [1, "gan_walk_once"], [2, "gan_walk_twice"]],
      { "data-t-label": "gan_walk_speed", "data-t-title": "gan_walk_speed" });
    this.speed.value = "1";
    this.use = button("gan_walk_use", { id: "walk-use" });
    this.fill = iconButton("gan_walk_fill", "fill", { id: "walk-fill" });
    this.space = select([["z", "gan_walk_arc"], ["w", "gan_walk_line"]], { id: "walk-space" });
    this.secondsOut = h("output");
    this.seconds = range({ id: "walk-seconds", min: 1, max: 12, step: 0.5, value: 6 });
    this.loop = h("input", { type: "checkbox", id: "walk-loop", checked: true });
    this.within = h("input", { type: "checkbox", id: "walk-within", checked: true });
    this.direction = h("select", { class: "ga-input", id: "walk-direction" });
    this.along = button("gan_walk_along", { id: "walk-along" });
    this.endless = button("gan_walk_endless", { icon: "loop", id: "walk-endless" });
    this.body.append(...this.#rows());
  }

  #rows() {
    return [
      h("div", { class: "ga-rowed" }, this.add, this.chance,
        h("label", { class: "ga-inline is-seeds" },
          h("span", { class: "ga-sr", "data-t": "gan_walk_seeds" }), this.seeds),
        h("span", { class: "ga-space" }), this.clear),
      this.note, this.empty, this.list,
      h("div", { class: "ga-rowed ga-walk-play" }, this.playing, this.scrubber, this.time, this.speed, this.fill),
      h("div", { class: "ga-rowed" },
        field("gan_walk_path", this.space, { class: "is-path" }),
        field("gan_walk_length", this.seconds, { class: "is-length", output: this.secondsOut }),
        h("label", { class: "ga-check" }, this.loop, h("span", { "data-t": "gan_walk_loop" })),
        this.withinRow = h("label", { class: "ga-check", "data-help": "gan_walk_within_help" },
          this.within, h("span", { "data-t": "gan_walk_within" })),
        h("span", { class: "ga-space" }), this.use),
      h("div", { class: "ga-rowed is-ruled" },
        field("gan_walk_direction", this.direction, { class: "is-direction" }), this.along,
        h("span", { class: "ga-space" }), this.endless),
      this.film.node,
    ];
  }

  #listen() {
    const { player } = this;
    this.add.addEventListener("click", () => this.#push([this.#here()]));
    this.chance.addEventListener("click", () => this.#byChance());
    this.clear.addEventListener("click", () => { this.keys = []; player.stop(); this.#draw(); });
    this.seeds.addEventListener("keydown", (e) => { if (e.key === "Enter") this.#bySeeds(); });
    this.seeds.addEventListener("change", () => this.#bySeeds());
    this.playing.addEventListener("click", () => (player.playing ? player.pause() : player.play()));
    this.scrubber.addEventListener("input", () => player.scrub(Number(this.scrubber.value)));
    this.speed.addEventListener("change", () => { player.speed = Number(this.speed.value); });
    this.use.addEventListener("click", () => this.#use());
    this.fill.addEventListener("click", () => this.#present());
    for (const control of [this.space, this.loop, this.seconds]) {
      control.addEventListener("input", () => { if (player.shown && !player.endless) player.show(); this.#drawPlay(); });
    }
    this.along.addEventListener("click", () => this.#alongDirection());
    this.endless.addEventListener("click", () => (player.endless ? player.stop() : player.wander()));
    this.list.addEventListener("click", (e) => this.#clicked(around(e, "[data-act]")));
  }

  // A walk on the whole screen goes.
  #present() {
    if (!this.player.playing) {
      if (this.keys.length > 1) this.player.play();
      else this.player.wander();
    }
    emit("present");
  }

  // ---- key pictures -------------------------------------------------------------------------

  #way() {
    return {
      keys: this.keys, seconds: Number(this.seconds.value),
      space: this.space.value, loop: this.loop.checked,
    };
  }

  /** @returns {Key} */
  #here() {
    return this.player.shown ? { seed: null, label: null, ...this.player.shown }
      : here(this.studio);
  }

  /** @param {Key[]} points */
  #push(points) {
    const room = MOST - this.keys.length;
    this.#note(points.length > room ? t("gan_walk_most", { count: MOST }) : "");
    this.keys = [...this.keys, ...points.slice(0, room)];
    this.#draw();
    this.#shoot();
  }

  async #byChance() {
    const first = this.keys.length ? [] : [this.#here()];
    const wanted = this.keys.length ? 1 : BY_CHANCE - 1;
    await this.#pushSeeds(Array.from({ length: wanted }, anySeed), first);
    if (first.length && this.keys.length > 1) this.player.play();  // the button says that it begins
  }

  async #bySeeds() {
    const texts = this.seeds.value.split(/[\s,;，；、]+/).filter(Boolean);
    if (!texts.length) return;
    const seeds = texts.flatMap((text) => seedOf(text) ?? []);
    const wrong = texts.find((text) => seedOf(text) === null);
    if (wrong !== undefined) {
      return this.#note(t("gan_walk_seeds_wrong", { wrong: wrong.slice(0, 20), most: String(LAST_SEED) }));
    }
    this.seeds.value = "";
    await this.#pushSeeds(seeds.slice(0, MOST + 1));
  }

  /** @param {number[]} seeds @param {Key[]} [first] */
  async #pushSeeds(seeds, first = []) {
    const { model } = this;
    try {
      const points = await Promise.all(seeds.map((seed) => this.#ofSeed(seed, first[0])));
      if (model === this.model) this.#push([...first, ...points]);
    } catch (error) {
      this.#note(say(error));
    }
  }

  // What a seed stands for on this walk: in the class that the walk is in, or in its own.
  /** @param {number} seed */
  async #ofSeed(seed, first = this.keys[0] ?? this.#here()) {
    const point = await fromSeed(this.studio, seed);
    return this.within.checked && first.mix ? { ...point, mix: [...first.mix] } : point;
  }

  // To either side of the picture that is shown; a class is a walk from it to the class and back.
  #alongDirection() {
    const found = this.studio.directions().find((d) => d.id === this.direction.value);
    if (!found) return;
    const here = this.#here();
    const toClass = found.target !== null;
    const stops = toClass ? [0, WHOLE] : [-REACH, 0, REACH, 0];
    this.keys = stops.map((sigmas) => ({
      ...moved(here, [[found, sigmas]]), label: null, seed: sigmas ? null : here.seed,
    }));
    this.loop.checked = true;
    this.space.value = "w";
    this.player.stop();
    this.player.at = toClass ? 0 : 0.25;  // begins at the picture that is shown
    this.#note("");
    this.#draw();
    this.#shoot();
    this.player.play();
  }

  /** @param {HTMLElement | null} node */
  #clicked(node) {
    if (!node) return;
    const i = Number(node.closest("li")?.dataset.index);
    const [key] = this.keys.splice(i, 1);
    const to = /** @type {Record<string, number | undefined>} */ ({ left: i - 1, right: i + 1, show: i })[node.dataset.act ?? ""];
    if (to !== undefined) this.keys.splice(to, 0, key);
    if (node.dataset.act === "show") this.#jump(key);
    this.#draw();
    const item = this.list.children[Math.min(to ?? i, this.keys.length - 1)];
    /** @type {HTMLElement | null} */
    const again = item && item.querySelector(`[data-act="${node.dataset.act}"]:not(:disabled), [data-act="show"]`);
    again?.focus();
  }

  #use() { if (this.player.shown) this.#jump(this.player.shown); }

  /** @param {Key} point */
  #jump(point) {
    this.player.yield();
    this.studio.jump({ ...jumpTo(point), ...(point.seed === null || point.seed === undefined ? { how: "between", pins: point.pins ?? [] } : {}) });
  }

  // ---- drawing ------------------------------------------------------------------------------

  async #shoot() {
    const now = this.studio.now();
    if (!now || !this.keys.length) return;
    const stamp = `${now.ref} ${now.psi} ${this.studio.model?.nimg}`;
    const stale = this.keys.filter((key) => key.stamp !== stamp);
    if (!stale.length) return;
    try {
      const images = await this.studio.batch(stale);
      stale.forEach((key, i) => Object.assign(key, { stamp, image: images[i] }));
      this.#draw();
    } catch (error) {
      this.#note(say(error));
    }
  }

  #draw() {
    const { keys } = this;
    this.empty.hidden = keys.length > 1;
    this.list.hidden = !keys.length;
    this.clear.hidden = !keys.length;
    this.add.disabled = this.chance.disabled = this.seeds.disabled = keys.length >= MOST;
    const words = keys.length ? "gan_walk_another" : "gan_walk_chance";
    Object.assign(find(this.chance, "[data-t]"), { textContent: t(words) }).dataset.t = words;
    this.chance.classList.toggle("is-primary", !keys.length);
    this.list.replaceChildren(...keys.map((key, i) => this.#key(key, i)));
    this.#drawPlay();
  }

  /** @param {Key} key @param {number} i */
  #key(key, i) {
    const what = key.seed === null ? t("gan_walk_key", { number: i + 1 })
      : t("gan_walk_key_seed", { number: i + 1, seed: key.seed });
    /** @param {string} word @param {string} name @param {string} to */
    const act = (word, name, to, disabled = false) => iconButton(word, name, {
      "data-act": to, disabled, "aria-label": `${t(word)}: ${what}`,
    });
    const canvas = shot(null, { "aria-hidden": "true", width: 1, height: 1 });
    if (key.image) put(canvas, key.image);
    return h("li", { "data-index": i },
      h("button", { type: "button", class: "ga-key-shot", "data-act": "show", "data-help": "gan_walk_key_help", "aria-label": what, title: what }, canvas),
      h("div", { class: "ga-key-acts" },
        act("gan_walk_left", "back", "left", i === 0),
        act("gan_walk_remove", "close", "remove"),
        act("gan_walk_right", "next", "right", i === this.keys.length - 1)));
  }

  #drawPlay() {
    const { player } = this;
    const ready = this.keys.length > 1;
    const seconds = Number(this.seconds.value);
    const word = player.playing ? "gan_walk_pause" : "gan_walk_play";
    if (this.playing.dataset.tLabel !== word) {
      const fresh = iconButton(word, player.playing ? "pause" : "play");
      this.playing.replaceChildren(...fresh.children);
      for (const name of ["data-t-label", "data-t-title", "aria-label", "title"]) {
        this.playing.setAttribute(name, fresh.getAttribute(name) ?? "");
      }
    }
    this.playing.disabled = !ready && !player.endless;
    this.scrubber.disabled = this.speed.disabled = !ready && !player.endless;
    this.scrubber.value = String(player.endless ? 0 : player.at);
    fillRange(this.scrubber, 0);
    fillRange(this.seconds, 1);
    this.secondsOut.textContent = t("gan_walk_seconds", { count: seconds });
    this.time.textContent = player.endless ? "∞"
      : `${(player.at * seconds).toFixed(1)} / ${t("gan_walk_seconds", { count: seconds.toFixed(1) })}`;
    this.scrubber.setAttribute("aria-valuetext", this.time.textContent);
    this.use.disabled = !player.shown;
    this.withinRow.hidden = !this.studio.classes;
    const label = player.endless ? "gan_walk_end" : "gan_walk_endless";
    Object.assign(find(this.endless, "[data-t]"), { textContent: t(label) }).dataset.t = label;
    this.film.enable(ready);
  }

  #directions() {
    const now = this.studio.now() && here(this.studio);
    // towards the class that is on show there is nowhere to go
    const found = this.studio.directions().filter((d) => d.target === null || !now?.mix
      || now.mix[d.target] < 1);
    const chosen = this.direction.value;
    this.direction.replaceChildren(...found.map((d) => h("option", { value: d.id }, shortNameOf(d))));
    if (found.some((d) => d.id === chosen)) this.direction.value = chosen;
    this.direction.disabled = this.along.disabled = !found.length;
    if (!found.length) this.direction.replaceChildren(h("option", {}, t("gan_walk_no_directions")));
  }

  /** @param {string} sentence */
  #note(sentence) { this.note.textContent = sentence; }
}
