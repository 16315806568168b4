// How often a page asks for what changes by itself: of many pages each less often, so that all together
// ask no more than twenty times a second. The server shares the machine with the training that they watch.

const EACH_MS = 50;
const BUSY_MS = 350, MOST_MS = 3000, STEERING_MS = 1000;  // of a training: at best, for who only watches, for who steers
const STATE_MS = 1000, IDLE_MS = 2000, IDLE_STATE_MS = 4000;

/** @param {boolean} busy @param {number} viewers @param {boolean} steers */
export function tickMs(busy, viewers, steers) {
  if (!busy) return IDLE_MS;
  return Math.min(steers ? STEERING_MS : MOST_MS, Math.max(BUSY_MS, EACH_MS * viewers));
}

// Of the state, which all boards share.
/** @param {boolean} busy @param {number} pages */
export const stateMs = (busy, pages) => (busy ? Math.min(IDLE_STATE_MS, Math.max(STATE_MS, EACH_MS * pages)) : IDLE_STATE_MS);
