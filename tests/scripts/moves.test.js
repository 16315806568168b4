// gan/ui/explore/moves.js: a direction counts from the point itself.
import assert from "node:assert/strict";
import test from "node:test";
import { moved, turnsClass } from "../../gan/ui/explore/moves.js";
import { near } from "./near.js";

const REACH = 3;  // sigmas of the whole way to a class
const plain = { vector: Float32Array.of(1, 0.5), weights: null, target: null };
const turning = { vector: Float32Array.of(0, 2), weights: Float32Array.of(0.25, -0.25), target: null };
const toClass = { vector: Float32Array.of(0, 0), weights: null, target: 1 };

test("z goes along each vector, in any order", () => {
  const from = { z: Float32Array.of(1, 1), mix: null };
  const wanted = [1 + 2 * 1 - 1 * 0, 1 + 2 * 0.5 - 1 * 2];
  near(moved(from, [[plain, 2], [turning, -1]]).z, wanted);
  near(moved(from, [[turning, -1], [plain, 2]]).z, wanted);
  near(from.z, [1, 1]);
  assert.equal(moved(from, [[turning, 1]]).mix, null);
});

test("weights of the classes go along, and towards a class all the way in REACH sigmas", () => {
  const from = { z: Float32Array.of(0, 0), mix: [0.5, 0.5] };
  near(moved(from, [[turning, 2]]).mix, [0.5 + 2 * 0.25, 0.5 - 2 * 0.25]);
  near(moved(from, [[toClass, REACH]]).mix, [0, 1]);
  near(moved(from, [[toClass, 1]]).mix, [0.5 - 0.5 / REACH, 0.5 + 0.5 / REACH]);
  near(moved(from, [[plain, 2]]).mix, [0.5, 0.5]);
  near(from.mix, [0.5, 0.5]);
});

test("which directions turn the class", () => {
  assert.deepEqual([plain, turning, toClass, { ...toClass, target: 0 }].map(turnsClass), [false, true, true, true]);
});
