// The playground: a GAN, a flow or a drifting model learns points of the plane before one's eyes, and can be meddled with.
/** @import { Frame, Packed, Truth } from "./playframes.js" */
import { ACTIVE, boot, copyText, addressOf, find, h, leave, openTab, on, presetOfPoints, recall, say, sentences, speedOf, state, t, translate, written, ask, fillRange, count, duration } from "../page/kit/core.js";
import { saveCode } from "../page/kit/codesave.js";
import { whenShown } from "../page/kit/fresh.js";
import { myTurn } from "../page/kit/queue.js";
import { PlayCharts } from "./playcharts.js";
import { Drawing } from "./playdraw.js";
import { outsiders, pointsOfStep, scored, toldApart, unpack } from "./playframes.js";
import { filled, joined, taken } from "./playlink.js";
import { PlayGame } from "./playgame.js";
import { kindOf, showKind } from "./playkind.js";
import { PlayRun } from "./playrun.js";
import { PlaySettings } from "./playsettings.js";
import { LAYERS, OF, PlaneView, REACH } from "./playview.js";

const SETS = ["ring", "grid", "spiral", "moons", "line"];
const WAYS = [...SETS, "letters", "draw"];
/** @type {Record<string, string>} */
const RECIPES = { recommended: "", article: "ring-article", flow: "ring-flow", drift: "ring-drift" };  // preset, where that does not follow from the data
const SECONDS = [20, 30, 60, 180, 600];
/** @type {Record<string, number>} */
const USUAL = { ring: 20 };  // until which it is learned; other data want longer
const USUALLY = 60;
const SPEEDS = [0, 25, 10, 5, 2, 1];  // steps a second; 0 is full speed
const AGAIN_MS = 50;
const AVERAGE = "average";
const LAYERS_KEPT = "gan-play-layers";  // in the browser: those that are off
const OFF = "paths";  // at first: lines over all that they are to explain
const LETTERS = /^[^\s\p{C}]{1,4}$/u;

export class Playground {
  /** @param {HTMLElement} root the section @param {{ changed: () => void }} told when its set-up was changed, for the link */
  constructor(root, { changed }) {
    this.root = root;
    this.told = changed;
    this.way = "ring";
    this.drawing = new Drawing();
    this.real = /** @type {Float32Array | null} */ (null);
    this.truth = /** @type {Truth | null} */ (null);
    this.at = -1;  // the frame on show; -1: the newest
    this.picked = /** @type {number | null} */ (null);
    this.asked = "";  // the data whose points are asked for
    this.timer = /** @type {number | undefined} */ (undefined);
    this.starting = false;
    this.looked = false;  // for a run that is under way already
    this.why = "";
    this.timed = false;  // the duration was chosen, and is not that of the data
    /** @type {{ id: string, way: string, kind: import("../page/kit/types").Kind } | null} */
    this.mine = null;  // the training that was begun here last
    this.view = new PlaneView(find(root, "#play-plane", HTMLCanvasElement));
    this.settings = new PlaySettings(this.find("settings"), { changed: (key, text) => this.#change(key, text) });
    this.charts = new PlayCharts(this.find("charts"));
    this.game = new PlayGame(this.find("game"));
    this.run = new PlayRun(root, { changed: () => this.#draw(), frame: () => this.#frame(), failed: (error) => this.#note(say(error)) });
    this.#build();
    this.#words();
    this.#rebase();
    this.#pointer();
    translate(root);
  }

  /** @param {string} id */
  find(id) { return find(this.root, `#play-${id}`); }

  /** @param {string} id */
  input(id) { return find(this.root, `#play-${id}`, HTMLInputElement); }

  /** @param {string} id */
  select(id) { return find(this.root, `#play-${id}`, HTMLSelectElement); }

  // The run that is under way already, and the points.
  start() {
    on("language", () => { this.#words(); this.#draw(); });
    whenShown(this.root, () => { ask("train/prepare", {}).catch(() => null); });
    this.#show(null);
    on("state", () => this.#adopt());
    if (state.ready) this.#adopt();
  }

  // After a reload the first news of the server tells of the run, which is shown if it is of these data.
  #adopt() {
    if (this.looked) return;
    this.looked = true;
    const mine = state.runs.find((r) => ACTIVE.includes(r.state) && r.steerable && presetOfPoints(r.preset) && wayOf(r.data) === this.way);
    if (!mine || this.mine) return;
    const kind = kindOf(mine.preset);
    if (kind !== kindOf(this.preset)) {
      this.select("recipe").value = kind in RECIPES ? kind : "recommended";
      this.#rebase();
    }
    this.#watch(mine.id);
  }

  // ---- the set-up -----------------------------------------------------------------------------

  #build() {
    this.find("data").append(...WAYS.map((way) => h("label", { class: "ga-button is-chip" },
      h("input", { type: "radio", id: `play-data-${way}`, name: "play-data", class: "ga-sr", value: way, checked: way === this.way, onchange: () => this.choose(way) }),
      h("span", { "data-t": `gan_play_data_${way}` }))));
    const off = (recall(LAYERS_KEPT) ?? OFF).split(",");
    for (const name of off) this.view.shown.delete(name);
    this.find("layers").append(...[...LAYERS, AVERAGE].map((name) => h("button", { type: "button", class: "ga-button is-chip", "data-show": name,
      "data-t": `gan_play_layer_${name}`, "data-help": `gan_play_layer_${name}_help`, "data-called": `gan_play_layer_${name}`,
      ...(OF[name] ? { "data-of": OF[name] } : {}), "aria-pressed": String(this.view.shown.has(name)),
      onclick: (e) => this.#layer(name, e.currentTarget) })));
    this.find("start").addEventListener("click", () => this.#begin());
    this.find("pause").addEventListener("click", () => this.#order({ command: this.run.status?.state === "paused" ? "resume" : "pause" }));
    this.find("stop").addEventListener("click", () => this.#order({ command: "stop" }));
    this.find("step-d").addEventListener("click", () => this.#order({ command: "step", what: "d" }));
    this.find("step-g").addEventListener("click", () => this.#order({ command: "step", what: "g" }));
    this.find("step-both").addEventListener("click", () => this.#order({ command: "step", what: "both" }));
    this.input("t").addEventListener("input", () => this.#frame());
    this.find("slow").addEventListener("change", () => { if (this.run.steers) this.#order(this.#speed()); });
    this.find("recipe").addEventListener("change", () => {
      if (this.root.dataset.kind !== kindOf(this.preset)) this.#find();  // what is on show is of another kind
      this.#rebase();
      this.told();
    });
    this.find("seconds").addEventListener("change", () => { this.timed = true; });
    for (const id of ["seconds", "seed"]) this.find(id).addEventListener("change", () => this.told());
    this.input("text").addEventListener("input", () => this.#letters());
    this.find("clear").addEventListener("click", () => { this.drawing.clear(); this.#show(null); });
    this.find("link").addEventListener("click", (e) => copyText(addressOf({ tab: "lab", ...this.address() }), e.currentTarget));
    for (const [id, ending] of [["code", "py"], ["notebook", "ipynb"]]) {
      const button = find(this.root, `#play-${id}`, HTMLButtonElement);
      button.addEventListener("click", () => this.#saveCode(button, ending));
    }
    this.find("train").addEventListener("click", () => {
      openTab("train");
      if (this.run.id) leave("watch", this.run.id);
    });
    this.input("moment").addEventListener("input", () => this.#go(Number(this.input("moment").value)));
    this.find("again").addEventListener("click", () => this.#again());
  }

  #words() {
    /**
     * @template {string | number} V
     * @param {string} id @param {V[]} values @param {(v: V) => string} name
     */
    const fill = (id, values, name) => {
      const select = this.select(id);
      const { value } = select;
      select.replaceChildren(...values.map((v) => h("option", { value: v }, name(v))));
      select.value = value || String(values[0]);
    };
    const limit = boot.limit_s ?? Infinity;
    fill("recipe", Object.keys(RECIPES), (v) => t(`gan_play_recipe_${v}`));
    fill("seconds", SECONDS.filter((s) => s <= limit), (v) => t("gan_play_seconds", { seconds: v }));
    fill("slow", SPEEDS, (v) => speedOf(Number(v)));
  }

  get preset() {
    return RECIPES[this.select("recipe").value] || (this.way === "grid" ? "grid" : "ring");
  }

  // Of the run on show, else of what Start begins.
  get kind() { return kindOf(this.run.status?.preset ?? this.preset); }

  // What the recipe says, for these data.
  #rebase() {
    this.settings.rebase(boot.train.presets[this.preset].settings);
    const usual = RECIPES[this.select("recipe").value] ? USUALLY : USUAL[this.way] ?? USUALLY;
    if (!this.timed) this.select("seconds").value = String(usual);
  }

  /** @param {string} way */
  choose(way) {
    this.way = WAYS.includes(way) ? way : "ring";
    for (const radio of this.root.querySelectorAll("[name=play-data]")) {
      if (radio instanceof HTMLInputElement) radio.checked = radio.value === this.way;
    }
    this.find("letters").hidden = this.way !== "letters";
    this.find("drawing").hidden = this.way !== "draw";
    this.#find();
    this.#rebase();
    this.told();
  }

  // The training that was begun here, if it is of these data and this kind.
  #find() {
    const mine = state.runs.find((r) => r.id === this.mine?.id && ACTIVE.includes(r.state));
    this.#show(mine && this.mine?.way === this.way && this.mine.kind === kindOf(this.preset) ? mine.id : null);
  }

  // The training under way goes on when other data are looked at, and is found again with its own.
  /** @param {string | null} id */
  #show(id) {
    this.at = -1;
    this.picked = null;
    this.run.watch(id);
    this.charts.clear();
    if (!id) this.#points();
    this.#draw();
  }

  #letters() {
    const { value } = this.input("text");
    if (!LETTERS.test(value)) return this.#note(value ? t("gan_play_letters_wrong") : "");
    this.#note("");
    this.#show(null);
    this.told();
  }

  // The data's name for the server; of a drawing, once it is kept there.
  async #spec() {
    if (this.way === "letters") return `letter:${this.input("text").value}`;
    if (this.way !== "draw") return this.way;
    return (await ask("play/points", { points: this.drawing.points })).data;
  }

  // The real points of the set-up, or of the run on show.
  async #points() {
    const of = this.run.id && this.run.status ? `id=${this.run.id}` : this.way === "draw" ? "" : `data=${encodeURIComponent(await this.#spec())}`;
    this.asked = of;
    if (!of) return this.#take(null);
    try {
      const reply = await ask(`play/points?${of}`);
      if (this.asked === of) this.#take(reply);
    } catch (error) {
      if (this.asked === of) { this.#take(null); this.#note(say(error)); }
    }
  }

  /** @param {{ points: Packed, truth: Omit<Truth, "centres"> & { centres: Packed } | null } | null} reply */
  #take(reply) {
    this.real = reply ? unpack(reply.points) : null;
    this.truth = reply?.truth ? { ...reply.truth, centres: unpack(reply.truth.centres) } : null;
    this.#frame();
  }

  // ---- drawing and pointing -------------------------------------------------------------------

  get draws() { return this.way === "draw" && !this.run.id; }

  #pointer() {
    const { canvas } = this.view;
    canvas.addEventListener("pointerdown", (e) => {
      if (!this.draws) {
        this.picked = this.view.nearest(this.view.at(e));
        return this.#frame();
      }
      canvas.setPointerCapture(e.pointerId);
      this.#brush(e);
    });
    canvas.addEventListener("pointermove", (e) => { if (this.draws && canvas.hasPointerCapture(e.pointerId)) this.#brush(e); });
    for (const name of ["pointerup", "pointercancel"]) canvas.addEventListener(name, () => this.drawing.lift());
  }

  /** @param {PointerEvent} e */
  #brush(e) {
    const between = e.getCoalescedEvents?.() ?? [];  // none where a finger comes down
    for (const each of between.length ? between : [e]) this.drawing.move(this.view.at(each));
    this.#drawn();
  }

  #drawn() {
    this.find("drawn").textContent = t(!this.draws ? "gan_play_drawn_anew" : boot.local ? "gan_play_drawn" : "gan_play_drawn_public", { count: this.drawing.points.length });
    this.view.canvas.classList.toggle("is-drawing", this.draws);
    this.#frame();
  }

  // ---- start and steer ------------------------------------------------------------------------

  // Why what is to be learned is not whole yet, told; else "".
  #lacks() {
    const why = this.way === "draw" && !this.drawing.ready ? t("gan_play_draw_first")
      : this.way === "letters" && !LETTERS.test(this.input("text").value) ? t("gan_play_letters_wrong") : "";
    this.#note(why);
    return why;
  }

  async #wish() {
    return { preset: this.preset, data: await this.#spec(), seed: this.input("seed").value.trim(), seconds: this.select("seconds").value,
      kimg: "", other: "", settings: this.settings.changed() };
  }

  /** @param {HTMLButtonElement} button @param {string} ending */
  async #saveCode(button, ending) {
    if (this.#lacks()) return;
    button.disabled = true;  // it takes a moment
    await this.#wish().then((wish) => saveCode(wish, ending)).catch((error) => this.#note(say(error)));
    button.disabled = false;
  }

  async #begin() {
    if (this.starting || this.#lacks()) return;
    this.starting = true;
    this.find("start").setAttribute("aria-disabled", "true");
    this.find("wait").hidden = false;
    try {
      await this.#stop();
      const id = await myTurn(await ask("train/start", await this.#wish()), this.find("note"), "play-queue");
      if (!id) return;
      this.#watch(id);
      if (this.#speed().steps_per_s) await this.#order(this.#speed());
    } catch (error) {
      this.#note(say(error));
    } finally {
      this.starting = false;
      this.find("start").removeAttribute("aria-disabled");
      this.#draw();
    }
  }

  /** @param {string} id */
  #watch(id) {
    this.mine = { id, way: this.way, kind: kindOf(this.preset) };
    this.#show(id);
  }

  // The training that was begun here, if it still goes on.
  async #stop() {
    const id = this.mine?.id;
    const known = state.runs.find((r) => r.id === id);  // not yet, of one that was begun just now
    if (id && (!known || ACTIVE.includes(known.state))) await ask("train/steer", { id, command: "stop" }).catch(() => null);
  }

  #speed() { return { command: "slow", steps_per_s: Number(this.select("slow").value) }; }

  /** @param {{ command: string } & Record<string, unknown>} order */
  async #order(order) {
    this.#note("");
    if (order.command !== "slow") this.at = -1;
    await this.run.send(order).catch((error) => this.#note(say(error)));
  }

  // A setting that was changed: of the run on show, and of what Start begins.
  /** @param {string} key @param {string} text */
  async #change(key, text) {
    if (this.run.steers) await this.#order({ command: "set", settings: { [key]: text } });
    this.told();
  }

  // ---- what is shown --------------------------------------------------------------------------

  /** @param {string} text */
  #note(text) { this.find("note").textContent = text; }

  /** @param {string} name @param {HTMLElement} button */
  #layer(name, button) {
    const on = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", String(on));
    if (name === AVERAGE) this.view.averaged = on;
    else if (on) this.view.shown.add(name);
    else this.view.shown.delete(name);
    boot.remember(LAYERS_KEPT, LAYERS.filter((layer) => !this.view.shown.has(layer)).join(","));
    this.#frame();
  }

  get frames() { return this.run.history.frames; }

  get now() { return this.at < 0 ? this.frames.length - 1 : Math.min(this.at, this.frames.length - 1); }

  /** @param {number} at */
  #go(at) {
    clearTimeout(this.timer);
    this.at = at >= this.frames.length - 1 ? -1 : at;
    this.#frame();
  }

  // From the first frame to the newest.
  #again() {
    /** @param {number} at */
    const next = (at) => {
      this.#go(at);
      if (this.at >= 0) this.timer = setTimeout(() => next(this.at + 1), AGAIN_MS);
    };
    next(0);
  }

  #frame() {
    if (this.frames.length === 1) this.find("wait").hidden = true;
    const { now } = this;
    const frame = this.frames[now] ?? null;
    const time = this.kind === "flow" ? Number(this.input("t").value) / Number(this.input("t").max) : 1;
    this.find("t-now").textContent = `t = ${time.toFixed(1)}`;
    fillRange(this.input("t"), 0);
    this.view.show({ frame, at: now, time, history: this.run.history, real: this.real, picked: this.picked,
      drawn: this.draws ? this.drawing.points : null, loss: this.run.settings?.loss ?? "" });
    const slider = this.input("moment");
    slider.max = String(Math.max(0, this.frames.length - 1));
    slider.value = String(Math.max(0, now));
    slider.disabled = find(this.root, "#play-again", HTMLButtonElement).disabled = this.frames.length < 2;
    fillRange(slider, 0);
    this.#facts(frame);
    this.#game();
  }

  #game() {
    const { id, status, rows, step, parameters, settings } = this.run;
    const newest = this.frames.at(-1);
    this.game.show({ id, kind: this.kind, status, rows, step, parameters, settings, loss: settings?.loss ?? this.settings.value("loss"),
      generated: newest ? this.view.points(newest) : null, real: this.draws ? this.drawing.points.flat() : this.real });
  }

  /** @param {Frame | null} frame */
  #facts(frame) {
    /** @param {string} id @param {string} text */
    const put = (id, text) => { const node = this.find(id); if (node.textContent !== text) node.textContent = text; };
    const { status } = this.run;
    const counted = frame && this.view.points(frame);  // what is drawn is what is counted
    const score = counted && this.truth ? scored(counted, this.truth) : null;
    /** @param {number} v */
    const percent = (v) => (Number.isFinite(v) ? `${Math.round(100 * v)} %` : "–");
    put("steps", frame ? count(frame.steps ?? frame.nimg / Number(this.run.settings?.batch_size ?? 256)) : "–");
    put("rate", status && this.run.active && this.run.settings ? t("gan_play_per_s", { count: count(status.images_per_s / pointsOfStep(this.run.settings, status.nimg)) }) : "–");
    this.find("caught-box").hidden = !this.truth?.counted;
    this.find("quality-box").hidden = !this.truth;
    put("caught", score === null || score.caught === null ? "–" : t("gan_play_of", { caught: score.caught, of: score.of }));
    put("quality", score ? percent(score.quality) : "–");
    const [gone, all] = counted ? [outsiders(counted, REACH), counted.length / 2] : [0, 0];
    put("outside", gone ? sentences(t("gan_play_outside", { count: gone, of: all }), 2 * gone > all ? t("gan_play_flown") : "") : "");
    put("answer", frame?.arrays.real_scores ? percent(toldApart(frame.arrays.real_scores, frame.arrays.scores)) : "–");
    const seconds = frame?.seconds || this.run.rows.find((r) => frame && r.nimg >= frame.nimg)?.seconds;
    put("when", frame ? (this.at < 0 && this.run.active ? t("gan_play_now", { time: duration(seconds ?? 0) }) : duration(seconds ?? 0)) : "");
    const told = frame && score ? t("gan_play_alt", { quality: percent(score.quality), steps: this.find("steps").textContent ?? "" }) : t("gan_play_alt_empty");
    if (this.view.canvas.getAttribute("aria-label") !== told) this.view.canvas.setAttribute("aria-label", told);
  }

  #draw() {
    const { status, steers, active, id } = this.run;
    if (id && status && status.state !== "starting" && this.asked !== `id=${id}`) this.#points();
    /** @param {string} name */
    const button = (name) => find(this.root, `#play-${name}`, HTMLButtonElement);
    const paused = status?.state === "paused";
    button("pause").disabled = !steers;
    find(button("pause"), "span").textContent = t(paused ? "gan_resume" : "gan_pause");
    button("stop").disabled = !steers;
    showKind(this.root, this.kind);
    for (const what of ["step-d", "step-g", "step-both"]) button(what).disabled = !steers || status?.state === "starting";
    button("train").disabled = !id;
    this.#say(id === null ? "" : t(`gan_state_${status?.state ?? "starting"}`));
    this.#why();
    this.find("wait").hidden = !(this.starting || (active && (!this.frames.length || status?.state === "starting")));
    this.#game();
    if (this.run.settings && steers) this.settings.follow(this.run.settings);
    this.settings.fallen(steers ? this.run.rows.at(-1) ?? null : null);
    this.charts.show(this.run.rows, this.run.measures, this.kind, SETS.includes(this.way));
    this.find("plane").classList.toggle("is-live", active && id !== null);
    this.#drawn();
  }

  // Why the run on show is over, told once: what is noted later stays.
  #why() {
    const { id, status, active } = this.run;
    const why = id && !active && status?.message ? written(status.message) : "";
    if (why === this.why) return;
    if (why || this.find("note").textContent === this.why) this.#note(why);
    this.why = why;
  }

  /** @param {string} text */
  #say(text) {
    const node = this.find("state");
    if (node.textContent !== text) node.textContent = text;
  }

  // ---- the link -------------------------------------------------------------------------------

  // The set-up as parts of an address; a drawing stays with who drew it.
  address() {
    return filled({ play: this.way, text: this.way === "letters" ? this.input("text").value : "",
      recipe: RECIPES[this.select("recipe").value] ? this.select("recipe").value : "", for: this.select("seconds").value,
      init: this.input("seed").value.trim(), with: joined(this.settings.changed()) });
  }

  // What an address asks for; what is not known is named, and the rest taken.
  /** @param {URLSearchParams} linked */
  open(linked) {
    /** @param {string} id */
    const offered = (id) => (/** @type {string} */ v) => [...this.select(id).options].some((o) => o.value === v);
    const { parts, wrong } = taken(linked, { play: (v) => WAYS.includes(v), text: (v) => LETTERS.test(v), recipe: offered("recipe"),
      for: offered("seconds"), init: (v) => /^\d{1,10}$/.test(v) });
    if (parts.text) this.input("text").value = parts.text;
    if (parts.recipe) this.select("recipe").value = parts.recipe;
    if (parts.for) {
      this.select("seconds").value = parts.for;
      this.timed = true;
    }
    if (parts.init) this.input("seed").value = parts.init;
    if (parts.recipe || (parts.play && parts.play !== this.way)) this.choose(parts.play || this.way);  // another kind draws other controls
    this.#rebase();
    wrong.push(...this.settings.read(linked.get("with") ?? ""));
    if (wrong.length) this.#note(t("gan_link_left_out", { parts: wrong.join(", ").slice(0, 200) }));
  }
}

/** @param {string} data of a run of points */
const wayOf = (data) => (WAYS.includes(data) ? data : data.startsWith("letter:") ? "letters" : "draw");
