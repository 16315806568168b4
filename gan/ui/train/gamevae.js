// The picture of a VAE: the encoder says where in latent space a picture may lie, the decoder makes it
// again from a point drawn there. Values only: gamedraw.js draws them.
/** @import { GameKind } from "../page/kit/types" */
import { inSteps, reader } from "../page/kit/gameoneloss.js";

const TO_CODE = ["real>e", "e>code", "code>g", "g>reconstruction"];
const MOVES = {
  moves: ["e", "g"], held: [], forward: [...TO_CODE, "noise>g", "g>fake"], back: ["g>reconstruction", "code>g", "e>code"],
};

/** @type {GameKind} */
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
  read: reader(["reconstruction", "kl", "bits", "used"], { second: true }), flowOf: inSteps(MOVES),
};
