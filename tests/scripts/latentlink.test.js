// gan/ui/page/kit/latentlink.js: what a point says in an address comes back as it was.
import assert from "node:assert/strict";
import test from "node:test";
import { freshPoint, fromLink, readLink, toLink, unfit } from "../../gan/ui/page/kit/latentlink.js";
import { LAST_SEED } from "../../gan/ui/page/kit/seeds.js";

const read = (values) => fromLink(new URLSearchParams(values));
const back = (point) => read(toLink(point));

test("a fresh point is its seed alone", () => {
  assert.deepEqual(toLink(freshPoint(7)), { seed: 7 });
  assert.deepEqual(back(freshPoint(7)), freshPoint(7));
  assert.deepEqual(read({}), freshPoint(42));
});

test("every part comes back", () => {
  const points = [
    { ...freshPoint(1), label: 3, held: true, psi: 0.7 },
    { ...freshPoint(1), label: 3, held: false },
    { ...freshPoint(2), mix: [0.25, 0, 0.75], held: true },
    { ...freshPoint(2), mix: [0.25, 0, 0.75] },
    { ...freshPoint(LAST_SEED), moves: { 0: -1.5, 12: 2 }, steps: { "pca-1": 1.25, "drawn-1f": -3 } },
    { ...freshPoint(3), base: Float32Array.of(0, -1.5, 1e-7, 10, 0.1) },
  ];
  for (const point of points) assert.deepEqual(back(point), point);
});

test("a vector is little-endian float32 in base64url, without padding", () => {
  const base = Float32Array.of(1, -2);
  const bytes = Buffer.alloc(8);
  bytes.writeFloatLE(1, 0);
  bytes.writeFloatLE(-2, 4);
  assert.equal(toLink({ ...freshPoint(1), base }).at, bytes.toString("base64url"));
});

test("what makes no sense is left out", () => {
  const at = (bytes) => Buffer.from(bytes).toString("base64url");
  for (const seed of ["-1", "x", "", String(2 ** 31)]) assert.equal(read({ seed }).seed, 42);
  assert.equal(read({ seed: "7.9" }).seed, 7);
  assert.equal(read({ class: "-1" }).label, null);
  assert.equal(read({ psi: "9" }).psi, 1);
  assert.equal(read({ at: at([1, 2, 3]) }).base, null);
  assert.equal(read({ at: at([0, 0, 0xc0, 0x7f]) }).base, null, "a NaN");
  assert.equal(read({ at: "%%" }).base, null);
  assert.deepEqual(read({ z: "0:1,x:2,3:99,4:" }).moves, { 0: 1 });
  assert.deepEqual(read({ d: "pca-1:1,PCA:1,sefa-2:3.5" }).steps, { "pca-1": 1 });
  assert.deepEqual(read({ mix: "2:0.5,a:1,9999:1" }).mix, [0, 0, 0.5]);
});

test("a class stays unless the link says that it does not, a mixture the other way round", () => {
  assert.equal(read({ class: "3" }).held, true);
  assert.equal(read({ class: "3", keep: "0" }).held, false);
  assert.equal(read({ mix: "0:1" }).held, false);
  assert.equal(read({ mix: "0:1", keep: "1" }).held, true);
});

test("what makes no sense is named, and the rest is taken", () => {
  const nonsense = { seed: "x", class: "-1", psi: "9", at: "%%", keep: "2", mix: "2:0.5,a:1,9999:1", z: "0:1,x:2,3:99,4:", d: "pca-1:1,PCA:1,sefa-2:3.5" };
  const { point, wrong } = readLink(new URLSearchParams(nonsense));
  assert.deepEqual(wrong, ["seed=x", "class=-1", "psi=9", "at=%%", "mix=a:1", "mix=9999:1", "keep=2", "z=x:2", "z=3:99", "z=4:", "d=PCA:1", "d=sefa-2:3.5"]);
  assert.deepEqual([point.mix, point.moves, point.steps], [[0, 0, 0.5], { 0: 1 }, { "pca-1": 1 }]);
  assert.deepEqual(readLink(new URLSearchParams(toLink(point))).wrong, []);
});

test("what does not belong to the model is named too", () => {
  const linked = { ...freshPoint(1), label: 12, base: Float32Array.of(1, 2), moves: { 0: 1, 70: 2 }, steps: { "pca-1": 1, "gone-1": 1 } };
  const shown = { ...freshPoint(1), moves: { 0: 1 }, steps: linked.steps };
  const model = { classes: 10, knows: (id) => id === "pca-1" };
  assert.deepEqual(unfit(linked, shown, model), [`at=${toLink(linked).at}`, "class=12", "z=70:2", "d=gone-1:1"]);
  const own = { ...freshPoint(1), label: 3 };  // the seed's own class, which needs no saying
  assert.deepEqual(unfit(own, freshPoint(1), model), []);
});
