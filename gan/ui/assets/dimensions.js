// All dimensions of z, one slider each: compact columns, one listener for all of them.
import { fillRange, h, on, t } from "./core.js";
import { REACH } from "./latentlink.js";

export class Dimensions {
  constructor(board, title, studio) {
    Object.assign(this, { board, title, studio, rows: [] });
    const index = (e) => Number(e.target.dataset.index);
    board.addEventListener("input", (e) => studio.move(index(e), Number(e.target.value)));
    board.addEventListener("change", () => studio.release());
    board.addEventListener("dblclick", (e) => {
      if (!e.target.matches(".latent-slider")) return;
      studio.move(index(e), 0);
      studio.release();
    });
    on("latent", () => this.draw());
    on("language", () => this.words());
  }

  draw() {
    const { studio } = this;
    if (!studio.ready) return;
    if (this.rows.length !== studio.model.z_dim) this.#build(studio.model.z_dim);
    this.rows.forEach((_, i) => this.#drawRow(i));
  }

  #build(dims) {
    this.rows = Array.from({ length: dims }, (_, i) => {
      const slider = h("input", {
        class: "ga-range latent-slider", type: "range", min: -REACH, max: REACH, step: 0.01,
        "data-index": i,
      });
      const output = h("output");
      const row = h("label", { class: "ga-dim" }, h("span", {}, String(i + 1)), slider, output);
      return { row, slider, output, shown: null, moved: false };
    });
    this.board.replaceChildren(...this.rows.map((r) => r.row));
    this.words();
  }

  // Only what differs from the screen is touched: a drag with 512 rows changes one.
  #drawRow(i) {
    const row = this.rows[i];
    const value = this.studio.value(i);
    const moved = i in this.studio.point.moves;
    if (row.shown === value && row.moved === moved) return;
    Object.assign(row, { shown: value, moved });
    if (Number(row.slider.value) !== value) row.slider.value = value;
    row.output.textContent = value.toFixed(2).replace("-", "−");
    row.row.classList.toggle("is-moved", moved);
    fillRange(row.slider, 0);
  }

  words() {
    this.title.textContent = this.rows.length ? t("gan_dimensions", { count: this.rows.length }) : "\u00a0";
    this.rows.forEach(({ slider }, i) => {
      slider.setAttribute("aria-label", t("gan_dimension", { index: i + 1 }));
    });
  }
}
