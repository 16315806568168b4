// gan/ui/compare/verdict.js: what is said of a race follows from its numbers.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import "./page.js";

const words = {};
for (const folder of ["compare", "page", "train"]) {
  const text = readFileSync(new URL(`../../gan/ui/${folder}/words/en.toml`, import.meta.url), "utf8");
  for (const [, key, value] of text.matchAll(/^(\w+) = "(.*)"$/gm)) words[key] = value;
}
globalThis.window.GAN.wordsOf = async () => words;
Object.assign(window.GAN.train.cards.presets, { ring: {} });
window.GAN.compare.ready = { remedies: { sides: [{ name: "as it is" }] } };
const { sideName } = await import("../../gan/ui/compare/columns.js");
const { sameSetups, verdict } = await import("../../gan/ui/compare/verdict.js");

const race = (fds, same = []) => ({
  state: "finished", count: 500, same,
  contestants: Object.entries(fds).map(([name, fd]) => ({
    name, family: "vae", numbers: { fd: { mean: fd.reduce((a, b) => a + b) / fd.length, low: Math.min(...fd), high: Math.max(...fd), of: fd.length } },
  })),
});

test("a contestant is called in the page's words if it is built in, and else by its name", () => {
  assert.equal(sideName("ring 2"), "Ring 2");
  assert.equal(sideName("ring · hinge"), "Ring + hinge");
  assert.equal(sideName("as it is"), "as it is");
  for (const own of ["mine", "how", "put-right", "constructor"]) {
    assert.equal(sideName(own), own);
    assert.equal(sideName(`${own} · hinge 2`), `${own} + hinge 2`);
  }
});

test("who is nearest, and how sure that is", () => {
  assert.match(verdict(race({ a: [1], b: [2] })), /^“a” came nearest.*With one seed/);
  assert.match(verdict(race({ a: [1, 1.5], b: [2, 3] })), /On each of 2 seeds it was ahead of “b”\.$/);
  assert.match(verdict(race({ a: [1, 2.5], b: [2, 3] })), /overlap\.$/);
  assert.match(verdict(race({ a: [1, 1.5], b: [2] })), /With one seed/);
});

test("numbers that read the same are equally near, and nobody is ahead", () => {
  const said = verdict(race({ a: [1.230, 1.231], b: [1.232, 1.233] }));
  assert.match(said, /^“a”, “b” came equally near to the real data: FD 1\.23/);
  assert.doesNotMatch(said, /ahead/);
});

test("of points FD sees mean and spread, and that is said", () => {
  const of = race({ a: [1], b: [2] });
  of.contestants.forEach((contestant) => { contestant.plane = true; });
  assert.match(verdict(of), /^“a” came nearest to the real points in mean and spread: FD 1/);
});

test("the same set-up is named, and none where all differ", () => {
  assert.match(sameSetups(race({ a: [1], b: [1] }, [["a", "b"]])), /^“a”, “b” are the same set-up/);
  assert.equal(sameSetups(race({ a: [1] })), "");
});
