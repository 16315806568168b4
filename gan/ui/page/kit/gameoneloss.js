// What the pictures of all families without a D share: one loss that is learned by steps of all there is.
/** @import { Row, Step, WatchedRun } from "./types" */

const STILL = { moves: [], held: [], forward: [], back: [] };

/**
 * What moves in a step, and nothing between steps.
 * @template T
 * @param {T} moves
 */
export const inSteps = (moves) => (/** @type {string} */ turn) => (turn === "both" ? moves : STILL);

/**
 * Reads a run: `losses` names its numbers of the newest row or of a step; those of held-out images are of rows alone.
 * second: the network beside G has a gradient of its own.
 * @param {string[]} losses @param {{ second?: boolean }} [how]
 */
export const reader = (losses, { second = false } = {}) => (
  /** @type {Pick<WatchedRun, "rows" | "parameters">} */ { rows, parameters }, /** @type {Step | null} */ step,
) => {
  /** @type {Partial<Row>} */
  const row = rows.at(-1) ?? {};
  const parts = step ? step.scores_after : row;
  const told = (/** @type {string} */ key) => (key.endsWith("_held_out") ? (step ? undefined : row[key]) : parts[key]);
  /** @type {Record<string, { parameters?: number | null, gradient?: number | null }>} */
  const networks = { g: { parameters: parameters?.g, gradient: step ? step.grad_norms.g : row.grad_norm_g } };
  if (second) networks.e = { parameters: parameters?.d, gradient: step ? step.grad_norms.g : row.grad_norm_e };
  return { networks, scores: parts, before: step ? step.scores_before : null, losses: Object.fromEntries(losses.map((key) => [key, told(key)])) };
};
