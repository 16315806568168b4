// The film of a run: a small dialog, progress while it is made, the file at the end.
/** @import { RefusedBody } from "../page/kit/types" */
import { bytes } from "../page/kit/figures.js";
import { Refused, ask, boot, h, say, t, translate, url } from "../page/kit/core.js";

const POLL_MS = 300;
const FORMATS = ["mp4", "webp", "gif"];
const SECONDS = [5, 10, 20, 40];
const SCALES = boot.local ? [1, 2, 3, 4, 6, 8] : [1, 2, 4];

/** @type {Timelapse | null} */
let dialog = null;

/** @param {string} id @param {{ last?: number }} [of] its newest snapshot */
export function openTimelapse(id, { last } = {}) {
  dialog ??= new Timelapse();
  dialog.open(id, last);
}

/** @typedef {{ job: string, fraction: number, bytes: number | null, problem: RefusedBody | null }} Film as far as it is */

class Timelapse {
  constructor() {
    /** @type {string | null} */
    this.id = null;
    /** @type {number | undefined} */
    this.last = undefined;
    /** @type {{ id: string | null } | null} */
    this.job = null;  // what is being made; its id once the server has told
    /** @type {object | null} */
    this.done = null;
    /**
     * @template {string | number} V
     * @param {string} id @param {V[]} values @param {(v: V) => string} name
     */
    const select = (id, values, name) => h("select", { id, class: "ga-input" },
      ...values.map((v) => h("option", { value: v }, name(v))));
    /** @param {string} key @param {HTMLElement} input */
    const field = (key, input) => h("label", { class: "ga-field" }, h("span", { "data-t": key }), input);
    this.format = select("lapse-format", FORMATS, (f) => /** @type {Record<string, string>} */ ({ mp4: "MP4", webp: "WebP", gif: "GIF" })[f]);
    this.seconds = select("lapse-seconds", SECONDS, (n) => `${n} s`);
    this.seconds.value = "10";
    this.scale = select("lapse-scale", SCALES, (n) => `× ${n}`);
    this.scale.value = "2";
    this.caption = h("input", { type: "checkbox", id: "lapse-caption", checked: true });
    this.bar = h("progress", { max: 1, value: 0, class: "ga-meter", "data-t-label": "gan_lapse_progress" });
    this.status = h("output", { class: "ga-quiet", role: "status" });
    this.note = h("p", { class: "ga-note", role: "alert" });
    this.shown = h("div", { class: "ga-lapse-shown" });
    this.make = h("button", { type: "submit", id: "lapse-make", class: "ga-button is-primary", "data-t": "gan_lapse_make" });
    this.stop = h("button", { type: "button", id: "lapse-cancel", class: "ga-button", "data-t": "gan_lapse_cancel",
      onclick: () => this.#cancel() });
    this.save = h("a", { id: "lapse-save", class: "ga-button is-primary", "data-t": "gan_lapse_save", hidden: true });
    this.form = h("form", { method: "dialog", class: "ga-lapse-form" },
      h("h2", { "data-t": "gan_lapse" }), h("p", { class: "ga-quiet", "data-t": "gan_lapse_about" }),
      h("div", { class: "ga-lapse-fields" },
        field("gan_lapse_format", this.format), field("gan_lapse_seconds", this.seconds), field("gan_lapse_scale", this.scale)),
      h("label", { class: "ga-check" }, this.caption, h("span", { "data-t": "gan_lapse_caption" })),
      this.shown, h("div", { class: "ga-lapse-progress" }, this.bar, this.status), this.note,
      h("div", { class: "ga-lapse-actions" }, this.make, this.save, this.stop,
        h("button", { type: "button", class: "ga-button is-bare", "data-t": "gan_close", onclick: () => this.node.close() })));
    this.node = h("dialog", { class: "ga ga-dialog", id: "lapse", "data-t-label": "gan_lapse" }, this.form);
    document.body.append(this.node);
    this.form.addEventListener("submit", (e) => { e.preventDefault(); this.#begin(); });
    this.form.addEventListener("change", () => this.#clear());
    this.node.addEventListener("close", () => this.#cancel());
  }

  /** @param {string} id @param {number | undefined} last */
  open(id, last) {
    if (id !== this.id || last !== this.last) this.#clear();
    Object.assign(this, { id, last });
    translate(this.node);
    this.#draw();
    this.node.showModal();
  }

  #clear() {
    if (this.job) return;
    this.done = null;
    this.note.textContent = "";
    this.shown.replaceChildren();
    this.#draw();
  }

  async #begin() {
    if (this.job) return;
    this.#clear();
    const began = performance.now();
    this.job = { id: null };
    /** @type {{ id: string | null }} */
    const job = this.job;
    this.#draw();
    try {
      /** @type {Film} */
      let film = await ask("timelapse/begin", {
        id: this.id, format: this.format.value, seconds: this.seconds.value, scale: this.scale.value,
        caption: this.caption.checked,
      });
      job.id = film.job;
      while (this.job === job && film.bytes === null && !film.problem) {
        this.#tell(film.fraction, performance.now() - began);
        await new Promise((done) => setTimeout(done, POLL_MS));
        film = await ask(`timelapse/progress?job=${film.job}`);
      }
      if (this.job !== job) return;
      this.job = null;
      if (film.problem) this.note.textContent = say(new Refused(film.problem));
      else this.#finish(film);
    } catch (error) {
      if (this.job !== job) return;
      this.job = null;
      this.note.textContent = say(error);
    }
    this.#draw();
  }

  /** @param {number} fraction @param {number} ms */
  #tell(fraction, ms) {
    this.bar.value = fraction;
    const left = fraction > 0.05 ? Math.ceil(ms * (1 - fraction) / fraction / 1000) : null;
    this.status.textContent = left === null ? t("gan_lapse_waiting") : t("gan_lapse_left", { seconds: left });
  }

  /** @param {Film} film */
  #finish(film) {
    const address = url(`timelapse?job=${film.job}`);
    this.done = film;
    this.save.href = address;
    this.save.setAttribute("download", "");
    this.status.textContent = bytes(film.bytes ?? 0);
    const label = { "aria-label": t("gan_lapse") };
    this.shown.replaceChildren(this.format.value === "mp4"
      ? h("video", { src: address, controls: true, loop: true, muted: true, playsinline: true, ...label })
      : h("img", { src: address, alt: t("gan_lapse") }));
  }

  #cancel() {
    const { job } = this;
    this.job = null;
    if (job?.id) ask("timelapse/cancel", { job: job.id }).catch(() => null);
    this.#draw();
  }

  #draw() {
    const busy = Boolean(this.job);
    this.make.hidden = busy || Boolean(this.done);
    this.stop.hidden = !busy;
    this.save.hidden = !this.done;
    this.bar.hidden = !busy;
    if (this.job && !this.job.id) { this.bar.removeAttribute("value"); this.status.textContent = t("gan_lapse_waiting"); }
    if (!busy && !this.done) this.status.textContent = "";
    for (const input of [this.format, this.seconds, this.scale, this.caption]) input.disabled = busy;
  }
}
