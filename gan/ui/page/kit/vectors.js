// A little linear algebra.

const ACROSS = 0.9995;  // cosine beyond which a straight line is as good as an arc

/** @param {Float32Array | Float64Array | number[]} z @param {ArrayLike<number>} vector @param {number} factor */
export function addScaled(z, vector, factor) {
  for (let i = 0; i < z.length; i += 1) z[i] += factor * vector[i];
}

/** @param {ArrayLike<number>} a @param {ArrayLike<number>} b */
export function dot(a, b) {
  let sum = 0;
  for (let i = 0; i < a.length; i += 1) sum += a[i] * b[i];
  return sum;
}

// Unit vectors at right angles that span the same; Gram and Schmidt.
/** @param {Float32Array[]} vectors */
export function orthonormal(vectors) {
  /** @type {Float64Array[]} */
  const axes = [];
  for (const vector of vectors) {
    const axis = Float64Array.from(vector);
    for (const other of axes) addScaled(axis, other, -dot(other, axis));
    const length = Math.sqrt(dot(axis, axis));
    if (length > 1e-6) axes.push(axis.map((v) => v / length));
  }
  return axes;
}

/** @param {ArrayLike<number> & Iterable<number>} v */
export const norm = (v) => Math.hypot(...v);

/** @param {Float32Array} a @param {Float32Array} b @param {number} part */
export function lerp(a, b, part) {
  return Float32Array.from(a, (v, i) => v + part * (b[i] - v));
}

// Along the great circle, lengths going evenly from one to the other; Shoemake 1985.
/** @param {Float32Array} a @param {Float32Array} b @param {number} part */
export function slerp(a, b, part) {
  const [na, nb] = [norm(a) || 1e-12, norm(b) || 1e-12];
  let cosine = 0;
  for (let i = 0; i < a.length; i += 1) cosine += (a[i] / na) * (b[i] / nb);
  if (Math.abs(cosine) > ACROSS) return lerp(a, b, part);
  const angle = Math.acos(cosine);
  const [pa, pb] = [Math.sin((1 - part) * angle), Math.sin(part * angle)];
  const length = ((1 - part) * na + part * nb) / Math.sin(angle);
  return Float32Array.from(a, (v, i) => length * (pa * v / na + pb * b[i] / nb));
}
