// Compare: two to four contestants on the same data, seeds and seconds, side by side.
/** @import { RaceNews, RefusedBody, StartReply } from "../page/kit/types" */
/** @import { RaceForm, Side } from "./racelink.js" */
import {
  Refused, addressOf, ask, boot, copyText, currentLanguage, find, h, icon, link, linkedState, on, prepare, refresh, say, sentences, t, tabIsOpen, url,
} from "../page/kit/core.js";
import { Poll, whenShown } from "../page/kit/fresh.js";
import { myTurn } from "../page/kit/queue.js";
import { Columns, sideName } from "./columns.js";
import { Earlier } from "./earlier.js";
import { lookForOwn, own } from "./ownpresets.js";
import { RaceChart } from "./racechart.js";
import { fromRaceLink, toRaceLink, withoutRace } from "./racelink.js";
import { Sides, nameOfChange, nameOfPreset } from "./sides.js";
import { sameSetups, verdict } from "./verdict.js";

const TICK_MS = { busy: 700, idle: 4000 };

/** @param {HTMLElement} element */
export function mount(element) {
  new Compare(prepare(element)).start();
}

class Compare {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    this.ready = "";
    /** @type {RaceNews | null} */
    this.race = null;
    /** @type {string | null} */
    this.opened = null;  // an earlier race on show
    this.prepared = false;
    /** @type {Promise<void> | null} */
    this.own = null;  // presets of one's own, being looked for
    this.starting = false;
    this.drawnLink = () => {};
    this.columns = new Columns(this.#find("#race-columns"));
    this.chart = new RaceChart(this.#find("#race-chart"));
    this.sides = new Sides(this.#find("#race-sides"), { changed: () => { this.ready = ""; this.#drawForm(); } });
    this.earlier = new Earlier(this.#find("#race-earlier"), this.#find("#race-list"), {
      open: (id) => this.#open(id), close: () => this.#close(), failed: (error) => this.#note(say(error)) });
    // from `start` on
    /** @type {Poll} */
    this.poll;
  }

  /** @param {string} selector */
  #find(selector) { return find(this.root, selector); }

  /** @param {string} selector */
  #input(selector) { return find(this.root, selector, HTMLInputElement); }

  start() {
    this.#listen();
    this.#words();
    this.#fill({ ...boot.compare.usual, ...Object.values(boot.compare.ready)[0] });
    const linked = fromRaceLink(linkedState());
    this.opened = linked?.asked.raced || null;
    this.poll = new Poll((signal) => this.#look(signal), () => (this.race && this.race.stage !== "over" ? TICK_MS.busy : TICK_MS.idle), this.root);
    whenShown(this.root, () => { this.#prepare(); this.own = this.#own(); });
    this.#earlier();
    this.poll.now();
    this.root.inert = false;  // until here a press would have gone unheard
    this.#waiting();
    if (linked) this.#fromLink(linked);
  }

  #listen() {
    this.#find("#race-form").addEventListener("submit", (e) => { e.preventDefault(); this.#begin(); });
    this.#find("#race-stop").addEventListener("click", () => this.#stop());
    this.#find("#race-toggle").addEventListener("click", () => this.#fold(!this.#find("#race-setup").hidden));
    this.#find("#race-link").addEventListener("click", (e) => copyText(addressOf(toRaceLink(this.form())), e.currentTarget));
    const data = find(this.root, "#race-data", HTMLSelectElement);
    data.addEventListener("change", () => {
      this.ready = "";
      this.sides.fit(boot.compare.data[data.value].plane);
      this.#drawForm();
    });
    for (const id of ["#race-seconds", "#race-seeds"]) this.#input(id).addEventListener("input", () => this.#drawForm());
    on("language", () => { this.#words(); this.sides.draw(); this.#drawForm(); this.drawnLink(); this.earlier.draw(); this.#draw(); });
  }

  // ---- the set-up -----------------------------------------------------------------------------

  #words() {
    const data = find(this.root, "#race-data", HTMLSelectElement);
    const { value } = data;
    data.replaceChildren(...Object.keys(boot.compare.data).map((name) => h("option", { value: name }, t(`gan_data_${name}`))));
    if (value) data.value = value;
  }

  /** @param {Partial<RaceForm> & { sides: Side[], data: string, ready: string }} form */
  #fill({ ready, sides, data, seconds, seeds }) {
    this.ready = ready;
    find(this.root, "#race-data", HTMLSelectElement).value = data;
    if (seconds) this.#input("#race-seconds").value = seconds;
    if (seeds) this.#input("#race-seeds").value = seeds;
    this.sides.show(sides, boot.compare.data[data]?.plane ?? boot.compare.presets[sides[0].preset].plane);
    this.#drawForm();
  }

  /** @returns {RaceForm} */
  form() {
    return { ready: this.ready, sides: this.sides.sides.map(({ preset, change }) => ({ preset, change })),
      data: find(this.root, "#race-data", HTMLSelectElement).value, seconds: this.#input("#race-seconds").value.trim(), seeds: this.#input("#race-seeds").value.trim() };
  }

  #drawForm() {
    const box = this.#find("#race-ready");
    const held = box.contains(document.activeElement) ? document.activeElement?.id : null;
    box.replaceChildren(h("legend", { class: "ga-sr" }, t("gan_race_ready")), ...Object.entries(boot.compare.ready).map(([name, made]) => h("button", {
      type: "button", class: "ga-race-card", id: `race-ready-${name}`, "aria-pressed": String(name === this.ready), "data-help": "gan_race_ready_help",
      onclick: () => { this.#closeLink(); this.#fill(made); },
    }, h("b", {}, t(`gan_race_ready_${name}`)), h("span", { class: "ga-quiet" }, t(`gan_race_ready_${name}_says`)))));
    if (held) find(box, `#${held}`).focus({ preventScroll: true });
    this.#drawLength();
    this.#drawSummary();
  }

  // The presets of one's own, as they are whenever the tab is opened.
  async #own() {
    const bases = Object.fromEntries(Object.entries(own).map(([name, { base }]) => [name, base]));
    try {
      await lookForOwn();
    } catch (error) { this.#note(say(error)); }
    if (Object.keys(own).length || Object.keys(bases).length) {
      this.sides.again(bases);
      this.#drawSummary();
    }
  }

  // How long it takes in all, where each of them has a core to itself at a time.
  #drawLength() {
    const { seconds, seeds } = this.form();
    const trainings = this.sides.sides.length * seeds.split(/[,，]/).filter((part) => part.trim()).length;
    const all = Number(seconds) * trainings;
    this.#find("#race-length").textContent = all > 0 ? sentences(t("gan_race_length", { trainings, seconds: Math.round(all) }),
      boot.limit_s ? t("gan_race_limit", { limit: boot.limit_s }) : "") : "";
  }

  #drawSummary() {
    const alone = this.#find("#race-setup").hidden && this.race === null;  // else the columns say it
    const { data, seconds, seeds } = this.form();
    const made = this.ready ? boot.compare.ready[this.ready].sides : this.sides.sides;
    const names = made.map((side) => ("name" in side && side.name ? sideName(side.name)
      : [nameOfPreset(side.preset), side.change ? nameOfChange(side.change) : ""].filter(Boolean).join(" + ")));
    this.#find("#race-summary").textContent = alone ? [names.join(" · "), t(`gan_data_${data}`), t("gan_race_each", { seconds }), t("gan_race_seeds_are", { seeds })].join(" · ") : "";
  }

  /** @param {boolean} yes */
  #fold(yes) {
    this.#find("#race-setup").hidden = yes;
    this.#find("#race-toggle").setAttribute("aria-expanded", String(!yes));
    this.#drawSummary();
  }

  // Whoever looks at the form may press Start: torch is loaded by then.
  #prepare() {
    if (this.prepared || !tabIsOpen(this.root)) return;
    this.prepared = true;
    ask("train/prepare", {}).catch(() => null);
  }

  // ---- a link ---------------------------------------------------------------------------------

  /** @param {NonNullable<ReturnType<typeof fromRaceLink>>} linked */
  async #fromLink({ asked, strange }) {
    const { raced, ...wish } = asked;
    if (tabIsOpen(this.root)) this.#link(raced);
    if (!Object.values(wish).some(Boolean) && !strange.length) return;
    try {
      const { form, problems } = await ask("races/setup", wish);
      await (this.own ??= this.#own());
      this.#fill(form);
      this.drawnLink = () => this.#tellLink(problems, strange);
      this.drawnLink();
    } catch (error) {
      this.#note(say(error));
    }
  }

  // A reload comes back to the race on show; a set-up that stands in the form is no longer the link's.
  /** @param {string} [raced] */
  #link(raced) {
    link({ ...withoutRace(linkedState()), ...(raced ? { raced } : {}) });
  }

  /** @param {RefusedBody[]} problems @param {string[]} strange */
  #tellLink(problems, strange) {
    const box = this.#find("#race-from-link");
    const lines = [...problems.map((problem) => t("gan_link_wrong", { why: say(new Refused(problem)) })),
      strange.length ? t("gan_link_strange", { names: strange.join(t("gan_own_comma")) }) : ""].filter(Boolean);
    box.hidden = false;
    box.replaceChildren(h("div", {}, h("p", {}, sentences(t("gan_race_link_filled"), t("gan_link_nothing"))), ...lines.map((line) => h("p", { class: "ga-left-out" }, line))),
      h("button", { type: "button", class: "ga-button is-bare is-icon", id: "race-link-close", "aria-label": t("gan_dismiss"), title: t("gan_dismiss"), "data-help": "gan_link_close_help",
        onclick: () => this.#closeLink() }, icon("close")));
  }

  #closeLink() {
    this.#find("#race-from-link").hidden = true;
    this.drawnLink = () => {};
  }

  // ---- start and stop -------------------------------------------------------------------------

  async #begin() {
    this.starting = true;
    this.#note("");
    this.#closeLink();
    this.#draw();
    try {
      await this.#turn(await ask("races/start", this.form()));
    } catch (error) {
      this.#note(say(error));
    }
    this.starting = false;
    this.#draw();
  }

  /** @param {StartReply} reply */
  async #turn(reply) {
    const id = await myTurn(reply, this.#find("#race-note"), "race-queue");
    if (!id) return;
    this.opened = null;
    this.race = null;
    this.#link();
    this.#fold(true);
    await this.poll.now();
    this.#find("#race-now").scrollIntoView({ block: "nearest" });
    refresh();
  }

  // A reloaded page finds its place in a public server's queue.
  async #waiting() {
    const reply = boot.local ? {} : await ask("train/queue?what=race").catch(() => ({}));
    if (!reply.ticket) return;
    this.starting = true;
    this.#draw();
    await this.#turn(reply).catch((error) => this.#note(say(error)));
    this.starting = false;
    this.#draw();
  }

  async #stop() {
    if (!this.race) return;
    this.#find("#race-stop").toggleAttribute("disabled", true);
    try {
      await ask("races/stop", { id: this.race.id });
    } catch (error) {
      this.#note(say(error));
    }
    await this.poll.now();
  }

  // ---- what there is to see -------------------------------------------------------------------

  /** @param {AbortSignal} signal */
  async #look(signal) {
    const before = this.race;
    try {
      const going = before && !this.opened ? before.id : null;
      const id = this.opened ?? going;
      const race = await ask(id ? `race?${new URLSearchParams({ id })}` : "race", undefined, signal);
      this.race = race.id ? race : null;
      if (this.race) this.earlier.onShow = "";  // what is on show stays
    } catch (error) {
      if (this.opened) this.#note(say(error));
      if (error instanceof Refused) {
        this.opened = null;
        this.race = null;
      }
    }
    if (before && before.stage !== "over" && this.race?.stage === "over") this.#earlier();
    if (!before && this.race) this.#fold(true);
    this.#draw();
  }

  #earlier() {
    this.earlier.refresh().catch((error) => this.#note(say(error)));
  }

  /** @param {string} id */
  async #open(id) {
    this.opened = id;
    this.#link(id);
    this.#note("");
    await this.poll.now();
    await (this.own ??= this.#own());
    if (this.race?.setup?.sides.every(({ preset }) => Object.hasOwn(boot.compare.presets, preset))) this.#fill({ ...this.race.setup, ...(this.race.setup.ready ? { sides: boot.compare.ready[this.race.setup.ready].sides } : {}) });
    this.#fold(true);
    this.#find("#race-now").scrollIntoView({ block: "nearest" });
  }

  // The race on show is left; the one under way, if there is one, is shown instead.
  async #close() {
    this.opened = null;
    this.race = null;
    this.#link();
    await this.poll.now();
  }

  #draw() {
    const { race } = this;
    const going = race !== null && race.stage !== "over";
    this.#find("#race-start").toggleAttribute("disabled", this.starting || going);
    this.#find("#race-stop").toggleAttribute("disabled", !going || !race.mine);
    this.#find("#race-now").hidden = race === null;
    this.#find("#race-empty").hidden = race !== null;
    this.#drawSummary();
    this.earlier.draw(race && !going ? race.id : "");
    if (!race) return;
    this.#find("#race-dot").className = `ga-dot ${going ? "is-live" : race.problem ? "is-warn" : ""}`;
    put(this.#find("#race-state"), this.#stage(race));
    put(this.#find("#race-facts"), [t(`gan_data_${race.data}`), t("gan_race_each", { seconds: race.seconds }), t("gan_race_seeds_are", { seeds: race.seeds.join(", ") })].join(" · "));
    const share = race.stage === "measuring" ? measured(race) : race.stage === "over" ? 1 : race.fraction;
    const bar = this.#find("#race-progress");
    bar.setAttribute("aria-valuenow", String(Math.round(100 * share)));
    bar.toggleAttribute("data-idle", !going);
    find(bar, "i").style.transform = `scaleX(${share})`;
    put(this.#find("#race-verdict"), race.problem ? say(new Refused(race.problem)) : going ? sameSetups(race) : verdict(race));
    this.#drawReport(race);
    this.columns.show(race, currentLanguage());
    this.chart.show(race);
  }

  /** @param {RaceNews} race */
  #stage(race) {
    if (race.problem) return t("gan_race_broken");
    if (race.stage === "measuring") return race.measuring.name ? t("gan_race_measuring_of", { name: sideName(race.measuring.name) }) : t("gan_race_measuring");
    if (race.stage === "training") return t("gan_race_training", { percent: Math.floor(100 * race.fraction) });
    return t(race.state === "stopped" ? "gan_race_stopped" : "gan_race_finished");
  }

  /** @param {RaceNews} race */
  #drawReport(race) {
    this.#find("#race-report").hidden = race.stage !== "over" || Boolean(race.problem);
    for (const [id, kind] of [["#race-open", "html"], ["#race-html", "save"], ["#race-md", "md"]]) {
      find(this.root, id, HTMLAnchorElement).href = url(`race/report?${new URLSearchParams({ id: race.id, as: kind, language: currentLanguage() })}`);
    }
  }

  /** @param {string} sentence */
  #note(sentence) { this.#find("#race-note").textContent = sentence; }
}

// How far the measuring is: one contestant after another.
/** @param {RaceNews} race */
function measured({ measuring, contestants }) {
  const at = contestants.findIndex(({ name }) => name === measuring.name);
  return at < 0 ? 0 : (at + (measuring.fraction ?? 0)) / contestants.length;
}

/** @param {HTMLElement} node @param {string} text */
function put(node, text) {
  if (node.textContent !== text) node.textContent = text;
}
