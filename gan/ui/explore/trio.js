// Which B and C make A - B + C show what it is about: by measured effect, not by luck.

/** @typedef {{ data: ArrayLike<number> }} Picture */

// How well a result shows the step from B to C made at A: in the same direction as C - B in pixels (the
// cosine), and far enough from A and from C to be a picture of its own. 0 or less shows nothing.
/** @param {Picture} a @param {Picture} b @param {Picture} c @param {Picture} result */
export function effect(a, b, c, result) {
  let [dot, moved, step, apart] = [0, 0, 0, 0];
  for (let i = 0; i < a.data.length; i += 1) {
    const [made, wanted, rest] = [result.data[i] - a.data[i], c.data[i] - b.data[i], result.data[i] - c.data[i]];
    dot += made * wanted;
    moved += made * made;
    step += wanted * wanted;
    apart += rest * rest;
  }
  if (!moved || !step) return 0;
  return (dot / Math.sqrt(moved * step)) * Math.sqrt(Math.min(moved, apart));
}

// Pairs of `count` candidates, both ways round, at most `most`, spread evenly over all of them.
/** @param {number} count @param {number} most @returns {[number, number][]} */
export function pairs(count, most) {
  /** @type {[number, number][]} */
  const all = [];
  for (let i = 0; i < count; i += 1) for (let j = 0; j < count; j += 1) if (i !== j) all.push([i, j]);
  const step = Math.max(1, all.length / most);
  return Array.from({ length: Math.min(most, all.length) }, (_, i) => all[Math.floor(i * step)]);
}
