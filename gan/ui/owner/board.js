// The owner's page: a form for the key, then what the server does, with buttons.
/** @import { OwnerReport } from "../page/kit/types" */
import {
  Refused, ask, boot, count, currentLanguage, duration, find, h, on, prepare, say, setLanguage, t,
} from "../page/kit/core.js";
import { bytes } from "../page/kit/figures.js";
import { Poll } from "../page/kit/fresh.js";

const PAUSE_MS = 3000;
const MB = 2 ** 20;

/** @param {HTMLElement} element */
export function mount(element) {
  new Owner(prepare(element)).start();
}

/** @param {number | null} mb */
function size(mb) {
  if (mb === null) return "–";
  return mb ? bytes(mb * MB) : "0 MB";
}
/** @param {string} part @param {string} whole */
const of = (part, whole) => t("gan_owner_of", { part, whole });

class Owner {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    this.known = boot.owner ?? false;  // a cookie of the owner's came with the page
    /** @type {OwnerReport | null} */
    this.news = null;
    /** @type {number | null} */
    this.expired = null;  // how many runs were deleted
    this.poll = new Poll((signal) => this.#look(signal), () => (this.known ? PAUSE_MS : Infinity));
  }

  start() {
    this.#header();
    this.find("#owner-form").addEventListener("submit", (e) => { e.preventDefault(); this.#enter(); });
    this.find("#owner-clear").addEventListener("click", () => this.#press("clear"));
    this.find("#owner-expire").addEventListener("click", async () => {
      const reply = await this.#press("expire");
      if (reply) this.expired = reply.count;
      this.#draw();
    });
    this.find("#owner-leave").addEventListener("click", async () => {
      await this.#press("leave");
      this.known = false;
      this.news = null;
      this.#draw();
    });
    on("language", () => this.#draw());
    this.#draw();
    this.poll.now();
  }

  /** @param {string} selector */
  find(selector) {
    return find(this.root, selector);
  }

  #header() {
    const choices = Object.entries(boot.languages).map(([name, { name: label, tag }]) => h("button", {
      type: "button", class: "ga-button is-bare", id: `owner-language-${name}`, lang: tag, onclick: () => setLanguage(name),
    }, label));
    this.find("#owner-languages").prepend(...choices);
    this.find("#owner-theme").addEventListener("click", () => {
      boot.setTheme(document.documentElement.dataset.gaTheme === "dark" ? "light" : "dark");
    });
  }

  async #enter() {
    const key = find(this.root, "#owner-key", HTMLInputElement);
    try {
      await ask("owner/enter", { key: key.value });
      key.value = "";
      this.known = true;
      this.#trouble("");
      await this.poll.now();
    } catch (error) {
      this.#trouble(say(error));
    }
    this.#draw();
  }

  /** @param {AbortSignal} signal */
  async #look(signal) {
    if (!this.known) return;
    try {
      this.news = await ask("owner/state", undefined, signal);
      this.#trouble("");
    } catch (error) {
      if (signal.aborted) return;
      this.news = null;
      const isOver = error instanceof Refused && !error.body.error;  // a page that is not there: signed out meanwhile
      if (isOver) this.known = boot.local;
      this.#trouble(isOver ? "" : say(error));
    }
    this.#draw();
  }

  // Do what a button says, and look again; null where it was refused.
  /** @param {string} what */
  async #press(what, body = {}) {
    try {
      const reply = await ask(`owner/${what}`, body);
      this.#trouble("");
      await this.poll.now();
      return reply;
    } catch (error) {
      this.#trouble(say(error));
      return null;
    }
  }

  /** @param {string} text */
  #trouble(text) {
    this.find("#owner-trouble").textContent = text;
    this.find("#owner-wrong").textContent = text;
  }

  #draw() {
    document.title = t("gan_owner_title");
    for (const name of Object.keys(boot.languages)) {
      this.find(`#owner-language-${name}`).setAttribute("aria-pressed", String(name === currentLanguage()));
    }
    this.find("#owner-form").hidden = this.known;
    this.find("#owner-leave").hidden = !this.known || boot.local;
    this.find("#owner").hidden = !this.news;
    if (this.news) this.#show(this.news);
  }

  /** @param {OwnerReport} news */
  #show(news) {
    this.find("#owner-about").textContent = t("gan_owner_about", { version: news.version, time: duration(news.up_s) });
    this.find("#owner-waiting").textContent = news.local ? "" : t("gan_owner_waiting", { count: news.waiting, places: news.places });
    find(this.root, "#owner-clear", HTMLButtonElement).hidden = news.local;
    find(this.root, "#owner-clear", HTMLButtonElement).disabled = !news.waiting;
    this.find("#owner-idle").hidden = news.running.length > 0;
    this.#list(news);
    this.find("#owner-expired").textContent = this.expired === null ? "" : t("gan_owner_expired", { count: this.expired });
    const { memory, disk, counts } = news;
    this.#table("#owner-machine", [
      [t("gan_owner_memory_server"), size(memory.server)],
      [t("gan_owner_memory_children"), size(memory.children)],
      [t("gan_owner_memory_free"), of(size(memory.free), size(memory.total))],
      [t("gan_owner_disk_runs"), size(disk.runs)],
      [t("gan_owner_disk_own"), size(disk.own)],
      [t("gan_owner_disk_free"), of(size(disk.free), size(disk.total))],
    ]);
    this.#table("#owner-counts", [
      [t("gan_owner_visits"), count(counts.visits)],
      [t("gan_owner_visitors"), count(counts.visitors)],
      [t("gan_owner_started"), count(counts.started)],
      [t("gan_owner_refused"), count(counts.refused)],
    ]);
    this.#table("#owner-errors", news.errors.map(([code, n]) => [t(code), count(n)]));
    this.find("#owner-no-errors").hidden = news.errors.length > 0;
    this.#limits(news);
  }

  /** @param {OwnerReport} news */
  #list(news) {
    const list = this.find("#owner-running");
    const drawn = JSON.stringify([currentLanguage(), news.running]);
    if (list.dataset.drawn === drawn) return;
    list.dataset.drawn = drawn;
    const focused = document.activeElement instanceof HTMLElement ? document.activeElement.dataset.run : undefined;
    list.replaceChildren(...news.running.map((run) => h("li", {},
      h("i", { class: run.state === "paused" ? "ga-dot" : "ga-dot is-live" }), h("b", {}, run.id),
      h("span", {}, t(`gan_state_${run.state}`)),
      h("span", { class: "ga-quiet" }, run.of_s === null ? duration(run.seconds) : of(duration(run.seconds), duration(run.of_s))),
      h("span", { class: "ga-quiet" }, t("gan_owner_viewers", { count: run.viewers })),
      h("span", { class: "ga-space" }),
      h("button", { type: "button", class: "ga-button", "data-act": "stop", "data-run": run.id, "aria-label": t("gan_owner_stop_of", { id: run.id }),
        onclick: () => this.#press("stop", { id: run.id }) }, t("gan_owner_stop")))));
    const again = [...list.querySelectorAll("button")].find((button) => button.dataset.run === focused);
    if (focused) again?.focus({ preventScroll: true });
  }

  /** @param {OwnerReport} news */
  #limits(news) {
    const { limits } = news;
    const own = [t("gan_owner_uploads"), limits.uploads ? size(limits.upload_mb) : t("gan_owner_uploads_off")];
    this.find("#owner-no-limits").hidden = !news.local;
    if (news.local) return this.#table("#owner-limits", [own]);
    return this.#table("#owner-limits", [
      [t("gan_owner_limit_training"), duration(limits.training_s)],
      [t("gan_owner_limit_step"), t("gan_owner_seconds", { count: limits.step_s })],
      [t("gan_owner_limit_memory"), size(limits.memory_mb)],
      own,
      [t("gan_owner_limit_kept"), t("gan_owner_hours", { count: limits.kept_h })],
      [t("gan_owner_limit_runs"), count(limits.kept_runs)],
      ...Object.entries(limits.most).map(([key, most]) => [t("gan_owner_most", { what: t(`gan_set_${key}`) }), String(most)]),
      ...Object.entries(limits.rates).map(([kind, [mine, address, all, s]]) => [
        t("gan_owner_rate", { what: t(`gan_owner_kind_${kind}`), time: duration(s) }), [mine, address, all].map(count).join(" / ")]),
    ]);
  }

  /** @param {string} selector @param {string[][]} rows */
  #table(selector, rows) {
    this.find(selector).replaceChildren(...rows.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]));
  }
}
