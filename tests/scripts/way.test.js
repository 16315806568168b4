// gan/ui/welcome/way.js: a tile stays at the length of its latent, whatever moves it.
import assert from "node:assert/strict";
import test from "node:test";
import { Way, further, moved } from "../../gan/ui/welcome/way.js";

const norm = (v) => Math.hypot(...v);
const angle = (a, b) => Math.acos(a.reduce((sum, v, i) => sum + v * b[i], 0) / norm(a) / norm(b));
const near = (a, b, off = 1e-4) => assert.ok(Math.abs(a - b) < off, `${a} is not ${b}`);

function seeded(state = 1) {  // Park and Miller 1988
  return () => { state = (state * 48271) % 2147483647; return state / 2147483647; };
}
const start = Float32Array.from({ length: 64 }, (_, i) => Math.sin(3 * i + 1) * 1.4);

test("a free walk stays at its length and never jumps", () => {
  const random = seeded();
  const way = new Way(start, further(start, 1.1, random), random);
  let before = way.z();
  const arcs = new Set([way.from]);
  for (let s = 0; s < 2000; s += 1) {
    way.go(0.05, 1.1);
    const z = way.z();
    near(norm(z), norm(start), 0.01);
    assert.ok(angle(before, z) < 0.03);
    before = z;
    arcs.add(way.from);
  }
  assert.ok(arcs.size > 5);
});

test("without another arc it goes to and fro on its own", () => {
  const way = new Way(start, further(start, 1.1, seeded()), seeded(7));
  const { from, to } = way;
  let [least, most] = [1, 0];
  for (let s = 0; s < 1000; s += 1) {
    way.go(0.05);
    [least, most] = [Math.min(least, way.at), Math.max(most, way.at)];
  }
  assert.deepEqual([way.from, way.to], [from, to]);
  assert.ok(least < 0.01 && most > 0.99);
});

test("another point lies at the angle that was asked for", () => {
  for (const wanted of [0.2, 1.1, 1.5]) near(angle(start, further(start, wanted, seeded(3))), wanted);
});

test("a hand moves a point along the directions and keeps its length", () => {
  const axes = [0, 1].map((i) => Float32Array.from(start, (_, k) => Number(k === i)));
  const to = moved(start, axes, [2, -1]);
  near(norm(to), norm(start));
  const scale = to[5] / start[5];
  near(to[0], (start[0] + 2) * scale);
  near(to[1], (start[1] - 1) * scale);
  assert.deepEqual([...moved(start, axes, [0, 0])], [...start]);
});

test("from where it was let go a new arc begins", () => {
  const way = new Way(start, further(start, 1.1, seeded()), seeded());
  const here = further(start, 0.5, seeded(9));
  way.leave(here, 1.1);
  assert.deepEqual([...way.z()].map((v) => v.toFixed(4)), [...here].map((v) => v.toFixed(4)));
  near(angle(way.from, way.to), 1.1);
});
