// The playground's curves, over seconds: how good the samples are, and the losses.
/** @import { ChartSpec, Kind, Row } from "../page/kit/types" */
import { Chart } from "../page/kit/chart.js";
import { duration, on, translate } from "../page/kit/core.js";

/** @type {ChartSpec[]} */
const CHARTS = [
  { name: "quality", measured: true, percent: true, range: [0, 1], series: [
    { key: "high_quality", tone: "accent" }, { key: "modes", tone: "ink", of: (m) => ("high_quality" in m ? m.modes / m.classes : NaN) }] },
  { name: "divergence", measured: true, range: [0, 0], series: [{ key: "js", tone: "accent" }] },
  { name: "velocity", range: [0, 0], series: [{ key: "velocity_error", tone: "accent" }, { key: "velocity_error_held_out", tone: "dashed" }] },
  { name: "drift", range: [0, 0], series: [{ key: "drift_size", tone: "accent" }, { key: "drift_floor", tone: "dashed" }] },
  { name: "losses", signed: true, series: [{ key: "loss_g", tone: "accent" }, { key: "loss_d", tone: "ink" }] },
];

export class PlayCharts {
  axis = "seconds";
  smooth = 0;
  log = false;
  plane = true;
  /** @type {number | null} */ at = null;
  /** @type {number | null} */
  moment = null;

  /** @param {HTMLElement} root */
  constructor(root) {
    /** @type {[number, number] | null} */
    this.zoom = null;
    /** @type {Row[]} */
    this.rows = [];
    this.charts = CHARTS.map((spec) => new Chart(spec, this));
    root.replaceChildren(...this.charts.map(({ node }) => node));
    translate(root);
    on("theme", () => this.charts.forEach((chart) => chart.renew()));
  }

  clear() { this.zoom = this.at = null; }

  // hasModes: whether the data's distribution is known; of letters and drawn points it is not.
  /** @param {Row[]} rows @param {Row[]} measures @param {Kind} kind @param {boolean} hasModes */
  show(rows, measures, kind, hasModes) {
    this.rows = rows;
    const [quality, divergence, velocity, drift, losses] = this.charts;
    quality.node.hidden = !hasModes;
    divergence.node.hidden = hasModes;
    quality.show(measures);
    divergence.show(measures);
    const own = { flow: velocity, drift }[/** @type {string} */ (kind)] ?? losses;
    for (const chart of [velocity, drift, losses]) chart.node.hidden = chart !== own;
    own.show(rows);
  }

  // ---- what a chart asks of its board ---------------------------------------------------------

  /** @returns {[low: number, high: number]} */
  extent() { return this.zoom ?? [0, Math.max(1, this.rows.at(-1)?.seconds ?? 0)]; }

  /** @param {[number, number] | null} range */
  zoomTo(range) {
    this.zoom = range;
    for (const chart of this.charts) chart.draw();
  }

  /** @param {number | null} x */
  point(x) {
    this.at = x;
    for (const chart of this.charts) chart.point(x);
  }

  /** @param {number} x */
  nameOf(x) { return duration(x); }

  /** @returns {number[]} */
  marks() { return []; }
}
