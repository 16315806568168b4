// What all charts drawn by uPlot have in common: the page's tones and type, and quiet axes.
import { roomFor } from "./figures.js";

const ROOM_PX = 48;  // of the labels beside a chart, and more where they are longer
const FOOT_PX = 24;

// A tone of the theme that `box` is shown in: color("--ga-ink").
/** @param {Element} box */
export function toned(box) {
  const css = getComputedStyle(box);
  /** @param {string} name */
  return (name) => css.getPropertyValue(name).trim();
}

// Axes whose labels are written by `x` and `y`, of one value each; no grid across.
/**
 * @param {(name: string) => string} color
 * @param {{ x: (v: number) => string, y: (v: number) => string, xs?: object, ys?: object }} of
 */
export function quietAxes(color, { x, y, xs = {}, ys = {} }) {
  const axis = {
    stroke: color("--ga-quiet"), font: `12px ${color("--ga-sans") || "sans-serif"}`, gap: 4,
    ticks: { show: false }, border: { show: false },
  };
  /** @param {(v: number) => string} write @returns {(u: unknown, list: (number | null)[]) => string[]} */
  const written = (write) => (_, list) => list.map((v) => (v === null ? "" : write(v)));
  /** @type {(u: import("./uplot.js").default, texts: string[] | null, i: number, cycle: number) => number} */
  const room = (u, texts, i, cycle) => roomFor(u, texts, i, cycle, ROOM_PX);
  return [
    { ...axis, size: FOOT_PX, space: 64, grid: { show: false }, values: written(x), ...xs },
    { ...axis, size: room, space: 32,
      grid: { stroke: color("--ga-line"), width: 1 }, values: written(y), ...ys },
  ];
}
