// Presets of one's own race beside the built-in ones, on one's own computer.
/** @import { Mine } from "../page/kit/presetpicture.js" */
import { ask, boot, presetOfPoints } from "../page/kit/core.js";

/** @type {Record<string, Mine>} */
export const own = Object.create(null);  // a preset may be called "constructor"

// Adds those that are saved by now to the presets that the form offers.
export async function lookForOwn() {
  if (!boot.local) return;
  /** @type {{ presets: Record<string, Mine> }} */
  const { presets } = await ask("presets");
  for (const name of Object.keys(own)) {
    delete own[name];
    delete boot.compare.presets[name];
    delete boot.compare.changes[name];
  }
  for (const [name, mine] of Object.entries(presets)) {
    const plane = presetOfPoints(mine.base);
    if (!mine.changes) continue;  // it can no longer be trained
    own[name] = mine;
    boot.compare.presets[name] = { plane };
    boot.compare.changes[name] = mine.changes;
  }
}
