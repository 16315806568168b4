// The pictures of trainings, by what is trained (gan/kinds.py): a kind that plays another game adds a
// file like gamegan.js and its row here.
/** @import { GameKind, Kind } from "../page/kit/types" */
import { DRIFT } from "../page/kit/gamedrift.js";
import { FLOW } from "../page/kit/gameflow.js";
import { GAN } from "../page/kit/gamegan.js";
import { RNN } from "./gamernn.js";
import { VAE } from "./gamevae.js";

/** @type {Record<Kind, GameKind>} */
const GAMES = { gan: GAN, vae: VAE, rnn: RNN, flow: FLOW, drift: DRIFT };

/** @param {Kind} [kind] */
export const gameOf = (kind = "gan") => GAMES[kind];
