// Explore: one board of all latent sliders beside the picture they make.
import {
  ask, copyText, count, fillRange, h, link, linkedState, modelOf, on, plainRef, prepare, say, state,
  t, tabIsOpen,
} from "./core.js";
import { Painter, crispSize } from "./painter.js";

const REACH = 3;  // a normal latent leaves -3..3 once in 370 draws
const KEEP = 100;  // steps of undo
const FIRST_SEED = 42;

export function mount(element) {
  new Explore(prepare(element)).start();
}

class Explore {
  constructor(root) {
    this.root = root;
    this.find = (selector) => root.querySelector(selector);
    this.canvas = this.find("#latent-image");
    this.board = this.find("#latent-board");
    this.painter = new Painter(this.canvas, {
      painted: (facts) => this.#painted(facts), failed: (error) => this.#note(say(error)),
    });
    // what the picture is made of: everything here goes into the link and into undo
    this.now = { seed: FIRST_SEED, label: null, psi: 1, moves: {} };
    this.base = null;  // {z, label} of the seed
    this.rows = [];
    this.past = [];
    this.future = [];
    this.model = null;
    this.nimg = 0;
  }

  start() {
    this.#listen();
    on("model", ({ ref, extra }) => this.#open(ref, extra));
    on("state", () => this.#follow());
    on("language", () => this.#words());
    const linked = linkedState();
    if (linked.has("seed")) this.now = fromLink(linked);
    new ResizeObserver(() => this.#size()).observe(this.find(".ga-frame"));
    if (state.ref) this.#open(state.ref);
  }

  #listen() {
    this.find("#randomise").addEventListener("click", () => {
      this.#step({ ...this.now, seed: Math.floor(Math.random() * 1_000_000), moves: {} });
    });
    this.find("#seed").addEventListener("change", (e) => {
      const seed = Math.floor(Number(e.target.value));
      if (Number.isFinite(seed) && seed >= 0 && seed < 2 ** 31) {
        this.#step({ ...this.now, seed, moves: {} });
      } else e.target.value = this.now.seed;
    });
    this.find("#reset").addEventListener("click", () => this.#step({ ...this.now, moves: {} }));
    this.find("#class-select").addEventListener("change", (e) => {
      this.#step({ ...this.now, label: e.target.value === "" ? null : Number(e.target.value) });
    });
    this.#listenPsi();
    this.find("#undo").addEventListener("click", () => this.#travel(this.past, this.future));
    this.find("#redo").addEventListener("click", () => this.#travel(this.future, this.past));
    this.find("#copy-link").addEventListener("click", (e) => {
      this.#link();
      copyText(location.href, e.currentTarget);
    });
    this.#listenBoard();
  }

  #listenPsi() {
    const psi = this.find("#psi");
    psi.addEventListener("input", () => {
      this.#touch();
      this.now = { ...this.now, psi: Number(psi.value) };
      this.#drawPsi();
      this.#paint();
    });
    psi.addEventListener("change", () => this.#release());
    psi.addEventListener("dblclick", () => this.#step({ ...this.now, psi: 1 }));
  }

  // One listener for all sliders, however many there are.
  #listenBoard() {
    const index = (e) => Number(e.target.dataset.index);
    this.board.addEventListener("input", (e) => {
      this.#touch();
      this.#move(index(e), Number(e.target.value));
    });
    this.board.addEventListener("change", () => this.#release());
    this.board.addEventListener("dblclick", (e) => {
      if (!e.target.matches(".latent-slider")) return;
      this.#remember();
      this.#move(index(e), 0);
      this.#link();
    });
  }

  // ---- the model ------------------------------------------------------------------------------

  async #open(ref, extra = null) {
    const model = ref ? modelOf(plainRef(ref)) : null;
    if (!model) return this.#note(state.ready ? t("gan_no_models") : "");
    const other = this.model && this.model.ref !== model.ref;
    this.ref = ref;
    if (this.model?.z_dim !== model.z_dim) {
      this.base = null;  // the old model's latent has no meaning here
      this.#buildRows(model.z_dim);
    }
    this.model = model;
    if (other) this.now = { ...this.now, moves: {}, label: null };
    if (extra) this.now = { ...this.now, moves: {}, ...extra };
    if (extra || other) this.past = this.future = [];
    if ((this.now.label ?? 0) >= model.class_names.length) this.now.label = null;
    await this.#show();
  }

  // A running training writes new weights; the picture follows them, the latent stays.
  #follow() {
    const model = this.model && modelOf(this.model.ref);
    if (!model) return;
    const newer = model.nimg !== this.model.nimg;
    this.model = model;
    if (newer && !this.ref.includes("@") && tabIsOpen(this.root)) this.#paint();
  }

  #buildRows(dims) {
    this.rows = Array.from({ length: dims }, (_, i) => {
      const slider = h("input", {
        class: "ga-range latent-slider", type: "range", min: -REACH, max: REACH, step: 0.01,
        "data-index": i, "aria-label": t("gan_dimension", { index: i + 1 }),
      });
      const output = h("output");
      const row = h("label", { class: "ga-dim" }, h("span", {}, String(i + 1)), slider, output);
      return { row, slider, output };
    });
    this.board.replaceChildren(...this.rows.map((r) => r.row));
  }

  // ---- what is shown --------------------------------------------------------------------------

  async #show() {
    const { ref } = this;
    const { seed } = this.now;
    try {
      const base = await ask(`latents?${new URLSearchParams({ ref, seed })}`);
      if (ref !== this.ref || seed !== this.now.seed) return;  // overtaken by another choice
      this.base = base;
    } catch (error) {
      return this.#note(say(error));
    }
    this.find("#seed").value = this.now.seed;
    this.rows.forEach((_, i) => this.#drawRow(i));
    this.#drawPsi();
    this.#words();
    this.#paint();
    this.#link();
  }

  #value(i) { return this.now.moves[i] ?? this.base.z[i]; }

  #move(i, value) {
    if (!this.base) return;
    this.now.moves[i] = value;
    this.#drawRow(i);
    this.#paint();
    this.#drawMoved();
  }

  #paint() {
    if (!this.base) return;
    const z = Float32Array.from(this.base.z, (_, i) => this.#value(i));
    this.painter.paint({ ref: this.ref, psi: this.now.psi, label: this.#label(), z });
  }

  #label() {
    if (!this.model.class_names.length) return null;
    return this.now.label ?? this.base.label;
  }

  #painted({ serverMs, totalMs, nimg }) {
    this.nimg = nimg;
    this.find(".ga-frame").classList.remove("is-loading");
    this.find("#latency").textContent = t("gan_latency", {
      server: serverMs.toFixed(1), total: Math.round(totalMs),
    });
    this.#note("");
    this.#size();
    this.#drawWhat();
  }

  #size() {
    const frame = this.find(".ga-frame");
    const room = frame.clientWidth < 300 ? 160 : 320;
    const side = `${crispSize(this.canvas.width, room)}px`;
    if (this.canvas.style.width !== side) Object.assign(this.canvas.style, { width: side, height: side });
  }

  #drawRow(i) {
    const { row, slider, output } = this.rows[i];
    const value = this.#value(i);
    if (Number(slider.value) !== value) slider.value = value;
    output.textContent = value.toFixed(2).replace("-", "−");
    row.classList.toggle("is-moved", i in this.now.moves);
    fillRange(slider, 0);
  }

  #drawPsi() {
    const psi = this.find("#psi");
    psi.value = this.now.psi;
    this.find("#psi-value").textContent = this.now.psi.toFixed(2);
    fillRange(psi, 0);
  }

  #drawWhat() {
    const name = this.model.class_names[this.#label()];
    const seed = t("gan_what_seed", { seed: this.now.seed });
    const what = name ? `${name} · ${seed}` : seed;
    const at = this.model.kind === "run" ? ` · ${t("gan_at_images", { count: count(this.nimg) })}` : "";
    if (this.find("#what").textContent !== what + at) this.find("#what").textContent = what + at;
    this.canvas.setAttribute("aria-label", t("gan_picture_alt", { what: what + at }));
  }

  #drawMoved() {
    const moved = Object.keys(this.now.moves).length;
    this.find("#moved").textContent = moved ? t("gan_moved", { count: moved }) : "\u00a0";
    this.find("#reset").disabled = !moved;
    this.find("#undo").disabled = !this.past.length;
    this.find("#redo").disabled = !this.future.length;
  }

  #words() {
    if (!this.model || !this.base) return;
    const names = this.model.class_names;
    const select = this.find("#class-select");
    this.find(".is-class").hidden = !names.length;
    const seedHas = names[this.base.label];
    select.replaceChildren(
      h("option", { value: "" }, t("gan_class_by_seed_is", { name: seedHas })),
      ...names.map((name, i) => h("option", { value: i }, name)));
    select.value = this.now.label ?? "";
    this.find("#dimensions").textContent = t("gan_dimensions", { count: this.model.z_dim });
    this.rows.forEach(({ slider }, i) => {
      slider.setAttribute("aria-label", t("gan_dimension", { index: i + 1 }));
    });
    this.#drawMoved();
    this.#drawWhat();
  }

  #note(sentence) {
    const note = this.find("#explore-note");
    if (note.textContent !== sentence) note.textContent = sentence;
  }

  // ---- undo, redo, link -----------------------------------------------------------------------

  // A drag is one step of undo, from the first input to the change at its end.
  #touch() {
    if (!this.touching) this.#remember();
    this.touching = true;
  }

  #release() {
    this.touching = false;
    this.#drawMoved();
    this.#link();
  }

  #remember() {
    this.past = [...this.past, structuredClone(this.now)].slice(-KEEP);
    this.future = [];
  }

  #step(next) {
    this.#remember();
    this.now = structuredClone(next);
    this.#show();
  }

  #travel(from, to) {
    if (!from.length) return;
    to.push(structuredClone(this.now));
    this.now = from.pop();
    this.#show();
  }

  #link() {
    const { seed, label, psi, moves } = this.now;
    const z = Object.entries(moves).map(([i, v]) => `${i}:${v}`).join(",");
    link({
      tab: "explore", model: this.ref, seed,
      ...(label === null ? {} : { class: label }), ...(psi === 1 ? {} : { psi }), ...(z ? { z } : {}),
    });
  }
}

function fromLink(linked) {
  const number = (name, low, high, otherwise) => {
    const value = linked.has(name) ? Number(linked.get(name)) : NaN;
    return value >= low && value <= high ? value : otherwise;
  };
  const label = number("class", 0, 999, null);
  const moves = {};
  for (const part of (linked.get("z") ?? "").split(",")) {
    const [i, value] = part.split(":").map(Number);
    if (part && Number.isInteger(i) && Math.abs(value) <= 10) moves[i] = value;
  }
  return {
    seed: Math.floor(number("seed", 0, 2 ** 31 - 1, FIRST_SEED)),
    label: label === null ? null : Math.floor(label), psi: number("psi", 0, 1.5, 1), moves,
  };
}
