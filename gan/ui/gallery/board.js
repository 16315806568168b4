// Gallery: samples by seed without end, in rows of classes or psi, beside another model, ranked.
/** @import { Entry, Model, Pin } from "../page/kit/types" */
import {
  choose, className, count, fillRange, finder, h, modelOf, ofPoints, on, openTab, plainRef, prepare, refuse, say, state, t, tabIsOpen,
  url, wordedAt,
} from "../page/kit/core.js";
import { fixed } from "../page/kit/figures.js";
import { whenShown } from "../page/kit/fresh.js";
import { Job } from "../page/kit/job.js";
import { follow } from "../page/kit/lines.js";
import { seedField } from "../page/kit/seedfield.js";
import { LAST_SEED } from "../page/kit/seeds.js";
import { openingOf, shelf } from "../page/kit/shelf.js";
import { ShelfView } from "../page/kit/shelfview.js";
import { isPinned, samples, toggle } from "./pins.js";
import { Tiles } from "./tiles.js";

const VIEWS = ["browse", "classes", "psis", "compare", "pins"];
const RANKS = ["seed", "d_high", "d_low", "nearest_low", "nearest_high", "confidence_high", "confidence_low"];
const COUNTS = [500, 1000, 2000, 5000];
const KEEPS = [1, 0.5, 0.1];
const PSIS = [0, 0.2, 0.4, 0.6, 0.8, 1, 1.2, 1.4];
const ENDLESS = 100_000;
const MOST_FILES = 1000;

/** @param {HTMLElement} element */
export function mount(element) {
  new Gallery(prepare(element)).start();
}

/** @typedef {import("./tiles.js").Source} Source */
/** @typedef {{ values: number[], places?: number[] }} Scores
 * @typedef {{ ref: string | null, view: string, first: number, psi: number, label: number | null, other: string, rank: string, count: number, keep: number }} Wanted
 */

class Gallery {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    this.find = finder(root);
    this.grid = this.find("#gallery");
    /** @type {string | null} */
    this.ref = state.ref;
    /** @type {string | null} */
    this.shown = null;  // what the tiles on screen are
    /** @type {Scores | null} */
    this.scores = null;  // of the seeds that are ranked
    /** @type {string | null} */
    this.scored = null;  // which these are
    /** @type {AbortController | null} */
    this.ranking = null;
    /** @type {Source | null} */
    this.source = null;  // of the tiles
    this.laidOut = 0;  // columns
    this.first = 0;  // seed
    this.tiles = new Tiles(this.grid, {
      describe: (entry) => this.#describe(entry), opened: (entry) => this.#open(entry),
      pinned: isPinned, pin: (entry, canvas) => this.#pin(entry, canvas),
      keep: (entry) => this.#save("png", [entry]),
      failed: (error) => this.#note(say(error)), seen: () => this.#note(""),
    });
  }

  start() {
    this.#options();
    const change = () => this.#show();
    for (const id of ["gallery-view", "gallery-other", "gallery-class", "gallery-psi",
      "gallery-rank", "gallery-count", "gallery-keep"]) {
      this.find(`#${id}`).addEventListener("change", change);
    }
    this.seed = seedField(this.find("#first-seed", HTMLInputElement), (seed) => { this.first = seed; change(); });
    this.#listenRanges();
    this.find("#save-sheet").addEventListener("click", () => this.#save("sheet"));
    this.find("#save-zip").addEventListener("click", () => this.#save("zip"));
    on("model", ({ ref }) => { this.ref = ref; this.#options(); this.#show(); });
    on("state", () => this.#refreshIfStale());
    on("language", () => { this.#options(); this.#say(); this.tiles.relabel(); });
    this.#shelf();
    whenShown(this.root, () => this.#refreshIfStale());
    this.#show();
  }

  #shelf() {
    const [button, node] = [this.find("#open-pins"), this.find("#gallery-pins")];
    let shown = false;
    button.addEventListener("click", () => {
      node.hidden = !node.hidden;
      button.setAttribute("aria-expanded", String(!node.hidden));
      if (shown) return;
      shown = true;
      /** @param {Pin} pin */
      const open = (pin) => { choose(pin.ref, openingOf(pin)); openTab("explore"); };
      new ShelfView(node, { prefix: "gallery-pins-", emptyWord: "gan_pins_none", open, stage: null });
    });
    const draw = () => { this.find("#pins-count").textContent = shelf.list.length ? count(shelf.list.length) : ""; };
    on("shelf", () => {
      draw();
      if (this.#wanted().view === "pins") { this.shown = null; this.#show(); } else this.tiles.relabel();
    });
    draw();
  }

  #listenRanges() {
    const psi = this.find("#gallery-psi", HTMLInputElement);
    const drawPsi = () => {
      this.find("#gallery-psi-value").textContent = Number(psi.value).toFixed(2);
      fillRange(psi, 0);
    };
    psi.addEventListener("input", drawPsi);
    drawPsi();
    const size = this.find("#tile-size", HTMLInputElement);
    size.value = String(innerWidth < 640 ? 72 : Math.max(84, Math.round(innerWidth / 80) * 4));  // some 20 in a row
    const drawSize = () => {
      fillRange(size, Number(size.min));
      const columns = this.#columns();
      if (this.source && columns !== this.laidOut) { this.shown = null; this.#show(); }
      this.laidOut = columns;
    };
    size.addEventListener("input", drawSize);
    new ResizeObserver(drawSize).observe(this.grid);
    drawSize();
  }

  #columns(less = 0) {
    const gap = innerWidth < 640 ? 4 : 8;
    return Math.max(2, Math.floor((this.grid.clientWidth - less + gap) / (Number(this.find("#tile-size", HTMLInputElement).value) + gap)));
  }

  // ---- the controls ---------------------------------------------------------------------------

  #model() { return this.ref ? modelOf(plainRef(this.ref)) : null; }

  // Of points where the model makes points.
  /** @param {string} key */
  #t(key) { return t(wordedAt(this.root, key)); }

  // One of the lists that say what is shown.
  /** @param {string} name */
  #list(name) { return this.find(`#gallery-${name}`, HTMLSelectElement); }

  #options() {
    ofPoints(this.root, this.#model()?.plane ?? false);
    const names = this.#model()?.class_names ?? [];
    const views = VIEWS.filter((v) => v !== "classes" || names.length);
    fill(this.#list("view"), views.map((v) => [v, t(`gan_view_${v}`)]));
    fill(this.#list("class"), [["", t("gan_any_class")], ...names.map((name, i) => /** @type {[string, string]} */ ([String(i), className(name)]))]);
    this.#orders();
    fill(this.#list("count"), COUNTS.map((n) => [String(n), count(n)]));
    fill(this.#list("keep"), KEEPS.map((k) => [String(k), t(`gan_keep_${100 * k}`)]));
    const [own, all] = [this.#model(), state.models.filter((m) => m.ref !== plainRef(this.ref ?? ""))];
    /** @param {Model} m */
    const alike = (m) => m.resolution === own?.resolution && m.channels === own?.channels;
    const others = [...all.filter(alike), ...all.filter((m) => !alike(m))];
    fill(this.#list("other"), others.map((m) => [m.ref, m.name]));
  }

  // By a class's clearness only where somebody can tell it; else one line says why not.
  #orders() {
    const isKnown = this.#model()?.classified ?? true;
    const ranks = RANKS.filter((r) => isKnown || !r.startsWith("confidence"));
    fill(this.#list("rank"), ranks.map((r) => [r, this.#t(`gan_rank_${r}`)]));
    if (!isKnown) this.#list("rank").append(h("option", { value: "", disabled: true }, this.#t("gan_rank_confidence_none")));
  }

  /** @returns {Wanted} */
  #wanted() {
    const label = this.#list("class").value;
    return {
      ref: this.ref, view: this.#list("view").value || "browse",
      first: this.first, psi: Number(this.find("#gallery-psi", HTMLInputElement).value),
      label: label === "" ? null : Number(label), other: this.#list("other").value,
      rank: this.#list("rank").value || "seed", count: Number(this.#list("count").value),
      keep: Number(this.#list("keep").value),
    };
  }

  /** @param {Wanted} wanted */
  #fields({ view, rank }) {
    const names = this.#model()?.class_names ?? [];
    /** @param {string} selector @param {number | boolean} shown */
    const put = (selector, shown) => { this.find(selector).hidden = !shown; };
    const ranked = view === "browse" && rank !== "seed";
    put(".is-class", names.length && !["classes", "pins"].includes(view));
    put("#gallery-other-field", view === "compare");
    put("#gallery-psi-field", !["psis", "pins"].includes(view));
    put("#gallery-rank-field", view === "browse");
    put("#gallery-count-field", ranked);
    put("#gallery-keep-field", ranked);
  }

  // A hidden gallery does not draw; it catches up when it is looked at.
  #refreshIfStale() {
    if (!this.#list("other").options.length && state.models.length > 1) this.#options();
    if (this.#model() && this.shown !== this.#key(this.#wanted()) && tabIsOpen(this.root)) this.#show();
  }

  /** @param {Wanted} wanted */
  #key(wanted) {
    return JSON.stringify([wanted, this.#model()?.nimg, modelOf(wanted.other)?.nimg]);
  }

  // ---- what is shown --------------------------------------------------------------------------

  async #show() {
    const wanted = this.#wanted();
    if (!this.#model() || !tabIsOpen(this.root)) return;
    this.seed?.put(String(wanted.first));
    const key = this.#key(wanted);
    if (this.shown === key) return;
    this.shown = key;
    this.#fields(wanted);
    this.ranking?.abort();
    this.#note("");
    const scored = JSON.stringify([wanted.ref, this.#model()?.nimg, wanted.first, wanted.count,
      wanted.label, wanted.psi, wanted.rank.split("_")[0]]);
    if (scored !== this.scored) this.scores = null;
    this.scored = scored;
    const ranked = wanted.view === "browse" && wanted.rank !== "seed";
    if (!ranked) this.scores = this.scored = null;
    else if (!this.scores) {
      this.scores = await this.#rank(wanted, key);
      if (!this.scores) { this.scored = null; return; }
    }
    this.source = this.#source(wanted);
    this.tiles.show(this.source, this.#columns(this.source.rows ? (innerWidth < 640 ? 72 : 108) : 0));
    this.#say();
  }

  /** @param {Wanted} wanted @returns {Source} */
  #source({ ref, view, first, psi, label, other, rank, keep }) {
    const room = this.#columns(innerWidth < 640 ? 72 : 108);
    /** @param {number} i @param {Partial<Entry>} [more] */
    const entry = (i, more = {}) => ({ refs: [ref ?? ""], seed: first + i, label, psi, ...more });
    /** @param {Partial<Entry>} more */
    const row = (more) => Array.from({ length: room }, (_, i) => entry(i, more));
    if (view === "classes") {
      return { rows: (this.#model()?.class_names ?? []).map((name, n) => ({ title: () => className(name), entries: row({ label: n }) })) };
    }
    if (view === "psis") return { rows: PSIS.map((p) => ({ title: () => `ψ ${p.toFixed(1)}`, entries: row({ psi: p }) })) };
    if (view === "pins") return { rows: this.#pinned() };
    if (view === "compare" && other) {
      return { count: ENDLESS, entry: (i) => entry(i, { refs: [ref ?? "", other] }) };
    }
    if (this.scores) return this.#ranked(this.scores, entry, rank, keep);
    return { count: Math.min(ENDLESS, LAST_SEED - first + 1), entry };
  }

  #pinned() {
    /** @type {Map<string, Entry[]>} */
    const groups = new Map();
    for (const pin of samples()) {
      const model = modelOf(plainRef(pin.refs[0]));
      if (model) groups.set(pin.refs[0], [...(groups.get(pin.refs[0]) ?? []), pin]);
    }
    return [...groups].map(([ref, entries]) => {
      const name = modelOf(plainRef(ref))?.name ?? ref;
      return { title: () => name, entries };
    });
  }

  /** @param {Scores} scores @param {(i: number) => Entry} entry @param {string} rank @param {number} keep @returns {Source} */
  #ranked(scores, entry, rank, keep) {
    const [by, order] = rank.split("_");
    const values = scores.places ?? scores.values;
    const sign = order === "high" ? -1 : 1;
    const best = values.map((_, i) => i).sort((a, b) => sign * (values[a] - values[b]) || a - b)
      .slice(0, Math.max(1, Math.round(values.length * keep)));
    return { count: best.length, entry: (i) => ({
      ...entry(best[i]), score: values[best[i]], by,
    }) };
  }

  /** @param {Wanted} wanted @param {string} key */
  async #rank({ ref, first, count: many, label, psi, rank }, key) {
    const ending = new AbortController();
    this.ranking = ending;
    this.tiles.show({ count: 0, entry: null }, this.#columns());
    /** @type {Scores[]} */
    const told = [];  // one, where the work was not ended before
    this.#say(t("gan_ranking", { percent: 0 }));
    try {
      await follow("gallery/scores", JSON.stringify({
        ref, first, count: many, label: label ?? -1, psi, by: rank.split("_")[0],
      }), {
        signal: ending.signal,
        told: (news) => {
          if (news.fraction !== undefined) this.#say(t("gan_ranking", { percent: Math.round(100 * news.fraction) }));
          if (news.studying !== undefined) this.#say(t("gan_ranking_reals", { percent: Math.round(100 * news.studying) }));
          if (news.scores) told.push(news.scores);
        },
      });
    } catch (error) {
      if (!ending.signal.aborted && this.shown === key) this.#note(say(error));
    }
    const [scores] = told;
    if (this.shown !== key || !scores) return null;
    if (scores.values) return scores;
    this.#say("");
    this.#note(this.#t(`gan_rank_none_${rank.split("_")[0]}`));
    return null;
  }

  // ---- words ----------------------------------------------------------------------------------

  /** @param {Entry} entry */
  #describe(entry) {
    const names = modelOf(plainRef(entry.refs[0]))?.class_names ?? [];
    const seed = t("gan_what_seed", { seed: entry.seed });
    const own = names[entry.label ?? entry.shown ?? -1];
    const name = own && className(own);
    const what = name ? `${name}, ${seed}` : seed;
    const score = entry.score === undefined ? "" : ` · ${scoreText(entry)}`;
    return { alt: t("gan_tile", { what: what + score }), caption: `${entry.seed}${name ? ` ${name}` : ""}${score}` };
  }

  /** @param {string} [text] */
  #say(text) {
    const { view, rank, first } = this.#wanted();
    const usual = view === "browse" && this.scores ? this.#t(`gan_rank_says_${rank.split("_")[0]}`)
      : view === "pins" && !samples().length ? t("gan_pins_none")
        : view === "compare" ? t("gan_compare_says", {
          one: this.#model()?.name ?? "", other: modelOf(this.#list("other").value)?.name ?? "" })
          : view === "browse" ? t("gan_gallery_from", { first: count(first) }) : t(`gan_view_says_${view}`);
    const node = this.find("#gallery-says");
    const next = text ?? usual;
    if (node.textContent !== next) node.textContent = next;
  }

  /** @param {string} sentence */
  #note(sentence) {
    const note = this.find("#gallery-note");
    if (note.textContent !== sentence) note.textContent = sentence;
  }

  // ---- what one does with them ----------------------------------------------------------------

  /** @param {Entry} entry */
  #open({ refs, seed, label, psi }) {
    choose(refs[0], { seed, label: label ?? null, psi, from: { how: "gallery", pins: [], steps: {} } });
    openTab("explore");
  }

  // Off the shelf with a way back: a pin may have a name.
  /** @param {Entry} entry @param {HTMLCanvasElement | null} canvas */
  #pin(entry, canvas) {
    try {
      const gone = toggle(entry, canvas);
      this.#note("");
      if (!gone) return void this.#say();
      const back = h("button", { type: "button", class: "ga-link", "data-help": "gan_shelf_back_help" }, t("gan_put_back"));
      back.addEventListener("click", () => { gone.back(); this.#say(); });
      this.find("#gallery-says").replaceChildren(`${t("gan_deleted", { name: gone.pin.name })} `, back);
    } catch (error) {
      this.#note(say(error));
    }
    return undefined;
  }

  /** @param {"sheet" | "zip" | "png"} kind @param {Entry[] | null} [chosen] */
  async #save(kind, chosen = null) {
    const entries = (chosen ?? this.#entries()).slice(0, MOST_FILES);
    if (!entries.length) return this.#note(t("gan_save_none"));
    const buttons = ["#save-sheet", "#save-zip"].map((id) => this.find(id, HTMLButtonElement));
    buttons.forEach((b) => { b.disabled = true; });
    const form = {
      ref: entries[0].refs[0], kind, columns: Math.min(this.#columns(), 64),
      seeds: entries.map((e) => e.seed), labels: entries.map((e) => e.label ?? -1),
      psis: entries.map((e) => e.psi),
    };
    const ending = new AbortController();
    const job = new Job(this.find("#gallery-job"), () => ending.abort());
    this.#note("");
    try {
      if (kind === "png") await saveOne(form);
      else await saveMany(form, job, ending.signal);
    } catch (error) {
      if (!ending.signal.aborted) this.#note(say(error));
    }
    job.end();
    buttons.forEach((b) => { b.disabled = false; });
    return undefined;
  }

  // What is on screen and was scrolled past, of the chosen model.
  #entries() {
    if (this.source?.rows) {
      const all = this.source.rows.flatMap((row) => row.entries);
      return all.filter((e) => e.refs[0] === (this.#wanted().view === "pins" ? all[0].refs[0] : this.ref));
    }
    const seen = this.tiles.chunks.findLast(({ drawn }) => drawn);
    const { source } = this;
    if (!source?.entry) return [];
    const { entry } = source;
    const many = Math.min(source.count ?? 0, ((seen?.number ?? 0) + 1) * this.tiles.size);
    return Array.from({ length: many }, (_, i) => entry(i));
  }
}

// D's percentile in its class and a classifier's confidence are shares; a distance in features has no unit.
/** @param {Entry} entry */
const scoreText = ({ by, score = 0 }) => (by === "nearest" ? fixed(score) : `${Math.round(100 * score)} %`);

/** @param {HTMLSelectElement} select @param {[value: string, text: string][]} options */
function fill(select, options) {
  const before = select.value;
  select.replaceChildren(...options.map(([value, text]) => h("option", { value }, text)));
  if (options.some(([value]) => value === before)) select.value = before;
}

// Drawn on the server, which tells how far it is; the file goes from there to the disk.
/** @param {object} form @param {Job} job @param {AbortSignal} signal */
async function saveMany(form, job, signal) {
  /** @type {{ file: string, name: string }[]} */
  const files = [];  // one, at the end
  job.begin(t("gan_save_waiting"));
  await follow("gallery/download", JSON.stringify(form), { signal, told: (news) => {
    if (news.of) {
      const says = t("gan_save_drawing", { done: count(news.done), of: count(news.of) });
      job.tell(says, news.done, news.of, { stage: "drawing", unit: "pictures" });
    }
    if (news.file) files.push(news);
  } });
  for (const file of files) h("a", { href: url(`gallery/file?id=${file.file}`), download: file.name }).click();
}

/** @param {object} form */
async function saveOne(form) {
  const reply = await fetch(url("gallery/one"), {
    method: "POST", credentials: "same-origin", body: JSON.stringify(form),
    headers: { "Content-Type": "application/json" },
  });
  if (!reply.ok) await refuse(reply);
  const name = /filename="([^"]+)"/.exec(reply.headers.get("content-disposition") ?? "")?.[1] ?? "samples";
  const link = h("a", { href: URL.createObjectURL(await reply.blob()), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
