// The picture of the game above a training: whose turn it is, single steps, and slow motion, which
// makes such steps by itself.
/** @import { GameKind, GameNumbers, Kind, Run, Step, TrainFormValues, WatchedRun } from "../page/kit/types" */
import { ACTIVE, boot, find, finder, modelOf, on, recall, say, t, translate } from "../page/kit/core.js";
import { tabIsOpen } from "../page/kit/fresh.js";
import { named } from "../page/kit/figures.js";
import { GameDrawing } from "../page/kit/gamedraw.js";
import { Turns, still } from "../page/kit/gameturns.js";
import { gameOf } from "./games.js";
import { StepView } from "./stepview.js";

const DWELL_MS = 2400;  // slow motion rests at each step
const LOST_MS = 60_000;  // a step that has not come by then ends slow motion
const PHONE = 640;
export const TALL = 1000;  // CSS px: the curves are in sight below the picture

export class Game {
  waits = false;  // for a step that was asked for
  playing = false;
  /** @type {WatchedRun | null} */ run = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */ next = undefined;
  /** @type {ReturnType<typeof setTimeout> | undefined} */ lost = undefined;
  number = -1;  // of the last step that was seen
  folded = false;  // for the sake of what is open beside it
  beside = new Set();
  rested = false;  // slow motion has seen the run paused

  // send(order) asks the server and throws what it refuses; form(): what a next run would be, null before it is filled in.
  /** @param {HTMLElement} root @param {{ send(order: object): Promise<unknown>, form(): (TrainFormValues & { of: Kind }) | null }} does */
  constructor(root, { send, form }) {
    // made by #become
    /** @type {GameKind} */ this.game;
    /** @type {GameDrawing} */ this.drawing;
    this.root = root;
    this.find = finder(root);
    this.send = send;
    this.form = form;
    this.turns = new Turns(root, { count: () => this.game.turns.length, draw: () => this.#draw() });
    this.#become("gan");
    this.steps = new StepView(this.find("#step-view"));
    this.#listen();
    translate(this.find("#game"));
    this.#open(recall("gan-game") ? recall("gan-game") === "open" : innerWidth >= PHONE);
    on("language", () => this.#draw());
  }

  // Another kind of training has another picture, and other steps.
  /** @param {Kind} kind */
  #become(kind) {
    if (this.game?.name === kind) return;
    this.game = gameOf(kind);
    this.turns.now = 0;
    this.drawing = new GameDrawing(this.game);
    this.find("#game-body").replaceChildren(this.drawing.node);
    const turns = this.#turns();
    for (const what of /** @type {const} */ (["d", "g"])) this.find(`#step-${what}`).hidden = !turns.includes(what);
    const alone = turns.length === 1;
    this.find(".ga-step-name").hidden = alone;
    Object.assign(this.find("#step-both").dataset, alone ? { t: "gan_step_alone", help: "gan_step_alone_help" } : { t: "gan_step_both", help: "gan_step_both_help" });
    const name = alone ? "gan_game_alone" : "gan_game";
    this.find("#game-toggle [data-t]").dataset.t = name;
    this.find("#game").dataset.tLabel = name;
    this.find("#game-toggle").dataset.help = alone ? "gan_game_alone_help" : "gan_game_help";
    this.find("#slow-motion").dataset.help = alone ? "gan_game_slow_alone_help" : "gan_game_slow_help";
    translate(this.find("#game"));
  }

  // What one may step: each network alone where they take turns.
  /** @returns {Step["what"][]} */
  #turns() { return this.game.turns.length > 1 ? [...this.game.turns, "both"] : this.game.turns; }

  #listen() {
    this.find("#game-toggle").addEventListener("click", () => {
      const yes = this.find("#game-body").hidden;
      this.folded = false;
      this.#open(yes);
      boot.remember("gan-game", yes ? "open" : "closed");
    });
    for (const what of /** @type {const} */ (["d", "g", "both"])) {
      this.find(`#step-${what}`).addEventListener("click", () => { this.#rest(); this.#step(what); });
    }
    this.find("#slow-motion").addEventListener("click", () => (this.playing ? this.#rest() : this.#play()));
    for (const form of ["#train-form", "#settings"]) {  // before there is a run: that of the form
      this.find(form).addEventListener("change", () => { if (!this.run?.id) this.#draw(); });
    }
  }

  /** @param {boolean} yes */
  #open(yes) {
    this.find("#game-toggle").setAttribute("aria-expanded", String(yes));
    this.find("#game").classList.toggle("is-open", yes);
    this.find("#game-body").hidden = !yes;
    this.#draw();
  }

  // Open settings and steering need the height of a small window: the picture folds to its line until
  // they are closed.
  /** @param {string} what @param {boolean} yes */
  makeRoom(what, yes) {
    this.beside[yes ? "add" : "delete"](what);
    const isOpen = !this.find("#game-body").hidden;
    if (yes && isOpen && innerHeight < TALL) {
      this.folded = true;
      this.#open(false);
    } else if (!this.beside.size && this.folded) {
      this.folded = false;
      this.#open(true);
    }
  }

  // ---- single steps, and those of slow motion -------------------------------------------------------

  /** @param {Step["what"]} what */
  async #step(what) {
    this.waits = true;
    clearTimeout(this.lost);
    this.lost = setTimeout(() => { this.waits = false; this.#rest(); }, LOST_MS);
    try {
      await this.send({ command: "step", what });
      this.#note("");
    } catch (error) {
      this.waits = false;
      this.#rest();
      this.#note(say(error));
    }
  }

  #play() {
    Object.assign(this, { playing: true, rested: false });
    this.turns.now = 0;
    this.#open(true);
    this.#step(this.game.turns[0]);
  }

  #rest() {
    clearTimeout(this.next);
    if (!this.playing) return;
    this.playing = false;
    this.#draw();
  }

  // A step has come: the next one after a moment, as long as somebody looks.
  #came() {
    this.waits = false;
    clearTimeout(this.lost);
    if (!this.playing) return;
    clearTimeout(this.next);
    this.next = setTimeout(() => {
      if (!tabIsOpen(this.root)) return this.#rest();
      this.turns.now = (this.turns.now + 1) % this.game.turns.length;
      this.#step(this.game.turns[this.turns.now]);
    }, DWELL_MS);
  }

  // ---- what is shown --------------------------------------------------------------------------------

  /** @param {WatchedRun} run */
  show(run) {
    const { id, status, step, rows, parameters, snapshots, settings, reals, beginning, of, plane } = run;
    const other = this.run?.id !== id;
    if (other) {
      Object.assign(this, { waits: false, number: step?.number ?? -1 });
      this.#rest();
      this.#note("");
    }
    const first = this.run?.status === null || other;
    this.run = /** @type {WatchedRun} */ ({ id, status, step, rows, parameters, snapshots, settings, reals, beginning, of, plane });
    if (step && step.number !== this.number) {
      this.number = step.number;
      if (this.waits || !first) this.#came();
    }
    this.#watchOver(status);
    this.#draw();
  }

  // Slow motion ends where the run goes on, or may not be steered any more.
  /** @param {Run | null} status */
  #watchOver(status) {
    if (!this.playing) return;
    if (status?.state === "paused") this.rested = true;
    const goesOn = this.rested && status?.state === "running";
    if (goesOn || !this.#steers()) this.#rest();
  }

  #steers() {
    const status = this.run?.status;
    return Boolean(status?.steerable && ["running", "paused"].includes(status.state));
  }

  // The single step that the run rests at, or null.
  /** @returns {Step | null} */
  #stepNow() {
    const { status = null, step = null } = this.run ?? {};
    if (!step || !status || ["running", "starting"].includes(status.state)) return null;
    return this.playing || this.waits || step.nimg === status.nimg ? step : null;
  }

  /** @param {Step | null} step */
  #turnNow(step) {
    const state = this.run?.beginning ? "starting" : this.run?.status?.state;
    if (step) return step.what;
    if (state === "running" && this.run?.rows.length) return still.matches ? "both" : this.game.turns[this.turns.now];
    if (!this.run?.id && !this.run?.beginning) return "idle";
    return state === "paused" ? "paused" : ACTIVE.includes(state ?? "starting") ? "starting" : "over";
  }

  #draw() {
    const { run } = this;
    if (!run) return;
    this.#become(run.id ? run.of : this.form()?.of ?? "gan");
    const step = this.#stepNow();
    this.#drawButtons();
    this.steps.show(run.id, step, { changes: this.game.changes, plane: run.plane });
    const running = run.status?.state === "running" && !step;
    this.turns.keep(running);
    if (!this.find("#game-body").hidden) this.#drawPicture(run, step, running);
  }

  /** @param {WatchedRun} run @param {Step | null} step @param {boolean} running */
  #drawPicture(run, step, running) {
    const turn = this.#turnNow(step);
    const loss = run.settings?.loss ?? this.form()?.settings.loss ?? "";
    const values = { ...this.game.read(run, step), pictures: this.#pictures(step), loss, turn,
      z_dim: run.id ? modelOf(`run:${run.id}`)?.z_dim : undefined, moving: running || this.playing || this.waits, fresh: this.turns.takeFresh() };
    const says = this.#says(turn, step, values);
    /** @param {number | null | undefined} v */
    const of = (v) => (Number.isFinite(v) ? named(Number(v)) : "–");
    const alone = this.game.name !== "gan";
    const alt = alone ? says : run.rows.length ? t("gan_game_alt", { says, real: of(values.scores.real), fake: of(values.scores.fake),
      loss_d: of(values.losses.loss_d), loss_g: of(values.losses.loss_g) }) : says;
    this.drawing.show({ ...values, says, alt });
  }

  /** @param {string} turn @param {Step | null} step @param {GameNumbers} values */
  #says(turn, step, { scores, before }) {
    const own = this.game.name === "gan" ? "" : `${this.game.name}_`;
    if (!step) return t(`gan_game_${own}says_${turn}`);
    /** @param {string} kind */
    const change = (kind) => t("gan_game_change", { from: named(before?.[kind] ?? 0), to: named(scores[kind] ?? 0) });
    if (own) return t(`gan_game_${own}did`, Object.fromEntries((this.game.changes ?? []).map((key) => [key, change(key)])));
    return t(`gan_game_did_${step.what}`, { real: change("real"), fake: change("fake") });
  }

  // Cut from sheets that the page has anyway, but for the real images before a run has written its own.
  /** @param {Step | null} step */
  #pictures(step) {
    const { id, status, snapshots, reals } = /** @type {WatchedRun} */ (this.run);
    /** @param {string} path @param {Record<string, unknown>} values */
    const of = (path, values) => `${path}?${new URLSearchParams(Object.entries(values).map(([name, value]) => [name, String(value)]))}`;
    const newest = snapshots.at(-1);
    const fake = step ? of("run/picture", { id, name: "after", n: step.number })
      : id && newest !== undefined ? of("snapshot", { id, nimg: newest, since: status?.since ?? 0 }) : null;
    const data = id ? status?.data ?? "" : this.form()?.data ?? "";
    const real = id && reals ? of("run/picture", { id, name: "reals" })
      : boot.train.data.includes(data) ? of("train/reals", { data }) : null;
    return { fake, real };
  }

  #drawButtons() {
    const may = this.#steers();
    for (const id of ["#step-d", "#step-g", "#step-both"]) this.find(id, HTMLButtonElement).disabled = !may;
    const slow = this.find("#slow-motion", HTMLButtonElement);
    slow.disabled = !may && !this.playing;
    slow.setAttribute("aria-pressed", String(this.playing));
    const key = this.playing ? "gan_game_slow_stop" : "gan_game_slow";
    const label = find(slow, "[data-t]");
    if (label.dataset.t === key) return;
    label.dataset.t = key;
    label.textContent = t(key);
    slow.querySelector("path")?.setAttribute("d", this.playing ? "M4 4h8v8H4z" : "M5 3v10l8-5z");
  }

  /** @param {string} sentence */
  #note(sentence) { this.find("#step-note").textContent = sentence; }
}
