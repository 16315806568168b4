// All runs: what there is, how they compare, and what may be done with them.
/** @import { ListedRun, State } from "../page/kit/types" */
import {
  ACTIVE, ask, boot, copyText, count, currentLanguage, duration, emit, find, finder, focusedIn, h, icon, isBusy, looked, on, prepare, refresh,
  say, short, t, translate, url, wordedFor, written,
} from "../page/kit/core.js";
import { MOST } from "./beside.js";
import { sideOf } from "../page/kit/gutters.js";
import { Compare } from "./compare.js";
import { Poll } from "../page/kit/fresh.js";
import { bytes } from "../page/kit/figures.js";

const POLL_MS = { busy: 2000, idle: 8000 };
const STATES = ["starting", "running", "paused", "finished", "stopped", "interrupted", "failed"];
/** @type {Record<string, string>} */
const DOTS = { running: "is-live", starting: "is-live", failed: "is-warn", interrupted: "is-warn" };
const COLUMNS = ["pick", "picture", "name", "state", "what", "nimg", "time", "fd", "size", "started", "do"];
/** @type {Record<string, string>} */
const HELP = { fd: "gan_metric_fd_help", nimg: "gan_runs_nimg_help" };  // of columns of bare numbers
const SHOWN = 50;  // rows at first, and so many more at each "Show more"
const MOST_SHOWN = 1000;
const TYPING_MS = 200;

/** @param {HTMLElement} element */
export function mount(element) {
  new RunsBoard(prepare(element)).start();
}

class RunsBoard {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    this.find = finder(root);
    /** @type {ListedRun[]} */
    this.runs = [];
    /** @type {ListedRun[]} */
    this.also = [];  // rows that are chosen or open, and not in the list
    /** @type {{ id: string, token: string, deleted_at: number }[]} */
    this.trash = [];
    this.trashDrawn = "";
    /** @type {{ all: number, found: number, keep: number, bytes: number | null, free: number | null } | null} */
    this.totals = null;
    /** @type {string[]} */
    this.picked = [];
    /** @type {string | null} */
    this.open = null;
    this.ready = false;
    this.queue = 0;
    this.limit = SHOWN;
    this.heard = "";
    /** @type {number | undefined} */
    this.typing = undefined;
    /** @type {Map<string, { node: HTMLTableRowElement, drawn: string | null, more: { node: HTMLElement, update(now: ListedRun): void } | null }>} */
    this.rows = new Map();  // by id
    // from `start` on
    /** @type {Compare} */
    this.compare;
    /** @type {Poll} */
    this.poll;
  }

  start() {
    this.compare = new Compare(this.find("#compare"), {
      pick: (id) => this.#pick(id, true), unpick: (id) => this.#pick(id, false) });
    this.find("#runs-server").hidden = !boot.local;  // in public its owner knows the address
    this.find("#runs-find").addEventListener("input", () => this.#search(TYPING_MS));
    this.find("#runs-state").addEventListener("change", () => this.#search(0));
    this.find("#runs-show-more").addEventListener("click", () => {
      this.limit = Math.min(MOST_SHOWN, this.limit + SHOWN);
      this.look();
    });
    on("state", (fresh) => this.#hear(fresh));
    on("language", () => { this.rows.clear(); this.#words(); this.#draw(); });
    on("theme", () => this.compare.draw());
    this.#words();
    this.#draw();
    this.poll = new Poll((signal) => this.#ask(signal), () => (isBusy(this.runs) ? POLL_MS.busy : POLL_MS.idle), this.root);
  }

  #words() {
    translate(this.root);
    const select = this.find("#runs-state", HTMLSelectElement);
    const { value } = select;
    select.replaceChildren(h("option", { value: "" }, t("gan_runs_all")),
      h("option", { value: "active" }, t("gan_runs_active")),
      ...STATES.slice(2).map((s) => h("option", { value: s }, t(`gan_state_${s}`))));
    select.value = value;
    this.find("#runs-titles").replaceChildren(...COLUMNS.map((c) => h("th", { scope: "col", class: `is-${c}`,
      "data-help": HELP[c] ?? `gan_runs_${c}_help` },
    ["pick", "picture", "do"].includes(c) ? h("span", { class: "ga-sr" }, t(`gan_runs_${c}`)) : t(`gan_runs_${c}`))));
  }

  // The header's poll tells when something began or ended; then there is reason to look at once.
  /** @param {State} fresh */
  #hear(fresh) {
    const heard = JSON.stringify(fresh.runs.map((r) => [r.id, r.state]));
    if (heard === this.heard) return;
    this.heard = heard;
    this.look();
  }

  look() { return this.poll.now(); }

  /** @param {AbortSignal} signal */
  #ask(signal) {
    const also = [...this.picked, this.open].filter(Boolean);
    const query = new URLSearchParams({ query: this.find("#runs-find", HTMLInputElement).value.trim().slice(0, 200),
      state: this.find("#runs-state", HTMLSelectElement).value, limit: String(this.limit), also: also.join(",") });
    return ask(`runs?${query}`, undefined, signal).then((news) => {
      Object.assign(this, { runs: news.runs, also: news.also, trash: news.trash, totals: news, queue: news.queue, ready: true });
      this.picked = this.picked.filter((id) => !also.includes(id) || this.#known(id));
      this.#draw();
      this.compare.show(this.picked.map((id) => this.#known(id)));
    }, (error) => this.#note(say(error)));
  }

  /** @param {string} id */
  #known(id) { return [...this.runs, ...this.also].find((r) => r.id === id); }

  // What is here is narrowed at once; the server looks through all of them.
  /** @param {number} pause */
  #search(pause) {
    this.limit = SHOWN;
    this.#draw();
    clearTimeout(this.typing);
    this.typing = setTimeout(() => this.look(), pause);
  }

  // ---- the list -------------------------------------------------------------------------------

  #wanted() {
    const text = this.find("#runs-find", HTMLInputElement).value.trim().toLowerCase();
    const state = this.find("#runs-state", HTMLSelectElement).value;
    return this.runs.filter((r) => (!state || r.state === state || (state === "active" && ACTIVE.includes(r.state)))
      && (!text || [r.id, r.name, r.note, r.preset, r.data].join(" ").toLowerCase().includes(text)));
  }

  #draw() {
    const wanted = this.#wanted();
    const empty = this.find("#runs-empty");
    this.find("#runs-box").hidden = !wanted.length;
    empty.hidden = Boolean(wanted.length);
    empty.textContent = !this.ready ? t("gan_runs_loading") : this.totals?.all ? t("gan_runs_none_found") : t("gan_runs_none");
    this.#drawMore(wanted.length);
    const room = this.totals?.all ? t(this.totals.free === null ? "gan_runs_room_public" : "gan_runs_room", {
      count: this.totals.all, keep: this.totals.keep, bytes: this.totals.bytes === null ? "…" : bytes(this.totals.bytes), free: bytes(this.totals.free ?? 0) }) : "";
    if (this.find("#runs-room").textContent !== room) this.find("#runs-room").textContent = room;
    const nodes = wanted.flatMap((run) => this.#row(run));
    const list = this.find("#runs-list");
    if (nodes.length !== list.children.length || nodes.some((n, i) => n !== list.children[i])) {
      const focused = focusedIn(list);
      list.replaceChildren(...nodes);
      if (focused && list.contains(focused)) focused.focus();
    }
    this.#drawTrash();
    this.#drawQueue();
  }

  /** @param {number} shown */
  #drawMore(shown) {
    const found = this.totals?.found ?? 0;
    this.find("#runs-more").hidden = this.runs.length >= found;
    this.find("#runs-shown").textContent = t("gan_runs_shown", { shown: count(shown), found: count(found) });
    this.find("#runs-show-more", HTMLButtonElement).disabled = this.limit >= MOST_SHOWN;
    const here = new Set([...this.runs, ...this.also].map((r) => r.id));
    for (const id of this.rows.keys()) if (!here.has(id)) this.rows.delete(id);
  }

  /** @param {ListedRun} run */
  #row(run) {
    const drawn = JSON.stringify([run, this.picked.includes(run.id), this.picked.length >= MOST, currentLanguage()]);
    let kept = this.rows.get(run.id);
    if (!kept) this.rows.set(run.id, kept = { node: h("tr"), drawn: null, more: null });
    if (kept.drawn !== drawn) {
      kept.drawn = drawn;
      this.#fill(kept.node, run);
    }
    kept.node.dataset.run = run.id;
    if (this.open !== run.id) return [kept.node];
    kept.more ??= this.#more(run);
    kept.more.update(run);
    return [kept.node, kept.more.node];
  }

  /** @param {HTMLTableRowElement} row @param {ListedRun} run */
  #fill(row, run) {
    const keep = focusedIn(row)?.dataset.act;
    /** @param {string} name @param {...(Node | string | null)} inside */
    const cell = (name, ...inside) => h("td", { class: `is-${name}`, "data-title": t(`gan_runs_${name}`) }, ...inside);
    const name = run.name || run.id;
    const pick = h("input", { type: "checkbox", "data-act": "pick", "data-help": "gan_compare_pick_help", "aria-label": t("gan_compare_pick", { name }),
      onchange: (e) => this.#pick(run.id, e.currentTarget.checked) });
    pick.checked = this.picked.includes(run.id);
    pick.disabled = !pick.checked && this.picked.length >= MOST;
    const more = h("button", { type: "button", class: "ga-button is-icon is-bare ga-disclose", "data-act": "more", "data-help": "gan_runs_more_help",
      "aria-expanded": String(this.open === run.id), "aria-label": t("gan_runs_more", { name }), title: t("gan_runs_more", { name }),
      onclick: () => this.#toggle(run.id) }, icon("next"));
    row.replaceChildren(
      cell("pick", pick),
      cell("picture", h("span", { class: "ga-thumb" }, run.snapshot === null ? null : h("img", {
        class: "ga-pixels", alt: t(wordedFor("gan_grid_alt", run.plane), { count: count(run.snapshot) }), loading: "lazy", onload: (e) => e.currentTarget.parentElement?.classList.toggle("is-whole", sideOf(e.currentTarget) === 1), src: url(`snapshot?${new URLSearchParams({ id: run.id, nimg: String(run.snapshot), since: String(run.since) })}`) }))),
      cell("name", h("b", { title: name }, name), run.name ? h("span", { class: "ga-quiet" }, run.id) : null,
        run.note ? h("span", { class: "ga-quiet ga-run-note", title: run.note }, run.note.split("\n")[0]) : null),
      cell("state", h("span", { class: "ga-state" }, h("i", { class: `ga-dot ${DOTS[run.state] ?? ""}` }), t(`gan_state_${run.state}`))),
      cell("what", h("span", { title: `${run.preset} · ${run.data}` }, run.preset === run.data ? run.preset : `${run.preset} · ${dataName(run.data)}`)),
      cell("nimg", count(run.nimg)), cell("time", duration(run.seconds)), cell("fd", short(run.fd)),
      cell("size", bytes(run.bytes)), cell("started", when(run.started_at)),
      cell("do", h("span", { class: "ga-do" }, h("button", { type: "button", class: "ga-button", "data-act": "watch", "data-help": "gan_runs_watch_help",
        "aria-label": `${t("gan_runs_watch")}: ${name}`, onclick: () => this.#watch(run.id) }, t("gan_runs_watch")), more)));
    /** @type {HTMLElement | null} */
    const again = keep ? row.querySelector(`[data-act="${keep}"]`) : null;
    again?.focus();
  }

  /** @param {string} id */
  #watch(id) {
    emit("watch", id);
    const board = document.querySelector(".ga-run") ?? document.querySelector(".ga-train");
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    board?.scrollIntoView({ behavior: calm ? "auto" : "smooth", block: "start" });
  }

  /** @param {string} id */
  #toggle(id) {
    const before = this.open;
    this.open = before === id ? null : id;
    for (const each of [before, id]) {
      const row = this.rows.get(each ?? "");
      row?.node.querySelector('[data-act="more"]')?.setAttribute("aria-expanded", String(this.open === each));
      if (row) row.more = null;
    }
    this.#draw();
  }

  // ---- one run --------------------------------------------------------------------------------

  /** @param {ListedRun} run */
  #more(run) {
    /** @param {string} key @param {HTMLElement} input */
    const field = (key, input) => h("label", { class: "ga-field", "data-help": `${key}_help` }, h("span", {}, t(key)), input);
    const name = h("input", { class: "ga-input", maxlength: 60, value: run.name, placeholder: run.id, spellcheck: "false" });
    const note = h("textarea", { class: "ga-input", maxlength: 2000, rows: 2 });
    note.value = run.note;
    const saved = h("output", { class: "ga-quiet", role: "status" });
    /** @param {HTMLInputElement | HTMLTextAreaElement} input @param {string} key */
    const save = async (input, key) => {  // one field: what is being typed in the other stays
      const { value } = input;
      if (value === input.dataset.kept) return;
      try {
        const { [key]: kept } = await ask("runs/meta", { id: run.id, [key]: value });
        input.dataset.kept = kept;
        if (input.value === value) input.value = kept;
        saved.textContent = t("gan_runs_saved");
        this.look();
      } catch (error) { saved.textContent = ""; this.#note(say(error)); }
    };
    [name.dataset.kept, note.dataset.kept] = [run.name, run.note];
    name.addEventListener("change", () => save(name, "name"));
    note.addEventListener("change", () => save(note, "note"));
    name.addEventListener("keydown", (e) => { if (e.key === "Enter") save(name, "name"); });
    /** @param {string} key @param {string} text */
    const command = (key, text) => h("div", { class: "ga-run-command" }, h("span", { class: "ga-quiet" }, t(key)),
      h("code", { tabindex: "0" }, text), h("button", { type: "button", class: "ga-button is-bare",
        onclick: (e) => copyText(text, e.currentTarget) }, h("span", { "data-t": "gan_copy" }, t("gan_copy"))));
    const resume = h("button", { type: "button", class: "ga-button", "data-act": "resume", "data-help": "gan_resume_help",
      onclick: (e) => this.#resume(run.id, e.currentTarget) }, t("gan_resume"));
    const fork = h("button", { type: "button", class: "ga-button", "data-act": "fork", "data-help": "gan_fork_here_help",
      onclick: () => emit("fork", run.id) }, t("gan_fork"));
    const remove = h("button", { type: "button", class: "ga-button is-danger", "data-act": "delete", "data-help": "gan_runs_delete_help",
      onclick: () => this.#delete(run.id) }, t("gan_runs_delete"));
    const why = h("span", { class: "ga-quiet" });
    const message = h("p", { class: "ga-quiet" });
    const node = h("tr", { class: "is-more" }, h("td", { colspan: COLUMNS.length }, h("div", { class: "ga-run-more" },
      run.mine ? h("div", { class: "ga-run-fields" }, field("gan_runs_name", name), field("gan_runs_note", note), saved) : null,
      message,
      boot.local ? command("gan_runs_resume_by", `python -m gan train --resume ${quoted(`runs/${run.id}`)}`) : null,
      boot.local ? command("gan_runs_fork_by", `python -m gan train --fork ${quoted(`runs/${run.id}`)} --set g_lr=0.0005`) : null,
      h("div", { class: "ga-run-do" }, run.mine ? resume : null, run.mine ? fork : null, run.mine ? remove : null, why))));
    /** @param {ListedRun} now */
    const update = (now) => {
      const lives = ACTIVE.includes(now.state);
      resume.hidden = !now.resumable;
      fork.hidden = !now.forkable;
      remove.disabled = lives;
      why.textContent = !now.mine ? t("gan_runs_foreign") : lives ? t("gan_runs_stop_first") : "";
      message.textContent = now.message ? written(now.message) : "";
      message.hidden = !now.message;
    };
    return { node, update };
  }

  /** @param {string} id @param {HTMLButtonElement} button */
  async #resume(id, button) {
    button.disabled = true;
    try {
      await ask("train/steer", { id, command: "resume" });
      this.#note("");
      refresh();
      this.#watch(id);
    } catch (error) { this.#note(say(error)); }
    button.disabled = false;
    this.look();
  }

  // ---- throwing away, and taking back ---------------------------------------------------------

  /** @param {string} id */
  async #delete(id) {
    const wasShown = looked.run === id;
    try {
      const { token } = await ask("runs/delete", { id });
      this.open = null;
      this.rows.delete(id);
      this.#note("");
      this.#offer(id, token, wasShown);
      refresh();
    } catch (error) { this.#note(say(error)); }
    this.look();
  }

  /** @param {string} id @param {string} token @param {boolean} wasShown */
  #offer(id, token, wasShown) {
    const bar = this.find("#runs-undo");
    bar.hidden = false;
    bar.replaceChildren(h("span", {}, t("gan_runs_deleted", { name: id })),
      h("button", { type: "button", class: "ga-button", id: "runs-undo-button", "data-help": "gan_runs_undo_help", onclick: () => this.#restore(token, wasShown) },
        icon("undo"), t("gan_runs_undo")),
      h("button", { type: "button", class: "ga-button is-bare", onclick: () => this.#purge(token) }, t("gan_runs_for_ever")));
    find(bar, "button").focus({ preventScroll: true });
  }

  /** @param {string} token @param {boolean} [isShown] */
  async #restore(token, isShown = false) {
    try {
      const { id } = await ask("runs/restore", { token });
      this.#note("");
      refresh();
      if (isShown) emit("watch", id);  // as before it was deleted
    } catch (error) { this.#note(say(error)); }
    this.find("#runs-undo").hidden = true;
    this.look();
  }

  /** @param {string} token */
  async #purge(token) {
    try {
      await ask("runs/purge", { token });
      this.#note("");
    } catch (error) { this.#note(say(error)); }
    this.find("#runs-undo").hidden = true;
    this.look();
  }

  #drawTrash() {
    this.find("#trash").hidden = !this.trash.length;
    this.find("#trash-count").textContent = String(this.trash.length || "");
    const drawn = JSON.stringify([this.trash, currentLanguage()]);
    if (drawn === this.trashDrawn) return;
    this.trashDrawn = drawn;
    this.find("#trash-list").replaceChildren(...this.trash.map(({ id, token, deleted_at }) => h("li", {},
      h("b", {}, id), h("span", { class: "ga-quiet" }, when(deleted_at)),
      h("button", { type: "button", class: "ga-button", onclick: () => this.#restore(token) }, t("gan_runs_undo")),
      h("button", { type: "button", class: "ga-button is-bare", onclick: () => this.#purge(token) }, t("gan_runs_for_ever")))));
  }

  // ---- a public server's queue ----------------------------------------------------------------

  #drawQueue() {
    const box = this.find("#runs-queue");
    box.hidden = !this.queue;
    if (this.queue) box.textContent = t("gan_queue_waiting", { count: this.queue });
  }

  // ---- comparing ------------------------------------------------------------------------------

  /** @param {string} id @param {boolean} yes */
  #pick(id, yes) {
    this.picked = this.picked.filter((p) => p !== id);
    if (yes) this.picked.push(id);
    this.#draw();
    if (yes && !this.#known(id)) this.look();  // one that the list does not show
    this.compare.show(this.picked.map((p) => this.#known(p)));
  }

  /** @param {string} sentence */
  #note(sentence) {
    const note = this.find("#runs-note");
    if (note.textContent !== sentence) note.textContent = sentence;
  }
}

// Sent images lie under a number that tells nobody anything; of a folder its own name does.
/** @param {string} data */
function dataName(data) {
  if (data === "folder" || /^folder:.*[\\/]images[\\/][0-9a-f]{12}[\\/]pictures$/.test(data)) return t("gan_data_own");
  if (/^points:(.*drawing-[0-9a-f]+|drawing)\.json$/.test(data)) return t("gan_data_drawing");
  return /^(folder|points):/.test(data) ? data.split(/[\\/:]/).filter(Boolean).at(-1) : data;
}

/** @param {string} text */
const quoted = (text) => (/^[\w./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);

// Today the time, else the day: short, in the page's language.
/** @param {number | null} unix */
function when(unix) {
  if (!unix) return "–";
  const date = new Date(unix * 1000);
  const language = currentLanguage() === "zh" ? "zh-CN" : "en-GB";
  return date.toDateString() === new Date().toDateString()
    ? date.toLocaleTimeString(language, { hour: "2-digit", minute: "2-digit" })
    : date.toLocaleDateString(language, { day: "numeric", month: "short" });
}
