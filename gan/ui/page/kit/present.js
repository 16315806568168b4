// Presentation mode: the picture on most of the screen, large type and a few keys, for an audience.
// A tab says what is drawn, what is said of it, and what its keys do.
/** @import { Presented, PresentKey } from "./types" */
import { h, pencil, t } from "./core.js";
import { crispSize } from "./painter.js";

const SAY_MS = 150;  // words follow the picture so often
const QUIET = 4;  // modules of white around a QR code, as its standard asks
const LEAST_CODE_PX = 160;
const CODE_GAP_PX = 16;  // between it and what is said of it, and some to spare
const LOOPBACK = /^(localhost|127\.|\[::1\])/;

/** @type {Presentation | null} */
let open = null;

// Opens it, where none is open; it closes by Escape, or when full screen is left.
/** @param {Presented} what */
export function present(what) {
  open ??= new Presentation(what);
}

class Presentation {
  /** @param {Presented} what */
  constructor(what) {
    this.what = what;
    this.canvas = h("canvas", { class: "ga-pixels", role: "img" });
    this.stage = h("div", { class: "ga-present-stage" }, this.canvas);
    this.title = h("h2", { class: "ga-present-title" });
    this.sub = h("p", { class: "ga-present-sub" });
    this.line = h("p", { class: "ga-present-line" });
    this.note = h("p", { class: "ga-present-note", role: "status" });
    this.code = h("canvas", { class: "ga-pixels", role: "img" });
    this.codeSays = h("p", { class: "ga-present-line" });
    this.codeBox = h("div", { class: "ga-present-code", hidden: true }, this.code, this.codeSays);
    /** @type {string | null} */
    this.coded = null;  // the link that the QR code holds
    this.said = -Infinity;  // when, in ms
    this.before = document.activeElement;
    this.left = () => { if (!document.fullscreenElement) this.close(); };
    this.hints = this.#allKeys().map((key) => this.#hint(key));
    this.side = h("div", { class: "ga-present-side" },
      h("div", { class: "ga-present-words" }, this.title, this.sub, this.line, this.note), this.codeBox,
      h("ul", { class: "ga-present-keys" }, ...this.hints.map(({ node }) => node)));
    this.frame = h("div", { class: "ga-present" }, this.stage, this.side);
    this.node = h("dialog", { class: "ga ga-cover", "aria-label": what.label(), tabindex: -1, autofocus: true }, this.frame);
    this.#show();
  }

  #show() {
    const { node } = this;
    node.addEventListener("keydown", (e) => this.#pressed(e));
    node.addEventListener("keyup", (e) => this.#released(e));
    node.addEventListener("cancel", (e) => { e.preventDefault(); this.close(); });
    document.body.append(node);
    node.showModal();
    node.focus();
    this.#draw(performance.now());
    // an iframe, as on a Space, may be refused full screen: then the window is used
    this.frame.requestFullscreen?.().then(() => {
      if (open === this) document.addEventListener("fullscreenchange", this.left);
      else document.exitFullscreen().catch(() => {});
    }, () => {});
  }

  close() {
    if (open !== this) return;
    open = null;
    document.removeEventListener("fullscreenchange", this.left);
    if (document.fullscreenElement) document.exitFullscreen().catch(() => {});
    this.node.close();
    this.node.remove();
    if (this.before instanceof HTMLElement) this.before.focus();
    this.what.closed?.();
  }

  // ---- keys -----------------------------------------------------------------------------------

  /** @returns {PresentKey[]} */
  #allKeys() {
    return [...this.what.keys,
      { keys: ["q"], says: () => t("gan_present_code"), act: () => this.#toggleCode() },
      { keys: ["Escape"], says: () => t("gan_present_close"), act: () => this.close() }];
  }

  // One line of help, whose keys are buttons as well: a touch screen has no others.
  /** @param {PresentKey} key */
  #hint(key) {
    const shown = key.keys.filter((name) => name in NAMES || name.length === 1);
    const says = h("span");
    const one = key.both ? [] : [says];
    const buttons = shown.slice(0, key.both ? 2 : 1).map((name) => h("button", {
      type: "button", class: "ga-present-key", "data-key": name,
      onclick: () => { key.act(name); key.released?.(); this.node.focus(); },
    }, h("kbd", {}, NAMES[name] ?? name.toUpperCase()), ...one));
    return { key, says, buttons, node: h("li", {}, ...buttons, key.both ? says : null) };
  }

  /** @param {KeyboardEvent} e */
  #found(e) {
    if (e.ctrlKey || e.metaKey || e.altKey) return null;
    // a button that has the keyboard is pressed by Space and Enter itself
    if (e.target instanceof HTMLButtonElement && [" ", "Enter"].includes(e.key)) return null;
    const name = e.key.length === 1 ? e.key.toLowerCase() : e.key;
    return this.hints.find(({ key, node }) => !node.hidden && key.keys.includes(name))?.key ?? null;
  }

  /** @param {KeyboardEvent} e */
  #pressed(e) {
    const key = this.#found(e);
    e.stopPropagation();  // nothing behind it listens meanwhile
    if (!key || e.key === "Escape") return;
    e.preventDefault();
    if (!e.repeat || key.released) key.act(e.key);
  }

  /** @param {KeyboardEvent} e */
  #released(e) { this.#found(e)?.released?.(); }

  // ---- what is seen ---------------------------------------------------------------------------

  /** @param {number} now */
  #draw(now) {
    if (!this.node.isConnected) return;
    this.what.draw(this.canvas, Math.min(this.stage.clientWidth, this.stage.clientHeight));
    if (now - this.said > SAY_MS) {
      this.said = now;
      this.#say();
    }
    requestAnimationFrame((at) => this.#draw(at));
  }

  #say() {
    const { title, sub = "", line, note = "" } = this.what.says();
    put(this.title, title);
    put(this.sub, sub);
    put(this.line, line);
    put(this.note, note);
    const alt = [title, sub].filter(Boolean).join(", ");
    if (this.canvas.getAttribute("aria-label") !== alt) this.canvas.setAttribute("aria-label", alt);
    for (const { key, node, says, buttons } of this.hints) {
      const text = key.says();
      node.hidden = text === null;
      put(says, text ?? "");
      if (key.both) buttons.forEach((button) => button.setAttribute("aria-label", `${text} ${button.textContent}`));
    }
    if (this.codeBox.hidden) return;
    this.#drawCode();
    this.#fitCode();
  }

  // ---- the link as a QR code ------------------------------------------------------------------

  #toggleCode() {
    this.codeBox.hidden = !this.codeBox.hidden;
    this.said = -Infinity;
  }

  async #drawCode() {
    const link = this.what.link();
    if (this.coded === link) return;
    this.coded = link;
    const { encode } = await import("./uqr.js");
    if (this.coded !== link) return;
    let modules;
    try {
      modules = encode(link, { ecc: "L", border: QUIET }).data;
    } catch {  // longer than the largest code holds: 2,953 bytes
      this.code.hidden = true;
      put(this.codeSays, t("gan_present_code_long"));
      return;
    }
    const side = modules.length;
    Object.assign(this.code, { hidden: false, width: side, height: side });
    const context = pencil(this.code);
    context.fillStyle = "#fff";  // in both themes: cameras expect it
    context.fillRect(0, 0, side, side);
    context.fillStyle = "#000";
    modules.forEach((row, y) => row.forEach((dark, x) => { if (dark) context.fillRect(x, y, 1, 1); }));
    this.code.dataset.link = link;
    this.code.setAttribute("aria-label", t("gan_present_code_alt"));
    put(this.codeSays, LOOPBACK.test(location.hostname) ? t("gan_present_code_here") : "");
    this.#fitCode();
  }

  // As large as what else stands beside the picture leaves it.
  #fitCode() {
    const { side, code, codeBox, codeSays } = this;
    const others = [...side.children].filter((node) => node !== codeBox);
    const gaps = others.length * parseFloat(getComputedStyle(side).rowGap) + CODE_GAP_PX;
    const taken = others.reduce((sum, node) => sum + node.clientHeight, codeSays.offsetHeight + gaps);
    const size = `${crispSize(code.width, Math.max(LEAST_CODE_PX, Math.min(side.clientWidth, side.clientHeight - taken)))}px`;
    if (code.style.width !== size) Object.assign(code.style, { width: size, height: size });
  }
}

/** @type {Record<string, string>} */
const NAMES = { ArrowLeft: "←", ArrowRight: "→", ArrowUp: "↑", ArrowDown: "↓", Escape: "Esc" };

/** @param {HTMLElement} node @param {string} text */
function put(node, text) {
  if (node.textContent !== text) node.textContent = text;
}
