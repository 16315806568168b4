// The run on show in the playground: asked for as long as the board is shown, and steered.
/** @import { Row, Run, RunNews, Settings, Step, WatchedRun } from "../page/kit/types" */
import { ACTIVE, Refused, ask, refresh } from "../page/kit/core.js";
import { Poll } from "../page/kit/fresh.js";
import { History, frameOf } from "./playframes.js";

const LOOK_MS = { busy: 400, idle: 3000 };
const FRAME_MS = 50;  // the run makes twenty a second
const MOST_ROWS = 600;
const SOON_MS = 400;  // where there is no frame yet

export class PlayRun {
  // what is known of the run on show
  /** @type {string | null} */ id = null;
  history = new History();
  /** @type {Run | null} */ status = null;
  /** @type {Settings | null} */ settings = null;
  /** @type {Row[]} */ rows = [];
  /** @type {Row[]} */ measures = [];
  /** @type {Step | null} */ step = null;  // its last single step
  /** @type {WatchedRun["parameters"]} */ parameters = null;
  filled = false;  // all that there is to be seen of a run that is over is here
  mark = -1;
  settingsMark = -1;

  /** @param {HTMLElement} root the board @param {{ changed: () => void, frame: () => void, failed: (error: unknown) => void }} told */
  constructor(root, told) {
    this.told = told;
    this.poll = new Poll((signal) => this.#look(signal), () => (!this.id ? Infinity : this.active ? LOOK_MS.busy : LOOK_MS.idle), root);
    this.frames = new Poll((signal) => this.#frame(signal), () => this.#pause(), root);
  }

  // Another run, or none.
  /** @param {string | null} id */
  watch(id) {
    Object.assign(this, { id, history: new History(), status: null, settings: null, rows: [], measures: [], step: null, parameters: null, filled: false, mark: -1, settingsMark: -1 });
    this.poll.now();
    this.frames.now();
  }

  get active() { return this.id !== null && (this.status === null || ACTIVE.includes(this.status.state)); }

  get steers() { return Boolean(this.status?.steerable) && this.active; }

  #pause() {
    if (!this.id || (this.filled && !this.active)) return Infinity;
    return this.history.frames.length && this.status?.state === "running" ? FRAME_MS : SOON_MS;
  }

  /** @param {AbortSignal} signal */
  async #look(signal) {
    const { id } = this;
    if (!id) return;
    const query = new URLSearchParams({ id, after: String(this.rows.at(-1)?.nimg ?? -1), seen: "999999999999", shots: "-1",
      measured: String(this.measures.at(-1)?.nimg ?? -1), mark: String(this.settingsMark), step: String(this.step?.number ?? -1) });
    try {
      const news = await ask(`run?${query}`, undefined, signal);
      if (id === this.id) this.#take(news);
    } catch (error) {
      if (id === this.id) this.told.failed(error);
    }
  }

  /** @param {RunNews} news */
  #take(news) {
    if (news.gone) {
      this.watch(null);
      return this.told.failed(new Refused(news.gone));
    }
    const before = this.status?.state;
    if (news.again) Object.assign(this, { rows: [], measures: [] });
    this.rows = [...this.rows, ...news.rows];
    if (this.rows.length > MOST_ROWS) this.rows = this.rows.filter((_, i) => i % 2 === 0);
    this.measures = [...this.measures, ...news.measures];
    this.status = news.status;
    if (news.settings) this.settings = news.settings;
    if (news.parameters) this.parameters = news.parameters;
    if (news.step) this.step = news.step;
    if (news.settings) this.settingsMark = news.mark;
    this.told.changed();
    if (before !== news.status.state) {
      refresh();
      this.frames.now();
    }
  }

  /** @param {AbortSignal} signal */
  async #frame(signal) {
    const { id, status } = this;
    if (!id || status === null) return;
    /** @param {import("./playframes.js").FrameReply | { arrays?: undefined }} reply */
    const add = (reply) => { if (id === this.id) this.#add(reply); };
    try {
      if (!this.active && !this.history.frames.length) {
        this.filled = true;
        return await this.#saved(add, signal);
      }
      add(await ask(`play/frame?id=${id}&mark=${this.mark}`, undefined, signal));
      if (id === this.id) this.filled = !this.active;
    } catch (error) {
      if (id !== this.id) return;
      this.filled = true;  // what cannot be shown is not asked for again and again
      this.told.failed(error);
    }
  }

  // A run that ended before anybody watched: the moments whose weights were saved.
  /** @param {(reply: import("./playframes.js").FrameReply) => void} add @param {AbortSignal} signal */
  async #saved(add, signal) {
    const { id } = this;
    const { weights = [] } = await ask(`run?id=${id}`, undefined, signal);
    for (const nimg of weights) {
      if (id !== this.id) return;
      add(await ask(`play/frame?id=${id}&moment=${nimg}`, undefined, signal));
    }
  }

  /** @param {import("./playframes.js").FrameReply | { arrays?: undefined }} reply */
  #add(reply) {
    if (!reply.arrays) return;
    this.mark = reply.mark;
    this.history.add(frameOf(reply));
    this.told.frame();
  }

  // One order to the run; throws what the server refuses.
  /** @param {Record<string, unknown>} order */
  async send(order) {
    await ask("train/steer", { id: this.id, ...order });
    this.poll.now();
  }
}
