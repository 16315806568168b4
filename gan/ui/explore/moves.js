// A direction applied to a point: the one place where that is done, for sliders, walks and grids.
/** @import { Direction } from "../page/kit/types" */
import { REACH } from "../page/kit/latentlink.js";
import { addScaled } from "../page/kit/vectors.js";

/** @typedef {Pick<Direction, "vector" | "weights" | "target">} Move */

// Whether a direction changes the classes.
/** @param {Move} direction */
export const turnsClass = ({ target, weights }) => isClass(target) || Boolean(weights);

/** @param {number | null | undefined} target */
const isClass = (target) => target !== null && target !== undefined;

// {z, mix} moved along directions: `turns` is [[direction, sigmas], ...]. Each counts from the point
// itself, so their order does not matter. `mix` is null where there are no classes to turn.
/**
 * @param {{ z: ArrayLike<number>, mix: number[] | null }} from
 * @param {[direction: Move, sigmas: number][]} turns
 */
export function moved({ z, mix }, turns) {
  const [to, weights] = [Float32Array.from(z), mix ? [...mix] : null];
  for (const [direction, sigmas] of turns) {
    addScaled(to, direction.vector, sigmas);
    if (weights && mix && turnsClass(direction)) addScaled(weights, wayOf(direction, mix), sigmas);
  }
  return { z: to, mix: weights };
}

// What one sigma adds to the class weights. To a class it leads from whatever is on show, so that
// REACH sigmas are the whole way.
/** @param {Move} direction @param {number[]} mix @returns {ArrayLike<number>} */
function wayOf({ target, weights }, mix) {
  return isClass(target) ? mix.map((v, i) => (Number(i === target) - v) / REACH) : weights ?? [];
}
