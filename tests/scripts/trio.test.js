// gan/ui/explore/trio.js: which A - B + C shows its point; gan/ui/page/kit/seeds.js: what a seed is.
import assert from "node:assert/strict";
import test from "node:test";
import { effect, pairs } from "../../gan/ui/explore/trio.js";
import { LAST_SEED, seedOf } from "../../gan/ui/page/kit/seeds.js";

const picture = (...data) => ({ data });

test("a result that moved as C differs from B counts by how far it went", () => {
  const [a, b, c] = [picture(0, 0, 0), picture(9, 0, 0), picture(9, 8, 0)];
  const far = effect(a, b, c, picture(0, 8, 0));
  const near = effect(a, b, c, picture(0, 2, 0));
  const astray = effect(a, b, c, picture(0, 0, 8));
  const against = effect(a, b, c, picture(0, -8, 0));
  assert.equal(far, 8);  // cosine 1, 8 from A, 9 from C
  assert.ok(far > near && near > astray && astray === 0 && against < 0);
});

test("what did not move, or only became C, shows nothing", () => {
  const [a, b, c] = [picture(0, 0), picture(3, 4), picture(30, 40)];
  assert.equal(effect(a, b, c, a), 0);
  assert.equal(effect(a, b, c, c), 0);
  assert.equal(effect(a, b, b, c), 0);
});

test("pairs are of two candidates, all different, and no more than asked for", () => {
  for (const [count, most] of [[2, 9], [3, 4], [6, 24], [6, 99]]) {
    const found = pairs(count, most);
    assert.equal(found.length, Math.min(most, count * (count - 1)));
    assert.equal(new Set(found.map(String)).size, found.length);
    for (const [b, c] of found) assert.ok(b !== c && b < count && c < count);
  }
});

test("a seed is a whole number that the server takes", () => {
  const wanted = { 0: 0, " 42 ": 42, 2147483647: LAST_SEED, 2147483648: null, "-1": null, 4.5: null, "1e3": null, "": null, boot: null, "０": null };
  for (const [text, seed] of Object.entries(wanted)) assert.equal(seedOf(text), seed, text);
});
