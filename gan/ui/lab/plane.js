// A small chart in SVG: axes, curves and dots that are drawn anew for every width and value.

const NS = "http://www.w3.org/2000/svg";
const ROOM = { left: 40, right: 12, top: 8, bottom: 24 };  // px, of the labels

/** @param {string} tag @param {Record<string, string | number>} props @param {(Node | string)[]} children */
function s(tag, props = {}, ...children) {
  const node = document.createElementNS(NS, tag);
  for (const [key, value] of Object.entries(props)) node.setAttribute(key, String(value));
  node.append(...children);
  return node;
}

/** @typedef {{ x: [number, number], y: [number, number], xs: number[], ys: number[] }} Axes ranges, and what is labelled */

export class Plane {
  /** @param {Axes} axes @param {number} width @param {number} height */
  constructor({ x, y, xs, ys }, width, height) {
    this.width = width;
    this.height = height;
    const [right, bottom] = [width - ROOM.right, height - ROOM.bottom];
    /** @param {[low: number, high: number]} range @param {number} from @param {number} to */
    const place = ([low, high], from, to) => (/** @type {number} */ v) => from + ((v - low) / (high - low)) * (to - from);
    this.px = place(x, ROOM.left, right);
    this.py = place(y, bottom, ROOM.top);
    this.x = x;
    this.y = y;
    // what leaves the ranges is cut off
    this.inside = s("svg", { x: ROOM.left, y: ROOM.top, width: right - ROOM.left, height: bottom - ROOM.top,
      viewBox: `${ROOM.left} ${ROOM.top} ${right - ROOM.left} ${bottom - ROOM.top}` });
    this.over = s("g");
    const across = ys.map((v) => s("line", { class: "is-grid", x1: ROOM.left, x2: right, y1: this.py(v), y2: this.py(v) }));
    const labels = [
      ...ys.map((v) => s("text", { x: ROOM.left - 8, y: this.py(v) + 4, "text-anchor": "end" }, label(v))),
      ...xs.map((v) => s("text", { x: this.px(v), y: height - 6, "text-anchor": "middle" }, label(v)))];
    this.nodes = [...across, ...labels, this.inside, this.over];
  }

  // The value at a place on the screen, `px` from the left of the chart.
  /** @param {number} px */
  valueAt(px) {
    const [low, high] = this.x;
    return low + ((px - ROOM.left) / (this.width - ROOM.right - ROOM.left)) * (high - low);
  }

  /** @param {(x: number) => number} f @param {string} tone @param {{ from?: number, to?: number, filled?: boolean }} [how] */
  curve(f, tone, { from = this.x[0], to = this.x[1], filled = false } = {}) {
    const points = Array.from({ length: 161 }, (_, i) => from + (i / 160) * (to - from));
    const path = points.map((v) => `${this.px(v).toFixed(1)} ${this.py(f(v)).toFixed(1)}`).join("L");
    const foot = this.py(0).toFixed(1);
    if (filled) this.inside.append(s("path", { class: `is-filled is-${tone}`, d: `M${this.px(from)} ${foot}L${path}L${this.px(to)} ${foot}Z` }));
    this.inside.append(s("path", { class: `is-curve is-${tone}`, d: `M${path}` }));
  }

  // A line from the foot to the top at `x`: where the slider stands.
  /** @param {number} x */
  rule(x) { this.inside.append(s("line", { class: "is-rule", x1: this.px(x), x2: this.px(x), y1: 0, y2: this.height })); }

  /** @param {number} y */
  level(y) { this.inside.append(s("line", { class: "is-rule", x1: 0, x2: this.width, y1: this.py(y), y2: this.py(y) })); }

  /** @param {number} x @param {number} y @param {string} tone */
  dot(x, y, tone, { hollow = false } = {}) {
    const [low, high] = this.y;
    const at = this.py(Math.min(high, Math.max(low, y)));
    this.over.append(s("circle", { class: `is-dot is-${tone}${hollow ? " is-hollow" : ""}`, cx: this.px(x), cy: at, r: 5 }));
  }

  /** @param {number} x @param {number} y @param {string} tone */
  mass(x, y, tone) {
    this.inside.append(s("line", { class: `is-mass is-${tone}`, x1: this.px(x), x2: this.px(x), y1: this.py(0), y2: this.py(y) }));
    this.dot(x, y, tone);
  }
}

/** @param {number} v */
const label = (v) => String(v).replace("-", "−");
