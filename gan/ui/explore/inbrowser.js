// The painter's second engine: the generator in this browser, in a worker; and the line under the
// picture that says where it was made and how fast, with the switch between the two.
/** @import { LocalEngine, Painted, Picture, PictureRequest } from "../page/kit/types" */
import { boot, h, isMoment, modelOf, on, plainRef, recall, t, translate } from "../page/kit/core.js";
import {
  GeneratorWorker, SWITCH, Unreachable, factsOf, modelFile, unreachable,
} from "../page/kit/generatorworker.js";
import { classWeights, server, toImageData } from "../page/kit/painter.js";

const CALM_MS = 400;  // the picture comes first; a model that is only passed by is not fetched
const SLOW_MS = 50;  // a browser that takes longer is no match for a server
const DRAWS = 5;  // the fastest counts: the first ones warm up, and a machine may be busy
const TRIES = 3;  // a network may fail once
const GREY_LEVELS = 2;  // two ways to round may differ by one
const LINE_EVERY_MS = 250;

/** @implements {LocalEngine} */
export class BrowserEngine {
  /** @param {() => void} changed */
  constructor(changed) {
    this.room = 2;
    this.changed = changed;
    /** @type {PictureRequest | null} */
    this.wanted = null;
    /** @type {{ key: string, revision: string, nimg: number } | null} */
    this.ready = null;  // the model that is in the worker
    /** @type {GeneratorWorker | null} */
    this.worker = null;
    /** @type {string | null} */
    this.why = "loading";
    /** @type {string | null} */
    this.tried = null;
    /** @type {string | null} */
    this.lastKey = null;
    /** @type {number | undefined} */
    this.timer = undefined;
    this.tries = 0;
    this.seen = false;
    this.on = recall(SWITCH) !== "off";
    this.insists = recall(SWITCH) === "on";  // by hand: also where the server is faster
    on("state", () => this.#consider());
  }

  // ---- what the painter asks ----------------------------------------------------------------

  // The picture on screen is to be made of this; from here on the model is on its way.
  /** @param {PictureRequest} request */
  want(request) {
    const other = this.wanted?.ref !== request.ref;
    this.wanted = request;
    if (other) this.#consider();
  }

  // There is a picture on screen: from now on there is time.
  see() {
    if (this.seen) return;
    this.seen = true;
    this.#consider();
  }

  // The model that is in the worker; asked for where `takes` says that there is one.
  get #loaded() {
    if (!this.ready) throw new Error("no model is loaded");
    return this.ready;
  }

  /** @param {string} ref */
  takes(ref) { return this.on && this.ready !== null && this.ready.key === keyOf(ref); }

  /** @param {PictureRequest} request @returns {Promise<Picture>} */
  async render(request) {
    const { revision, nimg } = this.#loaded;
    const picture = await this.#draw([request], revision);
    return { ...picture, where: "browser", nimg };
  }

  /** @param {PictureRequest[]} requests */
  async renderAll(requests) {
    const { revision } = this.#loaded;
    const pictures = [];
    for (const request of requests) {  // one by one: a slider that moves meanwhile waits for one only
      const { pixels, width, height, channels } = await this.#draw([request], revision);
      pictures.push(toImageData(pixels, width, height, channels));
    }
    return pictures;
  }

  /** @param {unknown} error */
  fail(error) {
    console.info(`the generator stays on the server: ${error instanceof Error ? error.message : error}`);
    this.#end();
    this.#say("failed");
  }

  // A network that fails, or weights that change meanwhile, may do better at the next look.
  /** @param {unknown} error */
  #failToLoad(error) {
    this.tries += 1;
    if (error instanceof Unreachable && this.tries < TRIES) this.tried = null;
    else this.fail(error);
  }

  // ---- the switch -----------------------------------------------------------------------------

  /** @param {boolean} wanted */
  turn(wanted) {
    this.on = this.insists = wanted;
    boot.remember(SWITCH, wanted ? "on" : "off");
    this.tried = null;
    if (wanted) this.#consider();
    else {
      this.#end();
      this.#say(null);
    }
  }

  // ---- one model after another ----------------------------------------------------------------

  // A training that runs writes new weights every few seconds: it is shown by the server.
  #consider() {
    if (!this.on || !this.wanted || !this.seen) return;
    const { ref } = this.wanted;
    const key = keyOf(ref);
    if (this.ready?.key === key || this.tried === key) return;
    if (this.lastKey !== key) this.tries = 0;
    this.tried = this.lastKey = key;
    clearTimeout(this.timer);
    if (isTraining(ref)) this.#say("training");
    else {
      this.#say("loading");
      this.timer = setTimeout(() => whenIdle(() => this.#load(ref, key)), CALM_MS);
    }
  }

  /** @param {string} ref @param {string} key */
  async #load(ref, key) {
    const left = () => this.tried !== key || !this.on;
    if (left()) return;
    try {
      const info = await factsOf(ref);
      if (!info.one_pass) return left() ? null : this.#say("row_by_row");
      if (info.private) return left() ? null : this.#say("private");
      if (!info.fits) return left() ? null : this.#say("too_big");
      const model = await modelFile(ref, info.revision);
      if (left()) return;
      const { revision, nimg } = info;
      this.worker ??= new GeneratorWorker();
      await this.worker.load(info, model);
      if (left()) return;
      const why = await this.#compare(revision, nimg);
      if (left()) return;
      if (why) return this.#say(why);
      this.ready = { key, revision, nimg };
      this.#say(null);
    } catch (error) {
      if (!left()) this.#failToLoad(error);
    }
  }

  // Before it is trusted, what it draws is held against the server's picture of the same point.
  /** @param {string} revision @param {number} nimg */
  async #compare(revision, nimg) {
    const request = this.wanted;
    if (!request) throw new Error("nothing is asked for");
    const theirs = await server.render(request).catch(unreachable);
    if (theirs.nimg !== nimg) throw new Unreachable("the model has newer weights");
    const pixels = theirs.pixels ?? [];
    let mine = await this.#draw([request], revision);
    let fastest = mine.ms;
    for (let i = 1; i < DRAWS; i += 1) {
      mine = await this.#draw([request], revision);
      fastest = Math.min(fastest, mine.ms);
    }
    const off = mine.pixels.reduce((most, v, i) => Math.max(most, Math.abs(v - pixels[i])), 0);
    if (mine.pixels.length !== pixels.length || off > GREY_LEVELS) {
      throw new Error(`it draws another picture, ${off} grey levels off`);
    }
    return fastest > SLOW_MS && !this.insists ? "slow" : null;
  }

  /** @param {PictureRequest[]} requests @param {string} revision @returns {Promise<Omit<Picture, "where" | "nimg"> & { pixels: Uint8Array }>} */
  #draw(requests, revision) {
    const [{ psi, z }] = requests;
    const weights = classWeights(requests[0]);
    if (!this.worker) throw new Error("the worker was ended");
    return this.worker.call("render", { revision, count: 1, psi, z, weights });
  }

  #end() {
    clearTimeout(this.timer);
    this.worker?.end();
    this.worker = this.ready = null;
  }

  /** @param {string | null} why */
  #say(why) {
    if (why && why !== "loading") this.ready = null;
    this.why = why;
    this.changed();
  }
}

// ---- the line and the switch --------------------------------------------------------------------

/** @param {HTMLElement} node @param {import("../page/kit/painter.js").Painter} painter */
export function mountEngine(node, painter) {
  const line = new EngineLine(node);
  const engine = new BrowserEngine(() => line.draw());
  line.follow(engine);
  painter.engine = engine;
  return line;
}

class EngineLine {
  /** @param {HTMLElement} node */
  constructor(node) {
    /** @type {number[]} */
    this.times = [];  // ms, of the last pictures
    /** @type {Painted["where"]} */
    this.where = "server";
    this.shown = 0;
    /** @type {BrowserEngine} */
    this.engine;  // with `follow`, at once
    /** @type {number | undefined} */
    this.timer = undefined;
    this.speed = h("p", { class: "ga-quiet", id: "latency" }, "\u00a0");
    this.box = h("input", {
      type: "checkbox", role: "switch", id: "engine-switch",
      onchange: () => { this.forget(); this.engine.turn(this.box.checked); },
    });
    this.why = h("span", { class: "ga-quiet", id: "engine-why", role: "status" });
    const label = h("label", { class: "ga-switch", "data-help": "gan_engine_switch_help" },
      this.box, h("span", { "data-t": "gan_engine_switch" }));
    node.replaceChildren(this.speed, h("div", { class: "ga-engine-row" }, label, this.why));
    translate(node);
    on("language", () => this.draw());
  }

  /** @param {BrowserEngine} engine */
  follow(engine) {
    this.engine = engine;
    this.box.checked = engine.on;
    this.draw();
  }

  // After every picture; the figure is the median of the last few, and changes four times a second.
  /** @param {Painted} facts */
  painted({ where, totalMs }) {
    if (where !== this.where) this.times = [];
    this.where = where;
    this.times = [...this.times, totalMs].slice(-9);
    this.engine.see();
    clearTimeout(this.timer);
    const wait = this.shown + LINE_EVERY_MS - performance.now();
    if (wait <= 0) this.draw();
    else this.timer = setTimeout(() => this.draw(), wait);
  }

  // What was timed of another model, or where it no longer runs, says nothing of the next picture.
  forget() {
    clearTimeout(this.timer);
    this.times = [];
    put(this.speed, "\u00a0");
  }

  draw() {
    const { why, on: wanted } = this.engine;
    put(this.why, wanted && why ? t(`gan_engine_${why}`) : "");
    if (!this.times.length) return;
    this.shown = performance.now();
    const ms = [...this.times].sort((a, b) => a - b)[this.times.length >> 1];
    put(this.speed, t(`gan_engine_${this.where}`, { ms: Math.round(ms) }));
  }
}

// ---- helpers ------------------------------------------------------------------------------------

/** @param {HTMLElement} node @param {string} text */
const put = (node, text) => { if (node.textContent !== text) node.textContent = text; };

/** @param {string} ref */
const isTraining = (ref) =>
  !isMoment(ref) && ["starting", "running"].includes(modelOf(plainRef(ref))?.state ?? "");

// Which weights a ref stands for now: a run's newest change with its count of images.
/** @param {string} ref */
function keyOf(ref) {
  const model = modelOf(plainRef(ref));
  const moving = isMoment(ref) ? "" : `${model?.nimg} ${isTraining(ref)}`;
  return `${ref} ${moving}`;
}

/** @param {() => void} act */
const whenIdle = (act) =>
  ("requestIdleCallback" in window ? requestIdleCallback(act, { timeout: 2000 }) : setTimeout(act, 200));
