// What samples are compared by: a network's features, or coordinates, by a name that says what they are.
import { h, knows, t, translate } from "../page/kit/core.js";
import { mark } from "../page/kit/explained.js";

/** @param {string} features as in files: features-fashion, coordinates */
const keyOf = (features) => `gan_features_${features.replace(/^features-/, "")}`;

/** @param {string} features @returns {string} */
export const nameOfFeatures = (features) => (knows(keyOf(features)) ? t(keyOf(features)) : features);

// A sentence that names them, and a "?" that explains them. Redrawn only when the sentence changes, so
// that the "?" keeps the keyboard's focus.
/** @param {HTMLElement} node @param {string} text @param {string} features */
export function tellFeatures(node, text, features) {
  if (node.dataset.told === text) return;
  node.dataset.told = text;
  const key = `${keyOf(features)}_help`;
  node.replaceChildren(h("span", {}, text), ...(text && knows(key) ? [" ", mark(key)] : []));
  translate(node);
}
