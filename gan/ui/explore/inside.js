// Inside: the generator's layers, what D thinks, and the nearest real pictures of the point at rest.
/** @import { Layer, LookInside, NearestReals } from "../page/kit/types" */
import { className, count, h, pencil, refuse, say, sentences, short, t, url, wordedAt } from "../page/kit/core.js";
import { signed } from "../page/kit/figures.js";
import { bytesOf } from "../page/kit/lines.js";
import { classWeights, toImageData } from "../page/kit/painter.js";
import { button, put, shot } from "./points.js";

const ASK_AGAIN_MS = 800;  // while the real pictures are being studied
const STRIP_GAP = 1;
/** @type {Record<string, string>} */
const KINDS = {
  dense: "gan_layer_dense", start: "gan_layer_start", up: "gan_layer_up", conv: "gan_layer_conv",
  step: "gan_layer_step", image: "gan_layer_image",
};

/** @param {HTMLElement} body @param {import("./studio.js").Studio} studio */
export function build(body, studio) { return new Inside(body, studio); }

class Inside {
  /** @param {HTMLElement} body @param {import("./studio.js").Studio} studio */
  constructor(body, studio) {
    this.body = body;
    this.studio = studio;
    this.asked = 0;
    /** @type {LookInside | null} */
    this.seen = null;
    /** @type {NearestReals | null} */
    this.near = null;
    /** @type {number | undefined} */
    this.timer = undefined;
    this.note = h("p", { class: "ga-note", role: "status" });
    this.retry = button("gan_map_retry", { hidden: true });
    this.picture = shot(null, { id: "inside-picture", width: 1, height: 1, "data-t-label": "gan_inside_d" });
    this.overlay = h("canvas", { class: "ga-pixels ga-overlay", id: "inside-overlay", width: 1, height: 1, "aria-hidden": "true" });
    this.switch = h("input", { type: "checkbox", id: "inside-pull", checked: true });
    this.score = h("strong", { id: "inside-score" });
    this.verdict = h("p");
    this.reals = h("div", { class: "ga-reals", id: "inside-reals", "data-help": "gan_metric_distance_help" });
    this.memory = h("p", { class: "ga-inside-memory", role: "status" });
    this.about = h("p", { class: "ga-quiet" });
    this.layers = h("div", { class: "ga-layers", id: "inside-layers" });
    this.body.append(
      h("div", { class: "ga-rowed" }, this.note, this.retry),
      h("div", { class: "ga-inside" },
        h("section", { class: "ga-inside-part" }, h("h3", { "data-t": "gan_inside_d" }),
          h("div", { class: "ga-judged" },
            h("div", { class: "ga-judged-shot" }, this.picture, this.overlay),
            h("div", { class: "ga-judged-words" }, this.score, this.verdict,
              this.check = h("label", { class: "ga-check", hidden: true }, this.switch, h("span", { "data-t": "gan_inside_pull" })),
              this.key = h("p", { class: "ga-quiet", hidden: true, "data-t": "gan_inside_pull_help" })))),
        h("section", { class: "ga-inside-part" }, h("h3", { "data-t": "gan_inside_reals" }),
          this.reals, this.memory, this.about)),
      h("section", { class: "ga-inside-part" }, h("h3", { "data-t": "gan_inside_layers" }),
        h("p", { class: "ga-quiet", "data-t": "gan_inside_layers_help" }), this.layers));
    this.switch.addEventListener("change", () => { this.overlay.hidden = !this.switch.checked; });
    this.retry.addEventListener("click", () => this.settled(this.studio.now()));
  }

  close() { this.asked += 1; clearTimeout(this.timer); }

  /** @param {import("./studio.js").Now | null} now */
  settled(now) {
    if (!now) return;
    const mine = ++this.asked;
    clearTimeout(this.timer);
    this.#look(now, mine);
    this.#compare(now, mine);
  }

  worded() {
    if (this.seen) this.#drawSeen();
    if (this.near) this.#drawNear();
  }

  // ---- asking -------------------------------------------------------------------------------

  /** @param {string} path @param {import("./studio.js").Now} now */
  async #ask(path, now) {
    const weights = classWeights(now);
    const row = new Float32Array(now.z.length + (weights?.length ?? 0));
    row.set(now.z);
    if (weights) row.set(weights, now.z.length);
    const reply = await fetch(url(`${path}?${new URLSearchParams({ ref: now.ref, psi: String(now.psi) })}`), {
      method: "POST", body: row, credentials: "same-origin",
      headers: { "Content-Type": "application/octet-stream" },
    });
    return reply.ok ? reply.json() : refuse(reply);
  }

  /** @param {import("./studio.js").Now} now @param {number} mine */
  async #look(now, mine) {
    try {
      const seen = await this.#ask("inside", now);
      if (mine !== this.asked) return;
      this.seen = seen;
      this.#fail("");
      this.#drawSeen();
    } catch (error) {
      if (mine === this.asked) this.#fail(say(error));
    }
  }

  // The features of the real pictures are computed when somebody first asks; meanwhile, how far.
  /** @param {import("./studio.js").Now} now @param {number} mine */
  async #compare(now, mine) {
    try {
      const near = await this.#ask("neighbours", now);
      if (mine !== this.asked) return;
      this.near = near;
      this.#drawNear();
      if (near.state === "studying") this.timer = setTimeout(() => this.#compare(now, mine), ASK_AGAIN_MS);
    } catch (error) {
      if (mine === this.asked) this.#fail(say(error));
    }
  }

  /** @param {string} sentence */
  #fail(sentence) {
    this.note.textContent = sentence;
    this.retry.hidden = !sentence;
  }

  // ---- D --------------------------------------------------------------------------------------

  #drawSeen() {
    if (!this.seen) return;
    const { judgement, picture, shape, layers } = this.seen;
    const [height, width, channels] = shape;
    put(this.picture, toImageData(bytesOf(picture), width, height, channels));
    this.check.hidden = this.key.hidden = !judgement;
    this.overlay.hidden = !judgement || !this.switch.checked;
    this.score.textContent = judgement ? t("gan_inside_score", { score: signed(judgement.score, short) }) : "";
    this.score.dataset.help = "gan_inside_score_help";
    this.verdict.textContent = judgement ? this.#beside(judgement) : t(this.#worded("gan_inside_no_d"));
    if (judgement) put(this.overlay, tinted(bytesOf(judgement.pull), width, height));
    this.layers.replaceChildren(...layers.map((layer) => this.#layer(layer)));
  }

  // A score means nothing by itself: where it stands among those of other pictures.
  /** @param {NonNullable<LookInside["judgement"]>} judgement */
  #beside({ over_fakes: fakes, over_reals: reals }) {
    /** @param {number} share */
    const percent = (share) => Math.round(100 * share);
    if (fakes === null) return "";  // a model too slow to draw others
    return reals === null ? t(this.#worded("gan_inside_over_fakes"), { fakes: percent(fakes) })
      : t(this.#worded("gan_inside_over"), { fakes: percent(fakes), reals: percent(reals) });
  }

  // Names are English in the library; the page has its own words for each kind.
  /** @param {Layer} layer */
  #layer(layer) {
    const { kind, name, total, count: shown, height, width } = layer;
    const values = { name, total: count(total), height, width, units: count(height * width) };
    const what = t(this.#worded(KINDS[kind]), values);
    const more = total > shown ? t("gan_layer_shown", { shown }) : "";
    const canvas = strip(layer);
    canvas.setAttribute("aria-label", what);
    return h("figure", { class: `ga-layer is-${kind}` },
      h("figcaption", {}, h("span", {}, what), h("span", { class: "ga-quiet" }, more)), canvas);
  }

  // ---- real pictures --------------------------------------------------------------------------

  /** @param {string} key */
  #worded(key) { return wordedAt(this.body, key); }

  #drawNear() {
    if (!this.near) return;
    const { near } = this;
    if (near.state !== "ready") {
      const waiting = near.state === "studying";
      this.memory.textContent = waiting
        ? t(this.#worded("gan_inside_studying"), { percent: Math.round(100 * near.fraction) }) : t(this.#worded("gan_inside_no_reals"));
      this.reals.replaceChildren(...(waiting ? Array.from({ length: 6 }, () => h("div", { class: "ga-real is-waiting" })) : []));
      this.about.textContent = "";
      return;
    }
    const [height, width, channels] = near.shape;
    const pixels = bytesOf(near.pixels);
    const size = height * width * channels;
    this.reals.replaceChildren(...near.distances.map((distance, i) => {
      const name = className(near.labels[i] ?? "");
      const text = t(this.#worded("gan_inside_real_alt"), { number: i + 1, name, distance: short(distance) });
      const canvas = shot(toImageData(pixels, width, height, channels, i * size), { "aria-label": text });
      return h("figure", { class: "ga-real", title: text }, canvas,
        h("figcaption", { class: "ga-quiet" }, short(distance)));
    }));
    const [nearest] = near.distances;
    this.memory.textContent = t(this.#worded(nearest < near.close ? "gan_inside_memorised"
      : nearest < near.usual ? "gan_inside_near" : "gan_inside_new"));
    const among = t(this.#worded(near.subset ? "gan_inside_about_part" : "gan_inside_about"), {
      count: count(near.count), usual: short(near.usual), data: near.data,
    });
    this.about.textContent = sentences(among, t(near.shown ? "gan_inside_shown" : "gan_inside_unknown"));
  }
}

// Where brighter would be more real: green; where darker would: orange. The stronger, the denser.
/** @param {Uint8Array} levels @param {number} width @param {number} height */
function tinted(levels, width, height) {
  const image = new ImageData(width, height);
  levels.forEach((level, i) => {
    const pull = (level - 127) / 127;
    const [r, g, b] = pull > 0 ? [60, 220, 190] : [255, 140, 30];
    image.data.set([r, g, b, Math.min(255, Math.abs(pull) * 230)], 4 * i);
  });
  return image;
}

// Feature maps in rows, a pixel apart; the picture itself in its colours.
/** @param {Layer} layer */
function strip({ kind, count: maps, height, width, maps: coded }) {
  const values = bytesOf(coded);
  const canvas = shot(null, { width: 1, height: 1 });
  if (kind === "image" && maps >= 3) {
    const [image, size] = [new ImageData(width, height), width * height];
    for (let i = 0; i < size; i += 1) {
      const alpha = maps === 4 ? values[i + 3 * size] : 255;
      image.data.set([values[i], values[i + size], values[i + 2 * size], alpha], 4 * i);
    }
    put(canvas, image);
    return sized(canvas, 1);
  }
  const columns = Math.min(maps, Math.max(4, Math.floor(224 / (width + STRIP_GAP))));
  const rows = Math.ceil(maps / columns);
  Object.assign(canvas, { width: columns * (width + STRIP_GAP), height: rows * (height + STRIP_GAP) });
  const context = pencil(canvas);
  for (let m = 0; m < maps; m += 1) {
    const part = values.subarray(m * width * height, (m + 1) * width * height);
    context.putImageData(toImageData(part, width, height, 1),
      (m % columns) * (width + STRIP_GAP), Math.floor(m / columns) * (height + STRIP_GAP));
  }
  return sized(canvas, columns);
}

// A map is shown at a size that fits the panel; its pixels stay square.
/** @param {HTMLCanvasElement} canvas @param {number} columns */
function sized(canvas, columns) {
  const one = canvas.width / columns;
  const scale = columns === 1 ? 96 / one : Math.max(1, Math.floor(720 / canvas.width * 2) / 2);
  Object.assign(canvas.style, { width: `${Math.round(canvas.width * scale)}px`, height: "auto" });
  return canvas;
}
