// What one single step did: numbers of it, the samples before and after, and D's opinion of each.
import { h, t, translate, url } from "../page/kit/core.js";
import { named } from "../page/kit/figures.js";
import { SIDE, paintSheet } from "../page/kit/gutters.js";


export class StepView {
  constructor(root) {
    /** @type {HTMLElement} */
    this.said;  // with the step, as all that is drawn
    this.root = root;
    this.drawn = "";
  }

  // `changes`: the numbers that a step of this kind of training is judged by; of a GAN D's scores.
  // `plane`: the samples are points in one picture, and have no tiles to be framed.
  show(id, step, { changes = null, plane = false } = {}) {
    this.changes = changes;
    this.plane = plane;
    this.root.hidden = !step;
    const drawn = JSON.stringify([id, plane, step?.number, document.documentElement.lang]);
    if (!step || drawn === this.drawn) return;
    this.drawn = drawn;
    this.step = step;
    this.said = h("output", { class: "ga-quiet ga-step-said", ...(changes || plane ? {} : { "data-t": "gan_step_hint" }) });
    this.root.replaceChildren(
      h("header", {}, h("h3", {}, t(changes ? "gan_step_did_alone" : `gan_step_did_${step.what}`)), this.#numbers(step)),
      h("div", { class: "ga-step-pictures" }, this.#picture(id, "before"), this.#picture(id, "after")), this.said);
    translate(this.root);
  }

  #numbers({ what, losses, grad_norms, loss, grad_norm, lr, scores_before, scores_after }) {
    const both = (many, one) => (what === "both" && !this.changes ? ["d", "g"].map((k) => `${k.toUpperCase()} ${number(many[k])}`).join(" · ") : number(one[""]));
    const row = (key, text) => h("div", {}, h("dt", { "data-t": key }), h("dd", {}, text));
    const change = (k) => `${number(scores_before[k])} → ${number(scores_after[k])}`;
    return h("dl", { class: "ga-step-numbers" }, row("gan_step_loss", both(losses, loss)), row("gan_step_grad", both(grad_norms, grad_norm)),
      row("gan_step_lr", number(lr[""])), ...(this.changes ? this.changes.map((key) => row(`gan_game_${key}`, change(key)))
        : [row("gan_step_real", change("real")), row("gan_step_fake", change("fake"))]));
  }

  // The sheet with a frame round each tile: green where D believes it more than before, brown less.
  #picture(id, when) {
    const { step } = this;
    const canvas = h("canvas", { class: "ga-pixels", "aria-hidden": "true" });
    const image = h("img", { class: "ga-sheet", alt: t(`gan_step_${when}_alt`),
      src: url(`run/picture?${new URLSearchParams({ id, name: when, n: step.number })}`) });
    const tiles = this.plane ? [] : step.fake_scores_after.map((after, i) => {
      const change = after - step.fake_scores_before[i];
      const kind = when === "before" || !Number.isFinite(change) || change === 0 ? "" : change > 0 ? "is-up" : "is-down";
      return h("i", { class: kind, style: `--x:${i % SIDE};--y:${Math.floor(i / SIDE)};--much:${this.#much(change)}` });
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
    if (tiles.length) frame.addEventListener("pointermove", (e) => this.#point(e, frame));
    return h("figure", {}, frame, h("figcaption", { class: "ga-quiet", "data-t": this.changes && when === "after" ? "gan_step_after_alone" : `gan_step_${when}` }));
  }

  // How strong a change is among its neighbours, 0 to 1.
  #much(change) {
    const { fake_scores_after: after, fake_scores_before: before } = this.step;
    const most = Math.max(...after.map((v, i) => Math.abs(v - before[i])).filter(Number.isFinite), 1e-9);
    return Number.isFinite(change) ? (Math.abs(change) / most).toFixed(2) : 0;
  }

  #point(e, frame) {
    const box = frame.querySelector("canvas").getBoundingClientRect();
    const [x, y] = [e.clientX - box.left, e.clientY - box.top].map((v) => Math.min(7, Math.max(0, Math.floor((v / box.width) * SIDE))));
    const i = y * SIDE + x;
    const [before, after] = [this.step.fake_scores_before[i], this.step.fake_scores_after[i]];
    if (Number.isFinite(after)) {
      this.said.textContent = t("gan_step_tile", { index: i + 1, before: number(before), after: number(after) });
    }
  }
}

const number = (v) => (Number.isFinite(v) ? named(v) : "–");
