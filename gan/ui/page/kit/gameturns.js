// Whose turn it is in the picture of a game that runs at full speed: shown in turn, slower than it is.
import { tabIsOpen } from "./fresh.js";

const TURN_MS = 1200;
export const still = matchMedia("(prefers-reduced-motion: reduce)");

export class Turns {
  now = 0;
  fresh = false;  // the turn has just changed
  /** @type {ReturnType<typeof setTimeout> | undefined} */ timer = undefined;

  // count(): how many take turns; draw(): called at each change while the board is shown.
  /** @param {HTMLElement} root @param {{ count: () => number, draw: () => void }} how */
  constructor(root, { count, draw }) {
    this.root = root;
    this.count = count;
    this.draw = draw;
    still.addEventListener("change", draw);
  }

  // Whether the turn is new to the picture that is drawn now.
  takeFresh() {
    const { fresh } = this;
    this.fresh = false;
    return fresh;
  }

  // At full speed: D, G, D, G, calmly, while it is looked at.
  /** @param {boolean} running */
  keep(running) {
    if (!running || still.matches) {
      clearTimeout(this.timer);
      this.timer = undefined;
      return;
    }
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      this.now = (this.now + 1) % this.count();
      this.fresh = true;
      if (tabIsOpen(this.root)) this.draw();
    }, TURN_MS);
  }
}
