// The time machine: back to any snapshot of a run, play them, film them, and on into Explore.
/** @import { WatchedRun } from "../page/kit/types" */
import { ACTIVE, ask, choose, count, fillRange, h, icon, openTab, refresh, t, tabIsOpen, translate } from "../page/kit/core.js";
import { Averaging } from "./averaging.js";
import { openTimelapse } from "./timelapse.js";

const SPEEDS = [1, 2, 5, 10, 20];  // snapshots a second
const WHOLE_S = 30;  // a long run is not watched for longer: then it skips

// Fills `root`. `moved(nimg)` is called with the snapshot to show, null when following the newest.
// `show({id, snapshots, weights, status})` takes what is known of a run, as often as it changes.
// `tile()`: the sample that was pointed at last; `failed(error)`: it cannot be opened.
/** @param {HTMLElement} root @param {ConstructorParameters<typeof TimeMachine>[1]} acts */
export function mount(root, acts) {
  const machine = new TimeMachine(root, acts);
  return {
    /** @param {number} tile */
    open: (tile) => machine.open(tile),
    /** @param {Pick<WatchedRun, "id" | "snapshots" | "weights" | "status">} run */
    show: (run) => machine.show(run),
    shown: () => machine.shown(),
    sheet: () => machine.averaging.sheet,
    /** @param {number} nimg */
    seek: (nimg) => machine.seek(nimg),
    get nimg() { return machine.nimg; },
  };
}

class TimeMachine {
  /**
   * @param {HTMLElement} root
   * @param {{ moved: (nimg: number | null) => void, tile: () => number, failed: (error: unknown) => void }} acts
   */
  constructor(root, { moved, tile, failed }) {
    // made by #build
    /** @type {HTMLButtonElement} */ this.back;
    /** @type {HTMLButtonElement} */ this.play;
    /** @type {HTMLButtonElement} */ this.on;
    /** @type {HTMLSelectElement} */ this.speed;
    /** @type {HTMLInputElement} */ this.slider;
    /** @type {HTMLOutputElement} */ this.where;
    /** @type {HTMLButtonElement} */ this.now;
    /** @type {HTMLButtonElement} */ this.explore;
    /** @type {HTMLButtonElement} */ this.film;
    this.root = root;
    this.moved = moved;
    this.tile = tile;
    this.failed = failed;
    this.averaging = new Averaging({ changed: () => moved(this.nimg), failed });
    /** @type {string | null} */
    this.id = null;
    /** @type {number[]} */
    this.snapshots = [];
    /** @type {number[]} */
    this.weights = [];
    /** @type {number | null} */
    this.nimg = null;  // of the moment on show, where it is not the newest
    this.isOver = false;  // nothing newer will come
    /** @type {WatchedRun["status"]} */
    this.status = null;
    /** @type {{ id: string | null, nimg: number } | null} */
    this.wished = null;
    /** @type {{ timer: number | undefined, skip: number } | null} */
    this.playing = null;
    this.#build();
    this.show({ id: null, snapshots: [], weights: [], status: null });
    root.addEventListener("keydown", (e) => this.#key(e));
  }

  #build() {
    /** @param {string} id @param {string} name @param {() => void} act */
    const button = (id, name, act) => h("button", { type: "button", id, class: "ga-button is-icon",
      "data-t-label": `gan_${id.replace("-", "_")}`, "data-t-title": `gan_${id.replace("-", "_")}`,
      onclick: act }, icon(name));
    this.back = button("moment-back", "back", () => this.#step(-1));
    this.play = button("moment-play", "play", () => this.#toggle());
    this.on = button("moment-on", "next", () => this.#step(1));
    this.speed = h("select", { id: "moment-speed", class: "ga-input is-speed", "data-t-label": "gan_moment_speed",
       onchange: () => this.#pace() },
    ...SPEEDS.map((n) => h("option", { value: n }, `${n}/s`)));
    this.speed.value = "5";
    this.slider = h("input", { type: "range", id: "moment", class: "ga-range", min: 0, max: 0, step: 1,
      value: 0, "data-t-label": "gan_moment", oninput: (e) => { this.#pause(); this.#go(Number(e.currentTarget.value)); } });
    this.where = h("output", { id: "moment-at" });
    this.now = h("button", { type: "button", id: "moment-now", class: "ga-button is-bare",
      "data-t": "gan_moment_now", onclick: () => { this.#pause(); this.#go(Infinity); } });
    this.explore = h("button", { type: "button", id: "open-explore", class: "ga-button",
      "data-help": "gan_open_explore_help", onclick: () => this.open(this.tile()) },
    icon("open"), h("span", { "data-t": "gan_open_explore" }));
    this.film = h("button", { type: "button", id: "timelapse", class: "ga-button", "data-help": "gan_lapse_help",
      onclick: () => this.id && openTimelapse(this.id, { last: this.snapshots.at(-1) }) }, h("span", { "data-t": "gan_lapse" }));
    this.root.replaceChildren(
      h("span", { class: "ga-quiet", "data-t": "gan_moment", "data-help": "gan_grid_help" }),
      h("div", { class: "ga-group" }, this.back, this.play, this.on), this.speed,
      this.slider, this.where, this.now, this.explore, this.film, this.averaging.node);
    translate(this.root);
  }

  // The snapshot that is shown: the chosen one, or the newest; undefined where there is none.
  shown() { return this.snapshots[this.#at()]; }

  #at() {
    const last = this.snapshots.length - 1;
    const { nimg } = this;
    if (nimg === null) return last;
    const found = this.snapshots.findIndex((n) => n >= nimg);
    return found < 0 ? last : found;
  }

  // The moment that a link leads to, as soon as it is known which are kept.
  /** @param {number} nimg */
  seek(nimg) {
    this.wished = { id: this.id, nimg };
    this.#seek();
  }

  #seek() {
    const { wished, snapshots } = this;
    if (!wished || wished.id !== this.id || !snapshots.length) return;
    this.wished = null;
    const away = snapshots.map((n) => Math.abs(n - wished.nimg));
    this.#go(away.indexOf(Math.min(...away)));
  }

  /** @param {number} i */
  #go(i) {
    const last = this.snapshots.length - 1;
    this.nimg = i >= last ? null : this.snapshots[Math.max(0, i)];
    this.#draw();
    this.moved(this.nimg);
  }

  /** @param {number} by */
  #step(by) {
    this.#pause();
    this.#go(this.#at() + by);
  }

  // Space plays, comma and full stop step, Home and End go to the ends; arrows are the slider's own.
  /** @param {KeyboardEvent} event */
  #key(event) {
    const { target } = event;
    if (event.ctrlKey || event.metaKey || event.altKey || !(target instanceof Element) || target.matches("select, input:not([type=range])")) return;
    /** @type {Record<string, (() => void) | null | undefined>} */
    const acts = {
      ",": () => this.#step(-1), ".": () => this.#step(1),
      " ": target.matches("button") ? null : () => this.#toggle(),
    };
    const act = acts[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  }

  // ---- playing --------------------------------------------------------------------------------

  #toggle() { return this.playing ? this.#pause() : this.#start(); }

  #start() {
    if (this.snapshots.length < 2) return;
    this.playing = { timer: undefined, skip: 1 };
    if (this.nimg === null) this.#go(0);
    this.#pace();
  }

  #pace() {
    if (!this.playing) return;
    clearInterval(this.playing.timer);
    const rate = Number(this.speed.value);
    this.playing.skip = Math.max(1, Math.ceil(this.snapshots.length / (rate * WHOLE_S)));
    this.playing.timer = setInterval(() => this.#tick(), 1000 / rate);
    this.#draw();
  }

  #tick() {
    if (!this.playing || !tabIsOpen(this.root)) return;
    this.#go(this.#at() + this.playing.skip);
    if (this.nimg === null) this.#pause();  // it has caught up with the newest
  }

  #pause() {
    if (!this.playing) return;
    clearInterval(this.playing.timer);
    this.playing = null;
    this.#draw();
  }

  // One sample of the moment on show, by its very latent and the weights of then.
  /** @param {number} tile */
  async open(tile) {
    this.#pause();
    try {
      const shown = this.shown();
      if (shown === undefined) return await this.#openNewest();  // weights of which no picture is kept
      const query = new URLSearchParams({ id: this.id ?? "", nimg: String(shown), tile: String(tile) });
      const [{ nimg, z, label }] = await Promise.all([
        ask(`run/tile?${query}`), refresh()]);  // a young run may not be in the list of models yet
      const { length } = this.averaging;
      choose(`run:${this.id}@${nimg}${length && `~${length}`}`, { base: Float32Array.from(z), label },
        nimg === shown ? "" : t("gan_tile_nearest", { asked: count(shown) }));
      openTab("explore");
      return undefined;
    } catch (error) { return this.failed(error); }
  }

  async #openNewest() {
    const [id, nimg] = [this.id, this.weights.at(-1)];  // another run may be on show after the wait
    if (nimg === undefined) return;
    await refresh();
    choose(`run:${id}@${nimg}`);
    openTab("explore");
  }

  /** @param {Pick<WatchedRun, "id" | "snapshots" | "weights" | "status">} run */
  show({ id, snapshots, weights, status }) {
    if (id !== this.id) {
      this.#pause();
      this.nimg = null;
    }
    if (this.nimg !== null && !((snapshots.at(-1) ?? -1) > this.nimg)) this.nimg = null;  // it went back
    Object.assign(this, { id, snapshots, weights, status, isOver: Boolean(status) && !ACTIVE.includes(status?.state ?? "") });
    this.#seek();
    this.#draw();
  }

  #draw() {
    const last = this.snapshots.length - 1;
    const at = this.#at();
    this.slider.disabled = last < 1;
    this.slider.max = String(Math.max(0, last));
    this.slider.value = String(Math.max(0, at));
    fillRange(this.slider, 0);
    this.back.disabled = at < 1;
    this.on.disabled = this.nimg === null;
    this.now.disabled = this.nimg === null;
    this.play.disabled = this.speed.disabled = this.film.disabled = last < 1;
    this.#drawPlay();
    this.explore.disabled = !this.weights.length;
    const newest = this.isOver ? "gan_moment_end" : "gan_moment_live";
    const text = last < 0 ? "" : t(this.nimg === null ? newest : "gan_moment_at", { count: count(this.shown()) });
    if (this.where.textContent !== text) this.where.textContent = text;
    this.slider.setAttribute("aria-valuetext", text);
    this.averaging.show(this, this.shown());
  }

  #drawPlay() {
    const key = this.playing ? "gan_moment_pause" : "gan_moment_play";
    if (this.play.dataset.tLabel === key) return;
    Object.assign(this.play.dataset, { tLabel: key, tTitle: key });
    this.play.setAttribute("aria-label", t(key));
    this.play.title = t(key);
    this.play.replaceChildren(icon(this.playing ? "pause" : "play"));
  }
}
