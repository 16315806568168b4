// The picture of a VAE: the encoder says where in latent space a picture may lie, the decoder makes it
// again from a point drawn there. Values only: gamedraw.js draws them.
/** @import { Row, Step, WatchedRun } from "../page/kit/types" */

const TO_CODE = ["real>e", "e>code", "code>g", "g>reconstruction"];
const MOVES = {
  moves: ["e", "g"], held: [], forward: [...TO_CODE, "noise>g", "g>fake"], back: ["g>reconstruction", "code>g", "e>code"],
};
const STILL = { moves: [], held: [], forward: [], back: [] };

// A step moves both networks at once, by one loss.
/** @param {string} turn */
export const flowOf = (turn) => (turn === "both" ? MOVES : STILL);

/** @param {Pick<WatchedRun, "rows" | "parameters">} run @param {Step | null} step */
function read({ rows, parameters }, step) {
  /** @type {Partial<Row>} */
  const row = rows.at(-1) ?? {};
  const parts = step ? step.scores_after : row;
  return {
    networks: { g: { parameters: parameters?.g, gradient: step ? step.grad_norms.g : row.grad_norm_g },
      e: { parameters: parameters?.d, gradient: step ? step.grad_norms.g : row.grad_norm_e } },
    scores: parts, before: step ? step.scores_before : null,
    losses: { reconstruction: parts.reconstruction, kl: parts.kl, bits: parts.bits, used: parts.used },
  };
}

export const VAE = {
  name: "vae",
  nodes: [
    { id: "real", kind: "pictures" }, { id: "e", kind: "network" }, { id: "code", kind: "code" },
    { id: "noise", kind: "noise" }, { id: "g", kind: "network", word: "decoder" }, { id: "fake", kind: "pictures" },
    { id: "reconstruction", kind: "numbers", keys: ["reconstruction", "kl", "bits"] },
  ],
  // the sentence stands in "says"
  wide: ["says says noise g fake fake", "real e code g reconstruction reconstruction"],
  narrow: ["real says", "e says", "code noise", "g g", "fake reconstruction"],
  edges: [...TO_CODE, "noise>g", "g>fake"],
  gradients: ["g>reconstruction", "code>g", "e>code"],
  normOf: (key, networks) => (key === "e>code" ? networks.e : networks.g)?.gradient,
  turns: ["both"],
  changes: ["reconstruction", "kl"],
  read, flowOf,
};
