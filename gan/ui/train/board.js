// Train: start a run, steer it, and look at any run there is.
/** @import { Finding, Health, Kind, Remedy, Row, Run, RunEvent, RunNews, Settings, StartReply, Step } from "../page/kit/types" */
import { Charts, thin } from "./charts.js";
import {
  ACTIVE, addressOf, arePoints, ask, boot, collect, copyText, count, currentLanguage, duration, find, finder, h, isBusy, link, linkedState, looked, ofPoints, on, onLetter, prepare, refresh, Refused,
  say, state, t, tabIsOpen, wordedFor, written,
} from "../page/kit/core.js";
import { Diagnosis } from "./diagnosis.js";
import { Game, TALL } from "./game.js";
import { Poll, whenShown } from "../page/kit/fresh.js";
import { LiveGrid } from "./livegrid.js";
import { momentOf } from "./moments.js";
import { mountPresets } from "./mypresets.js";
import { mountOwn } from "./own.js";
import { presentTraining } from "./presentation.js";
import { myTurn } from "../page/kit/queue.js";
import { fromSetupLink, withoutSetup } from "./setuplink.js";
import { Steer } from "./steer.js";
import { tickMs } from "../page/kit/tick.js";
import { bytes } from "../page/kit/figures.js";
import { mount as mountTimeMachine } from "./timemachine.js";
import { TrainForm, setupAddress } from "./trainform.js";

const WHEN_NEW = ["history", "step", "settings", "mark", "classes", "parameters", "begun_with", "of", "keep_mb"];  // what comes only then
/** @type {Record<string, string>} */
const DOTS = { running: "is-live", starting: "is-live", failed: "is-warn", interrupted: "is-warn" };

/** @param {HTMLElement} element */
export function mount(element) {
  new Train(prepare(element)).start();
}

class Train {
  // what is known of the run that is shown; #forget empties it
  /** @type {string | null} */ id = null;
  /** @type {Row[]} */ rows = [];
  /** @type {Row[]} */ measures = [];
  /** @type {RunEvent[]} */ history = [];
  /** @type {Finding[]} */ findings = [];
  /** @type {number[]} */ snapshots = [];
  /** @type {number[]} */ weights = [];
  /** @type {string[]} */ classes = [];
  /** @type {Run | null} */ status = null;
  /** @type {Health | null} */ health = null;
  /** @type {Step | null} */ step = null;
  /** @type {Settings | null} */ settings = null;
  /** @type {{ g: number, d: number } | null} */ parameters = null;
  /** @type {{ seed: number, seconds: number | null } | null} */ begun_with = null;
  /** @type {Kind} */ of = "gan";
  plane = false;
  mark = -1;
  reals = false;
  viewers = 0;
  willPause = false;
  bytes = 0;
  keep_mb = 0;

  beginning = false;
  prepared = false;
  /** @type {string | null} */ toFork = null;

  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    this.find = finder(root);
    this.form = new TrainForm(root, { note: (sentence) => this.#note(sentence || this.gone), opened: (yes) => this.game.makeRoom("settings", yes),
      filled: () => { if (!this.id && !this.root.inert) this.#draw(); } });
    this.grid = new LiveGrid(root, { open: (tile) => this.time.open(tile) });
    this.charts = new Charts(this.find("#charts"));
    this.game = new Game(root, { send: (order) => this.#send(order), form: () => (this.form.settings ? { ...this.form.values(), of: this.form.kind() } : null) });
    this.steer = new Steer(root, { send: (order) => this.#send(order), opened: (yes) => {
      this.game.makeRoom("steer", yes);
      this.form.makeRoom(yes && innerHeight < TALL);
    } });
    this.diagnosis = new Diagnosis(this.find("#diagnosis"), {
      apply: (remedy) => this.#apply(remedy), steers: () => this.#steers() });
    // from `start` on
    /** @type {Poll} */
    this.poll;
    /** @type {ReturnType<typeof mountTimeMachine>} */
    this.time;
    this.lookAtPresets = () => {};
    this.gone = "";  // that the training asked for is not there: the form's own check does not wipe it away
    this.#forget(null);
  }

  /** @param {string | null} id */
  #forget(id) {
    Object.assign(this, {
      id, rows: [], measures: [], history: [], findings: [], snapshots: [], weights: [], classes: [],
      status: null, health: null, step: null, settings: null, parameters: null, begun_with: null, ...this.#expected(id), mark: -1, reals: false, viewers: 0, willPause: false,
      bytes: 0, keep_mb: 0,
    });
    looked.run = id;
  }

  // What is trained, as far as known before its settings are: a run's preset, else what the form would train.
  /** @param {string | null} id @returns {{ of: Kind, plane: boolean }} */
  #expected(id) {
    const preset = boot.train.presets[state.runs?.find((run) => run.id === id)?.preset ?? ""];
    if (preset) return { of: preset.of ?? "gan", plane: arePoints(boot.train.data_sizes[preset.data]) };
    return this.form?.settings ? { of: this.form.kind(), plane: this.form.arePoints() } : { of: "gan", plane: false };
  }

  start() {
    this.poll = new Poll((signal) => this.#look(signal), () => this.#pause(), this.root);
    this.time = mountTimeMachine(this.find("#time-machine"), { moved: () => this.#draw(),
      tile: () => this.grid.last, failed: (error) => this.#note(say(error)) });
    this.#listen();
    on("state", () => this.#runs());
    collect("watch", (id) => this.#watch(id));
    on("fork", (id) => { this.toFork = id; this.#watch(id); this.#forkWhenRead(); });
    on("language", () => { this.form.words(); this.#runs(); this.#draw(); });
    this.form.start();
    const linked = fromSetupLink(linkedState());
    if (linkedState().get("run") && !linked) this.#forget(linkedState().get("run"));
    this.#runs();
    this.#draw();
    this.root.inert = false;  // until here a press would have gone unheard
    collect("train-wish", (wish) => this.form.wish(wish));
    whenShown(this.root, () => this.#prepare());
    this.#waiting();
    const { cards } = this.form;
    mountOwn(this.root, { cards, changed: (settings, classes) => this.form.taken(settings, classes) });
    this.lookAtPresets = mountPresets(this.root, { cards, values: () => this.form.values(), changed: () => this.form.changed() });
    if (linked) this.#fromLink();
  }

  #pause() {
    if (this.game.waits) return tickMs(true, 1, true);
    return tickMs(isBusy(this.status ? [this.status] : []), this.viewers, Boolean(this.status?.steerable));
  }

  async #fromLink() {
    const found = await this.form.fromLink().catch((error) => this.#note(say(error)));
    if (tabIsOpen(this.root)) link(withoutSetup(linkedState()));
    if (!found) return;
    this.#watch(found.run);
    if (found.moment !== null) this.time.seek(found.moment);
  }

  // The run on show as a set-up, with the moment on show.
  #address() {
    const { status, settings } = this;
    if (!status || !settings) return addressOf({ tab: "train" });
    const { seed, seconds } = this.begun_with ?? {};
    return setupAddress({ preset: status.preset, data: status.data, settings, init: String(seed ?? 0), seconds: seconds ? String(seconds) : "",
      run: this.id, moment: this.time.shown() ?? null });
  }

  #listen() {
    this.find("#train-form").addEventListener("submit", (e) => { e.preventDefault(); this.#begin(); });
    this.find("#pause").addEventListener("click", () => this.#command(
      ["starting", "running"].includes(this.status?.state ?? "") ? "pause" : "resume"));
    this.find("#stop").addEventListener("click", () => this.#command("stop"));
    const select = this.find("#run-select", HTMLSelectElement);
    select.addEventListener("change", () => this.#watch(select.value));
    this.find("#presets").addEventListener("change", () => { if (!this.id) this.#draw(); });
    const present = () => this.#present();
    this.find("#present-training").addEventListener("click", present);
    onLetter(this.root, "p", present);
    this.find("#fork-here").addEventListener("click", () => this.#fork(this.time.nimg));
    this.find("#run-link").addEventListener("click", (e) => copyText(this.#address(), e.currentTarget));
  }

  // ---- start and steer ------------------------------------------------------------------------

  async #begin() {
    const start = this.find("#start", HTMLButtonElement);
    const wish = this.form.values();
    if (this.form.lacksData(wish)) return this.#note(t(boot.local ? "gan_data_path_needed" : "gan_own_needed"));
    start.disabled = true;
    this.gone = "";
    this.#note("");
    this.form.settle();
    this.form.closeLink();
    const before = this.id;
    this.beginning = true;  // its process needs a moment before there is anything to read
    this.form.fold(true);
    this.#forget(null);
    this.find("#run-select", HTMLSelectElement).value = "";
    this.#draw();
    try {
      const reply = await ask("train/start", wish);
      if (reply.ticket) {  // a public server's queue: what runs meanwhile can be watched
        this.beginning = false;
        this.#watch(before ?? state.runs[0]?.id);
      }
      await this.#turn(reply);
    } catch (error) {
      this.beginning = false;
      this.form.fold(false);
      this.#watch(before);
      this.#note(say(error));
      this.form.mark(error instanceof Refused ? error.field : null);
    } finally {
      start.disabled = false;
      this.#draw();
    }
  }

  /** @param {StartReply} reply */
  async #turn(reply) {
    const id = await myTurn(reply, this.find("#train-note"));
    this.beginning = false;
    if (!id) return;
    const { fork } = reply;
    if (fork && fork.asked !== fork.nimg) {  // thinned since the form said where it would begin
      this.#note(t("gan_fork_moved", { run: fork.id, at: momentOf(fork.nimg, this.plane), asked: count(fork.asked ?? 0) }));
    }
    this.form.leaveFork();
    await refresh();
    this.#watch(id);
  }

  // Whoever looks at the form may press Start: torch is loaded by then.
  #prepare() {
    if (this.prepared || !tabIsOpen(this.root)) return;
    this.prepared = true;
    ask("train/prepare", {}).catch(() => null);
  }

  // A reloaded page finds its place in a public server's queue.
  async #waiting() {
    const reply = boot.local ? {} : await ask("train/queue").catch(() => ({}));
    if (!reply.ticket) return;
    const start = this.find("#start", HTMLButtonElement);
    start.disabled = true;
    await this.#turn(reply).catch((error) => this.#note(say(error)));
    start.disabled = false;
  }

  /** @param {string} command */
  async #command(command) {
    this.find("#pause", HTMLButtonElement).disabled = true;
    if (this.status?.state === "starting" && command === "pause") this.willPause = true;
    this.#draw();
    try {
      await this.#send({ command });
      this.#note("");
    } catch (error) {
      this.#note(say(error));
    }
    refresh();
  }

  // One order to the run that is shown; throws what the server refuses.
  /** @param {object} order */
  async #send(order) {
    await ask("train/steer", { id: this.id, ...order });
    this.poll.now();
  }

  #steers() {
    const { status } = this;
    return status !== null && status.steerable && ["running", "paused"].includes(status.state);
  }

  /** @param {Remedy} remedy */
  async #apply({ name, settings, nimg = null }) {
    if (name === "fork-before") return this.#goBack(() => this.#fork(nimg, settings));
    if (name === "start-over") return this.#goBack(() => this.#startOver(settings));
    if (!this.#steers()) return this.#fork(null, settings);
    try {
      await this.#send({ command: "set", settings, remedy: name });
    } catch (error) {
      this.#note(say(error));
    }
  }

  // End the run that went wrong, if it still goes on, and start the one that `fill` puts into the form.
  /** @param {() => unknown} fill */
  async #goBack(fill) {
    if (!this.settings) return;
    if (this.#steers()) await this.#send({ command: "stop" }).catch(() => null);
    await fill();
    this.#begin();
  }

  /** @param {Settings} settings */
  #startOver(settings) {
    if (!this.status) return undefined;
    const { preset, data } = this.status;
    return this.form.startOver({ preset, data }, { ...this.settings, ...settings });
  }

  // The form becomes one for a new run from this moment on, with the settings of this one.
  /** @param {number | null} nimg @param {Settings} [settings] */
  #fork(nimg, settings = {}) {
    if (!this.settings || !this.id) return;
    const row = nimg === null ? null : this.rows.find((r) => r.nimg >= nimg);
    const before = row?.seconds ?? this.status?.seconds ?? 0;
    this.form.startFork({ id: this.id, nimg }, this.settings, settings, before);
    this.find("#train-form").scrollIntoView({ block: "start", behavior: "instant" });
    this.find("#start").focus({ preventScroll: true });
  }

  // The list asks for a fork of a run whose settings may not be here yet.
  #forkWhenRead() {
    if (!this.toFork || this.toFork !== this.id || !this.settings) return;
    this.toFork = null;
    this.#fork(null);
  }

  #present() {
    const [start, stop] = [this.find("#start", HTMLButtonElement), this.find("#stop", HTMLButtonElement)];
    presentTraining({
      image: this.find("#live-grid", HTMLImageElement),
      run: () => ({ id: this.id, state: this.find("#run-state").textContent, at: momentOf(this.status?.nimg, this.plane),
        note: this.find("#train-note").textContent }),
      stops: () => !stop.disabled, toggle: () => (stop.disabled ? start : stop).click(),
    });
  }

  // ---- which run ------------------------------------------------------------------------------

  /** @param {string | null | undefined} id */
  #watch(id) {
    if (!id || id === this.id) return this.poll.now();
    if (this.gone) this.#note(this.gone = "");
    this.#forget(id);
    if (tabIsOpen(this.root)) link({ ...Object.fromEntries(linkedState()), run: id });
    this.#runs();
    this.#draw();
    this.poll.now();
  }

  #runs() {
    const select = this.find("#run-select", HTMLSelectElement);
    const ids = state.runs.map((r) => r.id);
    if (this.id && !ids.includes(this.id)) ids.push(this.id);  // one that is older, or only beginning
    const wanted = JSON.stringify([currentLanguage(), ids]);
    if (select.dataset.drawn !== wanted) {
      select.dataset.drawn = wanted;
      select.replaceChildren(...(ids.length
        ? ids.map((id) => h("option", { value: id }, id))
        : [h("option", { value: "" }, t("gan_no_runs"))]));
      select.disabled = !ids.length;
    }
    if (!this.id && !this.beginning && state.runs.length) {  // a reload finds the run that is going on
      const active = state.runs.find((r) => ACTIVE.includes(r.state));
      if (active) this.form.fold(true);
      this.#forget((active ?? state.runs[0]).id);
      this.poll.now();
    }
    if (select.value !== (this.id ?? "")) select.value = this.id ?? "";
  }

  // ---- look at it -----------------------------------------------------------------------------

  /** @param {AbortSignal} signal */
  async #look(signal) {
    const { id } = this;
    if (!id) return;
    const known = Object.entries({
      after: this.rows.at(-1)?.nimg ?? -1, seen: this.snapshots.at(-1) ?? -1, shots: this.snapshots.length,
      measured: this.measures.at(-1)?.nimg ?? -1, events: this.history.length,
      step: this.step?.number ?? -1, mark: this.mark,
    });
    const query = new URLSearchParams([["id", id], ...known.map(([name, value]) => [name, String(value)])]);
    await ask(`run?${query}`, undefined, signal).then(
      (news) => { if (id === this.id) (news.gone ? this.#leave(new Refused(news.gone)) : this.#take(news)); },
      (error) => { if (id === this.id) (error instanceof Refused && !this.status ? this.#leave(error) : this.#note(say(error))); });
  }

  // A run that did not begin, or that is not there: say why, and show another one.
  /** @param {Refused} error */
  #leave(error) {
    state.runs = state.runs.filter((run) => run.id !== this.id);  // the list may not know yet
    this.#forget(null);
    this.gone = error.field ? "" : say(error);
    this.#note(say(error));
    this.form.mark(error.field);
    this.#runs();
    this.#draw();
    refresh();
  }

  /** @param {RunNews} news */
  #take(news) {
    const { state: before = "starting", since = 0 } = this.status ?? {};
    if (before !== "starting" && since !== news.status.since) {  // deleted, and another has its name
      this.#forget(this.id);
      this.poll.now();
      return;
    }
    const changed = this.status?.state !== news.status.state;
    if (changed && this.status?.state === "starting") {
      this.willPause = false;
      if (news.problem) this.#note(say(new Refused(news.problem)));
    }
    if (news.again) Object.assign(this, { rows: [], snapshots: [], measures: [] });
    this.rows = thin([...this.rows, ...news.rows]);
    this.measures = thin([...this.measures, ...news.measures]);
    this.snapshots = news.thinned ? news.snapshots : [...this.snapshots, ...news.snapshots];
    const { status, weights, findings, health, reals, viewers, bytes } = news;
    const fresh = Object.fromEntries(Object.entries(news).filter(([key]) => WHEN_NEW.includes(key)));
    Object.assign(this, { status, weights, findings, health, reals, viewers, bytes }, fresh);
    this.#draw();
    this.#forkWhenRead();
    if (changed) refresh();
    if (changed && !ACTIVE.includes(news.status.state)) this.lookAtPresets();
  }

  #draw() {
    if (!this.id) Object.assign(this, this.#expected(null));
    if (this.settings) this.plane = arePoints(this.settings.resolution);
    ofPoints(this.find(".ga-run"), this.plane);
    const { status } = this;
    const name = this.beginning ? "starting" : status?.state ?? "none";
    this.find("#run-state").textContent = t(`gan_state_${name}`);
    this.find("#state-dot").className = `ga-dot ${DOTS[name] ?? ""}`;
    this.#nameFigures();
    this.#drawFigures(status);
    this.#drawMessage(status);
    this.#drawButtons(status);
    this.time.show(this);
    this.grid.show(this, this.time.shown(), this.time.sheet());
    this.charts.show(this, this.time.nimg);
    this.diagnosis.show(this);
    this.steer.show(this);
    this.game.show(this);
  }

  // What is counted: images, or points of the plane.
  #nameFigures() {
    for (const key of ["gan_nimg", "gan_rate"]) {
      const node = this.find(`.ga-figures dt [data-t^="${key}"], .ga-figures dt[data-t^="${key}"]`);
      const worded = wordedFor(key, this.plane);
      if (node.dataset.t !== worded) Object.assign(node, { textContent: t(worded) }).dataset.t = worded;
    }
  }

  /** @param {Run | null} status */
  #drawFigures(status) {
    /** @param {string} id @param {string} text */
    const put = (id, text) => {
      const node = this.find(id);
      if (node.textContent !== text) node.textContent = text;
    };
    const moving = status && ["running", "starting"].includes(status.state);
    put("#live-nimg", count(status?.nimg ?? 0));
    put("#live-rate", status ? count(status.images_per_s) : "–");
    put("#live-elapsed", status ? duration(status.seconds) : "–");
    const { stage = "", seconds = NaN, loading_s = NaN } = status?.start ?? {};
    const begins = stage === "loading" ? Math.min(0.95, seconds / loading_s) : null;
    const fraction = begins ?? status?.fraction ?? null;
    put("#live-left", moving && begins === null && fraction !== null && fraction > 0 ? duration((status.seconds ?? 0) * (1 - fraction) / fraction) : "–");
    put("#run-room", this.keep_mb ? t("gan_room", { bytes: bytes(this.bytes), keep: count(this.keep_mb) }) : "");
    put("#viewers", this.viewers > 1 ? t("gan_viewers", { count: this.viewers }) : "");
    const bar = this.find("#progress");
    bar.setAttribute("aria-valuenow", String(Math.round(100 * (fraction ?? 0))));
    bar.setAttribute("aria-label", t("gan_run"));
    find(bar, "i").style.transform = `scaleX(${fraction ?? 0})`;
  }

  /** @param {Run | null} status */
  #drawMessage(status) {
    /** @type {string[]} */
    const sentences = [];
    if (status?.start) {  // what its process is doing, in its own words
      const { stage, seconds, loading_s } = status.start;
      sentences.push(t(`gan_start_${stage}`, { seconds: Math.round(seconds ?? 0), about: Math.round(loading_s ?? 0) }));
      if (this.willPause) sentences.push(t("gan_start_will_pause"));
    }
    if (status?.message) sentences.push(written(status.message));
    if (status && ACTIVE.includes(status.state) && !status.steerable) sentences.push(t("gan_watch_only"));
    if (status?.state === "interrupted" && status.resumable && !status.message) sentences.push(t("gan_interrupted_help"));
    const node = this.find("#run-message");
    const text = sentences.join(" ");
    if (node.textContent !== text) node.textContent = text;
    node.className = status?.state === "failed" ? "ga-note" : "ga-quiet ga-message";
  }

  /** @param {Run | null} status */
  #drawButtons(status) {
    const goesOn = status?.state === "paused" || status?.resumable;
    const pause = this.find("#pause", HTMLButtonElement);
    const key = goesOn ? "gan_resume" : "gan_pause";
    const label = find(pause, "[data-t]");
    if (label.dataset.t !== key) {
      label.dataset.t = key;
      label.textContent = t(key);
      pause.querySelector("path")?.setAttribute("d", goesOn ? "M5 3v10l8-5z" : "M5.5 3v10M10.5 3v10");
    }
    const lives = Boolean(status?.steerable && ACTIVE.includes(status.state));
    pause.disabled = this.beginning || !((lives && !this.willPause) || status?.resumable);
    this.find("#stop", HTMLButtonElement).disabled = this.beginning || !lives;
    this.find("#fork-here", HTMLButtonElement).disabled = !this.settings || !this.weights.length;
    this.find("#run-link", HTMLButtonElement).disabled = !this.settings || !status;
  }

  /** @param {string} sentence */
  #note(sentence) {
    const note = this.find("#train-note");
    if (note.textContent !== sentence) note.textContent = sentence;
  }
}
