// gan/ui/compare/racelink.js: what a race's address says comes back, and what it does not know is named.
import assert from "node:assert/strict";
import test from "node:test";
import { fromRaceLink, toRaceLink, withoutRace } from "../../gan/ui/compare/racelink.js";

const FORM = { ready: "", sides: [{ preset: "ring-article", change: "loss=hinge" }, { preset: "ring", change: "" }], data: "ring", seconds: "12", seeds: "0, 1" };

test("a race of one's own is spelt side by side", () => {
  const link = toRaceLink(FORM);
  assert.deepEqual(link, { tab: "compare", sides: "ring-article:loss:hinge,ring", on: "ring", for: "12", seeds: "0,1" });
  const { asked, strange } = fromRaceLink(new URLSearchParams(link));
  assert.equal(asked.sides, link.sides);
  assert.deepEqual([asked.on, asked.for, asked.seeds, strange.length], ["ring", "12", "0,1", 0]);
});

test("a ready-made race is named, and nothing else is asked for", () => {
  const link = toRaceLink({ ...FORM, ready: "losses" });
  assert.equal(link.race, "losses");
  assert.ok(!("sides" in link));
  const linked = new URLSearchParams({ ...link, sparkle: "1", model: "fashion" });
  assert.deepEqual(fromRaceLink(linked).strange, ["sparkle"]);
  assert.deepEqual(withoutRace(linked), { sparkle: "1", model: "fashion" });
  assert.equal(fromRaceLink(new URLSearchParams({ tab: "train", race: "losses" })), null);
});
