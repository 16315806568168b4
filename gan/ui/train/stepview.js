// What one single step did: numbers of it, the samples before and after, and D's opinion of each.
/** @import { Step } from "../page/kit/types" */
import { find, h, t, translate, url } from "../page/kit/core.js";
import { named } from "../page/kit/figures.js";
import { SIDE, paintSheet } from "../page/kit/gutters.js";

export class StepView {
  /** @param {HTMLElement} root */
  constructor(root) {
    /** @type {HTMLElement} */
    this.said;  // with the step, as all that is drawn
    this.root = root;
    this.drawn = "";
    /** @type {string[] | null} */
    this.changes = null;
    this.plane = false;
  }

  // `changes`: the numbers that a step of this kind of training is judged by; of a GAN D's scores.
  // `plane`: the samples are points in one picture, and have no tiles to be framed.
  /** @param {string | null} id @param {Step | null} step @param {{ changes?: string[] | null, plane?: boolean }} [how] */
  show(id, step, { changes = null, plane = false } = {}) {
    this.changes = changes;
    this.plane = plane;
    this.root.hidden = !step;
    const drawn = JSON.stringify([id, plane, step?.number, document.documentElement.lang]);
    if (!step || drawn === this.drawn) return;
    this.drawn = drawn;
    this.said = h("output", { class: "ga-quiet ga-step-said", ...(changes || plane ? {} : { "data-t": "gan_step_hint" }) });
    this.root.replaceChildren(
      h("header", {}, h("h3", {}, t(changes ? "gan_step_did_alone" : `gan_step_did_${step.what}`)), this.#numbers(step)),
      h("div", { class: "ga-step-pictures" }, this.#picture(id, "before", step), this.#picture(id, "after", step)), this.said);
    translate(this.root);
  }

  /** @param {Step} step */
  #numbers({ what, losses, grad_norms, loss, grad_norm, lr, scores_before, scores_after }) {
    /** @param {Record<string, number | null>} many @param {Record<string, number | null>} one */
    const both = (many, one) => (what === "both" && !this.changes ? ["d", "g"].map((k) => `${k.toUpperCase()} ${number(many[k])}`).join(" · ") : number(one[""]));
    /** @param {string} key @param {string} text */
    const row = (key, text) => h("div", {}, h("dt", { "data-t": key }), h("dd", {}, text));
    /** @param {string} k */
    const change = (k) => `${number(scores_before[k])} → ${number(scores_after[k])}`;
    return h("dl", { class: "ga-step-numbers" }, row("gan_step_loss", both(losses, loss)), row("gan_step_grad", both(grad_norms, grad_norm)),
      row("gan_step_lr", number(lr[""])), ...(this.changes ? this.changes.map((key) => row(`gan_game_${key}`, change(key)))
        : [row("gan_step_real", change("real")), row("gan_step_fake", change("fake"))]));
  }

  // The sheet with a frame round each tile: green where D believes it more than before, brown less.
  /** @param {string | null} id @param {"before" | "after"} when @param {Step} step */
  #picture(id, when, step) {
    const canvas = h("canvas", { class: "ga-pixels", "aria-hidden": "true" });
    const image = h("img", { class: "ga-sheet", alt: t(`gan_step_${when}_alt`),
      src: url(`run/picture?${new URLSearchParams({ id: id ?? "", name: when, n: String(step.number) })}`) });
    const tiles = this.plane ? [] : step.fake_scores_after.map((after, i) => {
      const change = Number(after) - Number(step.fake_scores_before[i]);
      const kind = when === "before" || !Number.isFinite(change) || change === 0 ? "" : change > 0 ? "is-up" : "is-down";
      return h("i", { class: kind, style: `--x:${i % SIDE};--y:${Math.floor(i / SIDE)};--much:${much(change, step)}` });
    });
    const frame = h("div", { class: "ga-tiles" }, image, canvas, ...tiles);
    const fit = () => {
      if (!image.naturalWidth || !frame.clientWidth) return;
      const { each, gap, ratio } = paintSheet(canvas, image, frame.clientWidth);
      frame.style.setProperty("--each", `${each / ratio}px`);
      frame.style.setProperty("--pace", `${(each + gap) / ratio}px`);
    };
    image.addEventListener("load", fit);
    new ResizeObserver(fit).observe(frame);
    if (tiles.length) frame.addEventListener("pointermove", (e) => this.#point(e, frame, step));
    return h("figure", {}, frame, h("figcaption", { class: "ga-quiet", "data-t": this.changes && when === "after" ? "gan_step_after_alone" : `gan_step_${when}` }));
  }


  /** @param {PointerEvent} e @param {HTMLElement} frame @param {Step} step */
  #point(e, frame, step) {
    const box = find(frame, "canvas").getBoundingClientRect();
    const [x, y] = [e.clientX - box.left, e.clientY - box.top].map((v) => Math.min(7, Math.max(0, Math.floor((v / box.width) * SIDE))));
    const i = y * SIDE + x;
    const [before, after] = [step.fake_scores_before[i], step.fake_scores_after[i]];
    if (Number.isFinite(after)) {
      this.said.textContent = t("gan_step_tile", { index: i + 1, before: number(before), after: number(after) });
    }
  }
}

// How strong a change is among its neighbours, 0 to 1.
/** @param {number} change @param {Step} step */
function much(change, { fake_scores_after: after, fake_scores_before: before }) {
  const most = Math.max(...after.map((v, i) => Math.abs(Number(v) - Number(before[i]))).filter(Number.isFinite), 1e-9);
  return Number.isFinite(change) ? (Math.abs(change) / most).toFixed(2) : 0;
}

/** @param {number | null | undefined} v */
const number = (v) => (Number.isFinite(v) ? named(Number(v)) : "–");
