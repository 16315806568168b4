// A small line chart in SVG: themed by CSS, values on hover, no library.
import { count, h, short, t } from "./core.js";

const NS = "http://www.w3.org/2000/svg";
const MARGIN = { left: 40, right: 8, top: 8, bottom: 20 };

function s(tag, attributes, text) {
  const node = document.createElementNS(NS, tag);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  if (text !== undefined) node.textContent = text;
  return node;
}

export class Chart {
  // series: [{key, tone}], drawn against row.nimg
  constructor({ title, help, series }) {
    Object.assign(this, { title, series, rows: [], hover: null, moment: null });
    this.heading = h("h3", help ? { "data-t-title": help, "data-t": title } : { "data-t": title });
    this.values = series.map(() => h("output", {}, "–"));
    this.keys = series.map(({ key, tone }, i) => {
      const sample = s("svg", { viewBox: "0 0 16 4", "aria-hidden": "true" });
      sample.append(s("path", { class: `ga-line is-${tone}`, d: "M0 2H16" }));
      return h("span", { class: "ga-key" }, sample, h("span", { "data-t": `gan_line_${key}` }), this.values[i]);
    });
    this.plot = s("svg", { class: "ga-plot", role: "img" });
    this.node = h("section", { class: "ga-chart" },
      h("header", {}, this.heading, ...this.keys), this.plot);
    this.plot.addEventListener("pointermove", (e) => this.#point(e));
    this.plot.addEventListener("pointerleave", () => { this.hover = null; this.draw(); });
    new ResizeObserver(() => this.draw()).observe(this.plot);
  }

  show(rows, moment = null) {
    Object.assign(this, { rows, moment });
    this.draw();
  }

  draw() {
    const { plot, rows } = this;
    const [width, height] = [plot.clientWidth, plot.clientHeight];
    if (!width) return;
    const right = width - MARGIN.right;
    const bottom = height - MARGIN.bottom;
    const points = this.series.map(({ key }) => rows.filter((r) => Number.isFinite(r[key])));
    const y = yScale(points.flatMap((list, i) => list.map((r) => r[this.series[i].key])), bottom);
    const last = rows.length ? rows[rows.length - 1].nimg : 0;
    const first = rows.length > 1 ? rows[0].nimg : 0;
    this.x = (nimg) => MARGIN.left + ((nimg - first) / (last - first || 1)) * (right - MARGIN.left);
    const nodes = (rows.length > 1 ? y.ticks : [y.ticks[0]]).flatMap((v) => [
      s("path", { class: "ga-rule", d: `M${MARGIN.left} ${Math.round(y.at(v)) + 0.5}H${right}` }),
      s("text", { x: MARGIN.left - 8, y: y.at(v) + 4, "text-anchor": "end" }, rows.length > 1 ? y.name(v) : ""),
    ]);
    if (rows.length > 1) nodes.push(...this.#feet(first, last, right, height));
    else nodes.push(s("text", {
      x: (MARGIN.left + right) / 2, y: bottom / 2 + 8, "text-anchor": "middle",
    }, t("gan_chart_empty")));
    if (this.moment !== null && rows.length > 1 && this.moment >= first) {
      nodes.push(vertical("ga-moment", this.x(this.moment), bottom));
    }
    this.series.forEach(({ key, tone }, i) => {
      if (points[i].length > 1) nodes.push(s("path", { class: `ga-line is-${tone}`, d: points[i]
        .map((r, j) => `${j ? "L" : "M"}${this.x(r.nimg).toFixed(1)} ${y.at(r[key]).toFixed(1)}`).join("") }));
    });
    const row = this.hover === null ? rows[rows.length - 1] : nearest(rows, this.hover);
    if (this.hover !== null && row) nodes.push(vertical("ga-cross", this.x(row.nimg), bottom));
    plot.replaceChildren(...nodes);
    plot.setAttribute("aria-label", t("gan_chart_alt", { title: t(this.title), count: count(last) }));
    this.series.forEach(({ key }, i) => { this.values[i].textContent = short(row?.[key]).replace("-", "−"); });
  }

  #feet(first, last, right, height) {
    const row = this.hover === null ? null : nearest(this.rows, this.hover);
    const foot = (x, anchor, n) => s("text", { x, y: height - 4, "text-anchor": anchor }, count(n));
    if (row) {
      const x = Math.min(right - 28, Math.max(MARGIN.left + 28, this.x(row.nimg)));
      return [foot(x, "middle", row.nimg)];
    }
    return [foot(MARGIN.left, "start", first), foot(right, "end", last)];
  }

  #point(e) {
    if (this.rows.length < 2) return;
    const box = this.plot.getBoundingClientRect();
    const share = (e.clientX - box.left - MARGIN.left) / (box.width - MARGIN.left - MARGIN.right);
    const [first, last] = [this.rows[0].nimg, this.rows[this.rows.length - 1].nimg];
    this.hover = first + Math.min(1, Math.max(0, share)) * (last - first);
    this.draw();
  }
}

const vertical = (kind, x, bottom) =>
  s("path", { class: kind, d: `M${Math.round(x) + 0.5} ${MARGIN.top}V${bottom}` });

function nearest(rows, nimg) {
  let best = null;
  for (const row of rows) {
    if (!best || Math.abs(row.nimg - nimg) < Math.abs(best.nimg - nimg)) best = row;
  }
  return best;
}

// Three or four round numbers around the data; the range only ever grows in round steps.
function yScale(values, bottom) {
  let [low, high] = values.length
    ? [values.reduce((a, b) => Math.min(a, b)), values.reduce((a, b) => Math.max(a, b))] : [0, 1];
  if (high - low < 1e-6) [low, high] = [low - 0.5, high + 0.5];
  const rough = (high - low) / 3;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].find((m) => m * power >= rough) * power;
  [low, high] = [Math.floor(low / step) * step, Math.ceil(high / step) * step];
  const ticks = [];
  for (let v = low; v <= high + step / 2; v += step) ticks.push(v);
  const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  return {
    ticks, name: (v) => (Math.abs(v) < step / 2 ? 0 : v).toFixed(Math.min(4, digits)).replace("-", "−"),
    at: (v) => bottom - ((v - low) / (high - low)) * (bottom - MARGIN.top),
  };
}
