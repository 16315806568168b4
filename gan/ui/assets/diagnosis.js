// What is going wrong, by what it shows, and what would help: one press each.
import { h, icon, t, translate } from "./core.js";
import { named } from "./figures.js";
import { nameOf } from "./settings.js";

const PERCENT = ["largest", "saturated", "drift", "memorised", "spread", "variety"];
const EARLY_S = 8;
const WHOLE = ["modes", "classes", "nimg", "since_nimg", "images"];

export class Diagnosis {
  // apply(remedy, finding): sets it, or begins a fork with it; `mayApply()` tells which.
  constructor(root, { apply, steers }) {
    Object.assign(this, { root, apply, steers, open: new Set(), dismissed: new Set(), drawn: "", id: null });
  }

  show({ id, findings, rows, status }) {
    if (id !== this.id) Object.assign(this, { id, dismissed: new Set(), open: new Set() });
    this.last = { id, findings, rows, status };
    const drawn = JSON.stringify([id, findings.map((f) => [f.kind, f.severity, sentence(f), f.remedies]), rows.length > 0, status?.seconds < EARLY_S,
      this.steers(), [...this.open], [...this.dismissed], t("gan_healthy")]);
    if (drawn === this.drawn) return;
    this.drawn = drawn;
    const shown = findings.filter((f) => !this.dismissed.has(f.kind));
    const nodes = shown.map((f) => this.#finding(f));
    if (!shown.length) nodes.push(this.#quiet(findings.length, rows.length, status));
    this.#put(nodes);
  }

  #put(nodes) {
    const focused = this.root.contains(document.activeElement) ? document.activeElement.dataset.at : null;
    this.root.replaceChildren(...nodes);
    translate(this.root);
    if (focused) this.root.querySelector(`[data-at="${focused}"]`)?.focus();
  }

  #quiet(dismissed, any, status) {
    const early = any && !dismissed && status?.seconds < EARLY_S;
    return h("p", { class: "ga-quiet ga-healthy" },
      any ? h("i", { class: "ga-dot" }) : null,
      h("span", {}, any ? t(dismissed ? "gan_dismissed" : early ? "gan_diagnosis_early" : "gan_healthy") : t("gan_diagnosis_empty")),
      any && !dismissed && !early ? h("span", { class: "ga-checked", "data-t": "gan_checked" }) : null,
      dismissed ? h("button", { type: "button", class: "ga-button is-bare", "data-t": "gan_show_dismissed",
        onclick: () => { this.dismissed.clear(); this.show(this.last); } }) : null);
  }

  #finding(finding) {
    const { kind, severity, remedies } = finding;
    const open = this.open.has(kind);
    const toggle = () => {
      if (!this.open.delete(kind)) this.open.add(kind);
      this.show(this.last);
    };
    return h("article", { class: `ga-finding is-${severity}`, "data-finding": kind },
      h("p", { class: "ga-finding-said" }, h("b", { "data-t": `gan_finding_${kind}` }), h("span", {}, sentence(finding)),
        h("button", { type: "button", class: "ga-button is-bare is-icon", "data-at": `x-${kind}`, "data-t-label": "gan_dismiss",
          "data-t-title": "gan_dismiss", onclick: () => { this.dismissed.add(kind); this.show(this.last); } }, icon("close"))),
      h("div", { class: "ga-remedies" },
        ...remedies.map((r) => h("button", { type: "button", class: "ga-button", "data-remedy": r.name, "data-at": `${kind}-${r.name}`,
          title: changes(r), onclick: (e) => { e.currentTarget.disabled = true; this.apply(r, finding); } },
        this.steers() ? t(`gan_remedy_${r.name}`) : t("gan_remedy_fork", { remedy: t(`gan_remedy_${r.name}`) }))),
        h("button", { type: "button", class: "ga-button is-bare", "data-at": `why-${kind}`, "aria-expanded": String(open), "data-t": "gan_why", onclick: toggle })),
      open ? this.#why(finding) : null);
  }

  #why({ kind, remedies }) {
    return h("dl", { class: "ga-why" }, h("dd", { "data-t": `gan_finding_${kind}_why` }),
      ...remedies.flatMap((r) => [h("dt", { "data-t": `gan_remedy_${r.name}` }),
        h("dd", {}, h("span", { "data-t": `gan_remedy_${r.name}_why` }), h("span", { class: "ga-quiet" }, ` ${changes(r)}`))]));
  }
}

const changes = ({ settings }) => Object.entries(settings).map(([key, value]) => t("gan_remedy_sets", {
  key: nameOf(key), value: value === "true" ? t("gan_on") : value === "false" ? t("gan_off") : value })).join(" · ");

function sentence({ kind, evidence }) {
  const values = Object.fromEntries(Object.entries(evidence).map(([key, v]) => [key, say(key, v)]));
  const key = `gan_finding_${kind}_${evidence.sign ?? "said"}`;
  const text = t(key, values);
  return text === key ? "" : text.replace(/\{\w+\}/g, "–");
}

function say(key, value) {
  if (key === "what") return t(`gan_what_${value}`);
  if (typeof value !== "number") return String(value);
  if (PERCENT.includes(key)) return `${Math.round(100 * value)} %`;
  if (key === "seconds") return String(Math.round(value));
  return WHOLE.includes(key) ? Math.round(value).toLocaleString("en-US") : named(Number(value.toPrecision(2)));
}
