// gan/ui/page/kit/gamegan.js: whose turn moves what, where a score lies, how wide a gradient is.
import assert from "node:assert/strict";
import test from "node:test";
import { GAN, LOSSES, axisOf, flowOf, placeOn, widthOf } from "../../gan/ui/page/kit/gamegan.js";

test("D's gradient ends in D; G's passes through D, which is held still, and ends in G", () => {
  const [d, g] = [flowOf("d", "hinge"), flowOf("g", "hinge")];
  assert.deepEqual([d.moves, d.held], [["d"], ["g"]]);
  assert.deepEqual([g.moves, g.held], [["g"], ["d"]]);
  const into = ({ back }) => new Set(back.flatMap((key) => key.split(">")));
  assert.deepEqual([...into(d)].sort(), ["d", "loss_d", "scores"]);
  assert.deepEqual([...into(g)].sort(), ["d", "fake", "g", "loss_g", "scores"]);
  const both = flowOf("both", "hinge");
  assert.deepEqual([both.moves, both.held], [["d", "g"], []]);
  assert.deepEqual(new Set(both.back), new Set([...d.back, ...g.back]));
  for (const turn of ["paused", "idle", "over"]) assert.deepEqual(flowOf(turn, "hinge").back, []);
});

test("real images take part in G's step where its loss compares with them, and only there", () => {
  for (const [name, loss] of Object.entries(LOSSES)) {
    assert.equal(flowOf("g", name).forward.includes("real>d"), Boolean(loss.paired), name);
    assert.ok(flowOf("d", name).forward.includes("real>d"));
  }
});

test("what flows goes along lines that are drawn", () => {
  const ids = new Set(GAN.nodes.map(({ id }) => id));
  for (const key of GAN.edges) for (const id of key.split(">")) assert.ok(ids.has(id), id);
  for (const turn of GAN.turns) {
    const { forward, back } = flowOf(turn, "relativistic");
    for (const key of forward) assert.ok(GAN.edges.includes(key), key);
    for (const key of back) assert.ok(GAN.gradients.includes(key), key);
  }
  for (const rows of [GAN.wide, GAN.narrow]) {
    assert.deepEqual(new Set(rows.join(" ").split(" ")), new Set([...ids, "says"]));
  }
});

test("scores share an axis with the level in its middle, and round ends", () => {
  assert.deepEqual(axisOf([], 0), { low: -2, high: 2 });
  assert.deepEqual(axisOf([3.2, -1], 0), { low: -5, high: 5 });
  assert.deepEqual(axisOf([0.9, 0.1], 0.5), { low: -1.5, high: 2.5 });
  assert.deepEqual(axisOf([104, 100, null, undefined], null), { low: 97, high: 107 });  // 2 x 1.05 is over 2
  const axis = axisOf([3.2, -1], 0);
  assert.deepEqual([-9, -5, 0, 2.5, 5].map((v) => placeOn(v, axis)), [0, 0, 0.5, 0.75, 1]);
});

test("a gradient's line grows with the logarithm of its length", () => {
  const widths = [undefined, 1e-9, 1e-4, 1e-2, 1, 10, 1e6].map(widthOf);
  assert.deepEqual([widths[0], widths[1], widths[2]], [1, 1, 1]);
  assert.ok(Math.abs(widths[3] - 2) < 1e-9 && Math.abs(widths[4] - 3) < 1e-9);
  assert.deepEqual([widths[5], widths[6]], [3.5, 3.5]);
});

test("the numbers are those of the last row, or of the step that the run rests at", () => {
  const rows = [{ nimg: 1 }, { nimg: 2, loss_g: 3, loss_d: 4, score_real: 5, score_fake: 6, grad_norm_g: 7, grad_norm_d: 8 }];
  const run = { rows, parameters: { g: 10, d: 20 } };
  assert.deepEqual(GAN.read(run, null), {
    networks: { g: { parameters: 10, gradient: 7 }, d: { parameters: 20, gradient: 8 } },
    scores: { real: 5, fake: 6 }, before: null, losses: { loss_g: 3, loss_d: 4 } });
  const step = { what: "g", grad_norms: { g: 0.1, d: 0.2 }, losses: { g: 1, d: 2 },
    scores_before: { real: 1, fake: -1 }, scores_after: { real: 1, fake: 0 } };
  const read = GAN.read(run, step);
  assert.deepEqual([read.networks.g.gradient, read.networks.d.gradient], [0.1, null]);  // D made none
  assert.deepEqual([read.scores, read.before, read.losses],
    [step.scores_after, step.scores_before, { loss_g: 1, loss_d: 2 }]);
});
