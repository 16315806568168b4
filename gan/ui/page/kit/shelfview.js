// The shelf as a tab shows it: a strip of pictures with their names, and what one of them is, where
// it came from, what was made of it. What only a tab can do is its host's.
/** @import { Attributes, Pin, ShelfHost } from "./types" */
import { around, count, focusedIn, h, icon, on, say, t, translate } from "./core.js";
import { save } from "./lines.js";
import { Comparison } from "./shelfcompare.js";
import { saveSheet, saveShelf, saveUnread } from "./shelffile.js";
import { image, show } from "./shelfimage.js";
import { fillPictures, wholePicture } from "./shelfpictures.js";
import { isHere, MAX_NAME, shelf } from "./shelf.js";
import { modelText, originText, settingsText } from "./shelfwords.js";

export class ShelfView {
  /** @param {HTMLElement} node @param {ShelfHost} host */
  constructor(node, host) {
    this.node = node;
    this.host = host;
    // made by #makeHead and #makeDetail
    /** @type {HTMLSpanElement} */ this.count;
    /** @type {HTMLButtonElement} */ this.sheet;
    /** @type {HTMLButtonElement} */ this.save;
    /** @type {HTMLButtonElement} */ this.load;
    /** @type {HTMLInputElement} */ this.file;
    /** @type {HTMLParagraphElement} */ this.empty;
    /** @type {HTMLUListElement} */ this.list;
    /** @type {HTMLParagraphElement} */ this.status;
    /** @type {HTMLParagraphElement} */ this.lasts;
    /** @type {HTMLParagraphElement} */ this.unread;
    /** @type {HTMLDivElement} */ this.detail;
    /** @type {HTMLImageElement} */ this.picture;
    /** @type {HTMLInputElement} */ this.name;
    /** @type {HTMLParagraphElement} */ this.origin;
    /** @type {HTMLParagraphElement} */ this.settings;
    /** @type {HTMLParagraphElement} */ this.model;
    /** @type {HTMLButtonElement} */ this.open;
    /** @type {HTMLButtonElement} */ this.comparing;
    /** @type {HTMLButtonElement} */ this.png;
    /** @type {HTMLButtonElement} */ this.remove;
    /** @type {HTMLButtonElement} */ this.close;
    /** @type {HTMLDivElement} */ this.family;
    this.models = "";  // that were there when it was drawn
    /** @type {string | null} */
    this.chosen = null;  // whose details are open
    /** @type {Map<string, Item>} */
    this.items = new Map();
    this.compare = new Comparison(host);
    this.#makeHead();
    this.#makeDetail();
    node.classList.add("ga-panel", "ga-pins");
    node.append(
      h("header", {}, h("h2", { "data-t": "gan_shelf" }), this.count, this.empty, h("span", { class: "ga-space" }), this.sheet, this.save, this.load, this.file),
      this.list, this.status, this.lasts, this.unread, this.detail);
    translate(node);
    this.#listen();
    on("shelf", () => this.draw());
    on("language", () => this.draw());
    on("state", ({ models }) => {  // they come and go
      const refs = models.map(({ ref }) => ref).join();
      if (refs !== this.models) { this.models = refs; this.draw(); }
    });
    this.draw();
  }

  // ---- its parts ----------------------------------------------------------------------------

  /** @param {string} name @param {string} word @param {string} picture @param {Attributes} [props] */
  #button(name, word, picture, props = {}) {
    return h("button", { type: "button", class: "ga-button is-bare", id: this.host.prefix + name, "data-help": `${word}_help`, ...props },
      icon(picture), h("span", { "data-t": word }, t(word)));
  }

  #makeHead() {
    this.count = h("span", { class: "ga-quiet", "data-help": "gan_shelf_help" });
    this.sheet = this.#button("sheet", "gan_shelf_sheet", "copy");
    this.save = this.#button("save", "gan_shelf_save", "save");
    this.load = this.#button("load", "gan_shelf_load", "upload");
    this.file = h("input", { type: "file", accept: ".json,application/json", hidden: true, id: `${this.host.prefix}file`, "data-t-label": "gan_shelf_load" });
    this.empty = h("p", { class: "ga-quiet ga-pins-empty", "data-t": this.host.emptyWord });
    this.list = h("ul", { class: "ga-pins-list", id: `${this.host.prefix}list`, "data-t-label": "gan_shelf", "data-help": "gan_shelf_help" });
    this.status = h("p", { class: "ga-quiet ga-pins-says", role: "status", id: `${this.host.prefix}says` });
    this.lasts = h("p", { class: "ga-quiet ga-pins-says", role: "status" });
    this.unread = h("p", { class: "ga-quiet ga-pins-says", id: `${this.host.prefix}unread` });
  }

  #makeDetail() {
    /** @param {string} name */
    const id = (name) => this.host.prefix + name;
    this.picture = image("ga-pins-large");
    this.name = h("input", { class: "ga-input ga-pins-name", id: id("name"), maxlength: MAX_NAME, autocomplete: "off",
      "data-t-label": "gan_shelf_name", "data-t-title": "gan_shelf_name", "data-help": "gan_shelf_name_help" });
    this.origin = h("p", { id: id("origin"), "data-help": "gan_shelf_origin_help" });
    this.settings = h("p", { class: "ga-quiet", id: id("settings") });
    this.model = h("p", { class: "ga-quiet" });
    this.open = this.#button("open", "gan_shelf_open", "open", { class: "ga-button is-primary" });
    this.comparing = this.#button("compare", "gan_shelf_compare", "mirror", { class: "ga-button", "aria-expanded": "false", "aria-controls": id("comparison") });
    this.png = this.#button("png", "gan_save_one", "save");
    this.remove = this.#button("delete", "gan_shelf_delete", "bin");
    this.close = h("button", { type: "button", class: "ga-button is-bare is-icon", id: id("close"), "data-help": "gan_shelf_close_help",
      "data-t-label": "gan_shelf_close", "data-t-title": "gan_shelf_close" }, icon("close"));
    this.family = h("div", { class: "ga-pins-family", id: id("family"), role: "group", "data-t-label": "gan_shelf_family", "data-help": "gan_shelf_family_help" });
    this.compare.node.id = id("comparison");
    this.detail = h("div", { class: "ga-pins-pin", id: id("pin"), role: "group", hidden: true },
      h("div", { class: "ga-pins-about" }, this.picture,
        h("div", { class: "ga-pins-facts" }, this.name, this.origin, this.settings, this.model,
          h("div", { class: "ga-pins-acts" }, this.open, this.comparing, this.png, this.remove)),
        this.close),
      this.family, this.compare.node);
  }

  #listen() {
    this.list.addEventListener("click", (e) => this.#pick(idIn(e)));
    this.list.addEventListener("dblclick", (e) => { const pin = pinIn(e); if (pin && isHere(pin)) this.host.open(pin); });
    this.list.addEventListener("keydown", (e) => this.#key(e));
    this.family.addEventListener("click", (e) => this.choose(idIn(e)));
    this.name.addEventListener("change", () => this.#rename());
    this.name.addEventListener("keydown", (e) => {
      if (e.key === "Escape") this.name.value = this.pin?.name ?? "";
      if (e.key !== "Enter" && e.key !== "Escape") return;
      e.preventDefault();  // or the same key presses what gets the focus
      this.#focus(this.chosen);
    });
    this.open.addEventListener("click", () => this.#with((pin) => this.host.open(pin)));
    this.comparing.addEventListener("click", () => { this.compare.toggle(); this.#drawDetail(); });
    this.png.addEventListener("click", () => this.#with((pin) => this.#savePicture(pin)));
    this.remove.addEventListener("click", () => this.#with((pin) => this.#delete(pin)));
    this.close.addEventListener("click", () => { const { chosen } = this; this.choose(null); this.#focus(chosen); });
    this.sheet.addEventListener("click", () => this.#try(() => this.#saveSheet()));
    this.save.addEventListener("click", () => saveShelf());
    this.load.addEventListener("click", () => this.file.click());
    this.file.addEventListener("change", () => {
      const file = this.file.files?.[0];
      if (file) this.#try(() => this.#read(file));
      this.file.value = "";
    });
  }

  get pin() { return this.chosen === null ? null : shelf.find(this.chosen); }

  /** @param {(pin: Pin) => void} act */
  #with(act) { if (this.pin) act(this.pin); }

  // ---- what one does with it ------------------------------------------------------------------

  /** @param {string | undefined} id */
  #pick(id) { if (id) this.choose(id === this.chosen ? null : id); }

  /** @param {string | null | undefined} id */
  choose(id) {
    if (id !== null && !shelf.find(id ?? "")) return;
    if (id !== this.chosen) this.compare.leave();
    this.chosen = id ?? null;
    this.say("");
    this.draw();
    if (id) this.items.get(id)?.node.scrollIntoView?.({ block: "nearest", inline: "nearest" });
  }

  /** @param {KeyboardEvent} e */
  #key(e) {
    const ids = [...this.items.keys()];
    const at = ids.indexOf(idIn(e) ?? "");
    if (at < 0) return;
    const pin = shelf.find(ids[at]);
    if ((e.key === "Delete" || e.key === "Backspace") && pin) { e.preventDefault(); return void this.#delete(pin); }
    const to = /** @type {Record<string, number | undefined>} */ ({ ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: ids.length - 1 })[e.key];
    if (to === undefined) return;
    e.preventDefault();
    this.#focus(ids[Math.max(0, Math.min(to, ids.length - 1))]);
  }

  /** @param {string | null} id */
  #focus(id) { this.items.get(id ?? "")?.node.querySelector("button")?.focus(); }

  #rename() {
    const { pin } = this;
    if (pin) this.#try(() => shelf.rename(pin.id, this.name.value));
    this.name.value = this.pin?.name ?? "";
  }

  /** @param {Pin} pin */
  #delete(pin) {
    const ids = [...this.items.keys()];
    const next = ids[ids.indexOf(pin.id) + 1] ?? ids[ids.indexOf(pin.id) - 1] ?? null;
    const had = focusedIn(this.node) !== null;
    this.#try(() => {
      const { back } = shelf.remove(pin.id) ?? {};
      const link = h("button", { type: "button", class: "ga-link", "data-help": "gan_shelf_back_help" }, t("gan_put_back"));
      link.addEventListener("click", () => this.#try(() => { back?.(); this.say(""); this.choose(pin.id); }));
      this.say(`${t("gan_deleted", { name: pin.name })} `, link);
    });
    if (had && next) this.#focus(next);
    else if (had) this.status.querySelector("button")?.focus();
  }

  /** @param {Pin} pin */
  async #savePicture(pin) {
    await this.#try(async () => {
      const canvas = await wholePicture(pin);
      const blob = await new Promise((r) => { canvas.toBlob(r, "image/png"); });
      if (blob) save(blob, `${pin.name.replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-|-$/g, "") || "picture"}.png`);
    });
  }

  async #saveSheet() {
    const pins = this.#order();
    this.sheet.disabled = true;
    try {
      await saveSheet(pins, (done) => this.say(t("gan_save_drawing", { done: count(done), of: count(pins.length) })));
      this.say("");
    } finally {
      this.sheet.disabled = !shelf.list.length;
    }
  }

  /** @param {File} file */
  async #read(file) {
    const { count: fresh, known, missing } = await shelf.open(file);
    const more = missing ? t("gan_shelf_read_missing", { count: missing }) : known ? t("gan_shelf_read_known", { count: known }) : "";
    this.say([t("gan_shelf_read", { count: fresh }), more].filter(Boolean).join(" "));
  }

  /** @param {() => unknown} work */
  async #try(work) {
    try { await work(); } catch (error) { this.say(say(error)); }
  }

  /** @param {...(Node | string)} nodes */
  say(...nodes) { this.status.replaceChildren(...nodes); }

  // ---- drawing --------------------------------------------------------------------------------

  #order() { return [...shelf.list].reverse(); }  // the newest first

  draw() {
    const pins = this.#order();
    if (this.chosen !== null && !this.pin) { this.compare.leave(); this.chosen = null; }
    this.empty.hidden = pins.length > 0;
    this.list.hidden = !pins.length;
    this.count.textContent = pins.length ? count(pins.length) : "";
    this.sheet.hidden = this.save.hidden = !pins.length;
    put(this.lasts, shelf.kept ? "" : t("gan_shelf_not_kept"));
    this.#drawUnread();
    this.#drawList(pins);
    this.#drawDetail();
    fillPictures();
  }

  // Pictures that an earlier visit left and nobody can read any more, until they are saved or given up.
  #drawUnread() {
    const { unread } = shelf;
    if (!unread) return this.unread.replaceChildren();
    /** @param {string} word @param {() => void} act */
    const link = (word, act) => h("button", { type: "button", class: "ga-link", "data-help": `${word}_help`, onclick: act }, t(word));
    return this.unread.replaceChildren(t("gan_shelf_unread"), " ", link("gan_shelf_unread_save", () => saveUnread(unread)), " ",
      link("gan_shelf_unread_forget", () => shelf.forgetUnread()));
  }

  // Only what differs is touched: a click that is under way lands, the focus stays.
  /** @param {Pin[]} pins */
  #drawList(pins) {
    const before = [...this.items.keys()].join();
    const items = new Map(pins.map((pin) => [pin.id, this.items.get(pin.id) ?? item(pin.id)]));
    this.items = items;
    if (before !== [...items.keys()].join()) this.list.replaceChildren(...[...items.values()].map(({ node }) => node));
    const tabbable = this.chosen ?? pins[0]?.id;
    for (const pin of pins) {
      const { button, picture, name } = /** @type {Item} */ (items.get(pin.id));
      put(name, pin.name);
      show(picture, pin.picture);
      button.setAttribute("aria-pressed", String(pin.id === this.chosen));
      button.classList.toggle("is-gone", !isHere(pin));
      button.title = originText(pin);
      button.tabIndex = pin.id === tabbable ? 0 : -1;
    }
  }

  #drawDetail() {
    const { pin } = this;
    this.detail.hidden = !pin;
    if (!pin) return;
    const here = isHere(pin);
    this.detail.setAttribute("aria-label", pin.name);
    show(this.picture, pin.picture);
    this.picture.alt = pin.name;
    if (document.activeElement !== this.name) this.name.value = pin.name;
    put(this.origin, originText(pin));
    put(this.settings, settingsText(pin));
    put(this.model, modelText(pin));
    this.open.disabled = !here;
    this.png.disabled = !here && !pin.picture;
    this.comparing.setAttribute("aria-expanded", String(this.compare.isOpen));
    this.#drawFamily(pin);
    this.compare.draw(pin);
  }

  // Parents, the picture, and what was made of it, side by side.
  /** @param {Pin} pin */
  #drawFamily(pin) {
    const parents = pin.from.pins.map(({ id }) => shelf.find(id)).filter((p) => p !== null);
    const children = shelf.childrenOf(pin.id);
    this.family.hidden = !parents.length && !children.length;
    const key = JSON.stringify([t("gan_shelf_made"), [...parents, pin, ...children].map((p) => [p.id, p.name, originText(p), Boolean(p.picture)])]);
    if (this.family.hidden || this.family.dataset.key === key) return;
    this.family.dataset.key = key;
    /** @param {string} word @param {Pin[]} pins */
    const group = (word, pins) => (pins.length ? [h("div", {}, h("h3", {}, t(word)), h("ul", {}, ...pins.map(relative)))] : []);
    this.family.replaceChildren(...group("gan_shelf_parents", parents), ...group("gan_shelf_made", children));
  }
}

/** @typedef {{ node: HTMLLIElement, button: HTMLButtonElement, picture: HTMLImageElement, name: HTMLSpanElement }} Item */

/** @param {string} id a pin's @returns {Item} */
function item(id) {
  const [picture, name] = [image(), h("span")];
  const button = h("button", { type: "button", class: "ga-pins-item", "data-id": id, "data-help": "gan_shelf_item_help" }, picture, name);
  return { node: h("li", {}, button), button, picture, name };
}

/** @param {Pin} pin */
function relative(pin) {
  const picture = image();
  show(picture, pin.picture);
  return h("li", {}, h("button", { type: "button", class: "ga-pins-item", "data-id": pin.id, "data-help": "gan_shelf_family_help", title: originText(pin) },
    picture, h("span", {}, pin.name)));
}

/** @param {Event} e */
const idIn = (e) => around(e, "[data-id]")?.dataset.id;

/** @param {Event} e */
const pinIn = (e) => shelf.find(idIn(e) ?? "");

/** @param {HTMLElement} node @param {string} text */
function put(node, text) {
  if (node.textContent !== text) node.textContent = text;
}
