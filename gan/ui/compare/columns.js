// A column for each contestant: its newest samples, how it stands, and its numbers.
/** @import { RaceContestant, RaceNews } from "../page/kit/types" */
import { Refused, boot, count, h, knows, leave, openTab, say, sentences, t, url } from "../page/kit/core.js";
import { short } from "../page/kit/figures.js";

/** @param {number} v */
const percent = (v) => `${(100 * v).toFixed(v < 0.1 || v > 0.995 ? 1 : 0)} %`;
/** @param {number} v */
const seconds = (v) => `${Number(v.toPrecision(3))} s`;

// What is told of each: how it is written, which way is better, whether it is of points alone, and
// whether a training estimates it from fewer samples than there are at the end.
/** @type {{ name: string, write: (v: number, side: RaceContestant) => string, better: string, plane?: boolean, live?: boolean }[]} */
const NUMBERS = [
  { name: "fd", write: short, better: "lower", live: true },
  { name: "modes", write: (v, side) => t("gan_race_modes_of", { count: Number(v.toPrecision(3)), of: count(side.modes_of ?? 0) }), better: "higher", plane: true, live: true },
  { name: "high_quality", write: percent, better: "higher", plane: true, live: true },
  { name: "coverage", write: percent, better: "higher" },
  { name: "training_s_per_1000", write: seconds, better: "lower" },
  { name: "sampling_s_per_1000", write: seconds, better: "lower" },
];
/** @type {Record<string, string>} */
const DOTS = { running: "is-live", starting: "is-live", failed: "is-warn", interrupted: "is-warn" };

// The colour of a contestant, in the chart too.
/** @param {number} i */
export const dot = (i) => h("i", { class: `ga-race-dot is-${i}`, "aria-hidden": "true" });

const READY = new Set(Object.values(boot.compare.ready).flatMap(({ sides }) => sides.map(({ name }) => name)));

// Those of ready-made races have a name in each language, and so have a built-in preset and its change.
/** @param {string} name */
export function sideName(name) {
  const key = `gan_race_name_${name.toLowerCase().replaceAll(" ", "-")}`;
  if (READY.has(name) && knows(key)) return t(key);
  const [whole, number] = name.match(/^(.*?)( \d+)?$/)?.slice(1) ?? [name];
  const [preset, change] = whole.split(" · ");
  const card = Object.hasOwn(boot.train.cards.presets, preset) ? t(`gan_card_${preset}`) : preset;
  const keys = change ? ["loss", "remedy", "part", "term"].map((kind) => `gan_${kind}_${change}`) : [];
  return [card, ...(change ? [t(keys.find(knows) ?? "") || change] : [])].join(" + ") + (number ?? "");
}

export class Columns {
  /** @param {HTMLElement} box */
  constructor(box) {
    this.box = box;
    this.of = "";  // the race and the language that the columns are of
    /** @type {Column[]} */
    this.columns = [];
  }

  /** @param {RaceNews} race @param {string} language */
  show(race, language) {
    const of = `${race.id} ${language} ${race.contestants.length}`;
    if (this.of !== of) {
      this.of = of;
      this.columns = race.contestants.map((side, i) => new Column(side, i));
      this.box.replaceChildren(...this.columns.map(({ node }) => node));
      this.box.style.setProperty("--sides", String(race.contestants.length));
    }
    // while they train, they are not equally far, and while they are measured, some are estimates
    const sides = race.stage === "over" ? race.contestants : [];
    const best = Object.fromEntries(NUMBERS.map((number) => [number.name, bestOf(sides, number)]));
    race.contestants.forEach((side, i) => this.columns[i].show(race, side, best));
  }
}

// The best of a number as it is written; null where all are written alike, or only one has it.
/** @param {RaceContestant[]} sides @param {(typeof NUMBERS)[number]} number */
function bestOf(sides, { name, better, write }) {
  const values = sides.filter((side) => side.state !== "failed")
    .flatMap((side) => { const mean = side.numbers[name]?.mean; return typeof mean === "number" ? [{ mean, text: write(mean, side) }] : []; })
    .sort((one, other) => (better === "lower" ? 1 : -1) * (one.mean - other.mean));
  return new Set(values.map(({ text }) => text)).size < 2 ? null : values[0].text;
}

class Column {
  /** @param {RaceContestant} side @param {number} i */
  constructor(side, i) {
    this.name = sideName(side.name);
    this.wanted = "";
    this.image = h("img", { class: "ga-pixels", alt: "", hidden: true });
    this.empty = h("p", { class: "ga-quiet" });
    this.outside = h("p", { class: "ga-race-outside", hidden: true, "data-help": "gan_race_outside_help" });
    this.dot = h("i", { class: "ga-dot" });
    this.state = h("output", { class: "ga-quiet", "data-help": "gan_race_standing_help" });
    this.trouble = h("p", { class: "ga-race-trouble", role: "status" });
    this.deleted = h("p", { class: "ga-quiet", hidden: true, "data-help": "gan_race_watch_help" }, t("gan_race_watch_deleted"));
    this.list = h("dl", {});
    this.watch = h("button", { type: "button", class: "ga-button is-bare is-small", "data-act": "watch", "data-help": "gan_race_watch_help",
      "aria-label": t("gan_race_watch_of", { name: this.name }), onclick: () => this.#watch() }, t("gan_race_watch"));
    this.runs = side.runs;
    this.node = h("article", { class: "ga-race-column", "aria-label": this.name },
      h("header", {}, dot(i), h("h3", {}, this.name)),
      h("div", { class: "ga-race-picture" }, this.image, this.empty), this.outside,
      h("div", { class: "ga-state" }, this.dot, this.state, h("span", { class: "ga-space" }), this.watch), this.deleted, this.trouble, this.list);
  }

  /** @param {RaceNews} race @param {RaceContestant} side @param {Record<string, string | null>} best */
  show(race, side, best) {
    this.runs = side.runs;
    this.watch.hidden = !side.runs.length;
    this.deleted.hidden = !side.deleted;
    this.dot.className = `ga-dot ${race.stage === "training" ? DOTS[side.state] ?? "" : side.state === "failed" ? "is-warn" : ""}`;
    put(this.state, this.#standing(race, side));
    const waits = race.stage === "training" && side.waits ? [say(new Refused(side.waits))] : [];
    const troubles = [...waits, ...side.troubles.map((trouble) => t("gan_race_out", { seconds: Number(trouble.seconds.toFixed(1)), why: say(new Refused(trouble.reason)) }))];
    put(this.trouble, sentences(...troubles));
    this.trouble.hidden = !troubles.length;
    this.#paint(side.picture);
    this.outside.hidden = !side.outside?.count || !side.picture;
    if (side.outside) put(this.outside, t("gan_race_outside", { count: count(side.outside.count), of: count(side.outside.of) }));
    const coming = race.stage === "training" && side.state !== "failed";
    put(this.empty, side.state === "waiting" && coming ? "" : t(coming ? "gan_race_wait" : "gan_race_none"));
    this.#numbers(side, best);
  }

  /** @param {RaceNews} race @param {RaceContestant} side */
  #standing(race, side) {
    const known = knows(`gan_state_${side.state}`) ? t(`gan_state_${side.state}`) : t("gan_race_waiting");
    if (!["running", "paused"].includes(side.state)) return known;
    const far = t("gan_race_far", { done: Math.floor(side.seconds), of: race.seconds });
    return race.seeds.length > 1 ? t("gan_race_far_seed", { far, seed: side.seed }) : far;
  }

  /** @param {RaceContestant} side @param {Record<string, string | null>} best */
  #numbers(side, best) {
    const plane = side.plane;
    const measured = typeof side.numbers.coverage?.mean === "number";  // which a training does not tell
    const rows = NUMBERS.filter(({ plane: only }) => !only || plane).map(({ name, write, live }) => {
      const found = side.numbers[name];
      const text = found?.mean === undefined || found.mean === null ? "–" : write(found.mean, side);
      const band = found && found.of > 1 && found.low !== found.high && found.low !== null && found.high !== null
        ? `${bare(write(found.low, side))}–${bare(write(found.high, side))}` : "";
      const rough = live && !measured && text !== "–" ? t("gan_race_estimate") : "";
      return row(`gan_race_${name}`, text, band || rough, side.state !== "failed" && text === best[name]);
    });
    const { g, second, second_name: whose } = side.parameters;
    this.list.replaceChildren(...rows,
      row("gan_race_parameters", g === null ? "–" : second === null ? count(g) : t("gan_race_parameters_of", { g: count(g), second: count(second) }), "", false,
        whose === "encoder" ? "gan_race_parameters_vae" : second === null ? "gan_race_parameters_alone" : "gan_race_parameters"),
      row("gan_race_memory", side.numbers.peak_memory_mb?.mean ? `${count(side.numbers.peak_memory_mb.mean)} MB` : "–"),
      row("gan_race_steps", side.steps === null ? "–" : count(side.steps)));
  }

  // Decoded first, so that nothing flickers.
  /** @param {string | null} path */
  #paint(path) {
    this.empty.hidden = !this.image.hidden;
    if (!path || this.wanted === path) return;
    this.wanted = path;
    const next = new Image();
    next.src = url(path);
    next.decode().then(() => {
      if (this.wanted !== path) return;
      Object.assign(this.image, { src: next.src, alt: t("gan_race_picture_alt", { name: this.name }), hidden: false });
      this.image.classList.toggle("is-fine", next.naturalWidth % 8 > 0);  // points: one picture, no pixels to see
      this.empty.hidden = true;
    }, () => { if (this.wanted === path) this.wanted = ""; });
  }

  #watch() {
    const run = this.runs.at(-1);
    if (!run) return;
    openTab("train");
    leave("watch", run);
  }
}

/** @param {string} key @param {string} text */
function row(key, text, band = "", best = false, title = key) {
  return h("div", { class: best ? "is-best" : null, "data-help": `${key}_help` },
    h("dt", {}, t(title)), h("dd", {}, text, band ? h("small", {}, band) : null));
}

// Without its unit, which the number beside it has.
/** @param {string} text */
const bare = (text) => text.replace(/ (%|s|(of|\/) \S+)$/, "");

/** @param {HTMLElement} node @param {string} text */
function put(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

