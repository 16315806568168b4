// The curves of a run: which are shown, over what, how smooth; one zoom and one crosshair for all.
/** @import { ChartSpec, Kind, Row, RunEvent, Series, WatchedRun } from "../page/kit/types" */
import { Chart } from "../page/kit/chart.js";
import { momentOf } from "./moments.js";
import { boot, count, duration, fillRange, h, on, recall, saidValue, t, translate, wordedFor } from "../page/kit/core.js";
import { nameOf } from "./settings.js";

// `of`: what is trained where there is such a chart or curve; of all where it is left out.
/** @typedef {Omit<ChartSpec, "series"> & { of?: Kind[], plane?: boolean, series: (Series & { of_kind?: Kind[] })[] }} Spec plane: of points alone, or of images alone */

/** @type {Kind[]} */
const GAN_ONLY = ["gan"];
/** @type {Spec[]} */
const CHARTS = [
  { name: "losses", of: GAN_ONLY, signed: true, series: [{ key: "loss_g", tone: "accent" }, { key: "loss_d", tone: "ink" }] },
  { name: "bits", of: ["vae", "rnn"], signed: true, series: [{ key: "bits", tone: "accent" }, { key: "bits_held_out", tone: "dashed" }] },
  { name: "velocity", of: ["flow"], range: [0, 0], series: [{ key: "velocity_error", tone: "accent" }, { key: "velocity_error_held_out", tone: "dashed" }] },
  { name: "drift", of: ["drift"], range: [0, 0], series: [{ key: "drift_size", tone: "accent" }, { key: "drift_floor", tone: "dashed" }] },
  { name: "bound", of: ["vae"], signed: true, series: [{ key: "reconstruction", tone: "accent" }, { key: "kl", tone: "ink" }] },
  { name: "scores", of: GAN_ONLY, signed: true, series: [
    { key: "score_real", tone: "ink" }, { key: "score_held_out", tone: "dashed" }, { key: "score_fake", tone: "accent" }] },
  { name: "distance", measured: true, counted: "fd_count", range: [0, 0], series: [{ key: "fd", tone: "accent" }, { key: "fd_floor", tone: "dashed" }] },
  { name: "variety", measured: true, percent: true, range: [0, 1], series: [
    { key: "modes", tone: "accent", of: (m) => m.modes / m.classes }, { key: "spread", tone: "ink" }] },
  { name: "quality", plane: true, measured: true, percent: true, range: [0, 1], series: [
    { key: "high_quality", tone: "accent" }, { key: "modes", tone: "ink", of: (m) => m.modes / m.classes }] },
  { name: "divergence", plane: true, measured: true, range: [0, 0], series: [{ key: "js", tone: "accent" }, { key: "mode_kl", tone: "ink" }] },
  { name: "gradients", series: [{ key: "grad_norm_g", tone: "accent" }, { key: "grad_norm_d", tone: "ink", of_kind: GAN_ONLY }, { key: "grad_norm_e", tone: "ink", of_kind: ["vae"] }] },
  { name: "rates", series: [{ key: "g_lr", tone: "accent" }, { key: "d_lr", tone: "ink", of_kind: GAN_ONLY }] },
  { name: "used", of: ["vae"], range: [0, 0], series: [{ key: "used", tone: "accent" }] },
  { name: "kl_weight", of: ["vae"], range: [0, 0], series: [{ key: "kl_weight", tone: "accent" }] },
  { name: "speed", range: [0, 0], series: [{ key: "images_per_s", tone: "accent" }] },
  { name: "copies", plane: false, measured: true, percent: true, range: [0, 1], series: [
    { key: "memorised", tone: "accent" }, { key: "nearest", tone: "dashed" }] },
  { name: "penalty", of: GAN_ONLY, series: [{ key: "penalty", tone: "accent" }] },
  { name: "augment", plane: false, of: GAN_ONLY, percent: true, range: [0, 1], series: [{ key: "augment_p", tone: "accent" }] },
];
const SHOWN = ["losses", "scores", "bits", "velocity", "drift", "bound", "distance", "variety"];
// of points, as many: their quality counts the modes too, and their divergence is a distance
const SHOWN_OF_POINTS = ["losses", "scores", "velocity", "drift", "quality", "divergence"];
/** @param {Kind} kind */
const chartsOf = (kind) => CHARTS.filter((c) => c.of?.includes(kind) ?? true).map((c) => ({
  ...c, series: c.series.filter((s) => s.of_kind?.includes(kind) ?? true) }));
/** @param {Kind} kind @param {boolean} plane */
const storeOf = (kind, plane) => ["gan-charts", ...(kind === "gan" ? [] : [kind]), ...(plane ? ["points"] : [])].join("-");
const KEEP = 500;

export class Charts {
  /** @param {HTMLElement} root */
  constructor(root) {
    // made by #build
    /** @type {HTMLButtonElement} */ this.logButton;
    /** @type {HTMLButtonElement} */ this.whole;
    /** @type {HTMLOutputElement} */ this.where;
    /** @type {HTMLDivElement} */ this.list;
    this.root = root;
    /** @type {Row[]} */
    this.rows = [];
    /** @type {Row[]} */
    this.measures = [];
    /** @type {RunEvent[]} */
    this.events = [];
    /** @type {number | null} */
    this.moment = null;
    /** @type {number | null} */
    this.at = null;
    /** @type {[number, number] | null} */
    this.zoom = null;
    this.plane = false;  // of points, which have curves of their own
    this.smooth = 0;
    this.log = false;
    this.axis = recall("gan-charts-axis") === "seconds" ? "seconds" : "nimg";
    /** @type {Kind} */
    this.kind = "gan";
    this.specs = chartsOf(this.kind);
    this.shown = this.#kept();
    /** @type {Map<string, Chart>} */
    this.charts = new Map();
    /** @type {HTMLElement[]} */
    this.chips = [];
    /** @type {HTMLElement[]} */
    this.axes = [];
    this.#build();
    on("theme", () => this.#renew());
    on("language", () => this.draw());
  }

  #kept() {
    const kept = recall(storeOf(this.kind, this.plane))?.split(",").filter((name) => CHARTS.some((c) => c.name === name));
    return new Set(kept ?? (this.plane ? SHOWN_OF_POINTS : SHOWN));
  }

  // Another kind of training, or one of points, has other curves.
  /** @param {Kind} kind @param {boolean} plane */
  #become(kind, plane) {
    if (kind === this.kind && plane === this.plane) return;
    for (const chart of this.charts.values()) chart.gone();
    this.charts.clear();
    Object.assign(this, { kind, plane, specs: chartsOf(kind) });
    this.shown = this.#kept();
    this.#arrange();
  }

  #build() {
    this.chips = CHARTS.map(({ name }) => h("button", { type: "button", class: "ga-button is-chip", "data-chip": name,
      "data-t": `gan_chart_${name}`, "data-help": `gan_chart_${name}_help`, onclick: () => this.#toggle(name) }));
    this.axes = ["nimg", "seconds"].map((axis) => h("button", { type: "button", class: "ga-button is-bare",
      "data-t": `gan_axis_${axis}`, "data-help": "gan_axis_help", onclick: () => this.#setAxis(axis) }));
    this.logButton = h("button", { type: "button", class: "ga-button is-bare", id: "chart-log", "data-t": "gan_log", "data-help": "gan_log_help",
      onclick: () => { this.log = !this.log; this.#renew(); } });
    this.slider = h("input", { type: "range", class: "ga-range", id: "chart-smooth", min: 0, max: 0.99, step: 0.01, value: 0,
      "data-t-label": "gan_smooth", oninput: () => { this.smooth = Number(this.slider.value); fillRange(this.slider, 0); this.#renew(); } });
    this.whole = h("button", { type: "button", class: "ga-button is-bare", id: "chart-whole", "data-t": "gan_zoom_whole", onclick: () => this.zoomTo(null) });
    this.where = h("output", { class: "ga-quiet ga-where" });
    this.list = h("div", { class: "ga-chart-list" });
    this.root.replaceChildren(
      h("div", { class: "ga-chips", role: "group", "data-t-label": "gan_charts" }, ...this.chips),
      this.list,
      h("div", { class: "ga-chart-tools" }, h("span", { class: "ga-segments", role: "group", "data-t-label": "gan_axis" }, ...this.axes), this.logButton,
        h("label", { class: "ga-smooth", "data-help": "gan_smooth_help" }, h("span", { class: "ga-quiet", "data-t": "gan_smooth" }), this.slider),
        this.whole, this.where));
    this.#arrange();
  }

  #arrange() {
    /** @param {Spec} spec */
    const offered = (spec) => (spec.plane ?? this.plane) === this.plane;
    for (const chip of this.chips) chip.dataset.help = wordedFor(`gan_chart_${chip.dataset.chip}_help`, this.plane);
    this.axes[0].dataset.t = wordedFor("gan_axis_nimg", this.plane);
    for (const axis of this.axes) axis.dataset.help = wordedFor("gan_axis_help", this.plane);
    for (const chip of this.chips) chip.hidden = !this.specs.some((c) => c.name === chip.dataset.chip && offered(c));
    for (const spec of this.specs) {
      const { name } = spec;
      if (!offered(spec)) { this.charts.get(name)?.gone(); this.charts.delete(name); continue; }
      if (this.shown.has(name) && !this.charts.has(name)) this.charts.set(name, new Chart(spec, this));
      if (!this.shown.has(name) && this.charts.has(name)) {
        this.charts.get(name)?.gone();
        this.charts.delete(name);
      }
    }
    this.list.replaceChildren(...this.specs.flatMap((c) => this.charts.get(c.name)?.node ?? []));
    this.list.hidden = !this.shown.size;
    translate(this.root);
    fillRange(this.slider, 0);
    this.draw();
  }

  /** @param {string} name */
  #toggle(name) {
    if (!this.shown.delete(name)) this.shown.add(name);
    boot.remember(storeOf(this.kind, this.plane), [...this.shown].join(","));
    this.#arrange();
  }

  /** @param {string} axis */
  #setAxis(axis) {
    if (axis === this.axis) return;
    Object.assign(this, { axis, zoom: null, at: null });
    boot.remember("gan-charts-axis", axis);
    this.draw();
  }

  #renew() {
    for (const chart of this.charts.values()) chart.renew();
    this.#drawTools();
  }

  // ---- what the charts ask of their group ---------------------------------------------------------

  // The common x range: the zoom, or all there is.
  /** @returns {[low: number, high: number]} */
  extent() {
    if (this.zoom) return this.zoom;
    const xs = this.rows.map((r) => r[this.axis]).filter(Number.isFinite);
    const [low, high] = [xs[0] ?? 0, xs.at(-1) ?? 1];
    return [xs.length > 1 ? low : 0, high > low ? high : low + 1];
  }

  /** @param {[number, number] | null} range */
  zoomTo(range) {
    this.zoom = range && range[1] - range[0] > 1e-9 ? range : null;
    this.draw();
  }

  /** @param {number | null} x */
  point(x) {
    if (x === null && this.at === null) return;
    this.at = x;
    for (const chart of this.charts.values()) chart.point(x);
    this.#drawWhere();
  }

  /** @param {number} x */
  nameOf(x) { return this.axis === "seconds" ? duration(x) : x >= 10000 ? `${count(x / 1000)}k` : count(x); }

  // Where an event lies along x.
  /** @param {RunEvent} event */
  #placeOf(event) { return this.axis === "seconds" ? event.seconds : event.nimg; }

  marks() { return this.events.map((e) => this.#placeOf(e)).filter((x) => x !== null); }

  // ---- showing ------------------------------------------------------------------------------------

  // moment: nimg of the time machine, or null while it follows.
  /** @param {Pick<WatchedRun, "rows" | "measures" | "history" | "of" | "plane">} run @param {number | null} moment */
  show({ rows, measures, history, of, plane }, moment) {
    this.#become(of, plane);
    if (rows.length < this.rows.length / 4 || !rows.length) this.zoom = null;  // another run
    Object.assign(this, { rows, measures, history });
    this.events = history.filter((e) => MARKED.includes(e.event));
    const row = moment === null ? null : rows.find((r) => r.nimg >= moment) ?? rows.at(-1);
    this.moment = row ? (this.axis === "nimg" ? moment : row.seconds) : null;
    this.draw();
  }

  draw() {
    for (const [name, chart] of this.charts) {
      chart.show(CHARTS.find((c) => c.name === name)?.measured ? this.measures : this.rows);
    }
    this.#drawTools();
    this.#drawWhere();
  }

  #drawTools() {
    /** @param {HTMLElement} button @param {boolean} yes */
    const press = (button, yes) => button.setAttribute("aria-pressed", String(yes));
    for (const chip of this.chips) press(chip, this.shown.has(chip.dataset.chip ?? ""));
    this.axes.forEach((button, i) => press(button, this.axis === ["nimg", "seconds"][i]));
    press(this.logButton, this.log);
    this.whole.hidden = !this.zoom;
  }

  #drawWhere() {
    const chart = [...this.charts.values()][0];
    const x = this.at;
    let text = "";
    if (x !== null && chart) {
      const here = this.events.filter((e) => chart.near(this.#placeOf(e) ?? NaN, x)).slice(-2);
      text = here.length ? here.map(sayEvent).join(" · ")
        : this.axis === "seconds" ? duration(x) : momentOf(x, this.plane);
    }
    if (this.where.textContent !== text) this.where.textContent = text;
  }
}

const MARKED = ["set", "fork", "step", "slow", "resume", "pause", "checkpoint-skipped", "stream"];

// One change of a run's history as a few words.
/** @param {RunEvent} happened */
export function sayEvent({ event, key, old, new: now, remedy }) {
  if (event === "set") {
    const change = t("gan_event_set", { key: nameOf(key ?? ""), old: saidValue(old ?? "–"), new: saidValue(now ?? "–") });
    return remedy ? t("gan_event_remedy", { remedy: t(`gan_remedy_${remedy}`), change }) : change;
  }
  const names = (key ?? "").split(",").map(nameOf).join(", ");
  const known = t(`gan_event_${event}`, { key: names, old: old ?? "", new: now ?? "" });
  return known.startsWith("gan_event_") ? event : known;
}

// At most KEEP rows once there are twice as many; each stretch keeps the least and the most of every
// number, as the server does it: spikes survive, however often it is done.
/** @param {Row[]} rows */
export function thin(rows) {
  if (rows.length < 2 * KEEP) return rows;
  const [first, last] = [rows[0].nimg, rows[rows.length - 1]];
  const stretches = (KEEP - 1) >> 1;
  /** @type {Map<number, Row[]>} */
  const parts = new Map();
  for (const row of rows.slice(0, -1)) {
    const at = Math.min(stretches - 1, Math.floor(((row.nimg - first) * stretches) / (last.nimg - first || 1)));
    const part = parts.get(at) ?? [];
    parts.set(at, part);
    part.push(row);
  }
  return [...parts.values()].flatMap(envelope).concat(last);
}

/** @param {Row[]} part */
function envelope(part) {
  if (part.length < 3) return part;
  /** @type {Row[]} */
  const ends = [{ nimg: part[0].nimg }, { nimg: part[part.length - 1].nimg }];
  for (const key of new Set(part.flatMap(Object.keys))) {
    if (key === "nimg") continue;
    const having = part.filter((r) => key in r);
    const least = having.reduce((a, b) => (b[key] < a[key] ? b : a));
    const most = having.reduce((a, b) => (b[key] > a[key] ? b : a));
    const pair = least.nimg <= most.nimg ? [least, most] : [most, least];
    ends.forEach((end, i) => { end[key] = pair[i][key]; });
  }
  return ends;
}
