// FD over process seconds, a line for each contestant; over several seeds the mean and a band.
/** @import { RaceNews } from "../page/kit/types" */
import uPlot from "../page/kit/uplot.js";
import { h, on, t } from "../page/kit/core.js";
import { named } from "../page/kit/figures.js";
import { quietAxes, toned } from "../page/kit/plot.js";
import { sideName } from "./columns.js";

const BAND = 0.16;  // opacity
const COLUMNS = 3;  // of each curve: mean, low, high

export class RaceChart {
  /** @param {HTMLElement} box */
  constructor(box) {
    /** @type {RaceNews | null} */
    this.race = null;
    /** @type {uPlot | null} */
    this.plot = null;
    this.made = "";
    this.title = h("figcaption", { "data-help": "gan_race_chart_help" });
    this.place = h("div", { class: "ga-race-plot", role: "img" });
    this.empty = h("p", { class: "ga-quiet" });
    box.replaceChildren(this.title, h("div", { class: "ga-race-plot-box" }, this.place, this.empty));
    new ResizeObserver(() => this.#fit()).observe(this.place);
    on("theme", () => { this.made = ""; this.#draw(); });
  }

  /** @param {RaceNews} race */
  show(race) {
    this.race = race;
    this.#draw();
  }

  #draw() {
    const { race } = this;
    if (!race) return;
    this.title.textContent = t(race.seeds.length > 1 ? "gan_race_chart_band" : "gan_race_chart");
    this.empty.textContent = race.curves.length ? "" : t(race.stage === "over" ? "gan_race_chart_none" : "gan_race_chart_empty");
    this.place.setAttribute("aria-label", t("gan_race_chart_alt", { curves: race.curves.map(({ of, mean, x }) => t("gan_race_curve_alt", {
      name: sideName(race.contestants[of].name), fd: named(mean.at(-1) ?? 0), seconds: Math.round(x.at(-1) ?? 0) })).join(t("gan_own_comma")) }));
    if (!race.curves.length) this.#clear();
    if (!race.curves.length || !this.place.clientWidth) return;
    const made = JSON.stringify([race.id, race.seconds, race.curves.map(({ of }) => of)]);
    if (made !== this.made) this.#clear();
    this.made = made;
    const data = uPlot.join(race.curves.map(({ x, mean, low, high }) => [x, mean, low, high]));
    this.plot ??= new uPlot(this.#options(race), data, this.place);
    this.plot.setData(data);
    this.place.dataset.curves = String(race.curves.length);
  }

  #clear() {
    this.plot?.destroy();
    this.plot = null;
    this.made = "";
  }

  /** @param {RaceNews} race */
  #options(race) {
    const color = toned(this.place);
    const tones = race.curves.map(({ of }) => color(`--ga-race-${of}`));
    /** @param {string} tone */
    const line = (tone) => ({ stroke: tone, width: 2, spanGaps: true, points: { show: true, size: 5, fill: color("--ga-panel") } });
    const edge = { stroke: "transparent", width: 0, spanGaps: true, points: { show: false } };
    return {
      width: this.place.clientWidth, height: this.place.clientHeight, padding: [8, 12, 0, 0], legend: { show: false },
      scales: { x: { time: false, range: (/** @type {unknown} */ u, /** @type {number} */ _, /** @type {number | null} */ last) => [0, Math.max(race.seconds, last ?? 0)] }, y: { distr: 3 } },
      series: [{}, ...tones.flatMap((tone) => [line(tone), edge, edge])],
      bands: race.seeds.length > 1 ? tones.map((tone, i) => ({ series: [COLUMNS * i + 3, COLUMNS * i + 2], fill: faint(tone) })) : [],
      axes: quietAxes(color, { x: (v) => `${named(v)} s`, y: named, xs: { space: 96 },
        ys: { grid: { stroke: color("--ga-line"), width: 1, filter: (/** @type {unknown} */ u, /** @type {number[]} */ values) => values.map((v) => (isRound(v) ? v : null)) } } }),
      cursor: { show: false },
    };
  }

  #fit() {
    if (!this.plot) return this.#draw();
    if (this.place.clientWidth) this.plot.setSize({ width: this.place.clientWidth, height: this.place.clientHeight });
  }
}

// A power of ten: of the others a logarithmic axis has too many lines.
/** @param {number} v */
const isRound = (v) => Math.abs(Math.log10(v) - Math.round(Math.log10(v))) < 1e-9;

// #rrggbb with less of it.
/** @param {string} tone */
const faint = (tone) => `${tone}${Math.round(255 * BAND).toString(16).padStart(2, "0")}`;
