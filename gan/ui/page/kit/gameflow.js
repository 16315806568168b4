// The picture of a flow: noise and a real picture are mixed, and the network learns which way such a
// mixture moves; samples follow that from noise alone. Values only: gamedraw.js draws them.
/** @import { GameKind } from "./types" */
import { inSteps, reader } from "./gameoneloss.js";

const TO_ERROR = ["noise>between", "real>between", "between>g", "g>velocity_error"];
const MOVES = { moves: ["g"], held: [], forward: [...TO_ERROR, "g>fake"], back: ["g>velocity_error"] };

/** @type {GameKind} */
export const FLOW = {
  name: "flow",
  nodes: [
    { id: "noise", kind: "noise" }, { id: "real", kind: "pictures" }, { id: "between", kind: "between" },
    { id: "g", kind: "network", word: "velocity", sign: "v" }, { id: "fake", kind: "pictures" },
    { id: "velocity_error", kind: "numbers", keys: ["velocity_error", "velocity_error_held_out"] },
  ],
  // the sentence stands in "says"
  wide: ["noise between g fake fake fake", "real between g velocity_error velocity_error velocity_error", "says says says says says says"],
  narrow: ["noise real", "between says", "g says", "fake velocity_error"],
  edges: [...TO_ERROR, "g>fake"],
  gradients: ["g>velocity_error"],
  normOf: (_key, networks) => networks.g?.gradient,
  turns: ["both"],
  changes: ["velocity_error"],
  read: reader(["velocity_error", "velocity_error_held_out"]), flowOf: inSteps(MOVES),
};
