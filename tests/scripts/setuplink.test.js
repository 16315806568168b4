// The set-up of a training as part of the address.
import assert from "node:assert/strict";
import test from "node:test";
import { fromSetupLink, toSetupLink } from "../../gan/ui/train/setuplink.js";

const SETUP = { preset: "digits", data: "hub:me/cats", init: "7", seconds: "30", kimg: "",
  set: { g_lr: "0.001", g_widths: "64,32", note: "a:b%" }, run: "digits-3", moment: 12345 };

test("the moment before the first step is a moment", () => {
  const setup = { preset: "digits", data: "digits", set: {}, run: "digits-3", moment: 0 };
  assert.equal(toSetupLink(setup).moment, "0");
  assert.equal(fromSetupLink(new URLSearchParams(toSetupLink(setup))).setup.moment, 0);
  assert.equal("moment" in toSetupLink({ ...setup, moment: null }), false);
});

test("a set-up comes back from its link as it was", () => {
  const linked = new URLSearchParams(new URLSearchParams(toSetupLink(SETUP)).toString());
  assert.deepEqual(fromSetupLink(linked), { setup: SETUP, wrong: [], strange: [] });
});

test("what is missing is left out of the address", () => {
  assert.deepEqual(toSetupLink({ preset: "fashion", data: "fashion", set: {} }), { tab: "train", preset: "fashion", data: "fashion" });
});

test("a link to a run asks for no set-up, nor does another board's", () => {
  assert.equal(fromSetupLink(new URLSearchParams("tab=train&run=digits-1")), null);
  assert.equal(fromSetupLink(new URLSearchParams("tab=train&init=3&recipe=ring")), null);  // of the playground, whose tab was left
  assert.equal(fromSetupLink(new URLSearchParams("tab=lab&data=ring")), null);
});

test("any part of a set-up is one", () => {
  for (const part of ["preset=ring", "preset=", "data=ring", "seconds=20", "kimg=3", "set=d_lr:0.1"]) {
    assert.notEqual(fromSetupLink(new URLSearchParams(`tab=train&${part}`)), null, part);
  }
});

test("nonsense is named, keys of a later version too, and the rest is taken", () => {
  const { setup, wrong, strange } = fromSetupLink(new URLSearchParams("tab=train&preset=x&set=g_lr:1,zz,:3&moment=-2&teacher=1&seed=4"));
  assert.deepEqual(setup.set, { g_lr: "1" });
  assert.equal(setup.moment, null);
  assert.deepEqual(wrong, ["zz", ":3", "moment=-2"]);
  assert.deepEqual(strange, ["teacher"]);
});
