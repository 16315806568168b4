// gan/ui/explore/points.js: what lies between two points, by Shoemake's formula and by angles.
import "./page.js";
import assert from "node:assert/strict";
import test from "node:test";
import { near, range } from "./near.js";

const { along, between, hold, jumpTo, samePoint, strongest } = await import("../../gan/ui/explore/points.js");

const at = (z, mix = null) => ({ z: Float32Array.from(z), mix, label: null, seed: null });
const length = (v) => Math.sqrt(Array.from(v).reduce((sum, x) => sum + x * x, 0));

// Shoemake 1985, of unit vectors; lengths go evenly from one to the other.
function arc(a, b, part) {
  const [na, nb] = [length(a), length(b)];
  const omega = Math.acos(a.reduce((sum, v, i) => sum + v * b[i], 0) / (na * nb));
  const unit = a.map((v, i) => (Math.sin((1 - part) * omega) * v / na + Math.sin(part * omega) * b[i] / nb) / Math.sin(omega));
  return unit.map((v) => v * ((1 - part) * na + part * nb));
}

test("a quarter turn in thirds", () => {
  const [a, b] = [at([2, 0]), at([0, 2])];
  for (const part of [0, 1 / 3, 0.5, 2 / 3, 1]) {
    const angle = part * Math.PI / 2;
    near(between(a, b, part).z, [2 * Math.cos(angle), 2 * Math.sin(angle)]);
  }
});

test("the great circle in many dimensions, with other lengths", () => {
  const [a, b] = [range(16, (i) => Math.sin(3 * i + 1)), range(16, (i) => 2 * Math.cos(i * i))];
  for (const part of [0, 0.25, 0.6, 1]) {
    const { z } = between(at(a), at(b), part);
    near(z, arc(a, b, part));
    near([length(z)], [(1 - part) * length(a) + part * length(b)]);
  }
});

test("a straight line where it is asked for, and between points of almost one direction or of opposite ones", () => {
  near(between(at([2, 0]), at([0, 2]), 0.25, "w").z, [1.5, 0.5]);
  near(between(at([1, 0]), at([3, 0]), 0.5).z, [2, 0]);
  near(between(at([1, 0]), at([-1, 0]), 0.25).z, [0.5, 0]);
});

test("mixtures of one class are blended, of two dissolve in the middle", () => {
  near(between(at([1, 0], [1, 0, 0]), at([0, 1], [0.6, 0.4, 0]), 0.5).mix, [0.8, 0.2, 0]);
  const [one, two] = [at([1, 0], [1, 0]), at([0, 1], [0, 1])];
  near(between(one, two, 0.2).mix, [1, 0]);
  assert.equal(between(one, two, 0.2).fade, null);
  near(between(one, two, 0.8).mix, [0, 1]);
  const middle = between(one, two, 0.5);
  assert.deepEqual(middle.fade, { mix: [1, 0], share: 0.5 });
  near(middle.mix, [0, 1]);
  assert.equal(between(one, at([0, 1]), 0.5).mix, null);
});

test("along keyframes, open and as a loop", () => {
  const keys = [at([1, 0]), at([0, 1]), at([-1, 0])];
  const turn = (fraction, loop) => along(keys, fraction, { loop }).z;
  near(turn(0, false), [1, 0]);
  near(turn(0.25, false), [Math.SQRT1_2, Math.SQRT1_2]);
  near(turn(0.5, false), [0, 1]);
  near(turn(1, false), [-1, 0]);
  near(turn(2, false), [-1, 0]);
  near(turn(1 / 3, true), [0, 1]);
  near(turn(1, true), [1, 0]);
  assert.equal(along([keys[0]], 0.7), keys[0]);
});

test("a point that is held is a copy, with a weight for each class", () => {
  const now = { z: Float32Array.of(1, 2), mix: null, label: 1 };
  const held = hold(now, 3);
  assert.deepEqual(held, { z: Float32Array.of(1, 2), mix: [0, 1, 0], label: 1, seed: null });
  held.z[0] = 9;
  assert.equal(now.z[0], 1);
  assert.equal(hold(now, 0).mix, null);
});

test("a pure mixture is jumped to as its class, another one as it is, a seed by its number", () => {
  const z = Float32Array.of(1);
  assert.deepEqual(jumpTo({ z, mix: [0, 1], seed: null }), { z, label: 1, mix: null });
  assert.deepEqual(jumpTo({ z, mix: [0.5, 0.5], seed: 7 }), { seed: 7, mix: [0.5, 0.5] });
  assert.deepEqual(jumpTo({ z, mix: null, seed: 0 }), { seed: 0, mix: null });
  assert.deepEqual(jumpTo({ z, mix: [0.2, 1], seed: null }), { z, mix: [0.2, 1] });
});

test("points are the same to within what nobody sees", () => {
  assert.ok(samePoint(at([1, 2], [1, 0]), at([1.00005, 2], [1, 0])));
  assert.ok(!samePoint(at([1, 2]), at([1.001, 2])));
  assert.ok(!samePoint(at([1, 2], [1, 0]), at([1, 2], [0, 1])));
  assert.ok(!samePoint(at([1, 2]), at([1, 2, 3])));
  assert.equal(strongest([0.2, 0.5, 0.3]), 1);
});
