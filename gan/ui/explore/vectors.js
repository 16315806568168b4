// A little linear algebra.

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
