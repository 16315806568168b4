// Repos on the Hub: of known layouts, found, starred, pulled lately. One table, four views.
/** @import { HubNews, Repo } from "../page/kit/types" */
import { Refused, boot, copyText, count, currentLanguage, finder, focusedIn, h, icon, on, query, queryAll, say, sentences, t } from "../page/kit/core.js";
import { isFavourite, remembered, rowKey, star } from "./favourites.js";
import { follow } from "../page/kit/lines.js";
import { openModel } from "./pull.js";
import { bytes } from "../page/kit/figures.js";

/** @typedef {"known" | "found" | "favourites" | "recent"} View */
/** @type {View[]} */
const VIEWS = ["known", "found", "favourites", "recent"];
// a found repo's layout shows when it is pulled; of a known one nobody has to ask the Hub
/** @type {Record<Exclude<View, "recent">, string[]>} */
const COLUMNS = {
  known: ["star", "repo", "kind", "note", "licence", "do"],
  found: ["star", "repo", "size", "licence", "likes", "downloads", "updated", "do"],
  favourites: ["star", "repo", "kind", "size", "licence", "do"],
};
const NUMBERS = ["size", "likes", "downloads"];
const AWAY = ["unreachable", "offline", "slow", "server"];  // kinds of failure: no Hub is answering
const FEW = 8;  // rows before "show all"

export class HubList {
  // `pull(row)` brings one in; `here(row)`: the ref of the model where it is already here.
  /** @param {HTMLElement} root @param {{ pull(row: Repo): void, here(row: Repo): string | null }} does */
  constructor(root, { pull, here }) {
    this.pull = pull;
    this.here = here;
    /** @type {View} */
    this.view = "known";
    /** @type {Repo[] | null} */
    this.known = null;
    /** @type {Repo[] | null} */
    this.found = null;
    this.text = "";
    /** @type {AbortController | null} */
    this.searching = null;
    /** @type {unknown} */
    this.failed = null;  // what a search ended with
    this.all = false;
    /** @type {string[]} */
    this.columns = [];
    this.endpoint = "https://huggingface.co";
    this.busy = false;
    this.find = finder(root);
    const text = this.find("#hub-text", HTMLInputElement);
    this.find("#hub-search").addEventListener("submit", (e) => { e.preventDefault(); this.search(text.value); });
    text.addEventListener("search", () => { if (!text.value) this.#leave(); });
    this.find("#hub-all").addEventListener("click", () => { this.all = true; this.draw(); });
    on("hub-kept", () => this.draw());
    on("hub-busy", (busy) => { this.busy = busy; this.draw(); });
  }

  /** @param {HubNews} news */
  show({ known, endpoint }) {
    Object.assign(this, { known, endpoint });
    this.draw();
  }

  // ---- search ---------------------------------------------------------------------------------

  /** @param {string} text */
  async search(text) {
    const wanted = text.trim();
    this.searching?.abort();
    if (!wanted) return this.#leave();
    const ending = this.searching = new AbortController();
    Object.assign(this, { view: "found", found: null, failed: null, text: wanted, all: false });
    this.draw();
    try {
      await follow("hub/search", JSON.stringify({ text: wanted }), {
        signal: ending.signal, told: (news) => { if (this.searching === ending) this.#told(news); },
      });
    } catch (error) {
      if (ending.signal.aborted) return undefined;
      if (!this.found) this.failed = error;
    }
    if (this.searching === ending) this.searching = null;
    return this.draw();
  }

  /** @param {{ rows?: Repo[] }} news */
  #told(news) {
    if (news.rows) this.found = news.rows;
    this.draw();
  }

  #leave() {
    this.searching?.abort();
    Object.assign(this, { searching: null, found: null, failed: null, text: "", view: "known" });
    this.draw();
  }

  // ---- which rows -----------------------------------------------------------------------------

  #rows() {
    if (this.view === "favourites" || this.view === "recent") return remembered(this.view);
    if (this.view === "found" && !this.failed) return this.found;
    // no Hub that answers: the known ones that the words fit, or all of them where they fit none
    return this.view === "found" ? this.#fitting() ?? this.known : this.known;
  }

  // The known models that all words of the search fit; null of none.
  #fitting() {
    const words = this.text.toLowerCase().split(/\s+/);
    /** @param {Repo} row */
    const fits = (row) => {
      const about = [row.repo, row.file, row.layout, row.note, noteOf(row)].join(" ").toLowerCase();
      return words.every((word) => about.includes(word));
    };
    const fitting = (this.known ?? []).filter(fits);
    return fitting.length ? fitting : null;
  }

  draw() {
    const rows = this.#rows();
    this.#drawViews();
    this.#drawSays(rows);
    const few = !this.all && rows && rows.length > FEW + 2;
    this.find("#hub-table").hidden = rows !== null && !rows.length;
    this.find("#hub-table").setAttribute("aria-busy", String(rows === null));
    this.columns = COLUMNS[this.view === "recent" ? "favourites" : this.failed && this.view === "found" ? "known" : this.view];
    this.find("#hub-titles").replaceChildren(...this.columns.map((c) => h("th", { scope: "col", "data-help": `gan_hub_col_${c}_help`, class: `is-${c}` },
      ["star", "do"].includes(c) ? h("span", { class: "ga-sr" }, t(`gan_hub_col_${c}`)) : t(`gan_hub_col_${c}`))));
    this.#put(rows === null ? skeleton(this.columns) : (few ? rows.slice(0, FEW) : rows).map((row) => this.#row(row)));
    const empty = this.find("#hub-empty");
    empty.hidden = rows === null || rows.length > 0;
    empty.textContent = empty.hidden ? "" : t(`gan_hub_none_${this.view}`, { text: this.text });
    const all = this.find("#hub-all");
    all.hidden = !few;
    all.textContent = few ? t("gan_hub_all", { count: rows.length }) : "";
  }

  /** @param {HTMLElement[]} nodes */
  #put(nodes) {
    const list = this.find("#hub-list");
    const { row, act } = focusIn(list);
    list.replaceChildren(...nodes);
    const same = row && [...queryAll(list, "tr")].find((n) => n.dataset.key === row);
    if (same) query(same, `[data-act="${act}"]`)?.focus({ preventScroll: true });
  }

  #drawViews() {
    /** @type {Record<View, number | undefined>} */
    const counts = { known: this.known?.length, found: this.found?.length, favourites: remembered("favourites").length, recent: remembered("recent").length };
    const shown = VIEWS.filter((v) => v !== "found" || this.text);
    const box = this.find("#hub-views");
    const drawn = JSON.stringify([shown, counts, this.view, currentLanguage()]);
    if (box.dataset.drawn === drawn) return;
    const had = focusedIn(box)?.dataset.view;
    box.dataset.drawn = drawn;
    box.replaceChildren(...shown.map((view) => h("button", {
      type: "button", class: "ga-button is-chip", "data-view": view, "data-help": `gan_hub_view_${view}_help`, "aria-pressed": String(view === this.view),
      onclick: () => { Object.assign(this, { view, all: false }); this.draw(); },
    }, t(`gan_hub_view_${view}`), counts[view] === undefined ? null : h("span", { title: t("gan_hub_view_count") }, String(counts[view])))));
    if (had) query(box, `[data-view="${had}"]`)?.focus();
  }

  /** @param {Repo[] | null} rows */
  #drawSays(rows) {
    const says = this.find("#hub-says");
    const failed = this.view === "found" && this.failed;
    says.classList.toggle("is-failed", Boolean(failed));
    if (failed) {
      says.replaceChildren(h("span", {}, say(this.failed)),
        h("span", {}, sentences(t(this.#fitting() ? "gan_hub_known_fitting" : "gan_hub_known_instead", { text: this.text }), AWAY.includes(this.failed instanceof Refused ? this.failed.kind ?? "" : "") ? t("gan_hub_without") : "")),
        h("button", { type: "button", class: "ga-button is-small", id: "hub-search-again", "data-help": "gan_hub_again_help", onclick: () => this.search(this.text) }, t("gan_hub_again")));
      return;
    }
    const key = this.view === "found" && rows === null ? "gan_hub_searching"
      : this.view === "known" && !boot.local ? "gan_hub_says_known_public" : `gan_hub_says_${this.view}`;
    const sentence = t(key, { text: this.text });
    if (says.textContent !== sentence) says.replaceChildren(sentence);
  }

  // ---- one row --------------------------------------------------------------------------------

  /** @param {Repo} row */
  #row(row) {
    /** @param {string} name @param {...(Node | string | null)} inside */
    const cell = (name, ...inside) => h("td", { class: `is-${name}${NUMBERS.includes(name) ? " is-number" : ""}`, "data-title": t(`gan_hub_col_${name}`) }, ...inside);
    /** @param {number | undefined} n */
    const number = (n) => (Number.isFinite(n) ? count(Number(n)) : "–");
    const address = new URL(row.repo.split("/").map(encodeURIComponent).join("/"), `${this.endpoint}/`).href;
    /** @type {Record<string, () => (Node | string | null)[]>} */
    const inside = {
      star: () => [row.repo ? this.#star(row) : null],
      repo: () => (!row.repo ? [h("span", { title: row.file }, row.file)] : [h("a", { href: address, target: "_blank", rel: "noopener noreferrer", title: row.repo }, row.repo),
        row.file ? h("span", { class: "ga-quiet", title: row.file }, row.file) : null,
        row.gated ? h("span", { class: "ga-quiet" }, t("gan_hub_gated")) : null]),
      kind: () => [h("span", { title: row.layout ?? "" }, kindOf(row))],
      note: () => [h("span", { title: noteOf(row) }, noteOf(row))],
      size: () => [row.bytes !== undefined && Number.isFinite(row.bytes) ? bytes(row.bytes) : "–"],
      licence: () => [h("span", { title: row.licence ?? "" }, row.licence || "–")],
      likes: () => [number(row.likes)], downloads: () => [number(row.downloads)],
      updated: () => [day(row.updated)], do: () => [this.#button(row)],
    };
    return h("tr", { "data-key": rowKey(row) }, ...this.columns.map((c) => cell(c, ...inside[c]())));
  }

  /** @param {Repo} row */
  #star(row) {
    const starred = isFavourite(row);
    const name = t(starred ? "gan_hub_unstar" : "gan_hub_star", { repo: row.repo });
    return h("button", { type: "button", class: "ga-button is-icon is-bare ga-star", "data-act": "star", "data-help": "gan_hub_star_help", "aria-pressed": String(starred),
      "aria-label": name, title: name, onclick: () => star(row, !starred) }, icon("star"));
  }

  /** @param {Repo} row */
  #button(row) {
    const ref = this.here(row);
    /**
     * @param {string} act
     * @param {string} key
     * @param {(event: MouseEvent & { currentTarget: HTMLButtonElement }) => unknown} onclick
     * @param {import("../page/kit/types").Attributes<HTMLButtonElement>} [more]
     */
    const button = (act, key, onclick, more = {}) => h("button", { type: "button", class: "ga-button", "data-act": act,
      "aria-label": `${t(key)}: ${row.repo || row.file}`, onclick, ...more }, h("span", { "data-t": key }, t(key)));
    if (ref) return button("open", "gan_hub_open_short", () => openModel(ref));
    if (!row.repo) return h("span", { class: "ga-quiet" }, t("gan_hub_file_gone"));
    if (row.foreign && !boot.local) {
      const command = `python -m gan pull ${row.repo}`;
      return button("copy", "gan_hub_copy", (e) => copyText(command, e.currentTarget), { title: command });
    }
    if (row.has_weights === false) return h("span", { class: "ga-quiet" }, t("gan_hub_no_weights"));
    return button("pull", "gan_hub_pull", () => this.pull(row), { disabled: this.busy });
  }
}

/** @param {HTMLElement} list */
function focusIn(list) {
  const at = focusedIn(list);
  return { row: at?.closest("tr")?.dataset.key, act: at?.dataset.act };
}

/** @param {Repo} row */
const noteOf = ({ note }) => (note ? t(`gan_hub_note_${note.toLowerCase().replace(/[^a-z0-9]+/g, "-")}`) : "–");
/** @param {Repo} row */
const kindOf = ({ layout, resolution }) => [layout, resolution ? t("gan_hub_px", { size: resolution }) : ""].filter(Boolean).join(" · ") || "–";

/** @param {string | undefined} text */
function day(text) {
  const date = text ? new Date(text) : null;
  if (!date || Number.isNaN(date.getTime())) return "–";
  return date.toLocaleDateString(currentLanguage() === "zh" ? "zh-CN" : "en-GB", { year: "numeric", month: "short" });
}

/** @param {string[]} columns */
const skeleton = (columns) => Array.from({ length: FEW }, () => h("tr", { class: "is-waiting", "aria-hidden": "true" },
  ...columns.map((c) => h("td", { class: `is-${c}` }, h("i")))));
