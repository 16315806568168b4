// A drawing of one's own data: a brush that leaves points behind.

const MOST = 2000;  // as the server takes
const FEWEST = 8;
const SPREAD = 0.02;  // of the brush, in the plane's units
const APART = 0.012;  // along a stroke
const EDGE = 0.98;

export class Drawing {
  /** @param {(random: void) => number} [random] uniform from 0 to 1 */
  constructor(random = Math.random) {
    this.random = random;
    /** @type {number[][]} */
    this.points = [];
    /** @type {[number, number] | null} */
    this.from = null;
  }

  get ready() { return this.points.length >= FEWEST; }

  clear() { this.points = []; }

  lift() { this.from = null; }

  // Moves the brush to a place; from the second on along the line from the last.
  /** @param {[number, number]} to */
  move([x, y]) {
    const [x0, y0] = this.from ?? [x, y];
    const steps = this.from ? Math.floor(Math.hypot(x - x0, y - y0) / APART) : 1;
    for (let k = 1; k <= steps; k += 1) this.#leave(x0 + ((x - x0) * k) / steps, y0 + ((y - y0) * k) / steps);
    if (steps) this.from = [x, y];
  }

  /** @param {number} x @param {number} y */
  #leave(x, y) {
    if (this.points.length >= MOST) return;
    const radius = SPREAD * Math.sqrt(-2 * Math.log(1 - this.random()));  // Box and Muller
    const angle = 2 * Math.PI * this.random();
    /** @param {number} v */
    const within = (v) => Math.round(Math.min(EDGE, Math.max(-EDGE, v)) * 1e4) / 1e4;
    this.points.push([within(x + radius * Math.cos(angle)), within(y + radius * Math.sin(angle))]);
  }
}
