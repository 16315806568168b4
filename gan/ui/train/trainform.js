// The form of a training: what the presets say, what was changed, and the command line of both.
/** @import { Attributes, Fork, Preset, RefusedBody, TrainFormValues } from "../page/kit/types" */
import {
  Refused, addressOf, arePoints, ask, boot, copyText, count, finder, h, icon, linkedState, ofPoints, queryAll, say, sentences, t, translate,
} from "../page/kit/core.js";
import { saveCode } from "../page/kit/codesave.js";
import { momentOf } from "./moments.js";
import { PresetCards } from "./presetcards.js";
import { Settings, nameOf, same } from "./settings.js";
import { fromSetupLink, toSetupLink } from "./setuplink.js";

const FORK_S = 60;

/** @typedef {Partial<Omit<TrainFormValues, "data">> & { data?: string | null, settings: Record<string, string> }} Filled a form as the server reads or makes it */

export class TrainForm {
  /** @param {HTMLElement} root @param {{ note(sentence: string): void, opened(yes: boolean): void, filled(): void }} does */
  constructor(root, { note, opened, filled }) {
    this.opened = opened;
    this.filled = filled;
    this.root = root;
    this.find = finder(root);
    this.note = note;
    this.command = "";
    this.asked = 0;
    /** @type {string | null} */
    this.reading = null;  // a line that is being read by the server
    /** @type {Fork | null} */
    this.fork = null;
    /** @type {number | null} */
    this.past = null;  // seconds behind a fork, where known
    /** @type {Record<string, string>} */
    this.forked = {};  // the settings that a fork begins with
    /** @type {number | undefined} */
    this.timer = undefined;
    this.drawnLink = () => {};
    /** @type {number | undefined} */
    this.ownClasses = undefined;  // of the set of own images that is chosen
    this.crowded = false;  // the cards are folded for the steering's sake
    // from `start` on
    /** @type {Settings} */
    this.settings;
    /** @type {PresetCards} */
    this.cards;
  }

  start() {
    this.cards = new PresetCards(this.root);
    if (this.crowded) this.cards.fold(true);
    this.settings = new Settings({ differing: (n) => {
      this.find("#settings-count").textContent = n ? t("gan_settings_differ", { count: n }) : "";
    } });
    const box = this.find("#settings-fields");
    box.replaceChildren(this.settings.node);
    this.settings.join(this.#rest());
    translate(this.find("#settings"));
    this.#listen();
    this.words();
    this.#fill();
    this.changed();
  }

  #rest() {
    /** @param {string} key @param {Attributes<HTMLInputElement>} [attributes] */
    const field = (key, attributes = {}) => h("label", { class: "ga-field", "data-help": `gan_set_${key}_help` },
      h("span", { "data-t": `gan_set_${key}` }),
      h("input", { class: "ga-input", name: key, spellcheck: "false", autocomplete: "off", ...attributes }));
    return h("fieldset", { class: "ga-set" }, h("legend", { "data-t": "gan_group_rest" }),
      field("kimg", { inputmode: "decimal" }),
      boot.limit_s ? null : field("keep_mb", { inputmode: "decimal", value: boot.train.keep_mb }),
      boot.limit_s ? null : field("other", { placeholder: "z_dim=32" }),
      boot.limit_s ? null : h("label", { class: "ga-field", "data-help": "gan_set_log_help" }, h("span", { "data-t": "gan_set_log" }),
        h("select", { class: "ga-input", name: "log" }, h("option", { value: "", "data-t": "gan_off" }), h("option", { value: "tensorboard" }, "TensorBoard"))),
      h("button", { type: "button", class: "ga-button is-bare ga-reset", "data-t": "gan_settings_reset",
        onclick: () => { this.#fill(); this.changed(); } }));
  }

  #listen() {
    this.find("#settings-toggle").addEventListener("click", () => this.open(this.find("#settings").hidden));
    this.find("#presets").addEventListener("change", () => { this.#fill(); this.words(); this.changed(); });
    this.find("#settings-find").addEventListener("input", () => this.#narrow());
    this.find("#setup-link").addEventListener("click", (e) => copyText(this.address(), e.currentTarget));
    this.find("#data").addEventListener("change", () => { this.#presetFor(); this.#own(); this.#sizes(); this.changed(); });
    this.find("#fork-cancel").addEventListener("click", () => this.leaveFork());
    for (const place of ["#train-form", "#settings"]) {
      this.find(place).addEventListener("input", (e) => {
        if (e.target instanceof HTMLInputElement && ["search", "radio"].includes(e.target.type)) return;
        clearTimeout(this.timer);
        this.timer = setTimeout(() => this.changed(), 150);
      });
    }
    this.#listenCommand();
  }

  /** @param {boolean} yes */
  open(yes) {
    this.find("#settings-toggle").setAttribute("aria-expanded", String(yes));
    this.find("#settings").hidden = !yes;
    this.opened(yes);
  }

  #narrow() {
    const { value } = this.find("#settings-find", HTMLInputElement);
    const found = this.settings.narrow(value);
    this.find("#settings-found").textContent = found ? "" : t("gan_settings_none", { text: value.trim() });
  }

  words() {
    this.settings.words();
    this.settings.rebase({});
    this.drawnLink();
    const data = this.find("#data", HTMLSelectElement);
    const chosen = data.value || this.#preset().data;
    data.replaceChildren(
      ...boot.train.data.map((name) => h("option", { value: name }, t(`gan_data_${name}`))),
      ...(boot.local ? [h("option", { value: "own" }, t("gan_data_own"))] : []));
    data.value = chosen;
    Object.assign(this.find("#seconds-field").dataset, boot.limit_s
      ? { help: "gan_duration_public", helpLimit: boot.limit_s } : { help: "gan_duration_help" });
    this.#drawFork();
  }

  // What another board would have trained: filled in, to be started by hand.
  /** @param {{ preset: string, seconds: number, kimg?: number, settings?: Record<string, string> }} wish */
  wish({ preset, seconds, kimg, settings = {} }) {
    this.leaveFork();
    this.cards.value = preset;
    this.#fill();
    this.settings.fill(settings);
    if (Object.keys(settings).length) this.open(true);
    this.words();
    this.#put("seconds", String(seconds));
    this.#put("kimg", String(kimg ?? ""));
    this.changed();
    requestAnimationFrame(() => this.find("#start").focus());  // its tab may be on its way to the screen
  }

  // What the form's preset trains.
  kind() {
    return this.#ours().of ?? "gan";
  }

  // Our preset that is chosen, or that one's own was made from.
  #ours() {
    const preset = this.#preset();
    return preset.of ? preset : boot.train.presets[preset.base ?? ""] ?? {};
  }

  // Whether it trains on points of the plane.
  arePoints() { return arePoints(this.settings.value("resolution")); }

  #preset() { return boot.train.presets[this.cards.value]; }

  #fill() {
    const base = this.fork ? this.forked : this.#preset().settings;
    this.settings.of(this.kind(), arePoints(base.resolution));
    ofPoints(this.find("#settings"), arePoints(base.resolution));
    this.settings.fill(base);
    this.settings.rebase(base);
    this.#put("other", "");
    if (!this.fork) this.#fillData();
    this.filled();
  }

  #fillData() {
    const own = this.cards.value === "own" && boot.local;
    if (own) {
      this.find("#data", HTMLSelectElement).value = "own";
      this.#sizes();
    }
    else this.#takeData(this.#preset().data);
    this.#own();
  }

  /** @param {string} name @returns {HTMLInputElement | HTMLSelectElement | null} */
  #field(name) { return this.root.querySelector(`.ga-form [name="${name}"], #settings [name="${name}"]`); }

  /** @param {string} name @param {string} text */
  #put(name, text) {
    const field = this.#field(name);
    if (field) field.value = text;
  }

  #own() { this.find("#data-path-field").hidden = this.find("#data", HTMLSelectElement).value !== "own" || Boolean(this.fork); }

  // What a set of own images is used with, and its classes; other data have the preset's.
  /** @param {Record<string, string>} settings @param {number} classes */
  taken(settings, classes) {
    this.ownClasses = classes;
    if (!this.fork) {
      this.settings.fill(settings);
      this.settings.rebase(settings);
    }
    this.changed();
  }

  // Points of the plane and pictures need networks of their own: the preset follows the data.
  #presetFor() {
    const { value } = this.find("#data", HTMLSelectElement);
    /** @param {string} name */
    const ofPoints = (name) => arePoints(boot.train.data_sizes[name]);
    if (this.fork || ofPoints(value) === ofPoints(this.#preset().data)) return;
    const names = Object.keys(boot.train.presets);
    const fitting = names.filter((name) => ofPoints(boot.train.presets[name].data) === ofPoints(value));
    this.cards.value = fitting.find((name) => boot.train.presets[name].data === value) ?? fitting[0];
    this.#fill();
    this.find("#data", HTMLSelectElement).value = value;
    this.words();
  }

  #sizes() {
    const { value } = this.find("#data", HTMLSelectElement);
    if (this.fork || value.startsWith("own:")) return;
    const { settings, base } = this.#preset();
    if (base) return;  // a saved preset has a size of its own
    const usual = { resolution: sizeOf(this.#preset(), value), flip: settings.flip };
    this.settings.fill(usual);
    this.settings.rebase(usual);
  }

  values() {
    /** @param {string} name */
    const value = (name) => this.#field(name)?.value.trim() ?? "";
    return {
      preset: this.cards.value, data: value("data") === "own" ? value("data_path") : value("data"),
      seed: value("seed"), seconds: value("seconds"), kimg: value("kimg"), other: value("other"), keep_mb: value("keep_mb"), log: value("log"),
      settings: this.settings.values(), fork: this.fork,
    };
  }

  // ---- a fork: the settings of a run, to be changed from one of its moments on ------------------

  // before: seconds that the run had trained by then; a duration counts from its beginning
  /** @param {Fork} fork @param {Record<string, string>} settings @param {Record<string, string>} changed @param {number} before */
  startFork(fork, settings, changed, before) {
    Object.assign(this, { fork, forked: settings, past: Math.round(before) });
    this.#fill();
    const wished = Math.ceil(before) + FORK_S;
    this.#put("seconds", String(boot.limit_s ? Math.min(wished, boot.limit_s) : wished));
    this.settings.fill(changed);
    this.open(true);
    this.#drawFork();
    this.#own();
    this.changed();
  }

  // A new run with the preset and data of another one and these settings, for as long as the form says.
  /** @param {{ preset: string, data: string }} of @param {Record<string, string>} settings */
  startOver({ preset, data }, settings) {
    const { seconds } = this.values();
    return this.#take({ preset, data, seconds: seconds || String(FORK_S), settings });
  }

  leaveFork() {
    if (!this.fork) return;
    this.fork = null;
    this.#fill();
    this.#drawFork();
    this.changed();
  }

  #drawFork() {
    this.find("#fork").hidden = !this.fork;
    this.cards.disable(Boolean(this.fork));
    this.find("#data", HTMLSelectElement).disabled = this.find("#data-path", HTMLInputElement).disabled = Boolean(this.fork);
    for (const name of ["seed", "resolution", "width", "depth", "modulation"]) this.#field(name)?.toggleAttribute("disabled", Boolean(this.fork));  // the parent's
    if (!this.fork) return;
    const { id: run, nimg, asked, whole } = this.fork;
    const words = whole === undefined ? t("gan_fork_of", { run })
      : asked === null || asked === undefined || asked === nimg ? t("gan_fork_of_at", { run, at: momentOf(nimg, this.arePoints()) })
        : t("gan_fork_of_before", { run, at: momentOf(nimg, this.arePoints()), asked: count(asked) });
    this.find("#fork-what").textContent = sentences(words, whole === false ? t("gan_fork_weights") : "",
      this.past === null ? "" : t("gan_fork_past", { past: this.past }));
  }

  // Where it really begins: a moment that is kept, which may not be the one that was pointed at.
  /** @param {Fork | null} fork */
  beginsAt(fork) {
    if (!this.fork || !fork || this.fork.id !== fork.id) return;
    const { asked = fork.asked } = this.fork;
    this.fork = { ...fork, asked };
    this.#drawFork();
  }

  // ---- the command line, both ways ---------------------------------------------------------------

  #listenCommand() {
    const line = this.find("#command", HTMLInputElement);
    this.find("#copy-command").addEventListener("click", (e) => copyText(line.value, e.currentTarget));
    for (const [id, ending] of [["#show-code", "py"], ["#show-notebook", "ipynb"]]) {
      const button = this.find(id, HTMLButtonElement);
      button.addEventListener("click", () => this.#saveCode(button, ending));
    }
    line.addEventListener("keydown", (e) => {
      if (e.key === "Enter") { e.preventDefault(); this.#read(line.value); }
      if (e.key === "Escape") { line.value = this.command; this.#problem(""); }
    });
    line.addEventListener("change", () => this.#read(line.value));
    line.addEventListener("paste", () => setTimeout(() => this.#read(line.value)));
  }

  /** @param {HTMLButtonElement} button @param {string} ending */
  async #saveCode(button, ending) {
    button.disabled = true;  // pictures take a second to pack
    try {
      await saveCode(this.values(), ending);
      this.#problem("");
    } catch (error) {
      this.#problem(say(error));
    }
    button.disabled = false;
  }

  /** @param {string} text */
  async #read(text) {
    if (text === this.command || text === this.reading) return;
    this.reading = text;
    try {
      const { form, problem } = await ask("train/parse", { command: text });
      if (problem) throw new Refused(problem);
      this.#problem("");
      await this.#take(form);
    } catch (error) {
      this.#problem(say(error));
    }
    this.reading = null;
  }

  /** @param {Filled} form */
  async #take(form) {
    if (form.fork) {
      const { settings } = await ask(`run?${new URLSearchParams({ id: form.fork.id })}`);
      if (settings) Object.assign(this, { fork: form.fork, forked: settings, past: null });
    } else {
      this.fork = null;
    }
    this.cards.value = form.preset ?? "fashion";
    this.#fill();
    if (form.data && !this.fork) this.#takeData(form.data);
    for (const name of /** @type {const} */ (["seconds", "kimg", "other", "log"])) this.#put(name, form[name] ?? "");
    this.#put("seed", form.seed ?? "0");
    this.#put("keep_mb", form.keep_mb ?? boot.train.keep_mb);
    this.settings.fill(form.settings);
    if (Object.keys(form.settings).length || form.other || this.fork) this.open(true);
    this.words();
    await this.changed({ typed: true });
  }

  // ---- a link, both ways ---------------------------------------------------------------------------

  // What this set-up is called by, with a run and its moment where it is one's.
  address() {
    const { preset, data, seed, seconds, kimg, other } = this.values();
    const { base = preset } = this.#preset();
    const more = Object.fromEntries(other.split(/\s+/).filter((p) => p.includes("=")).map((p) => [p.split("=")[0], p.slice(p.indexOf("=") + 1)]));
    return setupAddress({ preset: base, data, init: seed, seconds, kimg, settings: this.settings.values(), more });
  }

  // A link fills the form, says what it filled, and starts nothing. Returns the run that it leads to.
  /** @returns {Promise<{ run: string, moment: number | null } | null>} */
  async fromLink() {
    const linked = fromSetupLink(linkedState());
    if (!linked) return null;
    const { setup, wrong, strange } = linked;
    const { form, run, problems } = await ask("train/setup", { ...setup, settings: setup.set });
    const data = form.data === "own" ? null : form.data;
    await this.#take({ ...form, data, seconds: form.seconds || (setup.seconds ? this.values().seconds : "") });
    if (!data) this.#takeData("");
    if (!Object.keys(form.settings).length) this.open(false);
    this.drawnLink = () => this.#tellLink(form, { run: run ? setup.run : null, moment: setup.moment, problems, wrong, strange });
    this.drawnLink();
    return run && setup.run ? { run: setup.run, moment: setup.moment } : null;
  }

  /** @param {TrainFormValues} form @param {{ run: string | null, moment: number | null, problems: RefusedBody[], wrong: string[], strange: string[] }} link */
  #tellLink(form, { run, moment, problems, wrong, strange }) {
    const set = [...Object.entries(form.settings).map(([key, value]) => `${nameOf(key)} ${value}`), ...form.other.split(" ").filter(Boolean)];
    const comma = t("gan_own_comma");
    const filled = [t("gan_link_preset", { preset: form.preset }),
      t("gan_link_data", { data: form.data === "own" ? t("gan_data_own") : form.data }), t("gan_link_seed", { seed: form.seed }), ...set].join(comma);
    const lines = [
      ...problems.map((problem) => t("gan_link_wrong", { why: say(new Refused(problem)) })),
      ...wrong.map((text) => t("gan_link_senseless", { text })),
      strange.length ? t("gan_link_strange", { names: strange.join(comma) }) : "",
      form.data === "own" ? t("gan_link_own") : "",
    ].filter(Boolean);
    const box = this.find("#from-link");
    box.hidden = false;
    box.replaceChildren(h("div", {}, h("p", {}, sentences(t("gan_link_filled", { filled }),
      run ? t(moment === null ? "gan_link_run" : "gan_link_run_at", { run, at: momentOf(moment, this.arePoints()) }) : t("gan_link_nothing"))),
    ...lines.map((line) => h("p", { class: "ga-left-out" }, line))),
    h("button", { type: "button", class: "ga-button is-bare is-icon", id: "from-link-close", "aria-label": t("gan_dismiss"), title: t("gan_dismiss"),
      "data-help": "gan_link_close_help", onclick: () => this.closeLink() }, icon("close")));
  }

  // What a link filled in has been read, or is on its way.
  closeLink() {
    this.find("#from-link").hidden = true;
    this.drawnLink = () => {};
  }

  /** @param {string} data */
  #takeData(data) {
    const known = boot.train.data.includes(data);
    this.find("#data", HTMLSelectElement).value = known ? data : "own";
    if (!known) this.find("#data-path", HTMLInputElement).value = data;
    this.#own();
    this.#sizes();
  }

  /** @param {string} sentence */
  #problem(sentence) {
    const node = this.find("#command-note");
    node.textContent = sentence;
    this.find("#command").setAttribute("aria-invalid", String(Boolean(sentence)));
  }

  /** @param {{ data: string, fork: Fork | null }} form */
  lacksData({ data, fork }) { return !data && !fork; }

  // What was typed last counts, even if it was typed a moment ago.
  settle() {
    clearTimeout(this.timer);
    this.changed({ quiet: true });
  }

  // The line follows the form, unless somebody is typing in it.
  /** @param {string} command @param {boolean} typed */
  #spell(command, typed) {
    const line = this.find("#command", HTMLInputElement);
    const typing = document.activeElement === line && line.value !== this.command;
    this.command = command;
    this.find("#copy-command", HTMLButtonElement).disabled = !command;
    if (typing && !typed) return;
    line.value = command;
    this.#problem("");
  }

  async changed({ quiet = false, typed = false } = {}) {
    const mine = ++this.asked;
    const form = this.values();
    this.settings.asOf(this.#classes(form), this.#ours().family);
    if (this.lacksData(form)) {  // the panel says what to do
      this.#spell("", typed);
      return quiet ? null : this.note("");
    }
    try {
      const { command, problem, fork } = await ask("train/command", form);
      if (mine !== this.asked) return;
      this.beginsAt(fork);
      if (problem) throw new Refused(problem);
      this.#spell(command, typed);
      if (quiet) return;
      this.mark(null);
      this.note("");
    } catch (error) {
      if (mine !== this.asked || quiet) return;
      this.note(say(error));
      this.mark(error instanceof Refused ? error.field : null);
    }
  }

  /** @param {TrainFormValues} form @returns {number | undefined} undefined: not known before it is read */
  #classes({ data, fork }) {
    if (fork) return undefined;
    return data.startsWith("own:") ? this.ownClasses : boot.train.data_classes[data];
  }

  // A form is for choosing, as long as nothing runs; then one line says what was chosen.
  /** @param {boolean} yes */
  fold(yes) { this.cards.fold(yes); }

  // Who steers in a small window needs the height; the cards come back when that is over.
  /** @param {boolean} yes */
  makeRoom(yes) {
    if (!this.cards) this.crowded = yes;  // not built yet
    else if (yes && !this.cards.folded) this.cards.fold(this.crowded = true);
    else if (!yes && this.crowded) this.cards.fold(this.crowded = false);
  }

  /** @param {string | null} field */
  mark(field) {
    for (const input of [...this.find("#train-form", HTMLFormElement).elements, ...queryAll(this.find("#settings"), ".ga-input")]) {
      const name = input.getAttribute("name");
      if (name) input.setAttribute("aria-invalid", String(name === field));
    }
  }
}

/** @param {Preset} preset @param {string} data */
const sizeOf = ({ size }, data) => String(size || boot.train.data_sizes[data]);

// The link of a set-up; of own images it only says that they were own. `run`, `moment`: where it is of one.
/** @param {{ preset: string, data: string, init: string, seconds?: string, kimg?: string, settings: Record<string, string>,
 *   more?: Record<string, string>, run?: string | null, moment?: number | null }} of */
export function setupAddress({ preset, data, settings, more = {}, ...rest }) {
  const fromHub = /^(hub|stream):/.test(data);
  const known = boot.train.data.includes(data) || fromHub;
  /** @type {Record<string, string>} */
  const usual = { ...boot.train.presets[preset].settings, resolution: sizeOf(boot.train.presets[preset], known && !fromHub ? data : "own") };
  const set = Object.fromEntries(Object.entries(settings).filter(([key, text]) => key in usual && !same(text, usual[key])));
  return addressOf(toSetupLink({ preset, data: known ? data : "own", set: { ...set, ...more }, ...rest }));
}
