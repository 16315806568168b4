// The pictures of trainings, by what is trained: a family of networks that plays another game (an
// encoder and a decoder, say) adds a file like gamegan.js and its row here.
import { GAN } from "./gamegan.js";

const GAMES = { gan: GAN };

/** @param {string} [name] */
export const gameOf = (name = "gan") => GAMES[name] ?? GAMES.gan;
