// A model on its way in: asked for, downloaded, converted, checked; or why not; or which of several.
/** @import { HubFile, PullNews, PullOrder, Pulled } from "../page/kit/types" */
import { Refused, ask, choose, count, emit, find, h, modelOf, openTab, refresh, say, t, url, written } from "../page/kit/core.js";
import { Job } from "../page/kit/job.js";
import { follow } from "../page/kit/lines.js";
import { bytes } from "../page/kit/figures.js";

const STAGES = ["asking", "downloading", "converting", "checking"];
const LOGIN_HELPS = ["gated", "no-access", "not-found"];

/** @param {string} ref */
export const thumb = (ref) => url(`hub/thumb?${new URLSearchParams({ ref })}`);

// {activation: "relu", size: "28"} as words.
/** @param {Record<string, string>} answers */
export const answersText = (answers) => Object.entries(answers).map(([key, value]) => t(`gan_hub_reading_${key}`, { value })).join(", ");

// The model is chosen, and the tab that shows it is open.
/** @param {string} ref */
export async function openModel(ref) {
  if (!modelOf(ref)) await refresh();
  if (!modelOf(ref)) await refresh();  // the first may have been asked before it came
  choose(ref);
  openTab("explore");
  scrollTo({ top: 0 });
}

export class Pull {
  // `done(pulled)` when a model is here; `login()`: whether this machine has a Hub login.
  /** @param {HTMLElement} root @param {{ done(pulled: Pulled, asked: PullOrder): unknown, login(): boolean }} does */
  constructor(root, { done, login }) {
    this.done = done;
    this.login = login;
    /** @type {AbortController | null} */
    this.ending = null;
    /** @type {(() => void) | null} */
    this.shown = null;
    this.job = new Job(find(root, "#hub-job"), () => this.ending?.abort());
  }

  get busy() { return Boolean(this.ending); }

  // A file of one's own goes the same way: its bytes are sent, and its name.
  /** @param {File} file */
  take(file) { return this.begin({ repo: file.name, own: file }); }

  /** @param {PullOrder} asked */
  async begin(asked) {
    if (this.busy) return;
    const ending = this.ending = new AbortController();
    /** @type {PullNews | null} */
    let came = null;
    this.shown = null;
    this.job.begin(t(asked.own ? "gan_hub_stage_converting" : "gan_hub_stage_asking", { repo: asked.repo }));
    emit("hub-busy", true);
    try {
      const path = asked.own ? `hub/own?${new URLSearchParams({ name: asked.own.name })}` : "hub/pull";
      await follow(path, asked.own ?? JSON.stringify(asked), {
        signal: ending.signal,
        told: (news) => {
          if (news.stage) this.#tell(news, asked);
          if (news.pulled || news.choices) came = news;
        },
      });
      this.#came(came, asked);
    } catch (error) {
      if (ending.signal.aborted) this.#show(() => this.#cancelled(asked));
      else this.#show(() => this.#failed(error, asked));
    }
    this.ending = null;
    emit("hub-busy", false);
  }

  redraw() { if (this.shown && !this.busy) this.shown(); }

  /** @param {() => void} draw */
  #show(draw) {
    this.shown = draw;
    draw();
  }

  /** @param {PullNews} news @param {PullOrder} asked */
  #tell({ stage, done, of }, { repo }) {
    if (stage && STAGES.includes(stage)) this.job.tell(t(`gan_hub_stage_${stage}`, { repo }), done, of, { stage });
  }

  /** @param {PullNews | null} news @param {PullOrder} asked */
  #came(news, asked) {
    const { choices, pulled } = news ?? {};
    if (choices) return this.#show(() => this.#choices(choices, asked));
    if (!pulled) throw new Error("the reply ended early");
    this.#show(() => (pulled.readings?.length > 1 ? this.#readings(pulled, asked) : this.#here(pulled)));
    refresh();
    return this.done(pulled, asked);
  }

  // ---- how it ended ---------------------------------------------------------------------------

  /** @param {PullOrder} asked @param {Partial<PullOrder>} [more] */
  #again(asked, key = "gan_hub_again", more = {}) {
    return h("button", { type: "button", class: "ga-button", "data-act": more.login ? "login" : "again", "data-help": `${key}_help`, onclick: () => this.begin({ ...asked, ...more }) }, t(key));
  }

  #dismiss() {
    return h("button", { type: "button", class: "ga-button is-bare", "data-act": "dismiss", "data-help": "gan_hub_dismiss_help", onclick: () => { this.shown = null; this.job.end(); } }, t("gan_hub_dismiss"));
  }

  /** @param {unknown} error @param {PullOrder} asked */
  #failed(error, asked) {
    this.job.box.className = "ga-job is-failed";
    const withLogin = error instanceof Refused && LOGIN_HELPS.includes(error.kind ?? "") && this.login() && !asked.login;
    this.job.end(h("div", { class: "ga-job-row" }, h("div", { class: "ga-job-text", role: "alert" }, h("span", {}, say(error))),
      h("div", { class: "ga-do" }, withLogin ? this.#again(asked, "gan_hub_with_login", { login: true }) : null,
        this.#again(asked), this.#dismiss())));
  }

  /** @param {PullOrder} asked */
  #cancelled(asked) {
    this.job.box.className = "ga-job";
    this.job.end(h("div", { class: "ga-job-row" }, h("div", { class: "ga-job-text", role: "status" }, h("span", {}, t("gan_hub_cancelled", { repo: asked.repo }))),
      h("div", { class: "ga-do" }, this.#again(asked), this.#dismiss())));
  }

  /** @param {HubFile[]} files @param {PullOrder} asked */
  #choices(files, asked) {
    this.job.box.className = "ga-job";
    this.job.end(
      h("div", { class: "ga-job-row" }, h("div", { class: "ga-job-text", role: "status" },
        h("span", {}, t("gan_hub_choose", { repo: asked.repo, count: count(files.length) }))), this.#dismiss()),
      h("ul", { class: "ga-choices" }, ...files.map(({ name, bytes: size }) => h("li", {},
        h("button", { type: "button", class: "ga-button", "data-help": "gan_hub_choose_help", onclick: () => this.begin({ ...asked, file: name }) },
          h("b", {}, name), h("span", { class: "ga-quiet" }, size === null ? "" : bytes(size)))))));
  }

  // Several models that the same file can be, each with its pictures; a click makes one the model.
  /** @param {Pulled} model */
  compare(model) {
    if (this.busy) return;
    this.#show(() => this.#readings(model, { repo: model.repo || model.name }));
    this.job.box.scrollIntoView({ block: "nearest" });  // it may be open already, out of sight
    /** @type {HTMLElement | null} */ (this.job.box.querySelector("[data-reading]"))?.focus({ preventScroll: true });
  }

  /** @param {Pulled} model @param {PullOrder} asked */
  #readings(model, asked) {
    this.job.box.className = "ga-job";
    this.job.end(
      h("div", { class: "ga-job-row" }, h("div", { class: "ga-job-text", role: "status" },
        h("span", {}, t("gan_hub_readings", { name: model.name }))), this.#dismiss()),
      h("ul", { class: "ga-readings" }, ...model.readings.map((answers, index) => h("li", {},
        h("button", { type: "button", class: "ga-button", "data-reading": index, "aria-label": t("gan_hub_readings_pick", { answers: answersText(answers) }), onclick: () => this.#settle(model, index, asked) },
          h("img", { class: "ga-pixels", src: url(`hub/reading?${new URLSearchParams({ ref: model.ref, index: String(index) })}`), alt: "" }),
          h("span", {}, answersText(answers), index ? null : h("span", { class: "ga-quiet" }, ` · ${t("gan_hub_readings_first")}`)))))));
  }

  /** @param {Pulled} model @param {number} index @param {PullOrder} asked */
  async #settle(model, index, asked) {
    try {
      const chosen = await ask("hub/settle", { ref: model.ref, index });
      this.#show(() => this.#here(chosen));
      refresh();
      await this.done(chosen, asked);
    } catch (error) { this.#show(() => this.#failed(error, asked)); }
  }

  // `warning`: why the Hub could not be asked whether there is a newer one.
  /** @param {Pulled} model */
  #here({ ref, name, cached, warning }) {
    this.job.box.className = "ga-job is-here";
    this.job.end(h("div", { class: "ga-job-row" },
      h("span", { class: "ga-hub-thumb" }, h("img", { class: "ga-pixels", src: thumb(ref), alt: "" })),
      h("div", { class: "ga-job-text", role: "status" }, h("b", {}, t("gan_hub_here", { name })),
        h("span", { class: "ga-quiet" }, t(warning ? "gan_hub_unasked" : cached ? "gan_hub_cached" : "gan_hub_ready")),
        warning ? h("details", {}, h("summary", { class: "ga-quiet" }, t("gan_hub_details")), h("p", { class: "ga-quiet" }, written(warning))) : null),
      h("div", { class: "ga-do" },
        h("button", { type: "button", class: "ga-button is-primary", "data-act": "open", onclick: () => openModel(ref) }, t("gan_hub_open")),
        this.#dismiss())));
  }
}
