// A figure that answers at once: charts, one slider that is also dragged in them, and formulas with its numbers.
/** @import { Axes } from "./plane.js" */
import { fillRange, h, t } from "../page/kit/core.js";
import { Plane } from "./plane.js";
import { writeMaths } from "./maths.js";

const NS = "http://www.w3.org/2000/svg";
const TALL = { least: 120, most: 200, share: 0.34 };  // px, and of the width

/**
 * @typedef {{ word: string, axes: Axes, draw: (plane: Plane, value: number) => void, drags: (x: number) => number }} Chart
 *   `drags`: the slider's value for a place that is pointed at
 * @typedef {{ name: string, slider: { min: number, max: number, step: number, begin: number, digits: number },
 *   keys: [tone: string, word: string][], charts: Chart[], lines: (value: number) => string[],
 *   says: (value: number) => Record<string, string> }} FigureSpec `says`: for `gan_lab_<name>_says`
 */

export class Figure {
  /** @param {FigureSpec} spec @param {number} value */
  constructor(spec, value) {
    this.spec = spec;
    const { name, slider, keys, charts } = spec;
    this.input = h("input", { type: "range", class: "ga-range", id: `lab-slider-${name}`, min: slider.min, max: slider.max, step: slider.step });
    this.input.value = String(value);
    this.shown = h("output", { for: this.input.id });
    this.svgs = charts.map((chart) => this.#svg(chart));
    this.lines = spec.lines(value).map(() => h("p", { class: "ga-lab-line" }));
    this.node = h("section", { class: "ga-panel ga-lab-figure" },
      h("header", {}, h("h3", {}, t(`gan_lab_${name}_figure`))),
      h("ul", { class: "ga-lab-keys" }, ...keys.map(([tone, word]) => h("li", { class: `is-${tone}` }, t(word)))),
      ...charts.map(({ word }, i) => h("figure", {}, h("figcaption", { class: "ga-quiet" }, t(word)), this.svgs[i])),
      h("label", { class: "ga-lab-slider", "data-help": `gan_lab_${name}_slider_help` }, h("span", {}, t(`gan_lab_${name}_slider`)), this.shown, this.input),
      h("div", { class: "ga-lab-lines" }, ...this.lines));
    this.input.addEventListener("input", () => this.draw());
    this.width = 0;
    new ResizeObserver(() => {
      const { clientWidth } = this.svgs[0];
      if (clientWidth && clientWidth !== this.width) { this.width = clientWidth; this.draw(); }
    }).observe(this.node);
    this.draw();
  }

  get value() { return Number(this.input.value); }

  /** @param {Chart} chart */
  #svg(chart) {
    const svg = document.createElementNS(NS, "svg");
    svg.setAttribute("role", "img");
    svg.setAttribute("class", "ga-lab-chart");
    const follow = (/** @type {PointerEvent} */ e) => {
      const plane = new Plane(chart.axes, this.width, this.height);
      this.input.value = String(chart.drags(plane.valueAt(e.clientX - svg.getBoundingClientRect().left)));
      this.draw();
    };
    svg.addEventListener("pointerdown", (e) => { svg.setPointerCapture(e.pointerId); follow(e); });
    svg.addEventListener("pointermove", (e) => { if (svg.hasPointerCapture(e.pointerId)) follow(e); });
    return svg;
  }

  get height() { return Math.round(Math.min(TALL.most, Math.max(TALL.least, TALL.share * this.width))); }

  draw() {
    const { name, slider, charts, lines, says } = this.spec;
    const { value } = this;
    const text = t(`gan_lab_${name}_says`, says(value));
    this.shown.textContent = value.toFixed(slider.digits).replace("-", "−");
    this.input.setAttribute("aria-valuetext", text);
    fillRange(this.input, slider.min <= 0 ? 0 : slider.min);
    lines(value).forEach((line, i) => writeMaths(this.lines[i], line));
    charts.forEach((chart, i) => {
      const svg = this.svgs[i];
      svg.setAttribute("aria-label", `${t(chart.word)}. ${text}`);
      if (!this.width) return;
      svg.setAttribute("height", String(this.height));
      const plane = new Plane(chart.axes, this.width, this.height);
      chart.draw(plane, value);
      svg.replaceChildren(...plane.nodes);
    });
  }
}
