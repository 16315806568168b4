// Welcome: one sentence, the wall, and three doors.
/** @import { Floats } from "../page/kit/types" */
import {
  boot, choose, className, emit, find, icon, leave, on, openTab, plainRef, modelOf, prepare, recall, say, sentences, state, t,
} from "../page/kit/core.js";
import { whenShown } from "../page/kit/fresh.js";
import { Wall } from "./wall.js";

const MINUTE_S = 60;
const IN_SECONDS_S = 90;  // a shorter training is told in seconds
/** @type {[start: string, kind: string][]} */
const KINDS = [["fashion", "garments"], ["emoji", "emoji"], ["cats", "cats"], ["digits", "digits"]];  // by the name of the data

/** @param {HTMLElement} element */
export function mount(element) {
  new Welcome(prepare(element)).start();
}

class Welcome {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    this.wall = new Wall(find(root, "#wall"), {
      opened: (ref, { z, label }) => this.#open(ref, z, label),
      label: (label, number) => this.#name(label, number), changed: () => this.#draw(),
    });
    /** @type {string | null} */
    this.shown = null;  // the model that was asked for
    /** @type {Promise<void> | null} */
    this.early = null;  // the wall that landing.js asked for
    this.calm = matchMedia("(prefers-reduced-motion: reduce)");
  }

  start() {
    const { root } = this;
    find(root, "#door-explore").addEventListener("click", () => openTab("explore"));
    find(root, "#door-hub").addEventListener("click", () => openTab("hub"));
    find(root, "#door-train").addEventListener("click", () => {
      const presets = Object.keys(boot.train.presets);
      openTab("train");
      leave("train-wish", { preset: presets[0], seconds: MINUTE_S });
    });
    const around = find(root, "#show-around");
    around.addEventListener("click", () => emit("tour"));
    around.hidden = recall("gan-tour") === "seen";  // the header has it still
    on("toured", () => { around.hidden = true; });
    find(root, "#wall-pause").addEventListener("click", () => this.#pause(!this.wall.paused));
    this.calm.addEventListener("change", () => this.#pause(this.calm.matches));
    this.#pause(this.calm.matches);
    on("model", () => this.#follow());
    on("language", () => { this.#draw(); this.wall.name(); });
    whenShown(root, () => { this.#follow(); this.wall.look(); });
    if (boot.wall) this.early = this.#show(null, boot.wall);
    this.#draw();
  }

  // ---- which model ----------------------------------------------------------------------------

  // The chosen one; newer weights of a training when the wall is shown again.
  async #follow() {
    const { ref } = state;
    if (!ref) return;
    const nimg = modelOf(plainRef(ref))?.nimg;
    const key = `${ref} ${nimg}`;
    if (key === this.shown || !this.root.offsetParent) return;
    this.shown = key;
    await this.early;
    const there = this.wall.reply?.ref === ref && this.wall.reply.nimg === nimg;
    if (!there && this.shown === key) await this.#show(ref);
  }

  /** @param {string | null} ref @param {Promise<Response> | null} [early] */
  async #show(ref, early = null) {
    try {
      await this.wall.show(ref, early);
      this.#note("");
    } catch (error) {
      if (early) return;  // the chosen model's wall is asked for anyway
      this.shown = null;
      this.#note(say(error));
    }
  }

  /** @param {string} ref @param {Floats} z @param {number | null} label */
  #open(ref, z, label) {
    choose(ref, { base: Float32Array.from(z), label });
    openTab("explore");
  }

  // ---- what it says ---------------------------------------------------------------------------

  /** @param {boolean} paused */
  #pause(paused) {
    this.wall.pause(paused);
    this.#draw();
  }

  #draw() {
    const { reply, paused } = this.wall;
    const button = find(this.root, "#wall-pause");
    const word = t(paused ? "gan_wall_play" : "gan_wall_pause");
    button.replaceChildren(icon(paused ? "play" : "pause"));
    button.setAttribute("aria-label", word);
    button.title = word;
    if (!reply) return;
    const [, kind] = KINDS.find(([start]) => reply.data.startsWith(start)) ?? ["", "pictures"];
    const none = t(`gan_wall_none_${kind}`);
    const rest = reply.seconds ? t("gan_wall_learned", { time: timeOf(reply.seconds) }) : t("gan_wall_made_up");
    find(this.root, "#wall-none").textContent = none;
    find(this.root, "#wall-learned").textContent = sentences(none, rest).slice(none.length);
  }

  /** @param {number | null} label @param {number} number @returns {string} */
  #name(label, number) {
    const names = modelOf(plainRef(this.wall.reply?.ref ?? ""))?.class_names ?? [];
    return label === null || !names[label] ? t("gan_wall_tile", { number })
      : t("gan_wall_tile_class", { number, name: className(names[label]) });
  }

  /** @param {string} sentence */
  #note(sentence) { find(this.root, "#wall-note").textContent = sentence; }
}

/** @param {number} seconds */
function timeOf(seconds) {
  if (seconds < IN_SECONDS_S) return t("gan_wall_seconds", { count: Math.round(seconds) });
  return t("gan_wall_minutes", { count: Math.round(seconds / 60) });
}
