// On this machine: the models that were pulled and those that come with the app, each with a picture of its own.
/** @import { HubNews, Pulled } from "../page/kit/types" */
import { ask, boot, count, finder, h, icon, query, queryAll, say, t } from "../page/kit/core.js";
import { card } from "./card.js";
import { answersText, openModel, thumb } from "./pull.js";
import { bytes } from "../page/kit/figures.js";

export class Shelf {
  // `changed()` after a deletion; `failed(nodes)` shows what went wrong; `compare(model)` its readings.
  /** @param {HTMLElement} root @param {{ changed(): void, failed(nodes: Node[]): void, compare(model: Pulled): void }} does */
  constructor(root, { changed, failed, compare }) {
    this.changed = changed;
    this.failed = failed;
    this.compare = compare;
    /** @type {Pulled[] | null} */
    this.pulled = null;
    /** @type {Pulled[]} */
    this.bundled = [];
    /** @type {string | null} */
    this.asking = null;  // the ref that is to be deleted
    /** @type {string | null} */
    this.open = null;
    /** @type {Map<string, string>} */
    this.cards = new Map();
    this.find = finder(root);
  }

  /** @param {HubNews} news */
  show({ pulled, bundled }) {
    Object.assign(this, { pulled, bundled });
    this.draw();
  }

  draw() {
    const { pulled } = this;
    const empty = this.find("#shelf-empty");
    empty.hidden = Boolean(pulled?.length);
    empty.textContent = t(!pulled ? "gan_hub_loading" : boot.local ? "gan_hub_shelf_empty" : "gan_hub_shelf_empty_public");
    this.find("#shelf-room").textContent = !pulled?.length ? "" : t("gan_hub_room", {
      count: count(pulled.length), bytes: bytes(pulled.reduce((sum, m) => sum + m.bytes, 0)) });
    const list = this.find("#shelf-list");
    list.hidden = !pulled?.length && !this.bundled.length;
    list.replaceChildren(...[...pulled ?? [], ...this.bundled].map((model) => this.#item(model)));
  }

  /** @param {Pulled} model */
  #item(model) {
    const facts = [model.layout, model.resolution ? t("gan_hub_px", { size: model.resolution }) : "",
      model.bundled ? "" : model.licence || t("gan_hub_no_licence")];
    const unsure = model.readings?.length > 1;
    const source = model.bundled ? t("gan_hub_bundled") : `${model.repo || model.file}${model.commit ? ` @ ${model.commit.slice(0, 7)}` : ""}`;
    const whole = model.repo ? `${model.repo} @ ${model.commit}${model.file ? ` · ${model.file}` : ""}` : model.file;
    const opened = this.open === model.ref;
    return h("li", { "data-ref": model.ref, class: opened ? "is-open" : "" },
      h("span", { class: "ga-hub-thumb is-large" }, h("img", { class: "ga-pixels", src: thumb(model.ref), loading: "lazy", alt: t("gan_hub_thumb", { name: model.name }) })),
      h("div", { class: "ga-shelf-text" },
        h("b", { title: model.name }, model.name),
        h("span", { class: "ga-quiet", title: whole }, source),
        h("span", { class: "ga-quiet" }, [...facts, bytes(model.bytes)].filter(Boolean).join(" · ")),
        unsure ? h("span", { class: "ga-quiet" }, t("gan_hub_unsure", { answers: answersText(model.readings[0]) })) : null),
      this.asking === model.ref ? this.#sure(model) : this.#actions(model, opened),
      opened ? this.#card(model) : null);
  }

  /** @param {Pulled} model @param {boolean} opened */
  #actions(model, opened) {
    /** @param {string} key */
    const named = (key) => ({ "aria-label": t(key, { name: model.name }), title: t(key, { name: model.name }) });
    return h("div", { class: "ga-do" },
      h("button", { type: "button", class: "ga-button", "data-act": "open", "data-help": "gan_hub_open_help", onclick: () => openModel(model.ref) }, t("gan_hub_open")),
      !boot.local || !(model.readings?.length > 1) ? null : h("button", { type: "button", class: "ga-button is-bare", "data-act": "compare", "data-help": "gan_hub_unsure_do_help", onclick: () => this.compare(model) }, t("gan_hub_unsure_do")),
      h("button", { type: "button", class: "ga-button is-bare", "data-act": "card", "data-help": "gan_hub_card_help", "aria-expanded": String(opened),
        onclick: () => this.#toggle(model.ref) }, t("gan_hub_card")),
      !boot.local || model.bundled ? null : h("button", { type: "button", class: "ga-button is-bare is-icon", "data-act": "delete", "data-help": "gan_hub_delete_help", ...named("gan_hub_delete"),
        onclick: () => this.#ask(model.ref) }, icon("bin")));
  }

  /** @param {Pulled} model */
  #sure(model) {
    return h("div", { class: "ga-do", role: "group", "aria-label": t("gan_hub_delete", { name: model.name }) },
      h("span", { class: "ga-quiet" }, t(model.repo ? "gan_hub_delete_sure" : "gan_hub_delete_sure_file")),
      h("button", { type: "button", class: "ga-button is-danger", "data-act": "sure", "data-help": "gan_hub_delete_yes_help", onclick: () => this.#delete(model) }, t("gan_hub_delete_yes")),
      h("button", { type: "button", class: "ga-button is-bare", "data-act": "keep", "data-help": "gan_hub_delete_no_help", onclick: () => this.#ask(null, model.ref) }, t("gan_hub_delete_no")));
  }

  /** @param {string | null} ref */
  #ask(ref, from = ref) {
    this.asking = ref;
    this.draw();
    this.#focus(from, ref ? "keep" : "delete");
  }

  /** @param {string | null} ref @param {string} act */
  #focus(ref, act) {
    const item = [...queryAll(this.find("#shelf-list"), "li")].find((li) => li.dataset.ref === ref);
    if (item) query(item, `[data-act="${act}"]`)?.focus({ preventScroll: true });
  }

  /** @param {Pulled} model */
  async #delete({ ref }) {
    this.asking = null;
    try {
      await ask("hub/delete", { ref });
      this.pulled = (this.pulled ?? []).filter((m) => m.ref !== ref);
    } catch (error) { this.failed([h("span", {}, say(error))]); }
    this.draw();
    this.changed();
  }

  // ---- its card -------------------------------------------------------------------------------

  /** @param {string} ref */
  async #toggle(ref) {
    this.open = this.open === ref ? null : ref;
    this.draw();
    this.#focus(ref, "card");
    if (this.open !== ref || this.cards.has(ref)) return;
    try {
      this.cards.set(ref, (await ask(`hub/card?${new URLSearchParams({ ref })}`)).text);
    } catch (error) {
      this.open = null;
      this.failed([h("span", {}, say(error))]);
    }
    if (this.open === ref || this.open === null) this.draw();
  }

  /** @param {Pulled} model */
  #card(model) {
    const text = this.cards.get(model.ref);
    /** @param {string} key */
    const quiet = (key) => h("p", { class: "ga-quiet" }, t(key));
    const shown = text === undefined ? quiet("gan_hub_loading") : text.trim() ? card(text) : quiet("gan_hub_no_card");
    return h("div", { class: "ga-hub-card", tabindex: "0" }, shown);
  }
}
