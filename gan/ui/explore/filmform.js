// The film of a walk: format, size, progress, cancel, and the file.
/** @import { Place } from "../page/kit/types" */
import { boot, h, say, t } from "../page/kit/core.js";
import { follow, save } from "../page/kit/lines.js";
import { button, field, select } from "./points.js";

const SCALES = [1, 2, 4, 8, 12, 16];
const SMALLEST = 96;  // px of a side
const LARGEST = boot.local ? 512 : 384;
const ENCODING = 0.7;  // of the bar, when all pictures are there

export class FilmForm {
  /**
   * @param {import("./studio.js").Studio} studio
   * @param {() => { keys: Place[], seconds: number, space: string, loop: boolean }} way
   */
  constructor(studio, way) {
    this.studio = studio;
    this.way = way;
    /** @type {AbortController | null} */
    this.busy = null;
    /** @type {{ blob: Blob, name: string } | null} */
    this.file = null;
    this.ready = false;
    this.side = 0;  // of the pictures that the sizes are multiples of
    this.format = select([["webp", "gan_film_webp"], ["gif", "gan_film_gif"], ["mp4", "gan_film_mp4"]], { id: "film-format" });
    this.size = h("select", { class: "ga-input", id: "film-size" });
    this.start = button("gan_film_make", { icon: "save", id: "film-make" });
    this.stop = button("gan_cancel", { id: "film-cancel", hidden: true });
    this.bar = h("progress", { class: "ga-meter", max: 1, value: 0, "data-t-label": "gan_film_progress", hidden: true });
    this.status = h("output", { class: "ga-quiet", role: "status" });
    this.again = h("button", { type: "button", class: "ga-button is-bare", hidden: true, "data-help": "gan_film_again_help" });
    this.note = h("p", { class: "ga-note", role: "status" });
    this.node = h("div", { class: "ga-film" },
      h("div", { class: "ga-rowed is-ruled" },
        field("gan_film_format", this.format, { class: "is-format" }),
        field("gan_film_size", this.size, { class: "is-format" }),
        this.start, this.stop, this.bar, this.status, this.again),
      this.note);
    this.start.addEventListener("click", () => this.#make());
    this.stop.addEventListener("click", () => this.busy?.abort());
    this.again.addEventListener("click", () => this.file && save(this.file.blob, this.file.name));
    this.#sizes();
  }

  /** @param {boolean} ready */
  enable(ready) {
    this.ready = ready;
    this.start.disabled = !ready || this.busy !== null;
    if (!this.busy) this.#sizes();
  }

  forget() {
    this.busy?.abort();
    this.file = null;
    this.again.hidden = true;
    this.#say("");
  }

  worded() { if (!this.busy) this.#say(""); }

  // Whole multiples of the picture, so that every pixel has the same size.
  #sizes() {
    const side = this.studio.model?.resolution ?? 28;
    if (this.side === side) return;
    this.side = side;
    const fitting = SCALES.filter((s) => s * side >= Math.min(SMALLEST, side * 16) && s * side <= LARGEST);
    const scales = fitting.length ? fitting : [1];
    this.size.replaceChildren(...scales.map((s) => h("option", { value: s }, `${s * side} px`)));
    this.size.value = String(scales.findLast((s) => s * side <= 256) ?? scales[0]);
  }

  async #make() {
    const { keys, seconds, space, loop } = this.way();
    const now = this.studio.now();
    if (!now) return;
    const query = new URLSearchParams({
      ref: now.ref, psi: String(now.psi), seconds: String(seconds), space, loop: loop ? "1" : "0",
      format: this.format.value, scale: this.size.value,
    });
    const busy = this.#begin();
    try {
      let name = "";
      const blob = await follow(`film?${query}`, rowsOf(keys), {
        signal: busy.signal, told: (line) => { name = line.name ?? name; this.#told(line); },
      });
      if (!blob) throw new Error("the reply ended early");
      this.file = { blob, name };
      save(blob, name);
      this.#say("");
      this.again.textContent = t("gan_film_again", { name, size: sizeOf(blob.size) });
      this.again.hidden = false;
    } catch (error) {
      if (busy.signal.aborted) this.#say(t("gan_film_cancelled"));
      else { this.#say(""); this.note.textContent = say(error); }
    } finally {
      this.#end();
    }
  }

  #begin() {
    const busy = this.busy = new AbortController();
    this.note.textContent = "";
    this.again.hidden = true;
    this.start.disabled = true;
    this.stop.hidden = this.bar.hidden = false;
    this.bar.removeAttribute("value");
    this.#say(t("gan_film_waiting"));
    return busy;
  }

  #end() {
    this.busy = null;
    this.start.disabled = !this.ready;
    this.stop.hidden = this.bar.hidden = true;
  }

  /** @param {{ step?: number, of: number, encoding?: boolean }} line */
  #told({ step, of, encoding }) {
    if (step) {
      this.bar.value = ENCODING * step / of;
      this.#say(t("gan_film_frames", { step, of }));
    }
    if (encoding) {
      this.bar.value = ENCODING;
      this.#say(t("gan_film_encoding"));
    }
  }

  /** @param {string} sentence */
  #say(sentence) { this.status.textContent = sentence; }
}

// Keyframes as the server reads them: z and class weights in a row each.
/** @param {Place[]} keys */
function rowsOf(keys) {
  const width = keys[0].z.length + (keys[0].mix?.length ?? 0);
  const rows = new Float32Array(keys.length * width);
  keys.forEach(({ z, mix }, i) => {
    rows.set(z, i * width);
    if (mix) rows.set(mix, i * width + z.length);
  });
  return rows;
}

/** @param {number} bytes */
function sizeOf(bytes) {
  return bytes < 2 ** 20 ? `${Math.max(1, Math.round(bytes / 1024))} KB` : `${(bytes / 2 ** 20).toFixed(1)} MB`;
}
