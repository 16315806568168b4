// Evaluate: how good the chosen model is, in numbers that say what real images would read.
/** @import { Evaluation, EvaluationNews, Metric, MetricName, Rated, State, Stated } from "../page/kit/types" */
import {
  boot, choose, className, count, duration, find, finder, h, modelOf, ofPoints, on, plainRef, prepare, refresh, say, sentences,
  state, t, tabIsOpen, isBusy, isMoment, wordedFor,
} from "../page/kit/core.js";
import { Poll, whenShown } from "../page/kit/fresh.js";
import { nameOfFeatures, tellFeatures } from "./features.js";
import { Leaders, statedHow } from "./leaders.js";
import { drawMissing, picturesOf } from "./strips.js";
import { follow } from "../page/kit/lines.js";
import { seedField } from "../page/kit/seedfield.js";
import { LAST_SEED } from "../page/kit/seeds.js";

const DEFAULT_COUNT = 2000;
const MOST_SAMPLES = 50_000;  // seeds that follow the first one
const POLL_MS = 10_000;  // while a training goes on
// whether the model's own data is not in the list, or nobody knows them
/** @type {Record<string, string>} */
const UNLIKE = { other: "gan_evaluate_kind_other", unknown: "gan_evaluate_kind_unknown" };
/** @type {MetricName[]} */
const NAMES = ["fd", "kd", "precision", "recall", "density", "coverage", "memorised"];
/** @type {MetricName[]} */
const NAMES_OF_POINTS = ["fd", "precision", "recall", "density", "coverage", "js", "high_quality"];

/** @typedef {{ fraction: number, evaluation?: undefined } | (EvaluationNews & { fraction?: number })} News a line of the reply */

/** @param {HTMLElement} element */
export function mount(element) {
  new Evaluate(prepare(element)).start();
}

class Evaluate {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    this.find = finder(root);
    this.leaders = new Leaders(root, {
      chosen: (row) => this.#choose(row), measure: (ref) => this.#measure(ref),
    });
    /** @type {(EvaluationNews & { ref: string, recalled?: boolean }) | null} */
    this.found = null;
    /** @type {AbortController | null} */
    this.ending = null;  // of the evaluation that is going on
    this.began = 0;
    this.fraction = 0;
    /** @type {string | null} */
    this.chosen = null;  // the ref that is looked at
    /** @type {string | null} */
    this.offered = null;  // the ref whose data are offered to measure against
    /** @type {Rated | null} */
    this.picked = null;  // the leaderboard's row that was clicked last
    this.heard = "";
    this.plane = false;  // whether the model makes points, of which other things are said than of images
    /** @type {Poll} */
    this.poll;  // from `start` on
  }

  start() {
    this.find("#evaluate-count", HTMLSelectElement).replaceChildren(...boot.evaluate.counts.map(
      (n) => h("option", { value: n }, count(n))));
    this.find("#evaluate-count", HTMLSelectElement).value = String(DEFAULT_COUNT);
    this.#offerJudges();
    this.find("#evaluate-form").addEventListener("submit", (e) => { e.preventDefault(); this.#begin(); });
    this.find("#evaluate-stop").addEventListener("click", () => this.ending?.abort());
    for (const id of ["evaluate-data", "evaluate-count", "evaluate-judge"]) {
      this.find(`#${id}`).addEventListener("change", () => this.#draw());
    }
    seedField(this.find("#evaluate-seed", HTMLInputElement), () => this.#draw(), { most: LAST_SEED - MOST_SAMPLES });
    on("model", () => this.#changed());
    on("state", (fresh) => { if (!this.chosen) this.#changed(); this.#hear(fresh); });
    on("language", () => { this.#offerJudges(); this.#nameData(); this.#draw(); this.leaders.draw(); });
    this.poll = new Poll(() => this.leaders.refresh(), () => (isBusy(state.runs) ? POLL_MS : Infinity), this.root);
    whenShown(this.root, () => this.#recall());
    this.#changed();
  }

  // One that is not installed is shown, too, so that one learns of it.
  #offerJudges() {
    const select = this.find("#evaluate-judge", HTMLSelectElement);
    const chosen = select.value || "own";
    select.replaceChildren(...boot.evaluate.judges.map(
      ({ name, here }) => h("option", { value: name, disabled: !here }, t(`gan_judge_${name}`))));
    select.value = chosen;
  }

  // The header's poll tells when a model came, or a training ended.
  /** @param {State} news */
  #hear({ models }) {
    const heard = JSON.stringify(models.map((m) => [m.ref, m.state]));
    if (heard !== this.heard) this.poll.now();
    this.heard = heard;
  }

  // ---- which model ----------------------------------------------------------------------------

  // A model that two judges have measured has two rows: a click shows what that row holds.
  /** @param {Rated} row */
  #choose(row) {
    this.picked = row;
    if (plainRef(state.ref ?? "") !== row.ref) return choose(row.ref);
    if (this.ending || !row.evaluation) return undefined;
    this.found = null;
    return this.#changed();
  }

  async #changed() {
    const { ref } = state;
    if (!ref || !modelOf(plainRef(ref))) return this.#draw();
    if (this.chosen !== ref) {
      this.ending?.abort();
      this.chosen = ref;
      this.found = null;
      this.#note("");
      this.#draw();
      await this.leaders.refresh();
    }
    const { chosen } = this;  // another model may be by now
    const plain = plainRef(chosen);
    this.plane = modelOf(plain)?.plane ?? false;
    const row = this.leaders.row(plain, this.picked?.ref === plain ? this.picked.evaluation?.features : "");
    this.#offer(row?.data ?? "");
    this.offered = chosen;
    if (!this.found && !this.ending && row?.evaluation && !isMoment(chosen)) {
      this.found = { evaluation: row.evaluation, pairs: null, ref: chosen, nimg: row.nimg };
      this.find("#evaluate-judge", HTMLSelectElement).value = judgeOf(row.evaluation);
    }
    this.#draw();
    this.#recall();
    return undefined;
  }

  // What was kept has no pictures: at home, where asking is free, they are made again.
  async #recall() {
    const shown = this.found;
    if (!boot.local || !shown || shown.pairs || shown.recalled || !tabIsOpen(this.root)) return;
    shown.recalled = true;
    const { data, count: many, seed } = shown.evaluation;
    const body = JSON.stringify({ ref: shown.ref, data, count: many, seed, judge: judgeOf(shown.evaluation), kept: true });
    /** @param {News} news */
    const told = (news) => { if (news.evaluation && this.found === shown) this.#told(news, shown.ref); };
    await follow("evaluate", body, { told }).catch(() => {});  // the numbers stand without them
  }

  // The model's own data first.
  /** @param {string} own */
  #offer(own) {
    const select = this.find("#evaluate-data", HTMLSelectElement);
    const known = boot.evaluate.data.filter((name) => boot.evaluate.points.includes(name) === this.plane);
    const usual = own === "fashion-full" && !known.includes(own) ? "fashion" : own;
    const names = known.includes(usual) || !usual.startsWith("folder:") ? known : [usual, ...known];
    select.replaceChildren(...names.map((name) => h("option", { value: name })));
    this.#nameData();
    if (names.includes(usual)) select.value = usual;
    // what is chosen then is only the first of the list
    this.unlike = names.includes(usual) ? "" : own ? "other" : "unknown";
    this.trainedOn = own;
  }

  #nameData() {
    for (const option of this.find("#evaluate-data", HTMLSelectElement).options) {
      const { value } = option;
      option.textContent = value.startsWith("folder:") ? value.replace(/^.*[/\\:]/, "") : t(`gan_data_${value}`);
    }
  }

  // ---- measure --------------------------------------------------------------------------------

  // One of the table, which has not been chosen yet: against its own data.
  /** @param {string} ref */
  async #measure(ref) {
    choose(ref);
    await this.#changed();
    return this.#begin();
  }

  async #begin() {
    const ref = state.ref;
    if (!ref || this.ending || this.offered !== ref) return;
    const seed = this.find("#evaluate-seed", HTMLInputElement);
    if (seed.getAttribute("aria-invalid") === "true") return void seed.focus();
    const ending = new AbortController();
    Object.assign(this, { ending, found: null, fraction: 0, began: performance.now() });
    this.#note("");
    this.#draw();
    const body = JSON.stringify({
      ref, data: this.find("#evaluate-data", HTMLSelectElement).value, count: this.find("#evaluate-count", HTMLSelectElement).value,
      seed: seed.value || "0", judge: this.plane ? "own" : this.find("#evaluate-judge", HTMLSelectElement).value,
    });
    try {
      await follow("evaluate", body, { signal: ending.signal, told: (news) => this.#told(news, ref) });
    } catch (error) {
      if (!ending.signal.aborted) this.#note(say(error));
    }
    if (this.ending === ending) this.ending = null;
    this.#draw();
    await this.leaders.refresh();
    refresh();
  }

  /** @param {News} news @param {string} ref */
  #told(news, ref) {
    if (news.fraction !== undefined) this.fraction = news.fraction;
    if (news.evaluation) this.found = { ...news, ref };
    this.#draw();
  }

  // ---- show -----------------------------------------------------------------------------------

  #draw() {
    const model = state.ref ? modelOf(plainRef(state.ref)) : null;
    const busy = Boolean(this.ending);
    this.#word(model?.plane ?? false);
    this.find("#evaluate-start", HTMLButtonElement).disabled = busy || !model || this.offered !== state.ref;
    this.find("#evaluate-stop", HTMLButtonElement).disabled = !busy;
    this.find("#evaluate-what").textContent = model ? model.name : t("gan_no_models");
    this.#drawProgress(busy);
    const found = this.found?.evaluation ?? null;
    this.find("#evaluate-kind").textContent = model && this.unlike ? this.#t(UNLIKE[this.unlike], { data: this.trainedOn }) : "";
    tellFeatures(this.find("#evaluate-about"), this.found ? this.#about(this.found) : "", this.plane ? "coordinates" : found?.features ?? "");
    this.find("#evaluate-judged").textContent = this.#judged();
    this.leaders.prefer(found?.features ?? "");
    const stated = model ? this.leaders.row(model.ref)?.card ?? null : null;
    this.find("#evaluate-verdict").textContent = found ? this.#verdict(found)
      : busy ? this.#t("gan_evaluate_busy") : stated ? statedText(stated) : this.#t("gan_evaluate_empty");
    this.find("#evaluate-differs").textContent = found && stated ? whyOther(found, stated) : "";
    this.#drawCards(found, busy ? null : stated);
    this.#drawClasses(found);
    this.#drawPairs(this.found);
    drawMissing(this.find("#evaluate-missing"), this.found);
  }

  // A text in the page's language, about points where the model makes points.
  /** @param {string} key @param {Record<string, unknown>} [values] */
  #t(key, values) { return t(wordedFor(key, this.plane), values); }

  // The form's own words; points are compared by their coordinates, whatever the judge.
  /** @param {boolean} plane */
  #word(plane) {
    this.plane = plane;
    for (const part of ["#evaluate-form", ".ga-scores"]) ofPoints(this.find(part), plane);  // the table is of all models
    find(this.root, ".ga-field.is-judge").hidden = plane;
  }

  // What the chosen judge is, or how to get the one that is not here.
  #judged() {
    if (this.plane) return "";
    if (this.find("#evaluate-judge", HTMLSelectElement).value !== "own") return t("gan_judge_other");
    const absent = boot.evaluate.judges.filter(({ here }) => !here);
    return absent.length && boot.local ? t("gan_judge_absent", { package: boot.evaluate.judge_package }) : "";
  }

  /** @param {boolean} busy */
  #drawProgress(busy) {
    const done = busy ? this.fraction : this.found ? 1 : 0;
    const bar = this.find("#evaluate-progress");
    bar.setAttribute("aria-valuenow", String(Math.round(100 * done)));
    find(bar, "i").style.transform = `scaleX(${done})`;
    const passed = (performance.now() - this.began) / 1000;
    this.find("#evaluate-left").textContent = busy && done > 0.03
      ? t("gan_evaluate_left", { time: duration(passed * (1 - done) / done) }) : "";
  }

  /** @param {Evaluation | null} found @param {Stated | null} stated */
  #drawCards(found, stated) {
    const box = this.find("#evaluate-cards");
    const names = found ? found.metrics.map((m) => m.name) : this.plane ? NAMES_OF_POINTS : NAMES;
    box.replaceChildren(...names.map((name) => (!found && stated && name === "fd" ? statedCard(stated, this.plane)
      : card(name, found?.metrics.find((m) => m.name === name) ?? null, this.plane))));
    box.setAttribute("aria-busy", String(Boolean(this.ending)));
  }

  /** @param {Evaluation | null} found */
  #drawClasses(found) {
    const section = this.find("#evaluate-classes");
    section.hidden = !found?.classes.length;
    if (!found || section.hidden) return;
    this.find("#evaluate-covered").textContent = t("gan_evaluate_covered", {
      covered: found.covered, classes: found.classes.length,
    });
    const most = Math.max(...found.classes.map((c) => c.fraction), 2 / found.classes.length);
    find(section, "ul").replaceChildren(...found.classes.map(({ name, fraction }) => {
      const bar = h("i", { class: fraction < 0.01 ? "is-lost" : "" });
      bar.style.width = `${(100 * fraction) / most}%`;
      const even = h("b", { "aria-hidden": "true" });
      even.style.left = `${100 / found.classes.length / most}%`;
      return h("li", {}, h("span", {}, className(name)), h("div", {}, bar, even),
        h("output", {}, `${(100 * fraction).toFixed(1)} %`));
    }));
  }

  /** @param {EvaluationNews | null} found */
  #drawPairs(found) {
    const section = this.find("#evaluate-nearest");
    const pairs = found?.pairs;
    section.hidden = !pairs?.count;
    if (!pairs || section.hidden) return;
    const { count: many } = pairs;
    const picture = picturesOf(pairs);
    find(section, ".ga-pairs").replaceChildren(...found.evaluation.nearest.slice(0, many).map(
      ({ seed, ratio }, i) => h("figure", {},
        h("div", {}, picture(i, t("gan_evaluate_sample", { seed })),
          picture(many + i, t("gan_evaluate_real"))),
        h("figcaption", { class: "ga-quiet" }, t("gan_evaluate_ratio", { ratio: ratio.toFixed(2) })))));
  }

  // What was compared with what, and why with fewer samples than were asked for.
  /** @param {{ evaluation: Evaluation, nimg: number, ref: string, asked?: number }} news */
  #about({ evaluation: found, nimg, ref, asked = 0 }) {
    const features = nameOfFeatures(this.plane ? "coordinates" : found.features);
    const values = { data: found.data, count: count(found.count), features, images: count(nimg) };
    const isKnown = nimg > 0 || ref.startsWith("run:");  // nobody knows how long a file from elsewhere was trained
    return sentences(this.#t(isKnown ? "gan_evaluate_about" : "gan_evaluate_about_unknown", values),
      asked > found.count ? this.#t("gan_evaluate_fewer", { asked: count(asked), count: values.count }) : "",
      found.shown ? t("gan_evaluate_shown") : "");
  }

  // What the scores say together: how real, how varied, how original.
  /** @param {Evaluation} found */
  #verdict(found) {
    /** @param {MetricName} name */
    const grade = (name) => found.metrics.find((m) => m.name === name)?.grade;
    const fd = distanceOf(found);
    const said = [
      this.#t(`gan_verdict_fd_${grade("fd")}`, {
        share: `${(100 * fd.ratio).toFixed(fd.ratio < 0.1 ? 1 : 0)} %`, count: count(found.count) }),
      this.#t(`gan_verdict_precision_${grade("precision")}`), this.#t(`gan_verdict_recall_${grade("recall")}`),
    ];
    if (grade("memorised")) said.push(this.#t(`gan_verdict_memorised_${grade("memorised")}`));
    return sentences(...said, this.#t(`gan_unseen_${found.unseen}`));
  }

  /** @param {string} sentence */
  #note(sentence) {
    const note = this.find("#evaluate-note");
    if (note.textContent !== sentence) note.textContent = sentence;
  }
}

/** @param {Evaluation} found */
const judgeOf = (found) => (found.features === "features-imagenet" ? "imagenet" : "own");

// It stands in every evaluation.
/** @param {Evaluation} found */
function distanceOf(found) {
  const fd = found.metrics.find((m) => m.name === "fd");
  if (!fd) throw new Error("an evaluation without a distance");
  return fd;
}

// ---- what a model's card states ----------------------------------------------------------------

/** @param {Stated} stated */
const statedText = (stated) => sentences(
  t("gan_card_says", { fd: stated.fd.toFixed(2), how: statedHow(stated) }), t("gan_card_only_fd"));

// In the same place and shape as a measured value, so that nothing jumps when one is measured.
/** @param {Stated} stated @param {boolean} plane */
function statedCard(stated, plane) {
  const help = wordedFor("gan_metric_fd_help", plane);
  return h("article", { class: "ga-card is-stated" },
    h("h3", {}, t("gan_metric_fd")),
    h("p", { class: "ga-card-value", "data-help": help }, h("strong", {}, stated.fd.toFixed(2)),
      h("span", { class: "ga-quiet" }, t("gan_card_from"))),
    scale(null),
    h("p", { class: "ga-quiet" }, stated.floor === null ? "\u00a0" : t(wordedFor("gan_metric_floor", plane), {
      floor: stated.floor.toFixed(3), count: stated.count ? count(stated.count) : "?" })),
    h("p", { class: "ga-card-says" }, t(help)));
}

// Why a new measurement reads another value than the card; empty where it does not.
/** @param {Evaluation} found @param {Stated} stated */
function whyOther(found, stated) {
  const fd = distanceOf(found);
  if ([2, 3].some((digits) => fd.value.toFixed(digits) === stated.fd.toFixed(digits))) return "";  // a card has three
  /** @type {string[]} */
  const reasons = [];
  /** @param {string} kind @param {Record<string, unknown>} [values] */
  const because = (kind, values = {}) => reasons.push(t(`gan_differs_${kind}`, values));
  if (!stated.count) because("unknown");
  else {
    if (found.features !== stated.features) because("features", { here: nameOfFeatures(found.features), there: nameOfFeatures(stated.features) });
    if (found.count !== stated.count) because(found.count < stated.count ? "fewer" : "more", {
      here: count(found.count), there: count(stated.count),
      floor: fd.floor.toFixed(2), stated: stated.floor === null ? "?" : stated.floor.toFixed(2) });
    if (found.data !== stated.data) because("data", { here: found.data, there: stated.data });
    if (found.seed !== stated.seed) because("seed", { here: found.seed, there: stated.seed });
    if (!reasons.length) because("code");
  }
  if (fd.low !== null && fd.high !== null && fd.low <= stated.fd && stated.fd <= fd.high) because("within");
  return sentences(t("gan_differs", { here: fd.value.toFixed(2), there: stated.fd.toFixed(2) }), ...reasons);
}

/** @param {MetricName} name @param {Metric | null} metric @param {boolean} plane */
function card(name, metric, plane) {
  /** @param {string} key */
  const worded = (key) => wordedFor(key, plane);
  const help = worded(`gan_metric_${name}_help`);
  const percent = !["fd", "kd", "density", "modes", "mode_kl", "js"].includes(name);
  /** @param {number | null | undefined} v */
  const text = (v) => (v === null || v === undefined ? "–" : name === "modes" ? v.toFixed(0) : percent ? `${(100 * v).toFixed(1)} %` : v.toFixed(v < 0.1 ? 3 : 2));
  const node = h("article", { class: `ga-card ${metric ? `is-${metric.grade}` : "is-empty"}` },
    h("h3", { "data-help": help }, t(worded(`gan_metric_${name}`))),
    h("p", { class: "ga-card-value", "data-help": help }, h("strong", {}, metric ? text(metric.value) : "–"),
      h("span", { class: "ga-quiet" }, metric && metric.low !== null
        ? t("gan_metric_bounds", { low: text(metric.low), high: text(metric.high) }) : "")),
    scale(metric),
    h("p", { class: "ga-quiet" }, metric
      ? t(worded("gan_metric_floor"), { floor: text(metric.floor), count: count(metric.count) }) : "\u00a0"),
    h("p", { class: "ga-card-says" }, metric
      ? t(worded(`gan_metric_${name}_${metric.grade}`)) : t(help)));
  return node;
}

// A hairline from bad to good, a tick where real images are, a dot with its bounds.
/** @param {Metric | null} metric */
function scale(metric) {
  const line = h("div", { class: "ga-scale", "aria-hidden": "true" });
  const gauge = h("div", { class: "ga-gauge" }, line, h("span", { class: "ga-quiet", "aria-hidden": "true" }, metric ? t("gan_scale_better") : ""));
  if (!metric) return gauge;
  const { value, floor, low, high } = metric;
  /** @type {(v: number) => number} */
  const at = metric.lower_is_better ? placeOfDistance(metric) : (v) => Math.min(1, Math.max(0, v / 1.1 / (metric.name === "modes" ? floor : 1)));
  /** @param {"s" | "b" | "i"} tag @param {number} from @param {number} to */
  const put = (tag, from, to) => {
    const node = h(tag);
    node.style.left = `${100 * Math.min(from, to)}%`;
    if (to !== from) node.style.width = `${100 * Math.abs(to - from)}%`;
    line.append(node);
  };
  if (low !== null && high !== null) put("s", at(low), at(high));
  put("b", at(floor), at(floor));
  put("i", at(value), at(value));
  return gauge;
}

// Good is right. Distances lie on a logarithm from 1,000 floors to the floor itself.
/** @param {Metric} metric @returns {(v: number) => number} */
function placeOfDistance({ name, floor }) {
  if (name === "memorised" || name === "js" || name === "mode_kl") return (v) => 1 - Math.min(1, Math.max(0, v));
  const one = name === "kd" ? 0.002 : floor / 2;
  const most = name === "kd" ? 2 : floor * 1000;
  return (v) => 1 - Math.min(1, Math.max(0, Math.log(Math.max(v, one) / one) / Math.log(most / one)));
}
