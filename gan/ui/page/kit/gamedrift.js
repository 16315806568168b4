// The picture of drifting: G makes samples of noise, and a field moves them, towards the real ones near
// them and away from one another; G learns to make them where they went. Values only: gamedraw.js draws
// them.
/** @import { GameKind } from "./types" */
import { inSteps, reader } from "./gameoneloss.js";

const FORWARD = ["noise>g", "g>fake", "fake>drift_size", "real>drift_size"];
const BACK = ["fake>drift_size", "g>fake"];
const MOVES = { moves: ["g"], held: [], forward: FORWARD, back: BACK };

/** @type {GameKind} */
export const DRIFT = {
  name: "drift",
  nodes: [
    { id: "noise", kind: "noise" }, { id: "g", kind: "network" }, { id: "fake", kind: "pictures" }, { id: "real", kind: "pictures" },
    { id: "drift_size", kind: "numbers", keys: ["drift_size", "drift_floor"] },
  ],
  // the sentence stands in "says"
  wide: ["noise g fake fake drift_size drift_size", "noise g real real drift_size drift_size", "says says says says says says"],
  narrow: ["noise g", "fake real", "drift_size drift_size", "says says"],
  edges: FORWARD,
  gradients: BACK,
  normOf: (_key, networks) => networks.g?.gradient,
  turns: ["both"],
  changes: ["drift_size"],
  read: reader(["drift_size", "drift_floor"]), flowOf: inSteps(MOVES),
};
