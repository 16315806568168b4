// gan/ui/page/kit/core.js: what names a run, its moment and the length of an average, as gan.runs.moments has it.
import "./page.js";
import assert from "node:assert/strict";
import test from "node:test";

const { isMoment, lengthOf, plainRef, state } = await import("../../gan/ui/page/kit/core.js");
const there = (...refs) => { state.models = refs.map((ref) => ({ ref })); };

test("a ref's run is what stands before the moment and the length", () => {
  there("run:a", "fashion", "hub:mine~1");
  for (const ref of ["run:a", "run:a@12", "run:a~0.1", "run:a@12~0.1"]) assert.equal(plainRef(ref), "run:a");
  for (const ref of ["run:a@main", "run:a~long", "hub:mine~1", "fashion"]) assert.equal(plainRef(ref), ref);
  assert.deepEqual(["run:a", "run:a@12", "run:a~0.1"].map(isMoment), [false, true, true]);
});

test("a run that is called as a moment comes before the moment", () => {
  there("run:a", "run:a@12", "run:b~0.1");
  assert.equal(plainRef("run:a@12"), "run:a@12");
  assert.equal(plainRef("run:a@12~0.1"), "run:a@12");
  assert.equal(plainRef("run:a@12@500~0.1"), "run:a@12");
  assert.equal(plainRef("run:b~0.1"), "run:b~0.1");
  assert.equal(plainRef("run:a@13"), "run:a");
  assert.equal(isMoment("run:a@12"), false);
});

test("the length is what follows the run's name, whatever the run is called", () => {
  there("run:a", "run:b~0.1");
  const refs = ["run:a", "run:a@12", "run:a@12~0.20", "run:a~0.20", "run:b~0.1", "run:b~0.1@5~0.25", "hub:mine~1"];
  assert.deepEqual(refs.map(lengthOf), ["", "", "0.20", "0.20", "", "0.25", ""]);
});
