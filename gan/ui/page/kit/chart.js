// One chart of several that share their x axis, their zoom and their crosshair. uPlot draws it.
/** @import { ChartGroup, ChartSpec, Row, Series } from "./types" */
import uPlot from "./uplot.js";
import { count, find, h, t, wordedAt, wordedFor } from "./core.js";
import { named } from "./figures.js";
import { mark } from "./explained.js";
import { quietAxes, toned } from "./plot.js";

/** @type {Record<Series["tone"], { color: string, dash?: number[] }>} */
const TONES = {
  accent: { color: "--ga-accent" }, ink: { color: "--ga-ink" },
  dashed: { color: "--ga-quiet", dash: [4, 3] },
};
const NEAR_PX = 6;
const FAINT = 0.28;

export class Chart {
  // spec: {name, help, series: [{key, tone, of?}], signed?, range?, percent?}; `group` is the board.
  /** @param {ChartSpec} spec @param {ChartGroup} group */
  constructor(spec, group) {
    this.spec = spec;
    this.group = group;
    /** @type {Row[]} */
    this.rows = [];
    /** @type {uPlot | null} */
    this.plot = null;
    this.values = spec.series.map(() => h("output", {}, "–"));
    /** @param {string} key */
    const help = (key) => wordedFor(`${key}_help`, group.plane);
    const keys = spec.series.map(({ key, tone }, i) => h("span", { class: "ga-key", "data-help": help(`gan_line_${key}`) },
      h("i", { class: `ga-swatch is-${tone}` }), h("span", { "data-t": `gan_line_${key}` }), this.values[i]));
    this.box = h("div", { class: "ga-curve", tabindex: 0, role: "group", onkeydown: (e) => this.#key(e) });
    this.empty = h("p", { class: "ga-quiet ga-curve-empty", "data-t": spec.measured ? "gan_chart_unmeasured" : "gan_chart_empty" });
    this.node = h("section", { class: "ga-chart", "data-chart": spec.name },
      h("header", {}, h("div", { class: "ga-chart-name" }, h("h3", { "data-t": `gan_chart_${spec.name}`, "data-help": help(`gan_chart_${spec.name}`) }),
        mark(help(`gan_chart_${spec.name}`))), ...keys),
      h("div", { class: "ga-curve-box" }, this.box, this.empty));
    this.watch = new ResizeObserver(() => this.#fit());
    this.watch.observe(this.box);
  }

  /** @param {Row[]} rows */
  show(rows) {
    this.rows = rows;
    this.draw();
  }

  // A new uPlot: after a change of scale, smoothing or theme.
  renew() {
    this.plot?.destroy();
    this.plot = null;
    this.draw();
  }

  draw() {
    if (!this.box.clientWidth) return;
    const data = this.#data();
    // a measurement is a point to see; a curve of rows takes two
    this.empty.hidden = this.spec.measured ? data.slice(1).some((c) => c.some((v) => v !== null)) : data[0].length > 1;
    this.plot ??= new uPlot(this.#options(), data, this.box);
    this.plot.setData(data);
    this.box.setAttribute("aria-label", t(wordedAt(this.box, "gan_chart_alt"), {
      title: t(`gan_chart_${this.spec.name}`), count: count(this.rows.at(-1)?.nimg ?? 0) }));
    this.point(this.group.at);
    const counted = this.spec.counted && this.rows.at(-1)?.[this.spec.counted];
    const title = find(this.node, "h3");
    if (counted) title.dataset.samples = t("gan_chart_samples", { count: count(counted) });
    else delete title.dataset.samples;
  }

  /** @returns {import("./uplot.js").Data} */
  #data() {
    const { axis } = this.group;
    const smooth = this.#smooth();
    const rows = this.rows.filter((r) => Number.isFinite(r[axis]));
    const columns = this.spec.series.map(({ key, of }) => rows.map((r) => {
      const v = of ? of(r) : r[key];
      return Number.isFinite(v) && (v > 0 || !this.#positive()) ? v : null;
    }));
    return [rows.map((r) => r[axis]), ...columns, ...(smooth ? columns.map((c) => smoothed(c, smooth)) : [])];
  }

  // Measures are few, and averages already.
  #smooth() { return this.spec.measured ? 0 : this.group.smooth; }

  #positive() { return this.group.log && !this.spec.signed && !this.spec.percent; }

  #options() {
    const { group, spec } = this;
    const color = toned(this.box);
    /** @param {Series} series @param {boolean} faint */
    const line = ({ tone }, faint) => ({
      stroke: color(TONES[tone].color), dash: TONES[tone].dash, width: 1.5, spanGaps: true,
      alpha: faint ? FAINT : 1, points: { show: spec.measured && !faint && !TONES[tone].dash, size: 4, fill: color("--ga-panel") },
    });
    return {
      width: this.box.clientWidth, height: this.box.clientHeight, padding: [8, 20, 0, 0],  // half of a time at the right end
      legend: { show: false }, scales: { x: { time: false, range: () => group.extent() }, y: this.#scale() },
      series: [{}, ...spec.series.map((s) => line(s, this.#smooth() > 0)),
        ...(this.#smooth() ? spec.series.map((s) => line(s, false)) : [])],
      axes: quietAxes(color, {
        x: (v) => (this.empty.hidden ? group.nameOf(v) : ""),
        y: (v) => (!this.empty.hidden ? "" : spec.percent ? `${Math.round(100 * v)} %` : named(v)),
      }),
      cursor: {
        y: false, points: { size: 6 }, drag: { x: true, y: false, setScale: false },
        bind: { dblclick: () => () => group.zoomTo(null) },
      },
      hooks: {
        draw: [(/** @type {uPlot} */ u) => this.#marks(u, color)],
        setCursor: [(/** @type {uPlot} */ u) => { if (u.cursor.event) group.point(u.cursor.left < 0 ? null : u.posToVal(u.cursor.left, "x")); }],
        setSelect: [(/** @type {uPlot} */ u) => this.#selected(u)],
      },
    };
  }

  #scale() {
    if (this.group.log && this.#positive() && this.#hasAny()) return { distr: 3 };
    if (this.group.log && this.spec.signed) return { distr: 4, asinh: 0.1 };
    const { range } = this.spec;
    return { range: (/** @type {uPlot} */ u, /** @type {number | null} */ low, /** @type {number} */ high) => (low === null ? [0, 1]
      : uPlot.rangeNum(Math.min(low, range?.[0] ?? low), Math.max(high, range?.[1] ?? high), 0.1, true)) };
  }

  #hasAny() { return this.#data().slice(1).some((c) => c.some((v) => v !== null)); }

  /** @param {uPlot} u */
  #selected(u) {
    const { left, width } = u.select;
    if (width >= NEAR_PX) this.group.zoomTo([u.posToVal(left, "x"), u.posToVal(left + width, "x")]);
    if (width) u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
  }

  // What was changed, and the moment of the time machine, as lines.
  /** @param {uPlot} u @param {(tone: string) => string} color */
  #marks(u, color) {
    const { ctx, bbox } = u;
    /** @param {number} x @param {string} tone @param {number[]} dash @param {number} top */
    const stroke = (x, tone, dash, top) => {
      const at = Math.round(u.valToPos(x, "x", true)) + 0.5;
      if (!(at >= bbox.left && at <= bbox.left + bbox.width)) return;
      ctx.save();
      ctx.strokeStyle = color(tone);
      ctx.setLineDash(dash.map((d) => d * devicePixelRatio));
      ctx.beginPath();
      ctx.moveTo(at, bbox.top + top * bbox.height);
      ctx.lineTo(at, bbox.top + bbox.height);
      ctx.stroke();
      ctx.restore();
    };
    for (const x of this.group.marks()) stroke(x, "--ga-warn", [], 0.88);
    if (this.group.moment !== null) stroke(this.group.moment, "--ga-ink", [2, 2], 0);
  }

  // The crosshair at x (null for none), and the values there; else the newest.
  /** @param {number | null} x */
  point(x) {
    const u = this.plot;
    if (!u) return;
    u.setCursor({ left: x === null ? -10 : u.valToPos(x, "x"), top: 0 }, false);
    const found = u.data[0].length ? (x === null ? u.data[0].length - 1 : u.valToIdx(x)) : -1;
    this.spec.series.forEach((_, i) => {
      const column = u.data[1 + i];
      let at = found;
      while (at > 0 && column[at] === null) at -= 1;
      const v = column[at] ?? null;
      const text = v === null ? "–" : this.spec.percent ? `${Math.round(100 * v)} %` : named(v);
      if (this.values[i].textContent !== text) this.values[i].textContent = text;
    });
  }

  /** @param {number} a @param {number} b */
  near(a, b) { return this.plot && Math.abs(this.plot.valToPos(a, "x") - this.plot.valToPos(b, "x")) < NEAR_PX; }

  /** @param {KeyboardEvent} e */
  #key(e) {
    const u = this.plot;
    if (!u || !u.data[0].length) return;
    const xs = u.data[0];
    const here = this.group.at === null ? xs.length - 1 : u.valToIdx(this.group.at);
    const step = e.shiftKey ? 10 : 1;
    const to = /** @type {Record<string, number | undefined>} */ ({ ArrowLeft: here - step, ArrowRight: here + step, Home: 0, End: xs.length - 1 })[e.key];
    if (to !== undefined) this.group.point(xs[Math.min(xs.length - 1, Math.max(0, to))]);
    else if (e.key === "+" || e.key === "=") this.#zoomBy(0.5);
    else if (e.key === "-") this.#zoomBy(2);
    else if (e.key === "Escape") { this.group.zoomTo(null); this.group.point(null); } else return;
    e.preventDefault();
  }

  /** @param {number} factor */
  #zoomBy(factor) {
    const [low, high] = this.group.extent();
    const middle = this.group.at ?? (low + high) / 2;
    this.group.zoomTo([middle - (middle - low) * factor, middle + (high - middle) * factor]);
  }

  #fit() {
    if (!this.plot) return this.draw();
    if (this.box.clientWidth) this.plot.setSize({ width: this.box.clientWidth, height: this.box.clientHeight });
  }

  gone() {
    this.watch.disconnect();
    this.plot?.destroy();
    this.plot = null;
  }
}

// A debiased exponential average, as TensorBoard's.
/** @param {(number | null)[]} values @param {number} weight */
function smoothed(values, weight) {
  let [sum, norm] = [0, 0];
  return values.map((v) => {
    if (v === null) return null;
    sum = weight * sum + (1 - weight) * v;
    norm = weight * norm + (1 - weight);
    return sum / norm;
  });
}
