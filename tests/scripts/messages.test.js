// gan/ui/page/kit/messages.js: the library's sentences in the page's language.
import assert from "node:assert/strict";
import test from "node:test";
import { render, sentence } from "../../gan/ui/page/kit/messages.js";

const EN = { gan_set_g_lr: "Rate of G", gan_set_d_lr: "Rate of D", gan_duration: "Duration, s", gan_error_x: "No {what}. Wait." };
const ZH = {
  ...EN, gan_set_g_lr: "G 的学习率", gan_set_d_lr: "D 的学习率", ", ": "，", "did you mean {names}?": "你是否想要 {names}？",
  "{field} must be {range}, got {got}; see {d_lr}": "{field} 须为 {range}，现为 {got}；参见 {d_lr}。",
  "from {low} to {high}": "{low} 到 {high} 之间的数", "there is no {name}; {hint}": "没有 {name} 这一项；{hint}",
  "{count} unreadable": "{count} 张无法读取", "skipped {parts}": "已跳过：{parts}",
};
const wrong = {
  key: "{field} must be {range}, got {got}; see {d_lr}",
  values: { field: "g_lr", got: "'g_lr {d_lr}'", range: { key: "from {low} to {high}", values: { low: 0, high: "1,000" } } },
};

test("a setting goes by its label, what was typed by itself", () => {
  assert.equal(sentence(EN, wrong), "“Rate of G” must be from 0 to 1,000, got 'g_lr {d_lr}'; see “Rate of D”.");
  assert.equal(sentence(EN, wrong, true), "g_lr must be from 0 to 1,000, got 'g_lr {d_lr}'; see d_lr.");
  assert.equal(sentence(EN, { key: "{field} must be 1", values: { field: "seconds" } }), "“Duration, s” must be 1.");
  assert.equal(sentence(EN, { key: "{field} must be 1", values: { field: "tensor" } }), "tensor must be 1.");
});

test("Chinese is Chinese down to the parts, without spaces beside them", () => {
  assert.equal(sentence(ZH, wrong), "“G 的学习率”须为 0 到 1,000 之间的数，现为 'g_lr {d_lr}'；参见“D 的学习率”。");
  const parts = [3, 1].map((count) => ({ key: "{count} unreadable", values: { count } }));
  assert.equal(sentence(ZH, { key: "skipped {parts}", values: { parts } }), "已跳过：3 张无法读取，1 张无法读取。");
  const hint = { key: "did you mean {names}?", values: { names: "鞋" } };
  assert.equal(sentence(ZH, { key: "there is no {name}; {hint}", values: { name: "我 的", hint } }), "没有我 的这一项；你是否想要鞋？");
});

test("a sentence begins with a capital and ends, names aside; an unknown one is shown as it is", () => {
  assert.equal(sentence(EN, { key: "the disk is full" }), "The disk is full.");
  assert.equal(sentence(EN, { key: "{repo} is private; sign in", values: { repo: "me/it" } }), "me/it is private; sign in.");
  assert.equal(sentence(EN, { key: "gan_error_x", values: { what: "room" } }), "No room. Wait.");
  assert.equal(sentence(ZH, { key: "{text}", values: { text: "an older version's {words}" } }), "An older version's {words}.");
  assert.equal(sentence(EN, { key: "" }), "");
  assert.equal(render(EN, { key: "did you mean {names}?", values: { names: "a" } }), "did you mean a?");
});
