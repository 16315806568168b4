// The collapse clinic: a training that loses modes beside the same with one remedy each, as
// benchmarks/collapse.py measured them. Its words are `gan_clinic_...`.
/** @import { ClinicRow, Spread } from "../page/kit/types" */
/** @import { Door } from "./lessons.js" */
import { boot, count, currentLanguage, h, icon, sentences, t } from "../page/kit/core.js";

const COLUMNS = ["remedy", "modes", "quality", "time", "says"];
const SECONDS = 120;  // longest; by then a slow machine, too, has come to the table's count of points

// Under the lesson that it belongs to, before the way to the next one.
/** @param {HTMLElement} lesson @param {boolean} shown @param {(door: Door) => void} open */
export function showClinic(lesson, shown, open) {
  lesson.querySelector("#lab-clinic")?.remove();
  lesson.classList.toggle("has-clinic", shown);
  if (shown) lesson.querySelector(".ga-lab-turn")?.before(buildClinic(open));
}

/** @param {(door: Door) => void} open */
function buildClinic(open) {
  const { made, rows, left_out } = boot.lab.clinic;
  const groups = [...new Set(rows.map((row) => row.group))];
  return h("section", { class: "ga-panel ga-clinic", id: "lab-clinic", "aria-labelledby": "clinic-title" },
    h("header", {}, h("h3", { id: "clinic-title" }, t("gan_clinic_title"))),
    h("p", { class: "ga-clinic-about" }, t("gan_clinic_about", { steps: count(made.steps), seeds: made.seeds.length, samples: count(made.samples), of: made.of })),
    h("div", { class: "ga-clinic-box" }, h("table", { class: "ga-clinic-table", "aria-labelledby": "clinic-title" },
      h("thead", {}, h("tr", {}, ...COLUMNS.map((name) => h("th", { scope: "col", "data-help": `gan_clinic_${name}_help` }, t(`gan_clinic_${name}`))),
        h("th", { scope: "col", "data-help": "gan_clinic_open_help" }, h("span", { class: "ga-sr" }, t("gan_clinic_open"))))),
      ...groups.map((group) => h("tbody", {},
        h("tr", { class: "ga-clinic-group" }, h("th", { scope: "rowgroup", colspan: COLUMNS.length + 1 }, t(`gan_clinic_group_${group}`))),
        ...rows.filter((row) => row.group === group).map((row) => line(row, made.of, open)))))),
    h("div", { class: "ga-clinic-out" }, h("h4", {}, t("gan_clinic_left_out")), h("ul", {}, ...left_out.map((name) => h("li", {},
      h("b", {}, t(`gan_clinic_${name}`)), " ", t(`gan_clinic_${name}_says`))))),
    h("p", { class: "ga-quiet ga-clinic-made" }, t("gan_clinic_made", { date: made.date, machine: made.machine, torch: made.versions.torch }), " ", h("code", {}, made.command)));
}

/** @param {ClinicRow} row @param {number} of @param {(door: Door) => void} open */
function line(row, of, open) {
  const { name, settings, kimg, modes, high_quality: quality, time, diverged } = row;
  const title = t(`gan_clinic_${name}`);
  /** @param {string} column @param {...(Node | string | null)} parts */
  const told = (column, ...parts) => h("td", { "data-title": t(`gan_clinic_${column}`) }, ...parts);
  const changes = Object.entries(settings).map(([key, value]) => h("code", {}, `${key}=${value}`));
  return h("tr", { "data-row": name },
    h("th", { scope: "row" }, title, fold(title), ...(changes.length ? [h("span", { class: "ga-clinic-changes" }, ...spaced(changes))] : [])),
    told("modes", ...spreadOf(modes.mean.toFixed(1), String(modes.low), String(modes.high)), meter(modes, of)),
    told("quality", ...spreadOf(percent(quality.mean), percent(quality.low), percent(quality.high))),
    told("time", `×${time.toFixed(2)}`),
    h("td", { class: "ga-clinic-says" }, ...verdict(row), h("span", {}, sentences(diverged ? t("gan_clinic_diverged", { count: diverged }) : "", t(`gan_clinic_${name}_says`)))),
    h("td", { class: "ga-clinic-open" }, h("button", {
      type: "button", class: "ga-button", "data-act": "train", "data-help": "gan_clinic_open_help",
      onclick: () => open({ act: "train", preset: boot.lab.clinic.preset, seconds: SECONDS, kimg, settings }),
    }, h("span", {}, t("gan_clinic_open")), h("span", { class: "ga-sr" }, title), icon("next"))));
}

// On a phone a remedy is its name, its modes and what it did to them; the rest at a press (clinic.css).
/** @param {string} title */
function fold(title) {
  return h("button", { type: "button", class: "ga-button is-bare is-icon ga-clinic-fold", "aria-expanded": "false",
    "aria-label": t("gan_clinic_more", { title }), "data-help": "gan_clinic_more_help",
    onclick: (e) => { e.currentTarget.setAttribute("aria-expanded", String(e.currentTarget.closest("tr")?.classList.toggle("is-open") ?? false)); } }, icon("next"));
}

// What it did to the modes, before the sentence; of the base there is nothing to compare.
/** @param {ClinicRow} row */
function verdict({ name, verdict: found }) {
  return name === "base" ? [] : [h("b", { class: `is-${found}` }, t(`gan_clinic_verdict_${found}`)), currentLanguage() === "zh" ? "" : " "];
}

/** @param {string} mean @param {string} low @param {string} high */
function spreadOf(mean, low, high) {
  return [h("span", { class: "ga-clinic-mean" }, mean), low === high ? null : h("span", { class: "ga-quiet ga-clinic-range" }, `${low}–${high}`)];
}

// Of the modes a bar: full up to the fewest on any seed, light up to the most.
/** @param {Spread} modes @param {number} of */
function meter({ low, high }, of) {
  /** @param {number} value */
  const to = (value) => `${(100 * value) / of}%`;
  return h("span", { class: "ga-clinic-meter", "aria-hidden": "true" },
    h("i", { class: "is-most", style: `width: ${to(high)}` }), h("i", { style: `width: ${to(low)}` }));
}

/** @param {number} share */
const percent = (share) => `${Math.round(100 * share)} %`;

/** @param {HTMLElement[]} nodes @returns {(HTMLElement | string)[]} */
const spaced = (nodes) => nodes.flatMap((node, i) => (i ? [" ", node] : [node]));
