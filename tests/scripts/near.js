// Whether numbers are what a formula says, to within rounding.
import assert from "node:assert/strict";

export function near(found, wanted, within = 1e-5) {
  assert.equal(found.length, wanted.length, "as many numbers");
  Array.from(wanted).forEach((v, i) => {
    assert.ok(Math.abs(found[i] - v) <= within, `number ${i} is ${found[i]}, not ${v}`);
  });
}

export const range = (count, value) => Array.from({ length: count }, (_, i) => value(i));
