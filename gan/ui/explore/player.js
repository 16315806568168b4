// Plays a way through latent space on the big picture: play, pause, scrub, speed, and without end.
/** @import { Place } from "../page/kit/types" */
import { tabIsOpen } from "../page/kit/core.js";
import { along, anySeed, between, here } from "./points.js";

const LEG_S = 3;  // from one picture to the next of an endless walk
const LONGEST_STEP_S = 0.1;  // after a pause of the browser the walk goes on where it was

/**
 * @typedef {{ keys: Place[], seconds: number, space: string, loop: boolean, ref?: string }} Way
 * @typedef {{ from: Place, to: Place | null, next: Place | null, part: number, asking?: boolean }} Legs of a walk without end
 */

export class Player {
  // `way` gives {keys, seconds, space, loop}; `told` is called whenever what it shows has changed;
  // `ofSeed` gives the point that a seed stands for on a walk.
  /** @param {import("./studio.js").Studio} studio @param {{ node: HTMLElement, way(): Way, told(): void, ofSeed(seed: number): Promise<Place> }} how */
  constructor(studio, { node, way, told, ofSeed }) {
    this.studio = studio;
    this.node = node;
    this.way = way;
    this.told = told;
    this.ofSeed = ofSeed;
    this.at = 0;
    this.speed = 1;
    this.playing = false;
    /** @type {Legs | null} */
    this.legs = null;
    /** @type {Place & { pins?: string[] } | null} */
    this.shown = null;  // the point on the big picture, when it is ours
  }

  get endless() { return this.legs !== null; }

  play() {
    if (this.playing) return;
    if (!this.endless && this.at >= 1) this.at = 0;
    this.playing = true;
    this.last = null;
    this.told();
    requestAnimationFrame((now) => this.#tick(now));
  }

  pause() {
    if (!this.playing) return;
    this.playing = false;
    this.told();
  }

  // From the point that is shown to one by chance after another.
  async wander() {
    const now = this.shown ?? here(this.studio);
    this.legs = { from: now, to: null, next: null, part: 0 };
    this.#next();
    this.play();
  }

  // Back to the point that the board is at.
  stop() {
    const ours = this.shown;
    Object.assign(this, { playing: false, legs: null, shown: null });
    if (ours) this.studio.settle();
    this.told();
  }

  // Somebody else paints now.
  yield() {
    if (!this.playing && !this.shown) return;
    Object.assign(this, { playing: false, legs: null, shown: null });
    this.told();
  }

  /** @param {number} at */
  scrub(at) {
    this.legs = null;
    this.playing = false;
    this.at = at;
    this.show();
  }

  show() {
    const { keys, space, loop, ref } = this.way();
    if (this.legs) this.shown = onLeg(this.legs);
    else if (keys.length > 1) this.shown = along(keys, this.at, { space, loop });
    if (this.shown) {
      const pins = this.endless ? [] : keys.flatMap((key) => key.pin ?? []);
      this.shown = { ...this.shown, pins };
      const { z, mix, fade, psi } = this.shown;
      this.studio.preview(z, { mix, fade, psi, ref, from: { how: "between", pins, steps: {} } });
    }
    this.told();
  }

  /** @param {number} now */
  #tick(now) {
    if (!this.playing) return;
    if (!tabIsOpen(this.node)) return this.pause();
    const step = Math.min((now - (this.last ?? now)) / 1000, LONGEST_STEP_S) * this.speed;
    this.last = now;
    if (this.endless) this.#forward(step / LEG_S);
    else this.#onward(step / this.way().seconds);
    this.show();
    requestAnimationFrame((next) => this.#tick(next));
    return undefined;
  }

  /** @param {number} step */
  #onward(step) {
    this.at += step;
    if (this.at < 1) return;
    if (this.way().loop) this.at %= 1;
    else Object.assign(this, { at: 1, playing: false });
  }

  // A walk that has no end waits at a picture until the next one is known.
  /** @param {number} step */
  #forward(step) {
    const { legs } = this;
    if (!legs?.to) return;
    legs.part += step;
    if (legs.part < 1) return;
    if (legs.next) Object.assign(legs, { from: legs.to, to: legs.next, next: null, part: 0 });
    else legs.part = 1;
    this.#next();
  }

  async #next() {
    const { legs } = this;
    if (!legs || legs.asking) return;
    legs.asking = true;
    try {
      const point = await this.ofSeed(anySeed());
      if (legs.to) legs.next = point;
      else legs.to = point;
    } catch {
      if (this.legs === legs) this.pause();
    } finally {
      legs.asking = false;
    }
    if (!legs.next && this.legs === legs && this.playing) this.#next();
  }

}

/** @param {Legs} legs @returns {Place} */
const onLeg = ({ from, to, part }) => (to ? between(from, to, ease(part), "z") : from);

/** @param {number} part */
const ease = (part) => part * part * (3 - 2 * part);
