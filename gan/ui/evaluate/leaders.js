// The leaderboard: every model's distance to real images, against the time it trained. A distance
// compares only within one pair of real images and features: the table has a group for each pair, the
// chart shows the chosen model's.
/** @import { MetricName, Rated, Stated } from "../page/kit/types" */
import uPlot from "../page/kit/uplot.js";
import { ask, count, currentLanguage, duration, find, h, modelOf, on, plainRef, sentences, short, state, t, wordedFor } from "../page/kit/core.js";
import { nameOfFeatures, tellFeatures } from "./features.js";
import { quietAxes, toned } from "../page/kit/plot.js";

const CLOCK = [1, 5, 15, 60, 300, 900, 3600, 10800, 36000, 86400, 604800];  // s, people's round times
const COLUMNS = ["model", "fd", "precision", "recall", "trained", "time"];
const FLOOR_PX = 6;
const MOST_TICKS = 6;

/**
 * @typedef {{ data: string, features: string }} Pair what a distance was measured against, and on
 * @typedef {{ pair: Pair | null, rows: Rated[] }} Group
 */

export class Leaders {
  /** @param {HTMLElement} root @param {{ chosen(row: Rated): void, measure(ref: string): void }} does */
  constructor(root, { chosen, measure }) {
    this.chosen = chosen;
    this.measure = measure;
    /** @type {Rated[]} */
    this.rows = [];
    this.news = "";  // what was drawn
    this.features = "";  // of the evaluation that is looked at
    this.table = find(root, "#leaders-table");
    this.box = find(root, "#leaders-plot");
    /** @type {Group | null} */
    this.shown = null;  // in the chart
    /** @type {uPlot | null} */
    this.plot = null;
    this.about = find(root, "#leaders-about");
    new ResizeObserver(() => this.#drawPlot()).observe(this.box);
    on("theme", () => this.#drawPlot());
  }

  // Of a model that two judges have measured, the chart shows the group of these features.
  /** @param {string} features */
  prefer(features) {
    if (features === this.features) return;
    this.features = features;
    if (this.rows.length) this.draw();
  }

  // A model's row on these features, else the first: that of our own.
  /** @param {string} ref @param {string} [features] */
  row(ref, features = "") {
    const rows = this.rows.filter((r) => r.ref === ref);
    return rows.find((r) => pairOf(r)?.features === features) ?? rows[0] ?? null;
  }

  async refresh() {
    try {
      const { rows } = await ask("leaderboard");
      const news = JSON.stringify([rows, state.ref]);
      if (news === this.news) return;  // a table that is not redrawn keeps the keyboard's place
      Object.assign(this, { rows, news });
    } catch {
      return;  // the header says that the server does not answer
    }
    this.draw();
  }

  draw() {
    /** @param {Rated} row */
    const fd = (row) => distanceOf(row)?.value ?? Infinity;
    this.rows.sort((a, b) => fd(a) - fd(b) || (a.kind > b.kind ? 1 : -1));
    const groups = grouped(this.rows);
    this.shown = this.#shownOf(groups);
    this.table.replaceChildren(this.#head(), ...groups.map((group) => h("tbody", {}, this.#heading(group), ...group.rows.map((r) => this.#line(r, group)))));
    this.#drawAbout();
    this.#drawPlot();
  }

  // The group of the chosen model where that was measured, else the largest; null of none.
  /** @param {Group[]} groups */
  #shownOf(groups) {
    const measured = groups.filter((g) => g.pair);
    const chosen = plainRef(state.ref ?? "");
    const holding = measured.filter((g) => g.rows.some((r) => r.ref === chosen));
    return holding.find((g) => g.pair?.features === this.features) ?? holding[0] ?? measured[0] ?? null;
  }

  /** @param {Group} group */
  #heading(group) {
    const text = group.pair ? t("gan_leaders_group", told(group.pair)) : t("gan_leaders_group_none");
    const title = h("th", { scope: "rowgroup", colspan: COLUMNS.length });
    tellFeatures(title, text, group.pair?.features ?? "");
    return h("tr", { class: `ga-leaders-group ${group === this.shown ? "is-shown" : ""}` }, title);
  }

  #drawAbout() {
    const untimed = (this.shown?.rows ?? []).filter((r) => !((r.seconds ?? 0) > 0)).map((r) => r.name);
    const pair = this.shown?.pair;
    this.about.textContent = pair ? sentences(t("gan_leaders_only", told(pair)),
      untimed.length ? t("gan_leaders_untimed", { names: untimed.join(", ") }) : "") : "";
  }

  #head() {
    return h("thead", {}, h("tr", {}, ...COLUMNS.map((name) => h("th", {
      scope: "col", class: name === "model" ? "" : "is-number", "data-help": `gan_leaders_${name}_help`,
    }, t(`gan_leaders_${name}`)))));
  }

  /** @param {Rated} row @param {Group} group */
  #line(row, group) {
    // the title is shown where the columns do not fit beside each other
    /** @param {string} name @param {string} text */
    const number = (name, text) => h("td", { class: "is-number", "data-title": t(`gan_leaders_${name}`) }, text);
    /** @param {"precision" | "recall"} name */
    const share = (name) => {
      const metric = metricOf(row, name);
      return number(name, metric ? `${Math.round(100 * metric.value)} %` : "–");
    };
    const fd = distanceOf(row);
    const chosen = plainRef(state.ref ?? "") === row.ref && (group === this.shown || !group.pair);
    const name = h("button", {
      type: "button", class: "ga-button is-bare is-link", "aria-pressed": String(chosen), "data-help": "gan_leaders_choose_help",
      onclick: () => this.chosen(row),
    }, row.name);
    const measure = h("button", {
      type: "button", class: "ga-button is-small", "data-help": wordedFor("gan_evaluate_start_help", modelOf(plainRef(row.ref))?.plane ?? false), onclick: () => this.measure(row.ref),
      "aria-label": t("gan_leaders_measure", { name: row.name }),
    }, t("gan_evaluate_start"));
    const stated = fd?.stated ? h("span", { class: "ga-stated", title: hintOf(row) }, short(fd.value)) : null;
    const value = h("td", { class: "is-number" }, ...(!fd ? [measure] : stated ? [stated, measure] : [short(fd.value)]));
    return h("tr", chosen ? { class: "is-chosen" } : {},
      h("th", { scope: "row" }, name, h("span", { class: "ga-quiet" }, fd?.count ? t("gan_leaders_count", { count: count(fd.count) }) : "")),
      value, share("precision"), share("recall"),
      number("trained", row.nimg ? trained(row.nimg) : "–"),
      number("time", row.seconds ? duration(row.seconds) : "–"));
  }

  // ---- the plot -------------------------------------------------------------------------------

  #drawPlot() {
    const { box } = this;
    if (!box.clientWidth) return;
    const shown = (this.shown?.rows ?? []).flatMap((row) => {
      const [fd, seconds] = [distanceOf(row), row.seconds ?? 0];
      return fd && seconds > 0 ? [{ row, fd, seconds }] : [];
    }).sort((a, b) => a.seconds - b.seconds);
    this.plot?.destroy();
    this.plot = null;
    box.replaceChildren();
    if (!shown.length) return box.append(h("p", { class: "ga-quiet ga-leaders-empty" }, t(this.shown ? "gan_leaders_timeless" : "gan_leaders_none")));
    const floors = shown.map(({ fd }) => fd.floor ?? 0).filter((v) => v > 0);
    const x = logScale(shown.map(({ seconds }) => seconds), CLOCK);
    const y = logScale([...shown.flatMap(({ fd }) => bounds(fd)), ...floors]);
    const color = toned(box);
    /** @param {Scale} s */
    const scale = ({ low, high }) => ({ time: false, distr: 3, range: () => [low, high] });
    /** @param {Scale} of */
    const ticks = (of) => ({ splits: () => of.ticks, filter: (/** @type {unknown} */ _, /** @type {number[]} */ splits) => splits });
    this.plot = new uPlot({
      width: box.clientWidth, height: box.clientHeight, padding: [24, 24, 0, 0], legend: { show: false }, cursor: { show: false },
      scales: { x: scale(x), y: scale(y) },
      axes: quietAxes(color, { x: duration, y: String, xs: ticks(x), ys: ticks(y) }),
      series: [{}, { paths: () => null, points: { show: false } }],
      hooks: {
        draw: [(/** @type {uPlot} */ u) => shown.forEach(({ fd, seconds }) => drawBounds(u, fd, seconds, color))],
        ready: [(/** @type {uPlot} */ u) => {
          const drawn = [...shown].sort((a, b) => b.fd.value - a.fd.value).map((each) => this.#point(u, each));
          u.over.append(...drawn.flat());
          apart(drawn.map(([, name]) => name), drawn.map(([dot]) => dot));
        }],
      },
    }, [shown.map(({ seconds }) => seconds), shown.map(({ fd }) => fd.value)], box);
    box.append(h("span", { class: "ga-leaders-axis ga-quiet is-y" }, t("gan_leaders_y")), h("span", { class: "ga-leaders-axis ga-quiet" }, t("gan_leaders_x")));
    return undefined;
  }

  // A model is a dot at its place: a click chooses it. Dots may lie on each other, so for keys and screen readers the
  // table does the same.
  /** @param {uPlot} u @param {{ row: Rated, fd: Distance, seconds: number }} shown */
  #point(u, { row, fd, seconds }) {
    const [left, top] = [u.valToPos(seconds, "x"), u.valToPos(fd.value, "y")];
    const chosen = plainRef(state.ref ?? "") === row.ref;
    const told = `${row.name}: FD ${short(fd.value)}, ${duration(seconds)}`;
    const place = `left: ${left}px; top: ${top}px`;
    return [
      h("span", { class: `ga-point ${chosen ? "is-chosen" : ""} ${fd.stated ? "is-stated" : ""}`, style: place, "aria-hidden": "true",
        title: fd.stated ? `${told}. ${hintOf(row)}` : told, onclick: () => this.chosen(row) }),
      h("span", { class: `ga-point-name ${left > u.over.clientWidth * 0.7 ? "is-left" : ""}`, style: place, "aria-hidden": "true" }, row.name),
    ];
  }
}

// Names of dots that lie close: above or below, right or left of the dot, so that none covers another and,
// where there is room, none is nearer to another's dot.
/** @param {HTMLElement[]} names @param {HTMLElement[]} dots in the same order */
function apart(names, dots) {
  const middles = dots.map((dot) => middleOf(dot.getBoundingClientRect()));
  // 2 where a name covers another, 1 where it is nearer to another's dot, else 0.
  /** @param {number} i */
  const cost = (i) => {
    const box = names[i].getBoundingClientRect();
    const covers = names.slice(0, i).some((other) => {
      const b = other.getBoundingClientRect();
      return box.left < b.right && b.left < box.right && box.top < b.bottom && b.top < box.bottom;
    });
    /** @param {{ x: number, y: number }} dot */
    const far = ({ x, y }) => Math.hypot(Math.max(box.left - x, 0, x - box.right), middleOf(box).y - y);
    return covers ? 2 : middles.some((dot) => far(dot) < far(middles[i]) - 1) ? 1 : 0;
  };
  for (const [i, name] of names.entries()) {
    const isLeft = name.classList.contains("is-left");
    /** @param {[left: boolean, under: boolean]} place */
    const put = ([left, under]) => { name.classList.toggle("is-left", left); name.classList.toggle("is-under", under); };
    /** @type {[boolean, boolean][]} */
    const places = [[isLeft, false], [isLeft, true], [!isLeft, false], [!isLeft, true]];
    /** @type {number[]} */
    const found = places.map((place) => { put(place); return cost(i); });
    put(places[found.indexOf(Math.min(...found))]);
  }
}

/** @param {DOMRect} box */
const middleOf = (box) => ({ x: box.left + box.width / 2, y: box.top + box.height / 2 });

// The interval of a distance, and below it how low it can be measured at all.
/** @param {uPlot} u @param {Distance} fd @param {number} seconds @param {(name: string) => string} color */
function drawBounds(u, fd, seconds, color) {
  const { ctx } = u;
  /** @param {number} v */
  const at = (v) => u.valToPos(v, "y", true);
  const px = u.valToPos(seconds, "x", true);
  const [low, high] = bounds(fd);
  /** @param {string} tone @param {number} alpha @param {...[number, number]} ends */
  const line = (tone, alpha, ...ends) => {
    ctx.save();
    Object.assign(ctx, { strokeStyle: color(tone), globalAlpha: alpha, lineWidth: 1.5 * devicePixelRatio });
    ctx.beginPath();
    for (const [i, [x, y]] of ends.entries()) ctx[i ? "lineTo" : "moveTo"](x, y);
    ctx.stroke();
    ctx.restore();
  };
  line("--ga-accent", 0.5, [px, at(low)], [px, at(high)]);
  if (fd.floor === null || !(fd.floor > 0)) return;
  const reach = FLOOR_PX * devicePixelRatio;
  line("--ga-edge", 1, [px - reach, at(fd.floor)], [px + reach, at(fd.floor)]);
}

// [{pair: {data, features}, rows}], the largest group first; those not measured last, without a pair.
/** @param {Rated[]} rows @returns {Group[]} */
function grouped(rows) {
  /** @type {Map<string, Group>} */
  const groups = new Map();
  for (const row of rows) {
    const pair = pairOf(row);
    const key = JSON.stringify(pair);
    const group = groups.get(key) ?? { pair, rows: [] };
    group.rows.push(row);
    groups.set(key, group);
  }
  /** @param {Group} group */
  const size = ({ pair, rows: own }) => (pair ? own.length : 0);
  return [...groups.values()].sort((a, b) => size(b) - size(a));
}

/** @param {Pair} pair @returns {Pair} as a reader knows it */
const told = ({ data, features }) => ({ data, features: nameOfFeatures(features) });

// What its distance was measured against and on; null where it was not.
/** @param {Rated} row @returns {Pair | null} */
function pairOf(row) {
  const from = metricOf(row, "fd") ? row.evaluation : row.card;
  return from && { data: from.data || "?", features: from.features || "?" };
}

/** @param {Rated} row @param {MetricName} name */
const metricOf = (row, name) => row.evaluation?.metrics.find((m) => m.name === name) ?? null;

// What was measured here, else what the model's card states.
/**
 * @typedef {{ value: number, floor: number | null, low: number | null, high: number | null, count?: number | null, stated?: boolean }} Distance
 * @typedef {{ low: number, high: number, ticks: number[] }} Scale
 */
/** @param {Rated} row @returns {Distance | null} */
function distanceOf(row) {
  const measured = metricOf(row, "fd");
  if (measured || !row.card) return measured;
  return { value: row.card.fd, floor: row.card.floor, low: row.card.fd, high: row.card.fd, count: row.card.count, stated: true };
}

/** @param {Stated} stated */
export function statedHow({ count: many, data, features }) {
  return many ? t("gan_card_how", { count: count(many), data: data || "?", features: nameOfFeatures(features) }) : t("gan_card_how_unknown");
}

/** @param {Rated} row */
const hintOf = (row) => t("gan_card_hint", { how: row.card ? statedHow(row.card) : "" });

/** @param {Distance} fd */
const bounds = (fd) => [Math.max(fd.low ?? fd.value, fd.value / 20, 1e-4), fd.high ?? fd.value];

// Thousands; in Chinese, which counts so, ten thousands.
/** @param {number} nimg */
const trained = (nimg) => t("gan_leaders_kimg", {
  count: currentLanguage() === "zh" ? (nimg / 10000).toFixed(1) : count(nimg / 1000),
});

// Round values, where given, end the scale on both sides, so that there are two of them at least.
/** @param {number[]} values @param {number[] | null} [round] @returns {Scale} */
function logScale(values, round = null) {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const low = round?.findLast((v) => v < least) ?? least / 1.4;
  const high = round?.find((v) => v > most) ?? most * 1.4;
  const ticks = (round ?? []).filter((v) => v >= low && v <= high);
  for (let power = 10 ** Math.floor(Math.log10(low)); !round && power <= high; power *= 10) {
    for (const m of [1, 2, 5]) if (m * power >= low && m * power <= high) ticks.push(Number((m * power).toPrecision(1)));
  }
  return { low, high, ticks: !round && ticks.length > MOST_TICKS ? ticks.filter((v) => /^1/.test(v.toExponential())) : ticks };
}
