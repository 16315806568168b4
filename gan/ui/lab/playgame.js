// The picture of the game above the playground's plane: the same parts as in Train, with points
// instead of pictures. It folds, and draws only while it is open.
/** @import { GameKind, GameNumbers, Kind, Row, Run, Settings, Step, WatchedRun } from "../page/kit/types" */
import { ACTIVE, boot, h, icon, on, recall, t, translate } from "../page/kit/core.js";
import { named } from "../page/kit/figures.js";
import { GameDrawing } from "../page/kit/gamedraw.js";
import { DRIFT } from "../page/kit/gamedrift.js";
import { FLOW } from "../page/kit/gameflow.js";
import { GAN } from "../page/kit/gamegan.js";
import { Turns, still } from "../page/kit/gameturns.js";

const KEPT = "gan-play-game";  // in the browser: whether it is open
/** @type {Partial<Record<Kind, GameKind>>} */
const GAMES = { gan: GAN, flow: FLOW, drift: DRIFT };

/**
 * @typedef {{ kind: Kind, status: Run | null, id: string | null, rows: Row[], step: Step | null, parameters: WatchedRun["parameters"],
 *   settings: Settings | null, loss: string, generated: Float32Array | null, real: ArrayLike<number> | null }} Now
 */

export class PlayGame {
  /** @param {HTMLElement} root a section */
  constructor(root) {
    this.root = root;
    this.turns = new Turns(root, { count: () => this.game.turns.length, draw: () => this.#draw() });
    /** @type {Now | null} */
    this.now = null;
    this.game = GAN;
    this.drawing = new GameDrawing(GAN);
    this.body = h("div", { id: "play-game-body", class: "ga-run", hidden: true }, this.drawing.node);
    this.toggle = h("button", { type: "button", class: "ga-button is-bare ga-disclose", id: "play-game-toggle", "aria-expanded": "false", "aria-controls": "play-game-body",
      "data-help": "gan_game_help", onclick: () => this.#open(this.body.hidden, true) }, icon("next"), h("span", { "data-t": "gan_game" }));
    const legend = h("div", { class: "ga-game-legend ga-quiet", "aria-hidden": "true" },
      h("span", {}, h("i"), h("span", { "data-t": "gan_game_forward" })), h("span", {}, h("i", { class: "is-back" }), h("span", { "data-t": "gan_game_back" })));
    root.replaceChildren(h("header", {}, this.toggle, legend), this.body);
    translate(root);
    on("language", () => this.#draw());
    this.#open(recall(KEPT) === "open", false);
  }

  /** @param {boolean} yes @param {boolean} chosen */
  #open(yes, chosen) {
    this.toggle.setAttribute("aria-expanded", String(yes));
    this.root.classList.toggle("is-open", yes);
    this.body.hidden = !yes;
    if (chosen) boot.remember(KEPT, yes ? "open" : "closed");
    this.#draw();
  }

  /** @param {Now} now */
  show(now) {
    this.now = now;
    this.#become(now.kind);
    this.#draw();
  }

  /** @param {Kind} kind */
  #become(kind) {
    if (this.game.name === kind) return;
    this.game = GAMES[kind] ?? GAN;
    this.drawing = new GameDrawing(this.game);
    this.turns.now = 0;
    this.body.replaceChildren(this.drawing.node);
    const name = this.game.turns.length > 1 ? "gan_game" : "gan_game_alone";
    this.root.dataset.tLabel = name;
    this.toggle.dataset.help = `${name}_help`;
    /** @type {HTMLElement} */ (this.toggle.querySelector("[data-t]")).dataset.t = name;
    translate(this.root);
  }

  /** @param {Step | null} step */
  #turnNow(step) {
    const { id, status, rows } = /** @type {Now} */ (this.now);
    if (!id) return "idle";
    const state = status?.state ?? "starting";
    if (step) return step.what;
    if (state === "running" && rows.length) return still.matches ? "both" : this.game.turns[this.turns.now];
    return state === "paused" ? "paused" : ACTIVE.includes(state) ? "starting" : "over";
  }

  #draw() {
    if (!this.now || this.body.hidden) return;
    const { now } = this;
    const state = now.status?.state;
    const step = state === "paused" && now.step?.nimg === now.status?.nimg ? now.step : null;
    const turn = this.#turnNow(step);
    const moving = state === "running";
    this.turns.keep(moving);
    const values = { ...this.game.read({ rows: now.rows, parameters: now.parameters }, step), loss: now.loss, turn, moving, fresh: this.turns.takeFresh(),
      z_dim: Number(now.settings?.z_dim) || undefined, pictures: {}, points: { fake: now.generated, real: now.real } };
    const says = this.#says(turn, step, values);
    /** @param {number | null | undefined} v */
    const of = (v) => (Number.isFinite(v) ? named(Number(v)) : "–");
    this.drawing.show({ ...values, says, alt: now.rows.length && now.kind === "gan" ? t("gan_game_alt", { says, real: of(values.scores.real), fake: of(values.scores.fake),
      loss_d: of(values.losses.loss_d), loss_g: of(values.losses.loss_g) }) : says });
  }

  /** @param {string} turn @param {Step | null} step @param {GameNumbers} values */
  #says(turn, step, { scores, before }) {
    /** @param {string} kind */
    const change = (kind) => t("gan_game_change", { from: named(before?.[kind] ?? 0), to: named(scores[kind] ?? 0) });
    const own = this.game.name === "gan" ? "" : `${this.game.name}_`;
    if (own) return step ? t(`gan_game_${own}did`, Object.fromEntries((this.game.changes ?? []).map((key) => [key, change(key)]))) : t(`gan_game_${own}says_${turn}`);
    if (!step) return t(`gan_game_says_${turn}`);
    return t(`gan_game_did_${step.what}`, { real: change("real"), fake: change("fake") });
  }
}
