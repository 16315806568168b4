// Curves of several runs in one chart: any series, against images or seconds, on a linear or log scale.
/** @import { ListedRun } from "../page/kit/types" */
import uPlot from "../page/kit/uplot.js";
import { Beside, nameOf, swatch, toneOf } from "./beside.js";
import { ask, copyText, count, currentLanguage, duration, h, ofPoints, say, short, t, translate, wordedAt } from "../page/kit/core.js";
import { named } from "../page/kit/figures.js";
import { quietAxes, toned } from "../page/kit/plot.js";

const SERIES = ["fd", "loss_g", "loss_d", "score_real", "score_held_out", "score_fake", "grad_norm_g", "grad_norm_d", "bits", "bits_held_out", "velocity_error", "velocity_error_held_out", "drift_size", "drift_floor", "images_per_s"];

const MEASURED = "fd";  // now and then: points to see

/** @typedef {[x: number, value: number][]} Line */

export class Compare {
  // unpick(id), pick(id): whom the comparison leaves out, or takes in
  /** @param {HTMLElement} root @param {{ pick(id: string): void, unpick(id: string): void }} does */
  constructor(root, { pick, unpick }) {
    this.root = root;
    this.unpick = unpick;
    /** @type {ListedRun[]} */
    this.runs = [];
    /** @type {Record<string, [nimg: number, seconds: number, value: number][]>} */
    this.curves = {};
    /** @type {number | null} */
    this.hover = null;  // where the pointer is, in images or seconds
    /** @type {string | null} */
    this.asked = null;
    this.chosen = false;  // the series, by hand
    this.failed = "";
    this.worded = "";
    this.drawnLegend = "";
    /** @type {HTMLElement[]} */
    this.values = [];  // of the legend
    /** @type {uPlot | null} */
    this.plot = null;
    this.made = "";  // what the plot was made for
    /** @param {string} id @param {string} key @param {HTMLElement[]} values */
    const select = (id, key, values) => h("select", { id, class: "ga-input", "data-t-label": key }, ...values);
    this.series = select("compare-series", "gan_compare_series", SERIES.map((k) => h("option", { value: k })));
    this.axis = select("compare-axis", "gan_compare_axis", ["nimg", "seconds"].map((k) => h("option", { value: k })));
    this.log = h("input", { type: "checkbox", id: "compare-log" });
    this.copy = h("button", { type: "button", id: "compare-copy", class: "ga-button is-bare",
      onclick: (e) => copyText(this.table(), e.currentTarget) }, h("span", { "data-t": "gan_compare_copy" }));
    this.box = h("div", { class: "ga-compare-plot", tabindex: 0, role: "group", onkeydown: (e) => this.#key(e) });
    this.legend = h("ul", { class: "ga-compare-legend" });
    this.empty = h("p", { class: "ga-quiet", role: "status" });
    this.beside = new Beside({ pick, unpick, moved: () => this.plot?.redraw(false) });
    root.replaceChildren(h("header", {}, h("h3", { "data-t": "gan_compare" }), this.series, this.axis,
      h("label", { class: "ga-check" }, this.log, h("span", { "data-t": "gan_compare_log" })),
      h("span", { class: "ga-space" }), this.copy), h("div", { class: "ga-compare-body" }, this.legend, this.box, this.empty), this.beside.node);
    this.series.addEventListener("change", () => { this.chosen = true; this.#load(true); });
    for (const input of [this.axis, this.log]) input.addEventListener("change", () => this.draw());
    new ResizeObserver(() => this.#fit()).observe(this.box);
  }

  /** @param {(ListedRun | undefined)[]} runs */
  show(runs) {
    this.runs = runs.filter((run) => run !== undefined);
    this.root.hidden = !this.runs.length;
    if (!this.runs.length) return;
    ofPoints(this.root, this.runs.every(({ plane }) => plane));
    this.#words();
    if (!this.chosen) this.series.value = this.runs.some((r) => r.fd !== null) ? "fd" : "loss_g";
    this.#load(false);
    this.beside.show(this.runs);
  }

  #words() {
    const worded = `${currentLanguage()} ${this.root.hasAttribute("data-plane")}`;
    if (this.worded === worded) return;
    this.worded = worded;
    for (const o of this.series.options) o.textContent = this.#t(`gan_compare_${o.value}`);
    for (const o of this.axis.options) o.textContent = this.#t(`gan_compare_by_${o.value}`);
    translate(this.root);
  }

  /** @param {string} key */
  #t(key) { return t(wordedAt(this.root, key)); }

  // Asked again only when a run has gone on, or when another curve is wanted.
  /** @param {boolean} anew */
  async #load(anew) {
    const ids = this.runs.map((r) => r.id);
    const wanted = JSON.stringify([this.series.value, this.runs.map((r) => [r.id, r.nimg])]);
    if (!ids.length || (!anew && wanted === this.asked)) return this.draw();
    this.asked = wanted;
    try {
      const query = new URLSearchParams({ ids: ids.join(","), series: this.series.value });
      const news = await ask(`runs/curves?${query}`);
      if (wanted !== this.asked) return;
      this.curves = news.curves;
      this.failed = "";
    } catch (error) {
      this.failed = say(error);
    }
    this.draw();
  }

  // ---- the chart ------------------------------------------------------------------------------

  /** @returns {Line[]} of each run its (x, value) */
  #lines() {
    const at = this.axis.value === "seconds" ? 1 : 0;
    const log = this.log.checked;
    return this.runs.map((run) => (this.curves[run.id] ?? []).map((p) => /** @type {[number, number]} */ ([p[at], p[2]])).filter(([, y]) => !log || y > 0));
  }

  // A new uPlot where tones, scales or runs are others; else its data alone.
  draw() {
    if (!this.runs.length || !this.root.clientWidth) return;
    const lines = this.#lines();
    const any = lines.some((l) => l.length);
    this.#drawLegend(lines);
    this.empty.textContent = this.failed || (any ? "" : t("gan_compare_empty"));
    this.box.hidden = !any;
    this.box.setAttribute("aria-label", t("gan_compare_alt", {
      series: this.#t(`gan_compare_${this.series.value}`), names: this.runs.map(nameOf).join(", ") }));
    const made = JSON.stringify([this.runs.map((r) => r.id), this.axis.value, this.series.value === MEASURED, this.log.checked, document.documentElement.dataset.gaTheme]);
    if (!any || made !== this.made) {
      this.plot?.destroy();
      this.plot = null;
    }
    if (!any || !this.box.clientWidth) return;
    const data = uPlot.join(lines.map((l) => [l.map(([x]) => x), l.map(([, y]) => y)]));
    this.made = made;
    this.plot ??= new uPlot(this.#options(), data, this.box);
    this.plot.setData(data);
    Object.assign(this.box.dataset, { curves: lines.filter((l) => l.length).length });
  }

  #options() {
    const color = toned(this.box);
    return {
      width: this.box.clientWidth, height: this.box.clientHeight, padding: [8, 8, 0, 0], legend: { show: false },
      scales: { x: { time: false, range: (/** @type {unknown} */ _, /** @type {number} */ low, /** @type {number} */ high) => [Math.min(0, low), Math.max(high, 1)] }, y: this.log.checked ? { distr: 3 } : {} },
      series: [{}, ...this.runs.map((_, i) => ({ stroke: color(toneOf(i).tone), dash: toneOf(i).dash, width: 1.5, spanGaps: true, points: { show: this.series.value === MEASURED, size: 5, fill: color("--ga-panel") } }))],
      axes: quietAxes(color, { x: (v) => this.#foot(v), y: named }),
      cursor: { y: false, points: { size: 6 }, drag: { x: false, y: false } },
      hooks: {
        draw: [(/** @type {uPlot} */ u) => this.#mark(u, color)],
        setCursor: [(/** @type {uPlot} */ u) => { this.hover = u.cursor.left < 0 ? null : u.posToVal(u.cursor.left, "x"); this.#drawValues(this.#lines()); }],
      },
    };
  }

  // Where the pictures below are.
  /** @param {uPlot} u @param {(tone: string) => string} color */
  #mark(u, color) {
    const { at } = this.beside;
    if (this.axis.value !== "nimg" || at === null) return;
    const { ctx, bbox } = u;
    const x = Math.round(u.valToPos(at, "x", true)) + 0.5;
    if (!(x >= bbox.left && x <= bbox.left + bbox.width)) return;
    ctx.save();
    ctx.strokeStyle = color("--ga-ink");
    ctx.setLineDash([2 * devicePixelRatio, 2 * devicePixelRatio]);
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    ctx.restore();
  }

  /** @param {number} v */
  #foot(v) {
    return this.axis.value === "seconds" ? duration(v) : v >= 10000 ? `${count(v / 1000)} k` : count(v);
  }

  #fit() {
    if (!this.plot) return this.draw();
    if (this.box.clientWidth) this.plot.setSize({ width: this.box.clientWidth, height: this.box.clientHeight });
  }

  /** @param {KeyboardEvent} e */
  #key(e) {
    const { plot } = this;
    if (!plot || !plot.data[0].length) return;
    const xs = plot.data[0];
    const here = this.hover === null ? xs.length - 1 : plot.valToIdx(this.hover);
    const to = /** @type {Record<string, number | undefined>} */ ({ ArrowLeft: here - 1, ArrowRight: here + 1, Home: 0, End: xs.length - 1 })[e.key];
    if (to === undefined) return;
    e.preventDefault();
    plot.setCursor({ left: plot.valToPos(xs[Math.min(xs.length - 1, Math.max(0, to))], "x"), top: 0 });
  }

  // ---- the legend -----------------------------------------------------------------------------

  /** @param {Line[]} lines */
  #drawLegend(lines) {
    const drawn = JSON.stringify([this.runs.map((r) => [r.id, r.name]), currentLanguage()]);
    if (this.drawnLegend !== drawn) {
      this.drawnLegend = drawn;
      this.values = lines.map(() => h("output", {}));
      this.legend.replaceChildren(...this.runs.map((run, i) => h("li", { "data-help": "gan_compare_pick_help" },
        swatch(i), h("span", { title: run.id }, nameOf(run)), this.values[i],
        h("button", { type: "button", class: "ga-button is-bare is-icon", "aria-label": t("gan_compare_leave", { name: nameOf(run) }),
          "data-help": "gan_compare_leave_help", title: t("gan_compare_leave", { name: nameOf(run) }), onclick: () => this.unpick(run.id) }, "×"))));
    }
    this.#drawValues(lines);
  }

  /** @param {Line[]} lines */
  #drawValues(lines) {
    lines.forEach((points, i) => {
      const point = this.hover === null ? points.at(-1) : nearest(points, this.hover);
      const text = point ? short(point[1]) : "–";
      if (this.values[i] && this.values[i].textContent !== text) this.values[i].textContent = text;
    });
  }

  // What is drawn, as a table for a spreadsheet: run, images, seconds, value.
  table() {
    const rows = this.runs.flatMap((run) => (this.curves[run.id] ?? []).map((p) => [nameOf(run).replaceAll("\t", " "), ...p].join("\t")));
    return [["run", "nimg", "seconds", this.series.value].join("\t"), ...rows].join("\n");
  }
}

/** @param {Line} points @param {number} x */
function nearest(points, x) {
  /** @type {[number, number] | null} */
  let best = null;
  for (const p of points) if (!best || Math.abs(p[0] - x) < Math.abs(best[0] - x)) best = p;
  return best;
}
