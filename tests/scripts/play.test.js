// gan/ui/lab/playframes.js and playdraw.js: frames as plane.py packs them, kept, and scored.
import assert from "node:assert/strict";
import test from "node:test";

const { History, frameOf, outsiders, pointsOfStep, scored, toldApart, undecided, unpack } = await import("../../gan/ui/lab/playframes.js");
const { Drawing } = await import("../../gan/ui/lab/playdraw.js");

test("float16 is read as IEEE 754 says", () => {
  // 1, -2, 65504, 2^-24, 0, -0, infinity, NaN, 1/3 rounded: the bit patterns of the standard's binary16
  const bits = [0x3c00, 0xc000, 0x7bff, 0x0001, 0x0000, 0x8000, 0x7c00, 0x7e00, 0x3555];
  const data = btoa(String.fromCharCode(...bits.flatMap((b) => [b & 255, b >> 8])));
  const found = [...unpack({ shape: [9], data })];
  assert.deepEqual(found.slice(0, 8), [1, -2, 65504, 2 ** -24, 0, -0, Infinity, NaN]);
  assert.equal(found[8], 0.333251953125);
});

test("a history keeps its ends and thins between; a step of D alone takes the place of its moment", () => {
  const history = new History();
  for (let n = 0; n < 2000; n += 1) history.add({ nimg: n, arrays: { samples: new Float32Array([n, 0]) } });
  const kept = history.frames.map((f) => f.nimg);
  assert.ok(kept.length <= 401 && kept.length >= 200, String(kept.length));
  assert.deepEqual([kept[0], kept.at(-1)], [0, 1999]);
  assert.deepEqual(kept, [...kept].sort((a, b) => a - b));
  history.add({ nimg: 1999, mark: 7, arrays: {} });
  assert.deepEqual([history.frames.length, history.frames.at(-1).mark], [kept.length, 7]);
  history.add({ nimg: 5, arrays: {} });
  assert.equal(history.frames.length, 1);  // back to an older checkpoint
});

test("a step takes as many points as its batch has by then, for each step of D", () => {
  const settings = { batch_size: "256", batch_growth: "4", growth_kimg: "10", d_steps: "2" };
  assert.deepEqual([9_999, 10_000].map((nimg) => pointsOfStep(settings, nimg)), [512, 2048]);
});

test("a path is one sample's way, up to a moment", () => {
  const history = new History();
  for (const n of [0, 1, 2]) history.add({ nimg: n, arrays: { samples: new Float32Array([9, 9, n, -n]) } });
  assert.deepEqual(history.path(1, 1, "samples"), [[0, -0], [1, -1]]);
  assert.deepEqual(history.path(1, 2, "averaged"), []);
});

test("a point counts within three standard deviations of its nearest centre", () => {
  const truth = { centres: new Float32Array([0, 0, 1, 0, 0, 1]), sigma: 0.1, counted: true };
  const points = new Float32Array([0.29, 0, 0.31, 0, 1, 0.2, NaN, 0]);
  assert.deepEqual(scored(points, truth), { quality: 0.5, caught: 2, of: 3 });
  assert.equal(scored(points, { ...truth, counted: false }).caught, null);
});

test("how often D tells a pair apart is the area under the ROC curve", () => {
  const real = Float32Array.from({ length: 40 }, (_, i) => Math.round(5 * Math.sin(i * 1.7)));
  const made = Float32Array.from({ length: 30 }, (_, i) => Math.round(5 * Math.cos(i * 0.9) - 1));
  let sum = 0;
  for (const r of real) for (const g of made) sum += r > g ? 1 : r === g ? 0.5 : 0;
  assert.ok(Math.abs(toldApart(real, made) - sum / 1200) < 1e-9);
  assert.equal(toldApart(real, real), 0.5);
});

test("only losses of a probability are undecided at zero", () => {
  const frame = { arrays: { scores: new Float32Array([-3, -1]), real_scores: new Float32Array([10, 20]) } };
  assert.deepEqual(undecided(frame, "nonsaturating"), { middle: 0, scale: 1 });
  assert.equal(undecided(frame, "relativistic").middle, 6.5);
});

test("a reply's arrays are unpacked under their names", () => {
  const found = frameOf({ nimg: 3, mark: 1, arrays: { scores: { shape: [1], data: btoa("\x00\x3c") } } });
  assert.deepEqual([found.nimg, [...found.arrays.scores]], [3, [1]]);
});

test("a stroke leaves points along its way, within the square, and no more than may be sent", () => {
  const drawing = new Drawing();
  drawing.move([-0.5, 0]);
  assert.ok(!drawing.ready);
  drawing.move([0.5, 0]);
  const xs = drawing.points.map(([x]) => x);
  assert.ok(drawing.ready && Math.min(...xs) < -0.4 && Math.max(...xs) > 0.4);
  assert.ok(drawing.points.every(([, y]) => Math.abs(y) < 0.12));
  drawing.lift();
  const before = drawing.points.length;
  drawing.move([0, 0.9]);
  assert.equal(drawing.points.length, before + 1);  // a new stroke does not come from the old one
  for (let i = 0; i < 200; i += 1) drawing.move([Math.sin(i), Math.cos(i)]);
  assert.equal(drawing.points.length, 2000);
  assert.ok(drawing.points.flat().every((v) => Math.abs(v) <= 0.98));
  drawing.clear();
  assert.deepEqual(drawing.points, []);
});

test("points outside the picture are counted, those that are nowhere too", () => {
  const points = Float32Array.of(0, 0, 1.1, -1.1, 0, 1.2, -40, 0, NaN, 0, 0, Infinity);
  assert.equal(outsiders(points, 1.15), 4);
  assert.equal(outsiders(points.subarray(0, 4), 1.15), 0);
});
