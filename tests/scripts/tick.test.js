// How often viewers ask: soon where they are few, and of many not too often together.
import assert from "node:assert/strict";
import { test } from "node:test";
import { tickMs } from "../../gan/ui/train/tick.js";

test("a few viewers look three times a second, and nobody less than once", () => {
  assert.equal(tickMs(true, 1), 350);
  assert.equal(tickMs(true, 7), 350);
  for (const viewers of [20, 50, 1000]) assert.equal(tickMs(true, viewers), 1000);
});

test("up to twenty viewers together ask at most twenty times a second", () => {
  for (let viewers = 1; viewers <= 20; viewers++) assert.ok(viewers * 1000 / tickMs(true, viewers) <= 20);
});

test("a training that is over is looked at now and then", () => {
  assert.equal(tickMs(false, 50), 2000);
});
