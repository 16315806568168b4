// The picture of an RNN: noise and the rows above make the next row; a real picture is judged by how
// likely each of its rows was. Values only: gamedraw.js draws them.
/** @import { GameKind } from "../page/kit/types" */
import { inSteps, reader } from "../page/kit/gameoneloss.js";

const MOVES = { moves: ["g"], held: [], forward: ["real>g", "g>bits", "noise>g", "g>rows", "rows>fake"], back: ["g>bits"] };

/** @type {GameKind} */
export const RNN = {
  name: "rnn",
  nodes: [
    { id: "noise", kind: "noise" }, { id: "real", kind: "pictures" }, { id: "g", kind: "network", word: "rnn", sign: "R" },
    { id: "rows", kind: "rows" }, { id: "fake", kind: "pictures" },
    { id: "bits", kind: "numbers", keys: ["bits", "bits_held_out"] },
  ],
  wide: ["noise g rows fake fake fake", "real g bits bits bits bits", "says says says says says says"],
  narrow: ["noise real", "g g", "rows bits", "fake says"],
  edges: ["noise>g", "real>g", "g>rows", "rows>fake", "g>bits"],
  gradients: ["g>bits"],
  normOf: (_key, networks) => networks.g?.gradient,
  turns: ["both"],
  changes: ["bits"],
  read: reader(["bits", "bits_held_out"]), flowOf: inSteps(MOVES),
};
