// How boards stay fresh: polling that rests while its board is hidden, and asks at once when it is
// shown again. Whatever is asked of the server again and again goes through here.

const STUCK_MS = 60_000;  // a request that hangs for longer is aborted and sent again

/** @param {HTMLElement} element */
export function tabIsOpen(element) {
  return !document.hidden && element.isConnected && element.offsetParent !== null;
}

// Calls `act` each time `element` comes on screen: with its tab, with the browser's tab, or out of
// the browser's cache of pages. No IntersectionObserver: it says nothing of a board that lies below
// the fold, which is how lists went stale.
/** @param {HTMLElement} element @param {() => void} act */
export function whenShown(element, act) {
  let shown = false;
  const look = () => {
    const before = shown;
    shown = tabIsOpen(element);
    if (shown && !before) act();
  };
  new ResizeObserver(look).observe(element);
  document.addEventListener("visibilitychange", look);
  addEventListener("pageshow", ({ persisted }) => { if (persisted) { shown = false; look(); } });
}

export class Poll {
  // look(signal): asks, shows the answer, and handles its own failures; pause(): ms until the next
  // look, Infinity for none; element: the board, null for what belongs to the whole page.
  /**
   * @param {(signal: AbortSignal) => Promise<unknown>} look
   * @param {() => number} pause
   * @param {HTMLElement | null} [element]
   */
  constructor(look, pause, element = null) {
    this.look = look;
    this.pause = pause;
    this.element = element;
    /** @type {Promise<unknown> | null} */
    this.asking = null;
    /** @type {Promise<void> | null} */
    this.next = null;
    /** @type {number | undefined} */
    this.timer = undefined;
    if (element) whenShown(element, () => this.now());
    else {
      document.addEventListener("visibilitychange", () => { if (!document.hidden) this.now(); });
      addEventListener("pageshow", ({ persisted }) => { if (persisted) this.now(); });
    }
  }

  // Asks at once; a hidden board asks when it is shown. Resolves when an answer is shown that was
  // asked for after this call: what is on its way does not know of what was done since.
  now() {
    this.next ??= Promise.resolve(this.asking).then(() => { this.next = null; return this.#ask(); });
    return this.next;
  }

  async #ask() {
    clearTimeout(this.timer);
    if (this.element && !tabIsOpen(this.element)) return;
    this.asking = this.look(AbortSignal.timeout(STUCK_MS));
    try {
      await this.asking;
    } finally {
      this.asking = null;
      const pause = this.pause();
      if (pause < Infinity) this.timer = setTimeout(() => { if (!document.hidden) this.now(); }, pause);
    }
  }
}
