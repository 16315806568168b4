// gan/ui/page/kit/vectors.js: against sums that are written out.
import assert from "node:assert/strict";
import test from "node:test";
import { addScaled, dot, orthonormal } from "../../gan/ui/page/kit/vectors.js";
import { near, range } from "./near.js";

const a = Float32Array.of(1, -2, 0.5);
const b = Float32Array.of(4, 0.25, -8);

test("a dot product is the sum of the products", () => {
  assert.equal(dot(a, b), 1 * 4 + -2 * 0.25 + 0.5 * -8);
  assert.equal(dot(Float32Array.of(), Float32Array.of()), 0);
});

test("adding a vector changes the first one, and it alone", () => {
  const to = Float32Array.from(a);
  addScaled(to, b, -0.5);
  near(to, [1 - 2, -2 - 0.125, 0.5 + 4]);
  near(b, [4, 0.25, -8]);
});

test("an orthonormal basis has unit vectors at right angles that span the same", () => {
  const vectors = [a, b, Float32Array.of(0, 0, 3)];
  const axes = orthonormal(vectors);
  assert.equal(axes.length, 3);
  axes.forEach((axis, i) => near(axes.map((other) => dot(axis, other)), range(3, (k) => Number(k === i))));
  for (const vector of vectors) {  // a vector is the sum of its parts along the axes
    const sum = new Float64Array(3);
    for (const axis of axes) addScaled(sum, axis, dot(axis, vector));
    near(sum, vector);
  }
});

test("what lies in the span already, or is nothing, gives no axis", () => {
  assert.equal(orthonormal([a, a.map((v) => -3 * v), new Float32Array(3)]).length, 1);
  assert.deepEqual(orthonormal([]), []);
});
