// Publish: which model, as what; then exactly what would be sent; then, if that is wanted, it is sent.
/** @import { HubNews, Model, PublishPlan, PublishRights } from "../page/kit/types" */
import { ask, boot, currentLanguage, finder, h, modelOf, on, plainRef, queryAll, say, state, t, url, written } from "../page/kit/core.js";
import { card } from "./card.js";
import { Job } from "../page/kit/job.js";
import { follow } from "../page/kit/lines.js";
import { bytes } from "../page/kit/figures.js";

// where nobody was asked whether the repo exists: for want of a token, or as the Hub does not answer
/** @type {Record<string, string | undefined>} */
const UNASKED = { token: "gan_push_unasked_token", hub: "gan_push_unasked_hub" };
const PICTURE = /^[\w-]+\.(png|webp)$/;

/** @param {PublishPlan} plan */
const placeOf = ({ unasked, exists, private: hidden }) => UNASKED[unasked]
  ?? (exists ? "gan_push_exists" : hidden ? "gan_push_new_private" : "gan_push_new");

export class Push {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.find = finder(root);
    /** @type {PublishRights | null} */
    this.who = null;
    /** @type {string | null} */
    this.account = null;  // of this machine's login, once asked
    this.offered = "";
    /** @type {PublishPlan | null} */
    this.plan = null;
    /** @type {{ url: string, repo: string } | null} */
    this.done = null;
    /** @type {AbortController | null} */
    this.ending = null;
    /** @type {Model[]} */
    this.models = [];
    this.asked = false;
    this.touched = false;
    this.job = new Job(this.find("#push-job"), () => this.ending?.abort());
    this.find("#push-form").addEventListener("submit", (e) => { e.preventDefault(); this.#look(); });
    this.find("#push-form").addEventListener("input", () => { this.touched = true; this.#forget(); });
    on("model", () => this.#choose());
  }

  // `publish`: {open, login, account}: whether, and as whom, this visitor may publish.
  /** @param {HubNews} news */
  show({ publish }) {
    this.who = publish;
    if (publish.login && boot.local && !this.asked) {
      this.asked = true;
      ask("hub/account").then(({ name }) => { this.account = name; this.draw(); }, () => {});
    }
    this.draw();
  }

  /** @param {Model[]} models */
  offer(models) {
    const known = JSON.stringify(models.map((m) => [m.ref, m.name]));
    if (known === this.offered) return;
    this.offered = known;
    this.models = models;
    const select = this.find("#push-model", HTMLSelectElement);
    const { value } = select;
    /** @param {Model["kind"]} kind @param {string} key */
    const group = (kind, key) => {
      const some = models.filter((m) => m.kind === kind);
      return some.length ? [h("optgroup", { label: t(key) }, ...some.map((m) => h("option", { value: m.ref }, m.name)))] : [];
    };
    select.replaceChildren(...group("run", "gan_models_runs"), ...group("bundled", "gan_models_bundled"), ...group("pulled", "gan_models_pulled"));
    if (models.some((m) => m.ref === value)) select.value = value;
    else this.#choose(true);  // the one that was chosen is no longer there
  }

  // The model on show is the one that is meant, until a field of the form was touched.
  #choose(isGone = false) {
    const ref = state.ref ? plainRef(state.ref) : "";
    const select = this.find("#push-model", HTMLSelectElement);
    if ((this.touched && !isGone) || this.ending || !modelOf(ref) || select.value === ref) return;
    select.value = ref;
    this.#forget();
  }

  draw() {
    const { who } = this;
    const open = Boolean(who?.open);
    const closed = this.find("#push-closed");
    closed.hidden = open;
    closed.replaceChildren(...(!who ? [t("gan_hub_loading")] : open ? [] : who.sign_in
      ? [h("span", {}, t("gan_push_sign_in_why")), " ", h("a", { class: "ga-button is-primary", id: "push-sign-in", href: new URL(who.sign_in, document.baseURI).href, target: "_top" }, t("gan_push_sign_in"))]
      : [t("gan_push_closed")]));
    this.find("#push-form").hidden = !open;
    this.find("#push-token-field").hidden = !boot.local;
    this.find("#push-who").replaceChildren(...(open ? [this.#account()] : []), ...(open && who?.sign_out
      ? [" ", h("a", { href: new URL(who.sign_out, document.baseURI).href, target: "_top" }, t("gan_push_sign_out"))] : []));
    this.#drawPlan();
  }

  #account() {
    const name = this.account ?? this.who?.account;
    if (!boot.local) return t("gan_push_as", { name });
    if (!this.who?.login) return t("gan_push_no_login");
    return name ? t("gan_push_login", { name }) : t("gan_push_login_unnamed");
  }

  // ---- what would be sent -----------------------------------------------------------------------

  #form() {
    /** @param {string} id */
    const value = (id) => /** @type {HTMLInputElement | HTMLSelectElement} */ (this.find(`#push-${id}`)).value.trim();
    return { ref: value("model"), repo: value("repo"), private: this.find("#push-private", HTMLInputElement).checked, licence: value("licence"), token: boot.local ? value("token") : "" };
  }

  // What was said of a model and a repo is not said of others.
  #forget() {
    if (!this.ending) this.#note([]);
    if (!this.plan && !this.done) return;
    Object.assign(this, { plan: null, done: null });
    this.draw();
  }

  /** @returns {Promise<void>} */
  async #look() {
    if (this.ending) return;
    Object.assign(this, { plan: null, done: null });
    this.draw();
    await this.#work("hub/plan", this.#form(), t("gan_push_planning"), (news) => { if (news.plan) this.plan = news.plan; });
    if (this.plan) this.find("#push-shown").querySelector("button")?.focus({ preventScroll: true });
  }

  /** @param {boolean} overwrite */
  async #push(overwrite) {
    const { token } = this.#form();
    if (!this.plan) return;
    const { id, repo } = this.plan;
    /** @param {string} stage */
    const says = (stage) => t(`gan_push_stage_${stage}`, { repo });
    await this.#work("hub/push", { id, overwrite, token }, says("sending"), ({ stage, done, of, url: address }) => {
      if (stage === "sending") this.job.tell(says(stage), done, of, { stage });
      if (stage === "writing") this.job.tell(says(stage), 0, 0);  // the Hub's own work
      if (address) this.done = { url: address, repo };
    });
    if (!this.done) return;
    this.find("#push-token", HTMLInputElement).value = "";  // used once
    this.plan = null;
    this.draw();
  }

  /** @param {string} path @param {object} body @param {string} sentence @param {(news: any) => void} told */
  async #work(path, body, sentence, told) {
    const ending = this.ending = new AbortController();
    this.#note([]);
    this.#busy(true);
    this.job.begin(sentence);
    try {
      await follow(path, JSON.stringify(body), { signal: ending.signal, told });
    } catch (error) {
      this.#note(ending.signal.aborted ? [h("span", {}, t("gan_push_cancelled"))] : [h("span", {}, say(error))]);
    }
    this.ending = null;
    this.job.end();
    this.#busy(false);
    this.draw();
  }

  /** @param {boolean} busy */
  #busy(busy) {
    for (const field of this.find("#push-form", HTMLFormElement).elements) field.toggleAttribute("disabled", busy);
    for (const control of queryAll(this.find("#push-shown"), "button, input")) control.toggleAttribute("disabled", busy);
  }

  /** @param {(Node | string)[]} nodes */
  #note(nodes) { this.find("#push-note").replaceChildren(...nodes); }

  // ---- show it ------------------------------------------------------------------------------------

  #drawPlan() {
    const box = this.find("#push-shown");
    const drawn = JSON.stringify([this.plan?.id, this.done, currentLanguage()]);
    if (box.dataset.drawn === drawn) return;  // a tick that was set stays set
    box.dataset.drawn = drawn;
    box.hidden = !this.plan && !this.done;
    if (this.done) box.replaceChildren(this.#published(this.done));
    else if (this.plan) box.replaceChildren(...this.#planned(this.plan));
    else box.replaceChildren();
  }

  /** @param {PublishPlan} plan */
  #planned(plan) {
    const total = plan.files.reduce((sum, f) => sum + f.bytes, 0);
    const sure = h("input", { type: "checkbox", id: "push-overwrite", "data-help": "gan_push_overwrite_help" });
    const go = h("button", { type: "button", class: "ga-button is-primary", id: "push-go", "data-help": "gan_push_go_help", onclick: () => this.#push(sure.checked) },
      t("gan_push_go", { repo: plan.repo }));
    go.disabled = plan.overwrites.length > 0;
    go.hidden = Boolean(plan.unasked);  // what is there is not known, so nothing is written
    sure.addEventListener("change", () => { go.disabled = !sure.checked; });
    return [
      h("div", { class: "ga-plan-files" },
        h("h3", {}, t("gan_push_files", { count: plan.files.length, bytes: bytes(total) })),
        h("p", { class: "ga-quiet" }, t(placeOf(plan), { repo: plan.repo })),
        ...plan.warnings.map((warning) => h("p", { class: "ga-note" }, written(warning))),
        h("table", {}, h("tbody", {}, ...plan.files.map((f) => h("tr", {}, h("td", { title: f.path }, f.path,
          plan.overwrites.includes(f.path) ? h("span", { class: "ga-plan-over" }, t("gan_push_replaces")) : null),
        h("td", { class: "is-number" }, bytes(f.bytes)))))),
        plan.overwrites.length ? h("label", { class: "ga-check ga-plan-sure" }, sure, h("span", {}, t("gan_push_overwrite", { count: plan.overwrites.length }))) : null,
        h("div", { class: "ga-plan-do" }, go, h("button", { type: "button", class: "ga-button is-bare", onclick: () => this.#forget() }, t("gan_hub_dismiss")))),
      h("div", { class: "ga-plan-card" }, h("h3", {}, t("gan_push_card")),
        h("div", { class: "ga-hub-card", tabindex: "0" }, card(plan.card, (name) => (PICTURE.test(name) && plan.files.some((f) => f.path === name)
          ? url(`hub/plan/picture?${new URLSearchParams({ id: plan.id, name })}`) : null)))),
    ];
  }

  /** @param {{ url: string, repo: string }} done */
  #published({ url: address, repo }) {
    const safe = /^https?:\/\//.test(address) ? address : null;
    return h("p", { class: "ga-plan-done", role: "status" }, h("b", {}, t("gan_push_done", { repo })), " ",
      safe ? h("a", { href: safe, target: "_blank", rel: "noopener noreferrer", id: "push-link" }, safe) : null);
  }
}
