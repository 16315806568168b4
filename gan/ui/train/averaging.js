// How long an average of G's weights is, chosen afterwards: a run's samples by another one.
/** @import { WatchedRun } from "../page/kit/types" */
import { boot, fillRange, h, refuse, t, url } from "../page/kit/core.js";
import { percent } from "../page/kit/figures.js";

const STEP = 0.01;
const DECODED_MS = 10_000;

export class Averaging {
  // `changed()`: the choice, or its samples have come; `failed(error)`: they cannot be drawn.
  /** @param {{ changed: () => void, failed: (error: unknown) => void }} acts */
  constructor({ changed, failed }) {
    this.changed = changed;
    this.failed = failed;
    this.low = boot.train.averaging.low;
    this.query = "";  // of the moment on show
    this.drawn = { query: "", address: "" };
    this.rough = false;  // the run kept one average only
    this.without = "";  // why there is no other length
    this.busy = false;
    this.asked = "";
    const { low, high } = boot.train.averaging;
    this.slider = h("input", { type: "range", id: "averaging", class: "ga-range", min: 0, max: Math.round((high - low) / STEP) + 1,
      step: 1, value: 0, disabled: true, "data-t-label": "gan_averaging", oninput: () => { this.#say(); this.changed(); this.#draw(); } });
    this.said = h("output", { id: "averaging-at" });
    this.node = h("label", { class: "ga-averaging", "data-help": "gan_averaging_help" },
      h("span", { class: "ga-quiet", "data-t": "gan_averaging" }), this.slider, this.said);
  }

  // As in the name of a model; "" for the average that the training itself used, and where there is no other.
  get length() {
    const at = Number(this.slider.value);
    return at && !this.slider.disabled ? (this.low + (at - 1) * STEP).toFixed(2) : "";
  }

  // The samples to show in the place of the snapshot; null where that is to be seen.
  get sheet() { return this.length && this.drawn.query === this.query ? this.drawn.address : null; }

  // A run that is over or paused, and which of its kept weights the moment on show is nearest to.
  /** @param {Pick<WatchedRun, "id" | "weights" | "status">} run @param {number | undefined} nimg */
  show({ id, weights, status }, nimg) {
    const query = nimg === undefined ? "" : new URLSearchParams({ id: id ?? "", nimg: String(nimg), since: String(status?.since ?? 0) }).toString();
    const works = status !== null && ["starting", "running"].includes(status.state);
    const last = nimg === undefined ? 0 : weights.reduce((best, n) => (Math.abs(n - nimg) < Math.abs(best - nimg) ? n : best), weights[0] ?? 0);
    const few = weights.filter((n) => n > 0 && n <= last).length < 2;
    if ((id ?? "") !== (new URLSearchParams(this.query).get("id") ?? "")) this.slider.value = "0";
    this.slider.disabled = works || few;
    this.without = status === null ? "" : works ? "gan_averaging_later" : few ? "gan_averaging_few" : "";
    this.query = query;
    this.#say();
    this.#draw();
  }

  // One request at a time: what is chosen meanwhile follows.
  async #draw() {
    const { query, length } = this;
    const wanted = `${query}&length=${length}`;
    if (!length || this.busy || this.asked === wanted) return;
    this.busy = true;
    this.asked = wanted;
    try {
      const reply = await fetch(url(`run/averaged?${wanted}`), { credentials: "same-origin" });
      if (!reply.ok) await refuse(reply);
      this.rough = reply.headers.get("x-gan-averages") === "1";
      const { address } = this.drawn;  // which the page may be decoding still
      setTimeout(() => URL.revokeObjectURL(address), DECODED_MS);
      this.drawn = { query, address: URL.createObjectURL(await reply.blob()) };
      this.changed();
    } catch (error) {
      this.failed(error);
    } finally {
      this.busy = false;
      this.#say();
      this.#draw();
    }
  }

  #say() {
    const { length } = this;
    const text = length ? t(this.rough ? "gan_averaging_rough" : "gan_averaging_at", { length: percent(Number(length)) }) : t(this.without || "gan_averaging_own");
    if (this.said.textContent !== text) this.said.textContent = text;
    this.slider.setAttribute("aria-valuetext", text);
    fillRange(this.slider, 0);
  }
}
