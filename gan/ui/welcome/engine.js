// What draws the wall once it is there: the model in this browser.
/** @import { Floats } from "../page/kit/types" */
import { recall } from "../page/kit/core.js";
import { GeneratorWorker, SWITCH, factsOf, modelFile } from "../page/kit/generatorworker.js";

const SLOW_MS = 40;  // a browser that takes longer for one picture shows the server's stills
const DRAWS = 6;  // the fastest counts: the first one warms up, and a machine may be busy

/** @typedef {{ z: Floats, label: number | null }} Place */
/** @typedef {{ pixels: Uint8Array, width: number, height: number, channels: number, ms: number }} Drawn */

export class WallEngine {
  /** @param {GeneratorWorker} worker @param {string} revision @param {number} classes */
  constructor(worker, revision, classes) {
    this.worker = worker;
    this.revision = revision;
    this.classes = classes;
  }

  // The engine for these weights; null where this browser is not to draw, or too slow at it.
  /** @param {{ ref: string, revision: string }} model @param {Place} place to try it on */
  static async start({ ref, revision }, place) {
    if (recall(SWITCH) === "off") return null;
    const facts = await factsOf(ref);
    if (!facts.fits || facts.revision !== revision) return null;
    const file = await modelFile(ref, revision);
    const engine = new WallEngine(new GeneratorWorker(), revision, facts.classes);
    try {
      await engine.worker.load(facts, file);
      let fastest = Infinity;
      for (let i = 0; i < DRAWS && fastest >= SLOW_MS; i += 1) {
        fastest = Math.min(fastest, (await engine.draw([place])).ms);
      }
      if (fastest < SLOW_MS) return engine;
    } catch (error) {
      engine.end();
      throw error;
    }
    engine.end();
    return null;
  }

  // Pictures one after another in `pixels`.
  /** @param {Place[]} places @returns {Promise<Drawn>} */
  draw(places) {
    const { classes } = this;
    const size = places[0].z.length;
    const z = new Float32Array(size * places.length);
    const weights = classes ? new Float32Array(classes * places.length) : null;
    places.forEach((place, i) => {
      z.set(place.z, i * size);
      if (weights) weights[i * classes + (place.label ?? 0)] = 1;
    });
    return this.worker.call("render", { revision: this.revision, count: places.length, psi: 1, z, weights });
  }

  end() { this.worker.end(); }
}
