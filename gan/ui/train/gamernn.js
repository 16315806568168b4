// The picture of an RNN: noise and the rows above make the next row; a real picture is judged by how
// likely each of its rows was. Values only: gamedraw.js draws them.
/** @import { Row, Step, WatchedRun } from "../page/kit/types" */

const MOVES = { moves: ["g"], held: [], forward: ["real>g", "g>bits", "noise>g", "g>rows", "rows>fake"], back: ["g>bits"] };
const STILL = { moves: [], held: [], forward: [], back: [] };

/** @param {string} turn */
export const flowOf = (turn) => (turn === "both" ? MOVES : STILL);

/** @param {Pick<WatchedRun, "rows" | "parameters">} run @param {Step | null} step */
function read({ rows, parameters }, step) {
  /** @type {Partial<Row>} */
  const row = rows.at(-1) ?? {};
  const parts = step ? step.scores_after : row;
  return {
    networks: { g: { parameters: parameters?.g, gradient: step ? step.grad_norms.g : row.grad_norm_g } },
    scores: parts, before: step ? step.scores_before : null,
    losses: { bits: parts.bits, bits_held_out: step ? undefined : row.bits_held_out },
  };
}

export const RNN = {
  name: "rnn",
  nodes: [
    { id: "noise", kind: "noise" }, { id: "real", kind: "pictures" }, { id: "g", kind: "network", word: "rnn", sign: "R" },
    { id: "rows", kind: "rows" }, { id: "fake", kind: "pictures" },
    { id: "bits", kind: "numbers", keys: ["bits", "bits_held_out"] },
  ],
  wide: ["noise g rows fake fake says", "real g bits bits bits says"],
  narrow: ["noise real", "g g", "rows bits", "fake says"],
  edges: ["noise>g", "real>g", "g>rows", "rows>fake", "g>bits"],
  gradients: ["g>bits"],
  normOf: (_key, networks) => networks.g?.gradient,
  turns: ["both"],
  changes: ["bits"],
  read, flowOf,
};
