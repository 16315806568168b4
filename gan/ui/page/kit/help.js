// Explained in place: one sentence for whatever is pointed at, has the keyboard or is tapped.
//
// With help off a mouse that rests sees the sentence, as of a title; a "?" beside a hard word shows its
// own. With help on what is explained is underlined, all of it can have the keyboard, and a wide screen
// has a panel that follows.
/** @import { Explained } from "./types" */
import { around, boot, h, icon, linkedState, on, recall, t, translate } from "./core.js";
import { CONTROLS, explained, sentenceOf, termOf } from "./explained.js";

const REST_MS = 650;  // that a mouse rests before it is told, with help off
const POINT_MS = 120;  // and with help on
const LEAVE_MS = 200;  // to get from what is explained to its sentence
const FOLLOW_MS = 150;  // where what is explained is by now
const MARK_MS = 300;
const GAP_PX = 8;
const TALL_PX = 160;  // of what is explained as a whole: beside it there is no room
const WIDE = matchMedia("(min-width: 1600px)");  // a panel instead of a bubble
const TYPED = "input:not([type=range], [type=checkbox]), textarea, select, [contenteditable]";

class Help {
  /** @param {HTMLElement} toggle */
  constructor(toggle) {
    this.toggle = toggle;
    this.on = false;
    /** @type {Explained | null} */
    this.shown = null;
    /** @type {Element | null} */
    this.at = null;  // what of it was pointed at
    this.pinned = false;  // it was asked for: it stays until asked away
    /** @type {number | undefined} */
    this.soon = undefined;
    /** @type {number | undefined} */
    this.following = undefined;
    /** @type {number | undefined} */
    this.marking = undefined;
    /** @type {Explained | null} */
    this.told = null;  // last, in the panel
    this.rests = "";  // where on the screen the mouse was last
    /** @type {string | undefined} */
    this.awaited = undefined;  // what it pointed at there
    this.arrived = false;  // something came to lie under it since
    /** @type {{ node: Element, by: string | null } | null} */
    this.described = null;
    this.said = h("p", { id: "ga-help-said" });
    this.more = h("p", { class: "ga-help-more" });
    this.bubble = h("aside", { class: "ga ga-help-pop", hidden: true }, this.said, this.more);
    this.title = h("h2", {});
    this.text = h("p", {});
    this.related = h("p", { class: "ga-help-more" });
    this.bar = h("aside", { class: "ga", id: "ga-help-bar", hidden: true },
      h("div", { class: "ga-help-about" }, this.title, this.text, this.related),
      h("p", { class: "ga-help-how", "data-t": "gan_help_how" }),
      h("div", { class: "ga-help-ways" },
        h("button", { type: "button", class: "ga-button", id: "help-tour", "data-t": "gan_tour", onclick: () => tour() }),
        h("button", { type: "button", class: "ga-button", id: "help-glossary", "data-t": "gan_glossary", onclick: () => glossary() }),
        h("button", { type: "button", class: "ga-button is-bare is-icon", id: "help-close", "data-t-label": "gan_help_off", "data-t-title": "gan_help_off",
          onclick: () => { this.switch(false); toggle.focus(); } }, icon("close"))));
  }

  start() {
    document.body.append(this.bar, this.bubble);
    this.#words();
    on("language", () => this.#words());
    this.toggle.addEventListener("click", () => this.switch(!this.on));
    document.addEventListener("pointerover", (e) => this.#pointed(e));
    document.addEventListener("pointermove", (e) => { if (this.arrived) this.#pointed(e); });
    document.addEventListener("pointerdown", (e) => this.#held(e), true);
    document.addEventListener("focusin", (e) => this.#focused(e));
    document.addEventListener("focusout", () => this.#undescribe());
    document.addEventListener("click", (e) => this.#clicked(e), true);
    document.addEventListener("keydown", (e) => this.#pressed(e), true);
    WIDE.addEventListener("change", () => this.#place(null));
    this.watch = new MutationObserver(() => this.#later());
    this.switch(recall("gan-help") === "on");
  }

  /** @param {boolean} yes */
  switch(yes) {
    this.on = yes;
    boot.remember("gan-help", yes ? "on" : "off");
    this.toggle.setAttribute("aria-pressed", String(yes));
    document.documentElement.classList.toggle("is-helping", yes);
    this.bar.hidden = !yes;
    this.hide();
    this.#tell();
    if (yes) this.watch?.observe(document.body, { childList: true, subtree: true });
    else this.watch?.disconnect();
    this.#stamp();
    const held = document.activeElement;
    if (yes && held && held !== this.toggle) this.#show(held, { pinned: false });
  }

  #words() {
    translate(this.bar);
    this.bar.setAttribute("aria-label", t("gan_help"));
    this.bubble.setAttribute("aria-label", t("gan_help_said"));
    this.#tell();
  }

  // ---- what is pointed at ---------------------------------------------------------------------

  /** @param {PointerEvent} e */
  #pointed(e) {
    if (e.pointerType === "touch" || e.buttons || !(e.target instanceof Element)) return;  // not amid a drag
    const place = `${e.screenX} ${e.screenY}`;
    const rests = place === this.rests;
    this.rests = place;
    clearTimeout(this.soon);
    if (this.bubble.contains(e.target)) return;
    const { target } = e;
    const near = explained(target);
    // what a moving page brings under a resting mouse is not pointed at, unless it is the same drawn anew
    const points = !rests || near?.key === this.awaited;
    this.arrived = !points;  // it is as soon as the mouse moves there
    // with help off a wall or a grid does not tell of each picture what it tells of all
    const found = points && near && (this.on || near.host.getBoundingClientRect().height <= TALL_PX) ? near : null;
    if (near?.host === this.shown?.host && near) return;
    this.awaited = found?.key;
    if (!this.pinned) this.soon = setTimeout(() => (found ? this.#show(target, { pinned: false }) : this.#left()), found ? (this.on ? POINT_MS : REST_MS) : LEAVE_MS);
  }

  // What is pressed or dragged is not covered by its own sentence.
  /** @param {PointerEvent} e */
  #held(e) {
    clearTimeout(this.soon);
    if (this.on || this.pinned || !(e.target instanceof Element) || this.bubble.contains(e.target)) return;
    this.hide();
  }

  #left() { if (!this.#holdsFocus()) this.hide(); }

  #holdsFocus() { return this.shown?.host.contains(document.activeElement) && document.activeElement?.matches(":focus-visible"); }

  /** @param {FocusEvent} e */
  #focused(e) {
    if (!(e.target instanceof Element)) return;
    const { target } = e;
    const found = explained(target);
    if (found) this.#describe(target, found);
    const keyed = target.matches(":focus-visible");
    const hard = found?.host.querySelector(".ga-term");
    const always = this.on && WIDE.matches;  // the panel covers nothing
    if (found && (always || (keyed && (this.on || hard || target.matches(".ga-term"))))) this.#show(target, { pinned: false });
    else if (!this.bubble.contains(target) && !found) this.hide();
  }

  // A screen reader reads it after the name of what it comes to.
  /** @param {Element} node @param {Explained} found */
  #describe(node, found) {
    this.#undescribe();
    if (this.bubble.hidden) this.said.textContent = sentenceOf(found);
    const by = node.getAttribute("aria-describedby");
    this.described = { node, by };
    node.setAttribute("aria-describedby", [by, this.said.id].filter(Boolean).join(" "));
  }

  #undescribe() {
    if (!this.described) return;
    const { node, by } = this.described;
    this.described = null;
    if (by === null) node.removeAttribute("aria-describedby");
    else node.setAttribute("aria-describedby", by);
  }

  // A tap on a "?" shows its sentence. With help on the first tap of a finger on a button tells what it
  // does, and the second does it.
  /** @param {MouseEvent} e */
  #clicked(e) {
    const { target } = e;
    if (!(target instanceof Element) || this.bubble.contains(target) || this.bar.contains(target)) return;
    const asked = target.closest(".ga-term");
    if (asked) {
      e.preventDefault();
      e.stopPropagation();
      if (this.pinned && this.at === asked) this.hide();
      else this.#show(asked, { pinned: true });
      return;
    }
    const found = this.on ? explained(target) : null;
    const touched = e instanceof PointerEvent && e.pointerType === "touch";
    if (!found || !touched) { if (this.pinned || !found) this.hide(); return; }
    const again = this.shown?.host === found.host;
    if (!again && around(e, "button, summary, [role=button]")) {
      e.preventDefault();
      e.stopPropagation();
    }
    this.#show(target, { pinned: !again });
  }

  /** @param {KeyboardEvent} e */
  #pressed(e) {
    if (e.key === "Escape" && !this.bubble.hidden) {
      if (this.pinned) e.stopPropagation();
      this.hide();
    }
    if (e.key !== "?" || e.ctrlKey || e.metaKey || e.altKey || e.repeat) return;
    // only while the focus is in one of our boards: WCAG 2.1.4
    if (!(e.target instanceof Element) || !e.target.closest(".ga")) return;
    if (e.target.matches(TYPED) || e.target.closest("dialog")) return;
    e.preventDefault();
    this.switch(!this.on);
  }

  // ---- the sentence ---------------------------------------------------------------------------

  /** @param {Element} at @param {{ pinned: boolean }} how */
  #show(at, { pinned }) {
    const found = explained(at);
    if (!found || !at.isConnected) return;
    Object.assign(this, { shown: found, at, pinned });
    this.said.textContent = sentenceOf(found);
    this.#tell();
    this.#links(this.more, this.on || pinned ? found.key : null);
    this.bubble.classList.toggle("is-idle", !this.on && !pinned);
    const inPanel = this.on && WIDE.matches && !at.closest("dialog");
    if (inPanel) { this.#place(null); return; }
    const room = at.closest("dialog") ?? document.body;
    if (this.bubble.parentElement !== room) room.append(this.bubble);
    this.bubble.hidden = false;
    this.#place(found);
    clearInterval(this.following);
    this.following = setInterval(() => this.#place(this.shown), FOLLOW_MS);
  }

  hide() {
    clearTimeout(this.soon);
    clearInterval(this.following);
    this.bubble.hidden = true;
    Object.assign(this, { shown: null, at: null, pinned: false });
  }

  // The panel keeps what was told last, so that one can go there to read on.
  #tell() {
    if (this.shown) this.told = this.shown;
    const { told } = this;
    this.title.textContent = told ? termOf(told.key) : "";
    this.text.textContent = told ? sentenceOf(told) : t("gan_help_start");
    this.#links(this.related, this.on && told ? told.key : null);
  }

  /** @param {HTMLElement} box @param {string | null} key */
  async #links(box, key) {
    box.replaceChildren();
    if (!key) return;
    const { relatedTo } = await import("./glossary.js");
    if ((box === this.more ? this.shown : this.told)?.key !== key) return;
    box.replaceChildren(...relatedTo(key).map(({ id, term }) => h("button", { type: "button", class: "ga-link", onclick: () => glossary(id) }, t(term))));
    this.#place(this.shown);
  }

  // Below it, or above where there is more room; null takes it away.
  /** @param {Explained | null} found */
  #place(found) {
    const { bubble, at } = this;
    if (bubble.hidden) return;
    if (!found || !at?.isConnected) { bubble.hidden = true; return; }
    const whole = found.host.getBoundingClientRect();
    const box = whole.height > TALL_PX ? at.getBoundingClientRect() : whole;
    if (!box.width || box.bottom < 0 || box.top > innerHeight) { this.hide(); return; }
    const { offsetWidth: width, offsetHeight: height } = bubble;
    const below = box.bottom + GAP_PX + height <= innerHeight || box.top < height + GAP_PX;
    const top = below ? box.bottom + GAP_PX : box.top - GAP_PX - height;
    const left = Math.min(Math.max(GAP_PX, box.left), document.body.clientWidth - width - GAP_PX);
    Object.assign(bubble.style, { left: `${left}px`, top: `${Math.min(Math.max(GAP_PX, top), innerHeight - height - GAP_PX)}px` });
  }

  // ---- what is explained, underlined ----------------------------------------------------------

  #later() {
    this.marking ??= setTimeout(() => { this.marking = undefined; this.#stamp(); }, MARK_MS);
  }

  // Numbers, headings and curves can have the keyboard while help is on; controls have it anyway.
  #stamp() {
    const before = document.querySelectorAll(".is-explained");
    if (!this.on) {
      for (const node of before) unstamp(node);
      return;
    }
    const hosts = new Set();
    for (const node of document.querySelectorAll(".ga [data-help], .ga [data-t], .ga :is(button, select, input, summary), .tabs button[role=tab]")) {
      if (!node.getClientRects().length || node.matches(".ga-term")) continue;
      const found = explained(node);
      if (found && isMarkable(found.host)) hosts.add(found.host);
    }
    for (const node of before) if (!hosts.has(node)) unstamp(node);
    for (const node of hosts) stamp(node);
  }
}

// What there is to underline: not a "?", not a wall of pictures, nothing that is empty.
/** @param {Element} node */
const isMarkable = (node) => !node.matches(".ga-term") && node.getBoundingClientRect().height <= TALL_PX
  && (node.matches(CONTROLS) || Boolean(node.textContent?.trim()));

/** @param {Element} node */
function stamp(node) {
  if (node.classList.contains("is-explained")) return;
  node.classList.add("is-explained");
  if (node.matches(`${CONTROLS}, label, a, [tabindex]`) || node.querySelector(CONTROLS)) return;
  node.setAttribute("tabindex", "0");
  /** @type {HTMLElement} */ (node).dataset.helpTab = "";
}

/** @param {Element} node */
function unstamp(node) {
  node.classList.remove("is-explained");
  if (!(node instanceof HTMLElement) || node.dataset.helpTab === undefined) return;
  node.removeAttribute("tabindex");
  delete node.dataset.helpTab;
}

// ---- the other two: a page of all words, and a way around --------------------------------------

/** @param {string} [id] of an entry */
async function glossary(id) { (await import("./glossary.js")).openGlossary(id); }

async function tour() { (await import("./tour.js")).startTour(); }

/** @param {HTMLElement} toggle the button in the header */
export function startHelp(toggle) {
  new Help(toggle).start();
  on("tour", () => tour());
  // a link that leads to a word, and one that is followed within the page
  const linked = linkedState().get("glossary");
  if (linked !== null) glossary(linked);
  addEventListener("hashchange", (e) => {
    const id = new URLSearchParams(new URL(e.newURL).hash.slice(1)).get("glossary");
    if (id !== null) glossary(id);
  });
}
