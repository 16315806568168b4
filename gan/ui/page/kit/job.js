// One piece of long work that a server tells of: what it does, how far, how long still, Cancel.
import { duration, h, t } from "./core.js";
import { bytes } from "./figures.js";

const SPEAK_AFTER_S = 0.5;  // before that, a rate is a guess

export class Job {
  // `cancel`: what the button does.
  /** @param {HTMLElement} box @param {() => void} cancel */
  constructor(box, cancel) {
    this.box = box;
    this.cancel = cancel;
    /** @type {string | null} */
    this.stage = null;
    this.began = 0;
    this.first = 0;  // how much was done when this stage began
    this.says = h("span", { class: "ga-job-says", role: "status" });
    this.far = h("span", { class: "ga-quiet" });
    this.bar = h("i");
    this.meter = h("div", { class: "ga-progress", role: "progressbar", "aria-valuemin": 0, "aria-valuemax": 100,
      "aria-label": t("gan_hub_progress") }, this.bar);
    this.stop = h("button", { type: "button", class: "ga-button", "data-act": "cancel", onclick: () => this.cancel() }, t("gan_hub_cancel"));
  }

  /** @param {string} sentence */
  begin(sentence) {
    this.stage = null;
    this.box.hidden = false;
    this.box.className = "ga-job";
    this.stop.disabled = false;
    this.box.replaceChildren(h("div", { class: "ga-job-row" }, h("div", { class: "ga-job-text" }, this.says, this.far), this.stop), this.meter);
    this.tell(sentence, 0, 0);
  }

  // `of` is 0 where nobody knows how much there is.
  /** @param {string} sentence @param {number} done @param {number} of @param {{ stage?: string, unit?: string }} [how] */
  tell(sentence, done, of, { stage = sentence, unit = "bytes" } = {}) {
    if (this.stage !== stage) Object.assign(this, { stage, began: performance.now(), first: done });
    if (this.says.textContent !== sentence) this.says.textContent = sentence;
    const share = of > 0 ? Math.min(1, done / of) : 0;
    const far = of > 0 && unit === "bytes" ? t("gan_hub_far", { done: bytes(done), of: bytes(of) }) : "";
    this.far.textContent = of > 0 && unit !== "none" ? [far, this.#left(done, of)].filter(Boolean).join(" · ") : "";
    this.meter.classList.toggle("is-unknown", !(of > 0));
    if (of > 0) this.meter.setAttribute("aria-valuenow", String(Math.round(100 * share)));
    else this.meter.removeAttribute("aria-valuenow");
    this.bar.style.transform = of > 0 ? `scaleX(${share})` : "";
  }

  /** @param {number} done @param {number} of */
  #left(done, of) {
    const passed = (performance.now() - this.began) / 1000;
    const came = done - this.first;
    if (passed < SPEAK_AFTER_S || came <= 0 || done >= of) return "";
    return t("gan_hub_left", { time: duration((passed * (of - done)) / came) });
  }

  // Something else in its place; the focus does not fall off the page.
  /** @param {Node[]} nodes */
  end(...nodes) {
    const had = this.box.contains(document.activeElement);
    this.box.replaceChildren(...nodes);
    this.box.hidden = !nodes.length;
    if (had) /** @type {HTMLElement | null} */ (this.box.querySelector("button, a"))?.focus({ preventScroll: true });
  }
}
