// gan/ui/train/charts.js: thinning keeps the ends and every spike, however often it is done.
import "./page.js";
import assert from "node:assert/strict";
import test from "node:test";
import { range } from "./near.js";

const { thin } = await import("../../gan/ui/train/charts.js");
const MOST = 1000;  // rows that are left as they are, one less

const run = (count) => range(count, (i) => ({ nimg: 64 * i, loss: Math.sin(i / 40), ...(i % 7 ? {} : { fd: 100 - i / 100 }) }));
const of = (rows, key) => rows.filter((r) => key in r).map((r) => r[key]);

test("few rows stay as they are", () => {
  const rows = run(MOST - 1);
  assert.equal(thin(rows), rows);
  assert.deepEqual(thin([]), []);
});

test("many become at most half of that, in order, with the first and the last moment", () => {
  for (const count of [MOST, 2501, 20_000]) {
    const rows = run(count);
    const kept = thin(rows);
    assert.ok(kept.length <= MOST / 2, `${kept.length} of ${count}`);
    assert.equal(kept[0].nimg, 0);
    assert.deepEqual(kept.at(-1), rows.at(-1));
    assert.ok(kept.every((r, i) => !i || r.nimg > kept[i - 1].nimg));
  }
});

test("a spike of one row survives in its place, in both directions, and thinning again", () => {
  const rows = run(5000);
  rows[1234].loss = 50;
  rows[4321].loss = -50;
  let kept = rows;
  for (let round = 0; round < 5; round += 1) {
    kept = thin(kept.length < MOST ? [...kept, ...run(700).map((r) => ({ ...r, nimg: r.nimg + kept.at(-1).nimg + 64 }))] : kept);
    const losses = of(kept, "loss");
    assert.equal(Math.max(...losses), 50);
    assert.equal(Math.min(...losses), -50);
  }
  const once = thin(rows);
  const stretch = rows.at(-1).nimg / 249;
  assert.ok(Math.abs(once.find((r) => r.loss === 50).nimg - 64 * 1234) <= stretch);
});

test("a number that few rows have keeps its extremes", () => {
  const rows = run(3000);
  const kept = thin(rows);
  assert.equal(Math.max(...of(kept, "fd")), Math.max(...of(rows, "fd")));
  assert.equal(Math.min(...of(kept, "fd")), Math.min(...of(rows, "fd")));
  assert.ok(kept.every((r) => r.fd !== undefined || !("fd" in r)));
});
