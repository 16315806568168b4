// Numbers as the page writes them: one minus sign, and no more characters than there is room for.

const MINUS = "−";
/** @type {[number, string][]} */
const SUFFIXES = [[1e12, "T"], [1e9, "G"], [1e6, "M"], [1e3, "k"]];
const PLAIN_TO = 1e5;  // larger ones get a suffix
const HUGE = 1e15;

// A number in JavaScript's own notation, with a minus that is as wide as a plus.
/** @param {string} text */
const dressed = (text) => text.replaceAll("-", MINUS).replaceAll("e+", "e");

// Three significant digits in at most seven characters: for axes, legends and figures.
/** @param {number} v */
export function named(v) {
  const size = Math.abs(v);
  if (size < 1e-12) return "0";
  if (size >= HUGE || size < 0.001) return dressed(v.toExponential(size < 1e-9 || size >= HUGE ? 0 : 1));
  const three = Number(v.toPrecision(3));
  if (Math.abs(three) < 1000) return dressed(String(three));
  if (Math.abs(three) < PLAIN_TO) return dressed(Math.round(v).toLocaleString("en-US"));
  const [unit, suffix] = SUFFIXES.find(([unit]) => Math.abs(three) >= unit) ?? SUFFIXES[SUFFIXES.length - 1];
  return `${dressed(String(Number((three / unit).toPrecision(3))))}${suffix}`;
}

// Two decimals while there is room: for distances and scores. Two digits of what is smaller, as distances of points are.
/** @param {number | null | undefined} v */
export function short(v) {
  if (v === null || v === undefined || !Number.isFinite(v)) return "–";
  const size = Math.abs(v);
  if (size >= 10000) return dressed(v.toExponential(1));
  if (size >= 0.1 || size < 0.0005) return dressed(v.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : 2));
  return dressed(String(Number(v.toPrecision(2))));
}

/** @param {number} v */
export const fixed = (v, digits = 2) => dressed(v.toFixed(digits));

// With its sign, a plus too; for what is a difference.
/** @param {number | null | undefined} v @param {(v: number) => string} write */
export function signed(v, write = fixed) {
  return v === null || v === undefined ? "–" : `${v < 0 ? "" : "+"}${write(v)}`;
}

// A share, with a decimal where it has one.
/** @param {number} share */
export const percent = (share) => `${Number((100 * share).toFixed(1))} %`;

// Shares that add up to 1 as whole percents that add up to 100: the largest remainders are rounded up.
/** @param {number[]} shares */
export function percents(shares) {
  const whole = shares.map((v) => Math.floor(100 * v + 1e-9));
  const missing = 100 - whole.reduce((a, b) => a + b, 0);
  const order = shares.map((v, i) => ({ i, rest: 100 * v - whole[i] })).sort((a, b) => b.rest - a.rest || a.i - b.i);
  for (const { i } of order.slice(0, Math.max(0, missing))) whole[i] += 1;
  return whole;
}

// Of a file or a download.
/** @param {number} n */
export const bytes = (n) => (n < 2 ** 20 ? `${Math.max(1, Math.round(n / 1024))} KB`
  : n < 2 ** 30 ? `${(n / 2 ** 20).toFixed(1)} MB` : `${(n / 2 ** 30).toFixed(1)} GB`);

// What an axis of uPlot needs for its labels, in CSS pixels: as wide as the widest, never clipped.
/**
 * @param {import("./uplot.js").default} plot whose inner numbers it asks for
 * @param {string[] | null} texts
 * @param {number} index
 * @param {number} cycle
 * @param {number} least
 */
export function roomFor(plot, texts, index, cycle, least) {
  const axis = plot.axes[index];
  if (cycle > 1) return axis._size;  // uPlot asks again until it settles
  const { ctx } = plot;
  ctx.font = axis.font[0];
  const widest = Math.max(0, ...(texts ?? []).map((text) => ctx.measureText(text).width));
  return Math.max(least, Math.ceil(widest / devicePixelRatio) + axis.gap + 2);
}
