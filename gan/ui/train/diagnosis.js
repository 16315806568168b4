// What is going wrong, by what it shows, and what would help: one press each.
/** @import { Evidence, Finding, Health, Remedy, Run, WatchedRun } from "../page/kit/types" */
import { ACTIVE, count, focusedIn, h, icon, query, saidValue, t, translate, wordedFor } from "../page/kit/core.js";
import { named } from "../page/kit/figures.js";
import { nameOf } from "./settings.js";

const PERCENT = ["largest", "saturated", "drift", "memorised", "spread", "variety", "outside", "high_quality", "high_quality_before"];
const BACK = ["fork-before", "start-over"];  // these begin a run, whoever steers this one
/** @type {Record<string, string | undefined>} */
const TO = { "raise-r1": "r1", "clip-gradients": "clip_norm" };  // whose value stands in the name
const AS_CHARTED = ["fd", "fd_floor", "best"];  // these stand beside the chart: its figures
const WHOLE = ["modes", "classes", "nimg", "since_nimg", "images"];

/** @typedef {Pick<WatchedRun, "id" | "findings" | "rows" | "status" | "health" | "of" | "plane">} Shown */

export class Diagnosis {
  // apply(remedy, finding): sets it, or begins a fork with it; `mayApply()` tells which.
  /** @param {HTMLElement} root @param {{ apply(remedy: Remedy, finding: Finding): void, steers(): boolean }} does */
  constructor(root, { apply, steers }) {
    this.root = root;
    this.apply = apply;
    this.steers = steers;
    this.open = new Set();
    this.dismissed = new Set();
    this.drawn = "";
    /** @type {string | null} */
    this.id = null;
    /** @type {Shown} */
    this.last = { id: null, findings: [], rows: [], status: null, health: null, of: "gan", plane: false };
  }

  /** @param {Shown} run */
  show({ id, findings, rows, status, health, of, plane }) {
    if (id !== this.id) Object.assign(this, { id, dismissed: new Set(), open: new Set() });
    this.last = { id, findings, rows, status, health, of, plane };
    const drawn = JSON.stringify([id, of, plane, findings.map((f) => [f.kind, f.severity, this.#sentence(f), f.remedies]), rows.length > 0, this.#standing(health, status),
      this.steers(), [...this.open], [...this.dismissed], t("gan_checked")]);
    if (drawn === this.drawn) return;
    this.drawn = drawn;
    const shown = findings.filter((f) => !this.dismissed.has(f.kind));
    /** @type {HTMLElement[]} */
    const nodes = shown.map((f) => this.#finding(f));
    if (!shown.length) nodes.push(this.#quiet(findings.length, rows.length, health, status));
    this.#put(nodes);
  }

  /** @param {HTMLElement[]} nodes */
  #put(nodes) {
    const focused = focusedIn(this.root)?.dataset.at;
    this.root.replaceChildren(...nodes);
    translate(this.root);
    if (focused) query(this.root, `[data-at="${focused}"]`)?.focus();
  }

  // Green is for a run whose samples were measured and are near; all else is neutral.
  /** @param {number} dismissed @param {number} any @param {Health | null} health @param {Run | null} status */
  #quiet(dismissed, any, health, status) {
    const state = any && !dismissed ? health?.state ?? "early" : "";
    const said = state ? this.#standing(health, status) : t(dismissed ? "gan_dismissed" : "gan_diagnosis_empty");
    return h("p", { class: `ga-quiet ga-healthy ${state === "healthy" ? "" : "is-neutral"}`, "data-health": state },
      any ? h("i", { class: "ga-dot" }) : null,
      h("span", {}, said),
      state === "healthy" ? h("span", { class: "ga-checked", "data-t": "gan_checked" }) : null,
      dismissed ? h("button", { type: "button", class: "ga-button is-bare", "data-t": "gan_show_dismissed",
        onclick: () => { this.dismissed.clear(); this.show(this.last); } }) : null);
  }

  /** @param {Finding} finding */
  #finding(finding) {
    const { kind, severity, remedies } = finding;
    const open = this.open.has(kind);
    const toggle = () => {
      if (!this.open.delete(kind)) this.open.add(kind);
      this.show(this.last);
    };
    return h("article", { class: `ga-finding is-${severity}`, "data-finding": kind },
      h("p", { class: "ga-finding-said" }, h("b", { "data-t": `gan_finding_${kind}` }), h("span", {}, this.#sentence(finding)),
        h("button", { type: "button", class: "ga-button is-bare is-icon", "data-at": `x-${kind}`, "data-t-label": "gan_dismiss",
          "data-t-title": "gan_dismiss", onclick: () => { this.dismissed.add(kind); this.show(this.last); } }, icon("close"))),
      h("div", { class: "ga-remedies" },
        ...remedies.map((r) => h("button", { type: "button", class: "ga-button", "data-remedy": r.name, "data-at": `${kind}-${r.name}`,
          "data-help": this.#word(`gan_remedy_${r.name}_why`), "data-help-also": changes(r), onclick: (e) => { e.currentTarget.disabled = true; this.apply(r, finding); } }, this.#label(r))),
        h("button", { type: "button", class: "ga-button is-bare", "data-at": `why-${kind}`, "aria-expanded": String(open), "data-t": "gan_why", onclick: toggle })),
      open ? this.#why(finding) : null);
  }

  // Where there is no D, words that do not speak of it; of points, words of points.
  /** @param {string} key */
  #word(key) {
    const alone = `${key}_alone`;
    return wordedFor(this.last.of !== "gan" && t(alone) !== alone ? alone : key, this.last.plane);
  }

  // How a run stands in which nothing was found.
  /** @param {Health | null} health @param {Run | null} status */
  #standing(health, status) {
    const { state, evidence } = health ?? { state: "early", evidence: { sign: "rows" } };
    const isOver = status && !ACTIVE.includes(status.state);
    const waited = state === "early" && isOver ? (evidence.sign === "rows" ? "short" : "never") : evidence.sign;
    return t(this.#word(`gan_health_${state}_${waited || "said"}`), this.#spoken(evidence));
  }

  /** @param {Finding} finding */
  #sentence({ kind, evidence }) {
    const key = this.#word(`gan_finding_${kind}_${evidence.sign ?? "said"}`);
    const text = t(key, this.#spoken(evidence));
    return text === key ? "" : text.replace(/\{\w+\}/g, "–");
  }

  /** @param {Evidence} evidence */
  #spoken(evidence) {
    const values = Object.fromEntries(Object.entries(evidence).map(([key, v]) => [key, say(key, v)]));
    const modes = evidence.mode_kind === "cluster" ? "cluster" : "class";
    return { ...values, kind: t(this.#word(`gan_finding_one_${modes}`)), kinds: t(this.#word(`gan_finding_some_${modes}`)) };
  }

  // "Raise R1 to 0.6": of what may be on already, a button says how far it goes.
  /** @param {Remedy} remedy */
  #nameOf({ name, nimg, settings }) {
    const told = t(this.#word(`gan_remedy_${name}`), { count: count(nimg ?? 0) });
    const value = settings[TO[name] ?? ""];
    return value === undefined ? told : t("gan_remedy_to", { remedy: told, value });
  }

  /** @param {Remedy} remedy */
  #label(remedy) {
    const name = this.#nameOf(remedy);
    return this.steers() || BACK.includes(remedy.name) ? name : t("gan_remedy_fork", { remedy: name });
  }

  /** @param {Finding} finding */
  #why({ kind, remedies }) {
    return h("dl", { class: "ga-why" }, h("dd", { "data-t": this.#word(`gan_finding_${kind}_why`) }),
      ...remedies.flatMap((r) => [h("dt", {}, this.#nameOf(r)),
        h("dd", {}, h("span", { "data-t": this.#word(`gan_remedy_${r.name}_why`) }), h("span", { class: "ga-quiet" }, ` ${changes(r)}`))]));
  }
}

/** @param {Remedy} remedy */
const changes = ({ settings }) => Object.entries(settings).map(([key, value]) => t("gan_remedy_sets", {
  key: nameOf(key), value: saidValue(value) })).join(" · ");

/** @param {string} key @param {string | number | null} value */
function say(key, value) {
  if (key === "what") return t(`gan_what_${value}`);
  if (typeof value !== "number") return String(value);
  if (PERCENT.includes(key)) return `${Math.round(100 * value)} %`;
  if (key === "seconds") return String(Math.round(value));
  if (AS_CHARTED.includes(key)) return named(value);
  return WHOLE.includes(key) ? Math.round(value).toLocaleString("en-US") : named(Number(value.toPrecision(2)));
}
