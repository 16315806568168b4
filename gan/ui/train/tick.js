// How often a page looks at the training that it shows.

const BUSY_MS = 350, IDLE_MS = 2000;
const EACH_MS = 50, MOST_MS = 1000;  // of many viewers each looks less often: the server shares the training's machine

/** @param {boolean} busy @param {number} viewers */
export const tickMs = (busy, viewers) => (busy ? Math.min(MOST_MS, Math.max(BUSY_MS, EACH_MS * viewers)) : IDLE_MS);
