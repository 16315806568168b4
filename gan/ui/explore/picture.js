// From my picture: upload or draw one, and find the point of latent space that makes it.
import { boot, h, modelOf, oneOf, plainRef, refuse, say, t, url } from "../page/kit/core.js";
import { Editor } from "./draw.js";
import { bytesOf, follow } from "../page/kit/lines.js";
import { toImageData } from "../page/kit/painter.js";
import { button, clear, field, put, shot } from "./points.js";

const MOST_MB = boot.pictures.bytes / 2 ** 20;
/** @type {Record<string, { restarts: number, steps: number, word: string }>} */
const EFFORTS = {
  quick: { restarts: 2, steps: 100, word: "gan_picture_quick" },
  usual: { restarts: 4, steps: 200, word: "gan_picture_usual" },
  ...(boot.local ? { thorough: { restarts: 8, steps: 600, word: "gan_picture_thorough" } } : {}),
};

/** @param {HTMLElement} body @param {import("./studio.js").Studio} studio */
export function build(body, studio) { return new PicturePanel(body, studio); }

/**
 * A line of the search, and one with a point that was found.
 * @typedef {{ step?: number, of: number, pixels?: string, before?: string, distance: number, apart: number, start_distance: number, grade?: string }} SearchNews
 * @typedef {SearchNews & { z: number[], mix: number[] | null }} Found
 */

class PicturePanel {
  /** @param {HTMLElement} body @param {import("./studio.js").Studio} studio */
  constructor(body, studio) {
    // made by #make
    /** @type {HTMLInputElement} */ this.file;
    /** @type {HTMLButtonElement} */ this.upload;
    /** @type {HTMLSpanElement} */ this.invertSays;
    /** @type {HTMLButtonElement} */ this.invert;
    /** @type {HTMLParagraphElement} */ this.turned;
    /** @type {HTMLSelectElement} */ this.effort;
    /** @type {HTMLButtonElement} */ this.find;
    /** @type {HTMLButtonElement} */ this.stop;
    /** @type {HTMLProgressElement} */ this.bar;
    /** @type {HTMLParagraphElement} */ this.status;
    /** @type {HTMLParagraphElement} */ this.figures;
    /** @type {HTMLCanvasElement} */ this.before;
    /** @type {HTMLCanvasElement} */ this.after;
    /** @type {HTMLButtonElement} */ this.use;
    /** @type {HTMLButtonElement} */ this.pin;
    /** @type {HTMLParagraphElement} */ this.note;
    /** @type {HTMLParagraphElement} */ this.rules;
    /** @type {HTMLDivElement} */ this.drop;
    /** @type {HTMLDivElement} */ this.result;
    this.body = body;
    this.studio = studio;
    this.ref = studio.ref;
    /** @type {AbortController | null} */
    this.busy = null;
    /** @type {Found | null} */
    this.found = null;
    /** @type {SearchNews | null} */
    this.news = null;
    this.inverted = false;
    this.byItself = false;
    this.editor = new Editor({ changed: () => this.#drawState() });
    this.#make();
    this.worded();
    this.#listen();
  }

  open() { this.#fit(); this.#drawState(); }

  close() { this.busy?.abort(); }

  changed() {
    if (this.ref === this.studio.ref) return;
    this.ref = this.studio.ref;
    this.busy?.abort();
    Object.assign(this, { found: null, news: null });
    this.note.textContent = "";
    this.#fit();
    this.#drawState();
  }

  worded() {
    this.rules.textContent = t("gan_picture_rules", { formats: oneOf(boot.pictures.formats), most: MOST_MB });
    this.editor.words();
    this.#drawState();
  }

  // ---- the panel ----------------------------------------------------------------------------

  #make() {
    this.file = h("input", { type: "file", accept: boot.pictures.accept, class: "ga-sr", id: "picture-file", tabindex: "-1", "data-t-label": "gan_picture_upload" });
    this.upload = button("gan_picture_upload", { icon: "upload", id: "picture-upload" });
    this.invertSays = h("span");
    this.invert = h("button", { type: "button", class: "ga-button", id: "picture-invert", "data-help": "gan_picture_invert_help" }, this.invertSays);
    this.turned = h("p", { class: "ga-quiet", id: "picture-turned", role: "status" });
    this.effort = h("select", { class: "ga-input", id: "picture-effort" },
      ...Object.entries(EFFORTS).map(([key, { word }]) => h("option", { value: key, "data-t": word }, t(word))));
    this.effort.value = "usual";
    this.find = button("gan_picture_find", { icon: "search", primary: true, id: "picture-find" });
    this.stop = button("gan_cancel", { id: "picture-cancel", hidden: true });
    this.bar = h("progress", { class: "ga-meter", max: 1, value: 0, "data-t-label": "gan_picture_progress", hidden: true });
    this.status = h("p", { class: "ga-picture-words", role: "status" });
    this.figures = h("p", { class: "ga-quiet" });
    this.before = shot(null, { id: "picture-before", width: 1, height: 1 });
    this.after = shot(null, { id: "picture-after", width: 1, height: 1 });
    this.use = button("gan_picture_use", { id: "picture-use", primary: true });
    this.pin = button("gan_pin", { icon: "pin", id: "picture-pin" });
    this.note = h("p", { class: "ga-note", role: "status" });
    this.rules = h("p", { class: "ga-quiet" });
    this.drop = h("div", { class: "ga-picture-mine" },
      h("h3", { "data-t": "gan_picture_mine" }), this.editor.node,
      h("div", { class: "ga-rowed" }, this.upload, this.file, this.invert),
      this.turned,
      this.rules);
    this.result = h("div", { class: "ga-picture-found" },
      h("h3", { "data-t": "gan_picture_theirs" }),
      h("div", { class: "ga-picture-pair" },
        h("figure", {}, h("div", { class: "ga-picture-shot is-small" }, this.before), h("figcaption", { class: "ga-quiet", "data-t": "gan_picture_began" })),
        h("figure", {}, h("div", { class: "ga-picture-shot" }, this.after), h("figcaption", { class: "ga-quiet", "data-t": "gan_picture_best" }))),
      h("div", { class: "ga-rowed" }, field("gan_picture_effort", this.effort, { class: "is-effort" }), this.find, this.stop, this.bar),
      this.status, this.figures, h("div", { class: "ga-rowed" }, this.use, this.pin));
    this.body.append(this.note, h("div", { class: "ga-picture" }, this.drop, this.result));
  }

  #listen() {
    this.upload.addEventListener("click", () => this.file.click());
    this.file.addEventListener("change", () => {
      this.#send(this.file.files?.[0]);
      this.file.value = "";
    });
    for (const name of ["dragenter", "dragover"]) {
      this.drop.addEventListener(name, (e) => { e.preventDefault(); this.drop.classList.add("is-over"); });
    }
    for (const name of ["dragleave", "drop"]) {
      this.drop.addEventListener(name, (e) => { e.preventDefault(); this.drop.classList.remove("is-over"); });
    }
    this.drop.addEventListener("drop", (e) => this.#send(e.dataTransfer?.files[0]));
    this.body.addEventListener("paste", (e) => this.#send(e.clipboardData?.files[0]));
    this.find.addEventListener("click", () => this.#search());
    this.invert.addEventListener("click", () => this.#turn(!this.inverted));
    this.stop.addEventListener("click", () => this.busy?.abort());
    this.use.addEventListener("click", () => this.#use());
    this.pin.addEventListener("click", () => {
      if (!this.found) return;
      const { z, mix } = this.found;
      this.studio.pin({ z: Float32Array.from(z), mix, label: null, psi: 1 }, { how: "found", pins: [] });
    });
  }

  #fit() {
    const model = this.ref && modelOf(plainRef(this.ref));
    if (!model) return;
    this.editor.fit(model.resolution, model.channels);
    if (!this.news) for (const canvas of [this.before, this.after]) clear(canvas);
  }

  /** @param {File} file */
  take(file) { this.#send(file); }

  // ---- an uploaded picture --------------------------------------------------------------------

  /** @param {File | undefined} file */
  async #send(file) {
    if (!file) return;
    this.note.textContent = "";
    if (file.size > boot.pictures.bytes) return void (this.note.textContent = t("gan_picture_large", { most: MOST_MB }));
    const { ref } = this;
    this.upload.disabled = true;
    try {
      const reply = await fetch(url(`picture?${new URLSearchParams({ ref })}`), {
        method: "POST", body: file, credentials: "same-origin",
        headers: { "Content-Type": "application/octet-stream" },
      });
      if (!reply.ok) await refuse(reply);
      const [height, width, channels] = (reply.headers.get("x-gan-shape") ?? "").split(",").map(Number);
      const pixels = new Uint8Array(await reply.arrayBuffer());
      if (ref !== this.ref) return;
      this.inverted = false;
      this.editor.take(toImageData(pixels, width, height, channels));
      if (reply.headers.get("x-gan-inverted") === "1") this.#turn(true, true);
      else this.#search();
    } catch (error) {
      this.note.textContent = say(error);
    } finally {
      this.upload.disabled = false;
    }
  }

  // By itself where the picture's ground is not the model's, and told; by hand either way.
  /** @param {boolean} inverted */
  #turn(inverted, byItself = false) {
    Object.assign(this, { inverted, byItself });
    this.editor.invert();
    this.#search();
  }

  // ---- the search -----------------------------------------------------------------------------

  async #search() {
    this.busy?.abort();
    const mine = new AbortController();
    const { ref } = this;
    const { restarts, steps } = EFFORTS[this.effort.value];
    Object.assign(this, { busy: mine, found: null, news: null });
    this.note.textContent = "";
    for (const canvas of [this.before, this.after]) clear(canvas);
    this.#drawState();
    try {
      const query = new URLSearchParams({ ref, restarts: String(restarts), steps: String(steps) });
      await follow(`invert?${query}`, this.editor.pixels(), {
        signal: mine.signal, told: (news) => { if (mine === this.busy) this.#told(news); },
      });
    } catch (error) {
      if (mine === this.busy && !mine.signal.aborted) this.note.textContent = say(error);
    } finally {
      if (mine === this.busy) this.busy = null;
      this.#drawState();
    }
  }

  /** @param {SearchNews | Found} news */
  #told(news) {
    if (!news.pixels) return;
    this.news = news;
    if ("z" in news && news.z) this.found = news;
    const model = modelOf(plainRef(this.ref));
    if (!model) return;  // deleted meanwhile
    const { resolution: side, channels } = model;
    put(this.after, toImageData(bytesOf(news.pixels), side, side, channels));
    if (news.before) put(this.before, toImageData(bytesOf(news.before), side, side, channels));
    this.#drawState();
  }

  // All sliders work on it from here: the point itself is taken, untruncated.
  #use() {
    if (!this.found) return;
    const { z, mix } = this.found;
    this.studio.jump({ z: Float32Array.from(z), mix, psi: 1, how: "found", pins: [] });
  }

  #drawState() {
    const { busy, news, found } = this;
    this.find.disabled = this.editor.empty || busy !== null;
    this.find.hidden = busy !== null;
    this.stop.hidden = this.bar.hidden = busy === null;
    this.effort.disabled = busy !== null;
    this.use.hidden = this.pin.hidden = !found;
    if (busy && news) this.bar.value = news.step ? news.step / news.of : 1;
    else this.bar.removeAttribute("value");
    this.result.classList.toggle("is-empty", !news);
    this.invert.disabled = this.editor.empty || busy !== null;
    const told = this.byItself && this.inverted && !this.editor.empty;
    this.invertSays.textContent = t(told ? "gan_picture_as_it_was" : "gan_picture_invert");
    this.turned.textContent = told ? t("gan_picture_turned") : "";
    this.#sentence(busy, news, found);
    this.before.setAttribute("aria-label", t("gan_picture_began"));
    this.after.setAttribute("aria-label", t("gan_picture_best"));
  }

  /** @param {AbortController | null} busy @param {SearchNews | null} news @param {Found | null} found */
  #sentence(busy, news, found) {
    const share = news ? news.distance / news.apart : null;
    this.status.textContent = found ? t(`gan_near_${found.grade}`)
      : busy ? t(news ? "gan_picture_searching" : "gan_picture_waiting", news ?? {})
        : news ? t("gan_picture_stopped")
          : t(this.editor.empty ? "gan_picture_empty" : "gan_picture_ready");
    this.figures.textContent = share === null ? "" : t("gan_picture_distance", { percent: percent(share) })
      + (found ? ` ${t("gan_picture_from", { percent: percent(found.start_distance / found.apart) })}` : "");
  }
}

/** @param {number} share */
const percent = (share) => Math.round(100 * share);
