// The picture of a flow: noise and a real picture are mixed, and the network learns which way such a
// mixture moves; samples follow that from noise alone. Values only: gamedraw.js draws them.
/** @import { Row, Step, WatchedRun } from "./types" */

const TO_ERROR = ["noise>between", "real>between", "between>g", "g>velocity_error"];
const MOVES = { moves: ["g"], held: [], forward: [...TO_ERROR, "g>fake"], back: ["g>velocity_error"] };
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
    losses: { velocity_error: parts.velocity_error, velocity_error_held_out: step ? undefined : row.velocity_error_held_out },
  };
}

export const FLOW = {
  name: "flow",
  nodes: [
    { id: "noise", kind: "noise" }, { id: "real", kind: "pictures" }, { id: "between", kind: "between" },
    { id: "g", kind: "network", word: "velocity", sign: "v" }, { id: "fake", kind: "pictures" },
    { id: "velocity_error", kind: "numbers", keys: ["velocity_error", "velocity_error_held_out"] },
  ],
  // the sentence stands in "says"
  wide: ["noise between g fake fake says", "real between g velocity_error velocity_error says"],
  narrow: ["noise real", "between says", "g says", "fake velocity_error"],
  edges: [...TO_ERROR, "g>fake"],
  gradients: ["g>velocity_error"],
  normOf: (_key, networks) => networks.g?.gradient,
  turns: ["both"],
  changes: ["velocity_error"],
  read, flowOf,
};
