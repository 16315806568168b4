// How often pages ask: soon where they are few, and of many not too often together.
import assert from "node:assert/strict";
import { test } from "node:test";
import { stateMs, tickMs } from "../../gan/ui/page/kit/tick.js";

test("a few viewers look three times a second", () => {
  for (const steers of [true, false]) for (const viewers of [1, 7]) assert.equal(tickMs(true, viewers, steers), 350);
});

test("up to sixty viewers together ask at most twenty times a second, and up to eighty pages for the state", () => {
  for (let viewers = 8; viewers <= 60; viewers++) assert.ok(viewers * 1000 / tickMs(true, viewers, false) <= 20);
  for (let pages = 20; pages <= 80; pages++) assert.ok(pages * 1000 / stateMs(true, pages) <= 20);
});

test("nobody looks less than every three seconds, and who steers every second", () => {
  assert.equal(tickMs(true, 1000, false), 3000);
  assert.equal(tickMs(true, 1000, true), 1000);
});

test("a training that is over is looked at now and then", () => {
  for (const steers of [true, false]) assert.equal(tickMs(false, 50, steers), 2000);
  for (const pages of [1, 1000]) assert.equal(stateMs(false, pages), 4000);
});

test("one page asks for the state once a second while something trains", () => {
  assert.equal(stateMs(true, 1), 1000);
});
