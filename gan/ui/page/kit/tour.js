// A tour of four steps, each at the real control, which can be used meanwhile. No library: driver.js
// is five times as long and covers the page, while here visitors should drag the slider themselves.
import { boot, emit, h, on, openTab, t } from "./core.js";

/** @type {{ name: string, tab: string, at: string[] }[]} the first of `at` that is on screen */
const STEPS = [
  { name: "move", tab: "explore", at: [".ga-direction:not(.is-waiting)", "#direction-rows"] },
  { name: "train", tab: "train", at: ["#start"] },
  { name: "read", tab: "train", at: ["#charts .ga-chart-list", "#charts"] },
  { name: "share", tab: "gallery", at: [".ga-gallery .ga-group", "#save-sheet"] },
];
const SEEN = "gan-tour";
const GAP_PX = 12;
const RING_PX = 6;  // around what is shown
const NARROW_PX = 640;  // below it the card is at the lower edge, under thumbs
const WAIT_TICKS = 60;  // for a board to be built
const SETTLE_MS = 4000;  // while what stands above may still come and push it away

/** @type {Tour | null} */
let open = null;

export function startTour() {
  open?.end();
  open = new Tour();
  open.go(0);
}

class Tour {
  constructor() {
    this.step = 0;
    this.before = document.activeElement;
    /** @type {HTMLElement | null} */
    this.target = null;
    this.found = { at: 0, pageHeight: 0 };
    this.title = h("h2", { id: "tour-title" });
    this.text = h("p", { id: "tour-text" });
    this.count = h("span", { class: "ga-quiet" });
    this.back = h("button", { type: "button", class: "ga-button", id: "tour-back", onclick: () => this.go(this.step - 1) });
    this.next = h("button", { type: "button", class: "ga-button is-primary", id: "tour-next", onclick: () => this.go(this.step + 1) });
    this.skip = h("button", { type: "button", class: "ga-button is-bare", id: "tour-skip", onclick: () => this.end() });
    this.ring = h("div", { class: "ga-tour-ring", hidden: true });
    this.card = h("div", { class: "ga ga-tour", role: "dialog", tabindex: -1, "aria-labelledby": "tour-title", "aria-describedby": "tour-text" },
      this.title, this.text, h("div", { class: "ga-tour-ways" }, this.count, this.skip, this.back, this.next));
    this.card.addEventListener("keydown", (e) => { if (e.key === "Escape") { e.stopPropagation(); this.end(); } });
    /** @param {KeyboardEvent} e */
    this.pressed = (e) => { if (e.key === "Escape" && !document.querySelector("dialog[open]")) this.end(); };
    document.addEventListener("keydown", this.pressed);
    on("language", () => { if (open === this) this.#words(); });
    document.body.append(this.ring, this.card);
    this.#follow();
  }

  /** @param {number} step past the last one it ends */
  go(step) {
    if (step >= STEPS.length) { this.end(); return; }
    Object.assign(this, { step: Math.max(0, step), target: null });
    openTab(STEPS[this.step].tab);
    this.#words();
    this.card.focus({ preventScroll: true });
    this.#seek(WAIT_TICKS);
  }

  end() {
    if (open !== this) return;
    open = null;
    boot.remember(SEEN, "seen");
    emit("toured");
    document.removeEventListener("keydown", this.pressed);
    const within = this.card.contains(document.activeElement);
    this.card.remove();
    this.ring.remove();
    const { before, target } = this;
    if (!within) return;
    if (before instanceof HTMLElement && before.getClientRects().length) before.focus();
    else if (target?.matches("button")) target.focus();
  }

  // Gradio draws a tab, and its board asks for what it shows: that takes a moment.
  /** @param {number} tries */
  #seek(tries) {
    if (open !== this) return;
    const { at } = STEPS[this.step];
    const usable = tries > WAIT_TICKS / 2 ? at.slice(0, 1) : at;  // the others where the first does not come
    const found = usable.map((selector) => document.querySelector(selector)).find((node) => node?.getClientRects().length);
    const { step, target } = this;
    const isFirst = found?.matches(at[0]);
    // once the others are shown, the first may still come
    if (!isFirst && (tries || found)) setTimeout(() => { if (step === this.step && this.target === (found ?? target)) this.#seek(Math.max(0, tries - 1)); }, 100);
    if (!(found instanceof HTMLElement) || found === target) return;
    this.target = found;
    this.found.at = performance.now();
    this.#bring();
  }

  #bring() {
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.found.pageHeight = document.documentElement.scrollHeight;
    this.target?.scrollIntoView({ block: innerWidth < NARROW_PX ? "start" : "center", behavior: calm ? "auto" : "smooth" });
  }

  #words() {
    const { name } = STEPS[this.step];
    this.title.textContent = t(`gan_tour_${name}`);
    this.text.textContent = t(`gan_tour_${name}_what`);
    this.count.textContent = t("gan_tour_count", { step: this.step + 1, of: STEPS.length });
    this.skip.textContent = t("gan_tour_skip");
    this.back.textContent = t("gan_tour_back");
    this.next.textContent = t(this.step === STEPS.length - 1 ? "gan_tour_end" : "gan_tour_next");
    this.back.disabled = this.step === 0;
    this.skip.hidden = this.step === STEPS.length - 1;
  }

  #follow() {
    if (!this.card.isConnected) return;
    const { at, pageHeight } = this.found;
    if (this.target && performance.now() - at < SETTLE_MS && document.documentElement.scrollHeight !== pageHeight) this.#bring();
    this.#place();
    requestAnimationFrame(() => this.#follow());
  }

  #place() {
    const { target, card, ring } = this;
    ring.hidden = !target?.isConnected || !target.getClientRects().length;
    if (target && !target.isConnected) { this.target = null; this.#seek(WAIT_TICKS); }
    const box = ring.hidden || !target ? new DOMRect(innerWidth / 2, innerHeight / 3, 0, 0) : target.getBoundingClientRect();
    put(ring, { left: box.left - RING_PX, top: box.top - RING_PX, width: box.width + 2 * RING_PX, height: box.height + 2 * RING_PX });
    const { offsetWidth: width, offsetHeight: height } = card;
    if (innerWidth < NARROW_PX) { put(card, { left: GAP_PX, top: innerHeight - height - GAP_PX }); return; }
    const gap = GAP_PX + RING_PX;
    const beside = box.left - width - gap;  // beside what is tall, below what is not
    const isTall = box.height > innerHeight / 3;
    const left = isTall && beside > GAP_PX ? beside : Math.min(Math.max(GAP_PX, box.left), document.body.clientWidth - width - GAP_PX);
    const under = box.bottom + gap + height < innerHeight ? box.bottom + gap : box.top - gap - height;
    const top = isTall && beside > GAP_PX ? Math.max(box.top, GAP_PX) : under;
    put(card, { left, top: Math.min(Math.max(GAP_PX, top), innerHeight - height - GAP_PX) });
  }
}

/** @param {HTMLElement} node @param {Record<string, number>} box in CSS px */
function put(node, box) {
  for (const [name, value] of Object.entries(box)) {
    const px = `${Math.round(value)}px`;
    if (node.style.getPropertyValue(name) !== px) node.style.setProperty(name, px);
  }
}
