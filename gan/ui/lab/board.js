// Lab: lessons of a few minutes. Each opens real states of the other tabs and asks one question.
/** @import { Door, Lesson } from "./lessons.js" */
import { boot, choose, find, h, icon, leave, link, linkedState, on, openTab, prepare, recall, t, tabIsOpen } from "../page/kit/core.js";
import { whenShown } from "../page/kit/fresh.js";
import { fromLink } from "../page/kit/latentlink.js";
import { showClinic } from "./clinic.js";
import { Figure } from "./figure.js";
import { FIGURES } from "./figures.js";
import { LESSONS } from "./lessons.js";
import { formula, loadMaths, withMaths } from "./maths.js";
import { Playground } from "./play.js";
import { PARTS } from "./playlink.js";
import { buildQuestion } from "./question.js";

const PLAY = "play";  // in the list on a phone
const OWN = ["lesson", ...PARTS];  // parts of an address
const FINISHED = "gan-lessons";  // in the browser: names of lessons whose question was answered

/** @param {HTMLElement} element */
export function mount(element) {
  new Lab(prepare(element)).start();
}

class Lab {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    const names = LESSONS.map(({ name }) => name);
    this.finished = new Set((recall(FINISHED) ?? "").split(",").filter((name) => names.includes(name)));
    this.at = asked() ?? Math.max(0, names.findIndex((name) => !this.finished.has(name)));
    /** @type {Map<string, { given: number | null, figure?: number }>} */
    this.kept = new Map(names.map((name) => [name, { given: null }]));  // while the page is open
    /** @type {Figure | null} */
    this.figure = null;
    this.figured = "";  // the lesson that it is of
    this.plays = linkedState().has("play");  // the playground is on show
    /** @type {Playground | null} */
    this.play = null;  // until it is on screen it asks for nothing
  }

  start() {
    find(this.root, "#lab-select").addEventListener("change", (e) => {
      const { value } = /** @type {HTMLSelectElement} */ (e.target);
      if (value === PLAY) this.#open(); else this.#go(Number(value));
    });
    find(this.root, "#lab-row-play").addEventListener("click", () => this.#open());
    find(this.root, "#lab-previous").addEventListener("click", () => this.#turn(-1));
    find(this.root, "#lab-next").addEventListener("click", () => this.#turn(1));
    on("language", () => this.#draw());
    addEventListener("popstate", () => {
      if (linkedState().get("tab") !== "lab") return;
      if (linkedState().has("play")) this.#open(); else this.#go(asked() ?? this.at);
    });
    whenShown(this.root, () => { this.#opened(); this.#link(); });
    loadMaths(() => this.#draw());
    this.#draw();
  }

  // ---- the playground -------------------------------------------------------------------------

  // `set`: parts of an address, where a lesson leads there.
  #open(set = "") {
    this.plays = true;
    this.#draw();
    this.#opened();
    if (set) this.play?.open(new URLSearchParams(set));
    this.#link();
  }

  #opened() {
    if (!this.plays || this.play || !tabIsOpen(this.root)) return;
    const linked = linkedState();
    this.play = new Playground(find(this.root, "#lab-play"), { changed: () => this.#link() });
    this.play.open(linked);
    this.play.start();
  }

  // ---- which lesson ---------------------------------------------------------------------------

  /** @param {number} at */
  #go(at) {
    if (at !== this.at || this.plays) {
      this.at = at;
      this.plays = false;
      this.#draw();
    }
    this.#link();
  }

  // Read from the top, by eye and by ear.
  /** @param {number} by */
  #turn(by) {
    this.#go(this.at + by);
    const title = find(this.root, "#lab-title");
    title.focus({ preventScroll: true });
    if (title.getBoundingClientRect().top < 0) find(this.root, ".ga-lab-lesson").scrollIntoView({ block: "start" });
  }

  #link() {
    if (!tabIsOpen(this.root)) return;
    const rest = Object.fromEntries([...linkedState()].filter(([name]) => name !== "tab" && !OWN.includes(name)));
    link({ ...rest, ...(this.plays ? this.play?.address() ?? { play: "ring" } : { lesson: String(this.at + 1) }) });
  }

  /** @param {boolean} right */
  #answered(right) {
    if (!right) return;
    this.finished.add(LESSONS[this.at].name);
    boot.remember(FINISHED, [...this.finished].join(","));
    this.#contents();
  }

  // ---- what is shown --------------------------------------------------------------------------

  #draw() {
    find(this.root, ".ga-lab-lesson").hidden = this.plays;
    find(this.root, "#lab-play").hidden = !this.plays;
    const lesson = LESSONS[this.at];
    const { name, minutes } = lesson;
    /** @param {string} id @param {string} text */
    const put = (id, text) => find(this.root, id).replaceChildren(...withMaths(text));
    put("#lab-where", t("gan_lab_where", { number: this.at + 1, of: LESSONS.length, minutes }));
    put("#lab-title", t(`gan_lab_${name}_title`));
    put("#lab-opening", t(`gan_lab_${name}_opening`));
    find(this.root, "#lab-steps").replaceChildren(...lesson.steps.map((tex, i) => h("li", {},
      h("h3", {}, t(`gan_lab_${name}_step${i + 1}`)),
      h("p", {}, ...withMaths(t(`gan_lab_${name}_says${i + 1}`))), tex ? formula(tex) : null)));
    find(this.root, "#lab-practice").replaceChildren(...this.#figure(lesson), this.#doors(lesson),
      buildQuestion(lesson, this.#kept(name), (right) => this.#answered(right)));
    showClinic(find(this.root, ".ga-lab-lesson"), name === "collapse", (door) => this.#through(door));
    find(this.root, "#lab-previous", HTMLButtonElement).disabled = this.at === 0;
    find(this.root, "#lab-next", HTMLButtonElement).disabled = this.at === LESSONS.length - 1;
    this.#contents();
  }

  /** @param {string} name */
  #kept(name) {
    const kept = this.kept.get(name);
    if (!kept) throw new Error(`no lesson is called ${name}`);
    return kept;
  }

  #contents() {
    const rows = LESSONS.map(({ name, minutes }, i) => ({ i, minutes, title: t(`gan_lab_${name}_title`), done: this.finished.has(name) }));
    const focused = this.root.querySelector("#lab-list :focus") !== null;
    find(this.root, "#lab-list").replaceChildren(...rows.map(({ i, minutes, title, done }) => h("li", {},
      h("button", { type: "button", class: "ga-lab-row", id: `lab-row-${LESSONS[i].name}`, "aria-current": i === this.at && !this.plays ? "true" : null, onclick: () => this.#go(i) },
        h("span", {}, title), done ? h("span", { class: "ga-lab-done" }, icon("tick"), h("span", { class: "ga-sr" }, t("gan_lab_done")))
          : h("span", { class: "ga-quiet" }, t("gan_lab_minutes", { minutes }))))));
    if (focused) find(this.root, "#lab-list [aria-current]").focus();
    const select = find(this.root, "#lab-select", HTMLSelectElement);
    const play = find(this.root, "#lab-row-play");
    if (this.plays) play.setAttribute("aria-current", "true"); else play.removeAttribute("aria-current");
    select.replaceChildren(h("option", { value: PLAY }, t("gan_play")), ...rows.map(({ i, title, done }) => h("option", { value: i },
      t(done ? "gan_lab_option_done" : "gan_lab_option", { number: i + 1, title }))));
    select.value = this.plays ? PLAY : String(this.at);
    find(this.root, "#lab-progress").textContent = t("gan_lab_progress", { done: this.finished.size, of: LESSONS.length });
  }

  // Where it was left stays, whatever is drawn anew.
  /** @param {Lesson} lesson */
  #figure({ name, figure }) {
    if (this.figure) this.#kept(this.figured).figure = this.figure.value;
    this.figure = figure ? new Figure(FIGURES[figure], this.#kept(name).figure ?? FIGURES[figure].slider.begin) : null;
    this.figured = name;
    return this.figure ? [this.figure.node] : [];
  }

  /** @param {Door} door */
  #through(door) {
    if (door.act === "play") return this.#open(door.set);
    if (door.act === "lesson") return this.#go(LESSONS.findIndex(({ name }) => name === door.name));
    openTab(door.act);
    if (door.act === "train") leave("train-wish", { preset: door.preset, seconds: door.seconds, kimg: door.kimg, settings: door.settings });
    else choose(door.model, door.act === "explore" ? fromLink(new URLSearchParams(door.point)) : null);
  }

  /** @param {Lesson} lesson */
  #doors({ name, doors }) {
    return h("section", { class: "ga-panel ga-lab-try" },
      h("header", {}, h("h3", {}, t("gan_lab_try"))),
      h("div", { class: "ga-lab-doors" }, ...doors.map((door, i) => h("button", {
        type: "button", class: "ga-button", "data-act": door.act, "data-help": `gan_lab_${door.act}_help`,
        onclick: () => this.#through(door),
      }, h("span", {}, t(`gan_lab_${name}_door${i + 1}`)), icon("next")))),
      h("p", {}, h("b", {}, t("gan_lab_look")), ...withMaths(t(`gan_lab_${name}_look`, { metric: t("gan_metric_memorised") }))));
  }
}

// The lesson that the address asks for, counted from 0.
function asked() {
  const number = Number(linkedState().get("lesson"));
  return Number.isInteger(number) && number >= 1 && number <= LESSONS.length ? number - 1 : null;
}
