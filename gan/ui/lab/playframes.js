// Frames of a training of points (gan/training/plane.py): unpacked, kept, and scored.

const MOST = 400;  // frames kept: one of 10 KB each

/** @typedef {{ shape: number[], data: string }} Packed little-endian float16 in base64 */
/**
 * @typedef {{ nimg: number, steps: number | null, seconds: number, side: number, grid: number, mark: number,
 *   arrays: Record<string, Float32Array> }} Frame `heat`, `samples` and others as plane.py says, flat
 * @typedef {{ centres: Float32Array, sigma: number, counted: boolean }} Truth
 * @typedef {Omit<Frame, "arrays"> & { arrays: Record<string, Packed> }} FrameReply
 */

/** @param {number} half the bits of a float16 */
function fromHalf(half) {
  const sign = half & 0x8000 ? -1 : 1;
  const [exponent, fraction] = [(half >> 10) & 0x1f, half & 0x3ff];
  if (exponent === 0x1f) return fraction ? NaN : sign * Infinity;
  return sign * (exponent ? 2 ** (exponent - 15) * (1 + fraction / 1024) : 2 ** -14 * (fraction / 1024));
}

const HALVES = Float32Array.from({ length: 2 ** 16 }, (_, half) => fromHalf(half));

/** @param {Packed} packed */
export function unpack({ data }) {
  const bytes = Uint8Array.from(atob(data), (c) => c.charCodeAt(0));
  return Float32Array.from({ length: bytes.length / 2 }, (_, i) => HALVES[bytes[2 * i] | (bytes[2 * i + 1] << 8)]);
}

// How many points a step takes after so many: as gan/config.py says, batches may grow.
/** @param {import("../page/kit/types").Settings} settings @param {number} nimg */
export function pointsOfStep(settings, nimg) {
  const grown = nimg >= Math.round(1000 * Number(settings.growth_kimg));
  return Number(settings.batch_size) * (grown ? Number(settings.batch_growth) : 1) * Number(settings.d_steps);
}

/** @param {FrameReply} reply @returns {Frame} */
export function frameOf({ arrays, ...rest }) {
  return /** @type {Frame} */ ({ ...rest, arrays: Object.fromEntries(Object.entries(arrays).map(([name, packed]) => [name, unpack(packed)])) });
}

// All frames of a run, thinned by half when there are too many; the first and the newest stay.
export class History {
  constructor() {
    /** @type {Frame[]} */
    this.frames = [];
  }

  /** @param {Frame} frame */
  add(frame) {
    const last = this.frames.at(-1);
    if (last && frame.nimg < last.nimg) this.frames = [];  // begun anew from an older checkpoint
    else if (last && frame.nimg === last.nimg) this.frames.pop();  // paused, or a step of D alone
    this.frames.push(frame);
    if (this.frames.length > MOST) this.frames = this.frames.filter((_, i, { length }) => i % 2 === 0 || i === length - 1);
  }

  // The path of sample `index` up to the frame at `to`: x and y in turn, of the averaged generator where it is drawn.
  /** @param {number} index @param {number} to @param {string} name */
  path(index, to, name) {
    return this.frames.slice(0, to + 1).map(({ arrays }) => arrays[name]).filter(Boolean)
      .map((points) => [points[2 * index], points[2 * index + 1]]);
  }
}

// Share of points within three standard deviations of a centre, and centres that have such a point: as
// gan/metrics/plane.py counts, here of the few that are drawn.
/** @param {Float32Array} points @param {Truth} truth */
export function scored(points, { centres, sigma, counted }) {
  const caught = new Set();
  let good = 0;
  for (let i = 0; i < points.length; i += 2) {
    let [best, nearest] = [Infinity, -1];
    for (let k = 0; k < centres.length; k += 2) {
      const away = (points[i] - centres[k]) ** 2 + (points[i + 1] - centres[k + 1]) ** 2;
      if (away < best) [best, nearest] = [away, k];
    }
    if (best <= (3 * sigma) ** 2) {
      good += 1;
      caught.add(nearest);
    }
  }
  return { quality: good / (points.length / 2), caught: counted ? caught.size : null, of: centres.length / 2 };
}

// How many points lie outside the picture: beyond `reach`, or nowhere, as no number.
/** @param {ArrayLike<number>} points x and y by turns @param {number} reach @returns {number} */
export function outsiders(points, reach) {
  let count = 0;
  for (let i = 0; i < points.length; i += 2) count += Number(!(Math.max(Math.abs(points[i]), Math.abs(points[i + 1])) <= reach));
  return count;
}

// How often D scores a real point above a generated one: 0.5 where it cannot tell them apart, whatever its
// loss makes of scores. Ties count half (the area under the ROC curve).
/** @param {Float32Array} real @param {Float32Array} generated */
export function toldApart(real, generated) {
  const sorted = Float32Array.from(generated).sort();
  const below = (/** @type {(v: number) => boolean} */ is) => {
    let [low, high] = [0, sorted.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (is(sorted[middle])) low = middle + 1; else high = middle;
    }
    return low;
  };
  const wins = real.reduce((sum, score) => sum + (below((v) => v < score) + below((v) => v <= score)) / 2, 0);
  return wins / (real.length * sorted.length);
}

// Where D is undecided, and by how much a score must differ for it to be sure. Losses that know only
// differences of scores leave the middle anywhere.
const PLAIN = ["minimax", "nonsaturating"];

/** @param {Frame} frame @param {string} loss */
export function undecided({ arrays: { scores, real_scores: real } }, loss) {
  if (PLAIN.includes(loss) || !real) return { middle: 0, scale: 1 };
  /** @param {Float32Array} values */
  const mean = (values) => values.reduce((sum, v) => sum + v, 0) / values.length;
  const [high, low] = [mean(real), mean(scores)];
  return { middle: (high + low) / 2, scale: Math.max(1, Math.abs(high - low) / 4) };
}
