// Train: start a run, steer it, and look at any run there is.
import { Chart } from "./chart.js";
import {
  ACTIVE, ask, copyText, count, currentLanguage, duration, h, on, prepare, refresh, say, state, t,
  tabIsOpen, translate, url,
} from "./core.js";
import { mount as mountTimeMachine } from "./timemachine.js";
import { TrainForm } from "./trainform.js";

const TICK_MS = { busy: 350, idle: 2000 };
const DOTS = { running: "is-live", starting: "is-live", failed: "is-warn", interrupted: "is-warn" };

export function mount(element) {
  new Train(prepare(element)).start();
}

class Train {
  constructor(root) {
    this.root = root;
    this.find = (selector) => root.querySelector(selector);
    this.form = new TrainForm(root, { note: (sentence) => this.#note(sentence) });
    this.charts = [
      new Chart({ title: "gan_losses", series: [
        { key: "loss_g", tone: "accent" }, { key: "loss_d", tone: "ink" }] }),
      new Chart({ title: "gan_scores", help: "gan_scores_help", series: [
        { key: "score_real", tone: "ink" }, { key: "score_held_out", tone: "dashed" },
        { key: "score_fake", tone: "accent" }] }),
    ];
    this.#forget(null);
  }

  #forget(id) {
    Object.assign(this, {
      id, rows: [], snapshots: [], weights: [], status: null, painted: null,
    });
  }

  start() {
    this.find("#charts").replaceChildren(...this.charts.map((c) => c.node));
    translate(this.root);
    this.#listen();
    this.time = mountTimeMachine(this.find("#time-machine"), { moved: () => this.#draw() });
    on("state", () => this.#runs());
    on("watch", (id) => this.#watch(id));
    on("language", () => { this.form.words(); this.#runs(); this.#draw(); });
    on("theme", () => this.#draw());
    this.form.start();
    this.#runs();
    this.#draw();
    new IntersectionObserver(() => this.#tick()).observe(this.root);
    document.addEventListener("visibilitychange", () => this.#tick());
  }

  #listen() {
    this.find("#train-form").addEventListener("submit", (e) => { e.preventDefault(); this.#begin(); });
    this.find("#pause").addEventListener("click", () => this.#steer(
      this.status?.state === "running" ? "pause" : "resume"));
    this.find("#stop").addEventListener("click", () => this.#steer("stop"));
    this.find("#run-select").addEventListener("change", (e) => this.#watch(e.target.value));
    this.find("#copy-command").addEventListener("click", (e) => copyText(
      this.find("#command").textContent, e.currentTarget));
  }

  // ---- start and steer ------------------------------------------------------------------------

  async #begin() {
    const start = this.find("#start");
    start.disabled = true;
    this.#note("");
    this.form.settle();
    const before = this.id;
    this.beginning = true;  // its process needs a moment before there is anything to read
    this.#forget(null);
    this.find("#run-select").value = "";
    this.#draw();
    try {
      const { id } = await ask("train/start", this.form.values());
      this.beginning = false;
      await refresh();
      this.#watch(id);
    } catch (error) {
      this.beginning = false;
      this.#watch(before);
      this.#note(say(error));
      this.form.mark(error.field);
    } finally {
      start.disabled = false;
      this.#draw();
    }
  }

  async #steer(command) {
    this.find("#pause").disabled = true;
    this.beginning = Boolean(this.status?.resumable);  // a new process: that takes a moment
    this.#draw();
    try {
      await ask("train/steer", { id: this.id, command });
      this.#note("");
    } catch (error) {
      this.#note(say(error));
    }
    this.beginning = false;
    this.#tick();
    refresh();
  }

  // ---- which run ------------------------------------------------------------------------------

  #watch(id) {
    if (!id || id === this.id) return this.#tick();
    this.#forget(id);
    this.#runs();
    this.#draw();
    this.#tick();
  }

  #runs() {
    const select = this.find("#run-select");
    const wanted = JSON.stringify([currentLanguage(), state.runs.map((r) => r.id)]);
    if (select.dataset.drawn !== wanted) {
      select.dataset.drawn = wanted;
      select.replaceChildren(...(state.runs.length
        ? state.runs.map((r) => h("option", { value: r.id }, r.id))
        : [h("option", { value: "" }, t("gan_no_runs"))]));
      select.disabled = !state.runs.length;
    }
    if (!this.id && !this.beginning && state.runs.length) {  // a reload finds the run that is going on
      this.#forget((state.runs.find((r) => ACTIVE.includes(r.state)) ?? state.runs[0]).id);
      this.#tick();
    }
    if (select.value !== (this.id ?? "")) select.value = this.id ?? "";
  }

  // ---- look at it -----------------------------------------------------------------------------

  #tick() {
    clearTimeout(this.timer);
    if (!this.id || !tabIsOpen(this.root) || this.asking) return;
    const { id } = this;
    const query = new URLSearchParams({
      id, after: this.rows.at(-1)?.nimg ?? -1, seen: this.snapshots.at(-1) ?? -1,
    });
    this.asking = true;
    ask(`run?${query}`).then(
      (news) => { if (id === this.id) this.#take(news); },
      (error) => { if (id === this.id) this.#note(say(error)); },
    ).finally(() => {
      this.asking = false;
      const busy = id !== this.id || ["starting", "running"].includes(this.status?.state);
      this.timer = setTimeout(() => this.#tick(), id !== this.id ? 0 : busy ? TICK_MS.busy : TICK_MS.idle);
    });
  }

  #take(news) {
    const changed = this.status?.state !== news.status.state;
    if (news.again) Object.assign(this, { rows: [], snapshots: [] });
    this.rows = thin([...this.rows, ...news.rows]);
    this.snapshots = [...this.snapshots, ...news.snapshots];
    this.weights = news.weights;
    this.status = news.status;
    this.#draw();
    if (changed) refresh();
  }

  #draw() {
    const { status } = this;
    const name = this.beginning ? "starting" : status?.state ?? "none";
    this.find("#run-state").textContent = t(`gan_state_${name}`);
    this.find("#state-dot").className = `ga-dot ${DOTS[name] ?? ""}`;
    this.#drawFigures(status);
    this.#drawMessage(status);
    this.#drawButtons(status);
    this.time.show(this);
    this.#drawGrid();
    this.charts.forEach((chart) => chart.show(this.rows, this.time.nimg));
    this.find("#command").textContent = this.form.command;
  }

  #drawFigures(status) {
    const put = (id, text) => {
      const node = this.find(id);
      if (node.textContent !== text) node.textContent = text;
    };
    const moving = status && ["running", "starting"].includes(status.state);
    put("#live-nimg", count(status?.nimg ?? 0));
    put("#live-rate", status ? count(status.images_per_s) : "–");
    put("#live-elapsed", status ? duration(status.seconds) : "–");
    const fraction = status?.fraction ?? null;
    put("#live-left", moving && fraction > 0 ? duration(status.seconds * (1 - fraction) / fraction) : "–");
    const bar = this.find("#progress");
    bar.setAttribute("aria-valuenow", Math.round(100 * (fraction ?? 0)));
    bar.setAttribute("aria-label", t("gan_run"));
    bar.firstElementChild.style.transform = `scaleX(${fraction ?? 0})`;
  }

  #drawMessage(status) {
    const sentences = [];
    if (status?.message && status.state !== "interrupted") sentences.push(status.message);
    if (status && ACTIVE.includes(status.state) && !status.steerable) sentences.push(t("gan_watch_only"));
    if (status?.state === "interrupted" && status.resumable) sentences.push(t("gan_interrupted_help"));
    const node = this.find("#run-message");
    const text = sentences.join(" ");
    if (node.textContent !== text) node.textContent = text;
    node.className = status?.state === "failed" ? "ga-note" : "ga-quiet ga-message";
  }

  #drawButtons(status) {
    const steer = Boolean(status?.steerable);
    const goesOn = status?.state === "paused" || status?.resumable;
    const pause = this.find("#pause");
    const key = goesOn ? "gan_resume" : "gan_pause";
    const label = pause.querySelector("[data-t]");
    if (label.dataset.t !== key) {
      label.dataset.t = key;
      label.textContent = t(key);
      pause.querySelector("path").setAttribute("d", goesOn ? "M5 3v10l8-5z" : "M5.5 3v10M10.5 3v10");
    }
    const steerable = steer && ["running", "paused"].includes(status.state);
    pause.disabled = this.beginning || !(steerable || status?.resumable);
    this.find("#stop").disabled = this.beginning || !(steer && ACTIVE.includes(status.state));
  }

  // ---- the picture ----------------------------------------------------------------------------

  #drawGrid() {
    const grid = this.find("#live-grid");
    const empty = this.find("#grid-empty");
    const nimg = this.time.shown();
    empty.hidden = nimg !== undefined;
    empty.textContent = t(
      this.beginning || (this.id && ACTIVE.includes(this.status?.state ?? "starting"))
      ? "gan_grid_wait" : "gan_grid_empty");
    if (nimg === undefined) {
      grid.hidden = true;
      return;
    }
    grid.alt = t("gan_grid_alt", { count: count(nimg) });
    const address = url(`snapshot?${new URLSearchParams({ id: this.id, nimg })}`);
    if (this.painted === address) return;
    this.painted = address;
    const next = new Image();  // decoded first, so that nothing flickers
    next.src = address;
    next.decode().then(() => {
      if (this.painted !== address) return;
      grid.src = address;
      grid.hidden = false;
    }, () => { if (this.painted === address) this.painted = null; });
  }

  #note(sentence) {
    const note = this.find("#train-note");
    if (note.textContent !== sentence) note.textContent = sentence;
  }
}

// At most 2 x KEEP points stay, the extremes of every stretch among them: spikes survive.
const KEEP = 500;
function thin(rows) {
  if (rows.length < 2 * KEEP) return rows;
  const size = Math.ceil(rows.length / (KEEP / 2));
  const kept = [];
  for (let i = 0; i < rows.length; i += size) {
    const part = rows.slice(i, i + size);
    const by = (key, sign) => part.reduce((a, b) => (sign * (b[key] ?? 0) > sign * (a[key] ?? 0) ? b : a));
    kept.push(...new Set([by("loss_g", -1), by("loss_g", 1), by("score_fake", -1), by("score_fake", 1)]));
  }
  const last = rows.at(-1);
  return [...new Set([...kept, last])].sort((a, b) => a.nimg - b.nimg);
}
