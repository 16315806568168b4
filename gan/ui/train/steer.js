// Steering a running training: settings that take effect at once, slow motion.
/** @import { Run, RunEvent, WatchedRun } from "../page/kit/types" */
import { ACTIVE, boot, duration, fillRange, finder, h, on, recall, say, speedOf, t, translate } from "../page/kit/core.js";
import { sayEvent } from "./charts.js";
import { momentOf } from "./moments.js";
import { Settings, same } from "./settings.js";

const SPEEDS = [0.5, 1, 2, 5, 10, 25, 0];  // steps a second, 0 is full speed
const LAST_EVENTS = 30;
const SAID_MS = 2500;

export class Steer {
  // send(order) asks the server and throws what it refuses; opened(yes) when its fields are shown or hidden.
  /** @param {HTMLElement} root @param {{ send(order: object): Promise<unknown>, opened(yes: boolean): void }} does */
  constructor(root, { send, opened }) {
    this.find = finder(root);
    this.send = send;
    this.opened = opened;
    /** @type {Pick<WatchedRun, "id" | "status" | "settings" | "history" | "of" | "plane" | "rows" | "classes"> | null} */
    this.run = null;
    /** @type {number | null} */
    this.rate = null;  // of the slider
    /** @type {Map<string, string>} */
    this.waiting = new Map();  // settings that are on their way
    this.eventsDrawn = "";
    this.settings = new Settings({ steering: true, changed: (key, text) => this.#change(key, text) });
    this.find("#steer-fields").replaceChildren(this.settings.node);
    this.settings.words();
    this.#build();
    on("language", () => { this.settings.words(); this.rate = null; this.eventsDrawn = ""; if (this.run) this.show(this.run); });
    translate(this.find("#steer"));
  }

  #build() {
    const toggle = this.find("#steer-toggle");
    /** @param {boolean} yes */
    const open = (yes) => {
      toggle.setAttribute("aria-expanded", String(yes));
      this.find("#steer-body").hidden = !yes;
      this.opened(yes);
    };
    toggle.addEventListener("click", () => {
      const yes = this.find("#steer-body").hidden;
      open(yes);
      boot.remember("gan-steer", yes ? "open" : "closed");
    });
    open(recall("gan-steer") === "open");
    const slider = this.find("#slow", HTMLInputElement);
    slider.max = String(SPEEDS.length - 1);
    slider.value = String(SPEEDS.length - 1);
    slider.addEventListener("input", () => this.#drawSpeed(SPEEDS[Number(slider.value)]));
    slider.addEventListener("change", () => this.#order({ command: "slow", steps_per_s: SPEEDS[Number(slider.value)] }));
  }

  /** @param {object} order */
  async #order(order) {
    try {
      await this.send(order);
      this.#note("");
    } catch (error) {
      this.#note(say(error));
    }
  }

  /** @param {string} key @param {string} text */
  async #change(key, text) {
    if (text === this.settings.value(key) || this.waiting.get(key) === text) return;
    this.waiting.set(key, text);
    this.settings.say(key, t("gan_applying"));
    try {
      await this.send({ command: "set", settings: { [key]: text } });
      this.#note("");
    } catch (error) {
      this.waiting.delete(key);
      this.settings.say(key, "", "wrong");
      this.#note(say(error));
    }
  }

  // What a run says of itself: its settings now, its history, its last step, and who may steer.
  /** @param {Pick<WatchedRun, "id" | "status" | "settings" | "history" | "of" | "plane" | "rows" | "classes">} run */
  show(run) {
    const { id, status, settings, history, of, rows } = run;
    this.settings.of(of, run.plane);
    if (this.run?.id !== id) {
      this.waiting.clear();
      this.#note("");
    }
    this.run = { id, status, settings, history, of, plane: run.plane, rows, classes: run.classes };
    const live = status !== null && ["running", "paused"].includes(status.state);
    const may = live && status.steerable;
    if (settings) this.settings.fill(settings, { gently: true });
    if (settings) this.settings.asOf(run.classes.length);
    this.settings.fallen(rows.at(-1) ?? {});
    this.#confirm(settings ?? {});
    this.settings.enable(may);
    this.find("#slow", HTMLInputElement).disabled = !may;
    this.find("#steer-why").textContent = may || !status ? "" : t(!ACTIVE.includes(status.state) ? "gan_steer_over"
      : status.steerable ? "gan_steer_soon" : "gan_steer_foreign");
    this.#followSpeed(status);
    this.#drawEvents(history);
  }

  /** @param {Record<string, string>} settings */
  #confirm(settings) {
    for (const [key, text] of this.waiting) {
      if (!same(settings[key], text)) continue;
      this.waiting.delete(key);
      this.settings.say(key, t("gan_applied"), "done");
      setTimeout(() => { if (!this.waiting.has(key)) this.settings.say(key, ""); }, SAID_MS);
    }
  }

  /** @param {Run | null} status */
  #followSpeed(status) {
    const rate = status?.steps_per_s ?? 0;
    const slider = this.find("#slow", HTMLInputElement);
    if (this.rate === rate || document.activeElement === slider) return;
    this.rate = rate;
    slider.value = String(SPEEDS.includes(rate) ? SPEEDS.indexOf(rate) : SPEEDS.findIndex((s) => s > rate));
    this.#drawSpeed(rate);
  }

  /** @param {number} rate */
  #drawSpeed(rate) {
    const slider = this.find("#slow", HTMLInputElement);
    const text = speedOf(rate);
    fillRange(slider, SPEEDS.length - 1);
    slider.setAttribute("aria-valuetext", text);
    this.find("#slow-at").textContent = text;
  }

  /** @param {RunEvent[]} history */
  #drawEvents(history) {
    const drawn = JSON.stringify([this.run?.id, history.length, history.at(-1) ?? 0]);
    if (drawn === this.eventsDrawn) return;
    this.eventsDrawn = drawn;
    const shown = history.slice(-LAST_EVENTS).reverse();
    this.find("#events").hidden = !shown.length;
    this.find("#event-list").replaceChildren(...shown.map((e) => h("li", {},
      h("span", { class: "ga-quiet" }, t("gan_event_at", { at: momentOf(e.nimg, this.run?.plane ?? false), time: duration(e.seconds) })),
      h("span", {}, sayEvent(e)))));
  }

  /** @param {string} sentence */
  #note(sentence) { this.find("#steer-note").textContent = sentence; }
}
