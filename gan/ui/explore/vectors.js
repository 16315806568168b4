// A little linear algebra.

export function addScaled(z, vector, factor) {
  for (let i = 0; i < z.length; i += 1) z[i] += factor * vector[i];
}

export const dot = (a, b) => a.reduce((sum, v, i) => sum + v * b[i], 0);

// Unit vectors at right angles that span the same; Gram and Schmidt.
export function orthonormal(vectors) {
  const axes = [];
  for (const vector of vectors) {
    const axis = Float64Array.from(vector);
    for (const other of axes) addScaled(axis, other, -dot(other, axis));
    const length = Math.sqrt(dot(axis, axis));
    if (length > 1e-6) axes.push(axis.map((v) => v / length));
  }
  return axes;
}
