// Curves of several runs in one chart: any series, against images or seconds, on a linear or log scale.
/** @import { ListedRun } from "../page/kit/types" */
import { ask, copyText, count, currentLanguage, duration, h, say, short, t } from "../page/kit/core.js";

const NS = "http://www.w3.org/2000/svg";
const SERIES = ["fd", "loss_g", "loss_d", "score_real", "score_held_out", "score_fake", "grad_norm_g", "grad_norm_d", "bits", "bits_held_out", "images_per_s"];
const MARGIN = { left: 56, right: 12, top: 8, bottom: 24 };
const TICKS = 4;

const s = (tag, attributes, text) => {
  const node = document.createElementNS(NS, tag);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  if (text !== undefined) node.textContent = text;
  return node;
};

export class Compare {
  constructor(root, { unpick }) {
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
    /** @type {((v: number) => number) | null} */
    this.x = null;  // the scale
    this.end = 1;  // of it
    const select = (id, key, values) => h("select", { id, class: "ga-input", "data-t-label": key }, ...values);
    this.series = select("compare-series", "gan_compare_series", SERIES.map((k) => h("option", { value: k })));
    this.axis = select("compare-axis", "gan_compare_axis", ["nimg", "seconds"].map((k) => h("option", { value: k })));
    this.log = h("input", { type: "checkbox", id: "compare-log" });
    this.copy = h("button", { type: "button", id: "compare-copy", class: "ga-button is-bare",
      onclick: (e) => copyText(this.table(), e.currentTarget) }, h("span", { "data-t": "gan_compare_copy" }));
    this.plot = s("svg", { class: "ga-plot ga-compare-plot", role: "img" });
    this.legend = h("ul", { class: "ga-compare-legend" });
    this.empty = h("p", { class: "ga-quiet", role: "status" });
    root.replaceChildren(h("header", {}, h("h3", { "data-t": "gan_compare" }), this.series, this.axis,
      h("label", { class: "ga-check" }, this.log, h("span", { "data-t": "gan_compare_log" })),
      h("span", { class: "ga-space" }), this.copy), h("div", { class: "ga-compare-body" }, this.plot, this.empty, this.legend));
    this.series.addEventListener("change", () => { this.chosen = true; this.#load(true); });
    for (const input of [this.axis, this.log]) input.addEventListener("change", () => this.draw());
    this.plot.addEventListener("pointermove", (e) => this.#point(e));
    this.plot.addEventListener("pointerleave", () => { this.hover = null; this.draw(); });
    new ResizeObserver(() => this.draw()).observe(this.plot);
  }

  show(runs) {
    this.runs = runs.filter(Boolean);
    this.root.hidden = !this.runs.length;
    if (!this.runs.length) return;
    this.#words();
    if (!this.chosen) this.series.value = this.runs.some((r) => r.fd !== null) ? "fd" : "loss_g";
    this.#load(false);
  }

  #words() {
    if (this.worded === currentLanguage()) return;
    this.worded = currentLanguage();
    for (const o of this.series.options) o.textContent = t(`gan_compare_${o.value}`);
    for (const o of this.axis.options) o.textContent = t(`gan_compare_by_${o.value}`);
    for (const n of this.root.querySelectorAll("[data-t]")) n.textContent = t(n.dataset.t);
    for (const n of [this.series, this.axis]) n.setAttribute("aria-label", t(n.dataset.tLabel ?? ""));
  }

  // Asked again only when a run has gone on, or when another curve is wanted.
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

  #lines() {
    const at = this.axis.value === "seconds" ? 1 : 0;
    const log = this.log.checked;
    return this.runs.map((run, i) => ({
      run, tone: i % 8,
      points: (this.curves[run.id] ?? []).map((p) => [p[at], p[2]]).filter(([, y]) => !log || y > 0),
    }));
  }

  draw() {
    const [width, height] = [this.plot.clientWidth, this.plot.clientHeight];
    if (!this.runs.length || !width) return;
    const lines = this.#lines();
    const all = lines.flatMap((l) => l.points);
    this.#drawLegend(lines);
    this.empty.textContent = this.failed || (all.length ? "" : t("gan_compare_empty"));
    this.plot.setAttribute("aria-label", t("gan_compare_alt", {
      series: t(`gan_compare_${this.series.value}`), names: this.runs.map(nameOf).join(", ") }));
    if (!all.length) { this.plot.replaceChildren(); return; }
    const [right, bottom] = [width - MARGIN.right, height - MARGIN.bottom];
    const end = Math.max(...all.map(([x]) => x), 1);
    const y = scale(all.map(([, v]) => v), bottom, this.log.checked);
    const at = (v) => MARGIN.left + (v / end) * (right - MARGIN.left);
    Object.assign(this, { x: at, end });
    const nodes = y.ticks.flatMap((v) => [
      s("path", { class: "ga-rule", d: `M${MARGIN.left} ${Math.round(y.at(v)) + 0.5}H${right}` }),
      s("text", { x: MARGIN.left - 8, y: y.at(v) + 4, "text-anchor": "end" }, short(v)),
    ]);
    const feet = [0, end / 2, end];
    feet.forEach((v, i) => nodes.push(s("text", { x: at(v), y: height - 4,
      "text-anchor": ["start", "middle", "end"][i] }, this.#foot(v))));
    for (const line of lines) {
      if (!line.points.length) continue;
      nodes.push(s("path", { class: `ga-line is-run-${line.tone}`,
        d: line.points.map(([x, v], i) => `${i ? "L" : "M"}${at(x).toFixed(1)} ${y.at(v).toFixed(1)}`).join("") }));
      const [x, v] = line.points[line.points.length - 1];
      nodes.push(s("circle", { class: `ga-end is-run-${line.tone}`, cx: at(x), cy: y.at(v), r: 2.5 }));
    }
    if (this.hover !== null) nodes.push(s("path", { class: "ga-cross", d: `M${Math.round(at(this.hover)) + 0.5} ${MARGIN.top}V${bottom}` }));
    this.plot.replaceChildren(...nodes);
  }

  #foot(v) {
    return this.axis.value === "seconds" ? duration(v) : v >= 10000 ? `${count(v / 1000)} k` : count(v);
  }

  #drawLegend(lines) {
    const drawn = JSON.stringify([this.runs.map((r) => [r.id, r.name]), currentLanguage()]);
    if (this.drawnLegend !== drawn) {
      this.drawnLegend = drawn;
      this.values = lines.map(() => h("output", {}));
      this.legend.replaceChildren(...lines.map(({ run, tone }, i) => {
        const sample = s("svg", { viewBox: "0 0 24 4", "aria-hidden": "true", width: 24, height: 4 });
        sample.append(s("path", { class: `ga-line is-run-${tone}`, d: "M0 2H24" }));
        return h("li", { "data-help": "gan_compare_pick_help" }, sample, h("span", { title: run.id }, nameOf(run)), this.values[i],
          h("button", { type: "button", class: "ga-button is-bare is-icon", "aria-label": t("gan_compare_leave", { name: nameOf(run) }),
            "data-help": "gan_compare_leave_help", title: t("gan_compare_leave", { name: nameOf(run) }), onclick: () => this.unpick(run.id) }, "×"));
      }));
    }
    lines.forEach(({ points }, i) => {
      const point = this.hover === null ? points.at(-1) : nearest(points, this.hover);
      this.values[i].textContent = point ? short(point[1]) : "–";
    });
  }

  #point(event) {
    if (!this.x) return;
    const box = this.plot.getBoundingClientRect();
    const f = (event.clientX - box.left - MARGIN.left) / (box.width - MARGIN.left - MARGIN.right);
    this.hover = Math.min(1, Math.max(0, f)) * this.end;
    this.draw();
  }

  // What is drawn, as a table for a spreadsheet: run, images, seconds, value.
  table() {
    const rows = this.runs.flatMap((run) => (this.curves[run.id] ?? []).map((p) => [nameOf(run).replaceAll("\t", " "), ...p].join("\t")));
    return [["run", "nimg", "seconds", this.series.value].join("\t"), ...rows].join("\n");
  }
}

const nameOf = (run) => run.name || run.id;

function nearest(points, x) {
  let best = null;
  for (const p of points) if (!best || Math.abs(p[0] - x) < Math.abs(best[0] - x)) best = p;
  return best;
}

/** @param {number[]} values @param {number} bottom @param {boolean} log */
function scale(values, bottom, log) {
  const shape = log ? Math.log10 : (v) => v;
  const back = log ? (v) => 10 ** v : (v) => v;
  let [low, high] = [Math.min(...values), Math.max(...values)].map(shape);
  if (high - low < 1e-9) [low, high] = [low - 0.5, high + 0.5];
  const rough = (high - low) / TICKS;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5].find((m) => m * power >= rough) ?? 10) * power;
  [low, high] = [Math.floor(low / step) * step, Math.ceil(high / step) * step];
  const ticks = [];
  for (let v = low; v <= high + step / 2; v += step) ticks.push(back(Math.abs(v) < step / 2 ? 0 : v));
  return { ticks, at: (v) => bottom - ((shape(v) - low) / (high - low)) * (bottom - MARGIN.top) };
}
