// Where one tile of the wall is: on its way through the latent space of one class, at the length
// that its latent has. No DOM.
/** @import { Floats } from "../page/kit/types" */
import { addScaled, dot, norm, slerp } from "../page/kit/vectors.js";

const SHORTEST_S = 7;  // from one end of an arc to the other
const LONGEST_S = 13;

/** @typedef {() => number} Random from 0 to 1 */

// Slow at both ends: it breathes.
/** @param {number} part */
const eased = (part) => (1 - Math.cos(Math.PI * part)) / 2;

export class Way {
  // Each tile has its own pace, and begins somewhere on its arc.
  /** @param {Floats} from @param {Floats} to both of one length @param {Random} random */
  constructor(from, to, random = Math.random) {
    this.from = from;
    this.to = to;
    this.random = random;
    this.seconds = SHORTEST_S + (LONGEST_S - SHORTEST_S) * random();
    this.part = random();
    this.back = false;  // from `to` to `from` of the arc that it was given
  }

  // How far along the arc it is, from 0 to 1.
  get at() { return this.back ? 1 - eased(this.part) : eased(this.part); }

  z() { return this.between(this.at); }

  /** @param {number} part @returns {Floats} */
  between(part) { return slerp(this.from, this.to, part); }

  // On by so much time. At the end of the arc it turns round or, where it is `free`, takes another.
  /** @param {number} seconds @param {number} [free] radians of the next arc */
  go(seconds, free = 0) {
    this.part += seconds / this.seconds;
    if (this.part < 1) return;
    this.part = 0;
    if (free) this.leave(this.back ? this.from : this.to, free);
    else this.back = !this.back;
  }

  // From here on another arc begins.
  /** @param {Floats} z @param {number} angle */
  leave(z, angle) {
    Object.assign(this, { from: z, to: further(z, angle, this.random), part: 0, back: false });
  }
}

// A point at this angle from z in a direction by chance, and as far from the origin.
/** @param {Floats} z @param {number} angle @param {Random} [random] @returns {Floats} */
export function further(z, angle, random = Math.random) {
  const length = norm(z);
  const across = Float32Array.from(z, () => normal(random));
  addScaled(across, z, -dot(across, z) / length ** 2);
  const reach = length * Math.sin(angle) / norm(across);
  return Float32Array.from(z, (v, i) => v * Math.cos(angle) + across[i] * reach);
}

// z moved by so many sigmas along each direction, and as far from the origin as before.
/** @param {Floats} z @param {Floats[]} axes @param {number[]} sigmas @returns {Floats} */
export function moved(z, axes, sigmas) {
  const to = Float32Array.from(z);
  axes.forEach((axis, i) => addScaled(to, axis, sigmas[i]));
  const scale = norm(z) / norm(to);
  return to.map((v) => v * scale);
}

// Box and Muller 1958
/** @param {Random} random */
const normal = (random) => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
