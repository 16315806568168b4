// gan/ui/page/kit/figures.js: three digits, one kind of minus, seven characters at most beside it.
import assert from "node:assert/strict";
import test from "node:test";
import { bytes, fixed, named, percents, roomFor, short, signed } from "../../gan/ui/page/kit/figures.js";

test("figures of axes and legends", () => {
  const wanted = {
    0: "0", 1: "1", 0.5: "0.5", "-0.25": "−0.25", 1.23456: "1.23", 12.345: "12.3", 999.4: "999", 12345: "12,345",
    99999: "100k", 123456: "123k", 1.5e6: "1.5M", 2e9: "2G", 3.25e12: "3.25T", 0.0012: "0.0012", 0.00012: "1.2e−4",
    1e-10: "1e−10", 1e-13: "0", 1e15: "1e15",
  };
  for (const [v, text] of Object.entries(wanted)) assert.equal(named(Number(v)), text, v);
});

test("three digits are right, and there is room for them", () => {
  for (let power = -11; power < 17; power += 1) {
    for (const digits of [1, 1.2345, 9.996, -4.567]) {
      const v = digits * 10 ** power;
      const text = named(v);
      assert.ok(text.replace("−", "").length <= 7, `${v} is ${text}`);
      const suffix = { k: 1e3, M: 1e6, G: 1e9, T: 1e12 }[text.at(-1)];
      const plain = text.replace("−", "-").replace("e−", "e-").replaceAll(",", "");
      const read = suffix ? Number(plain.slice(0, -1)) * suffix : Number(plain);
      const few = Math.abs(v) < 1e-9 || Math.abs(v) >= 1e15 ? 0.5 : Math.abs(v) < 0.001 ? 0.05 : 0.005;
      assert.ok(Math.abs(read - v) <= few * Math.abs(v) + 1e-15, `${v} is ${text}`);
    }
  }
});

test("distances and scores", () => {
  const wanted = [[0, "0.00"], [0.0618, "0.062"], [-0.0049, "−0.0049"], [1e-5, "0.00"], [0.126, "0.13"], [1.005, (1.005).toFixed(2)], [9.999, "10.00"], [12.34, "12.3"], [123.4, "123"],
    [-3.14159, "−3.14"], [12345, "1.2e4"], [null, "–"], [undefined, "–"], [NaN, "–"], [Infinity, "–"]];
  for (const [v, text] of wanted) assert.equal(short(v), text);
});

test("signs", () => {
  assert.equal(signed(1.5), "+1.50");
  assert.equal(signed(-1.5), "−1.50");
  assert.equal(signed(0), "+0.00");
  assert.equal(signed(null), "–");
  assert.equal(signed(20, short), "+20.0");
  assert.equal(fixed(-0.126, 1), "−0.1");
});

test("sizes of files", () => {
  assert.deepEqual([0, 1024, 1536, 2 ** 20 - 1, 2 ** 20, 2.5 * 2 ** 20, 3 * 2 ** 30].map(bytes),
    ["1 KB", "1 KB", "2 KB", "1024 KB", "1.0 MB", "2.5 MB", "3.0 GB"]);
});

test("an axis has room for its widest label", () => {
  globalThis.devicePixelRatio = 2;
  const axis = { font: ["12px x"], gap: 4, _size: 33 };
  const plot = { axes: [axis], ctx: { font: "", measureText: (text) => ({ width: 20 * text.length }) } };
  assert.equal(roomFor(plot, ["1", "12345"], 0, 0, 10), Math.ceil(100 / 2) + 4 + 2);
  assert.equal(roomFor(plot, null, 0, 0, 48), 48);
  assert.equal(roomFor(plot, ["12345"], 0, 2, 48), 33, "as it has settled");
});

test("percents of a whole add up to 100, and none is off by more than one", () => {
  assert.deepEqual(percents([1 / 3, 1 / 3, 1 / 3]), [34, 33, 33]);
  assert.deepEqual(percents([0.335, 0.335, 0.33]), [34, 33, 33]);
  assert.deepEqual(percents([1, 0]), [100, 0]);
  assert.deepEqual(percents([0.29, 0.71]), [29, 71]);  // 100 * 0.29 is a little less than 29
  for (const weights of [[1, 2, 4], [1, 1, 1, 1, 1, 1], [0.001, 5, 3.3, 0.7], [7, 0, 11]]) {
    const sum = weights.reduce((a, b) => a + b, 0);
    const shares = weights.map((v) => v / sum);
    const told = percents(shares);
    assert.equal(told.reduce((a, b) => a + b, 0), 100);
    told.forEach((v, i) => assert.ok(Math.abs(v - 100 * shares[i]) < 1));
  }
});
