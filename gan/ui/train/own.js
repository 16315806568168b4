// Own images: drop them, see how they were cropped and what was skipped, choose size and depth.
/** @import { Attributes, OwnLimits, OwnSet } from "../page/kit/types" */
import { Refused, ask, boot, count, failed, find, focusedIn, h, on, oneOf, say, t, translate, url } from "../page/kit/core.js";
import { bytes } from "../page/kit/figures.js";

const NAMED = 12;  // classes that are listed at once
const LEFT_OUT = 2 ** 32 - 1;  // as a file's length: it is too large, and not sent
const SURVEY_MS = 500;
const NONE = "(no class)";  // pictures beside class folders, as the server names them

/** @import { PresetCards } from "./presetcards.js" */
/** @typedef {{ file: File, name: string }} Sent a file with its path */

// `root` holds the form's #data; `changed()` is called when the data has changed.
/** @param {HTMLElement} root @param {{ cards: PresetCards, changed(settings: Record<string, string>, classes: number): void }} does */
export function mountOwn(root, { cards, changed }) {
  new Own(root, cards, changed).start();
}

class Own {
  /** @param {HTMLElement} root @param {PresetCards} cards @param {(settings: Record<string, string>, classes: number) => void} changed */
  constructor(root, cards, changed) {
    // made by #build
    /** @type {HTMLInputElement} */ this.files;
    /** @type {HTMLInputElement} */ this.folder;
    /** @type {HTMLDivElement} */ this.zone;
    /** @type {HTMLParagraphElement} */ this.closed;
    /** @type {HTMLProgressElement} */ this.bar;
    /** @type {HTMLOutputElement} */ this.status;
    /** @type {HTMLButtonElement} */ this.stop;
    /** @type {HTMLDivElement} */ this.progress;
    /** @type {HTMLParagraphElement} */ this.note;
    /** @type {HTMLDivElement} */ this.view;
    /** @type {HTMLDivElement} */ this.named;
    this.root = root;
    this.changed = changed;
    /** @type {OwnSet[]} */
    this.sets = [];
    /** @type {number | null} */
    this.left = null;  // bytes that this visitor may still send
    /** @type {OwnLimits | null} */
    this.limits = null;
    /** @type {OwnSet | null} */
    this.shown = null;
    /** @type {XMLHttpRequest | null} */
    this.sending = null;
    this.surveyed = 0;
    this.data = find(root, "#data", HTMLSelectElement);
    this.cards = cards;
    this.path = find(root, "#data-path", HTMLInputElement);
    this.node = h("section", { class: "ga-panel ga-own", id: "own", "data-t-label": "gan_own", hidden: true });
    find(root, "#preset-summary").after(this.node);
    if (!boot.local) find(root, "#data-path-field").classList.add("is-never");
  }

  start() {
    this.#build();
    for (const field of [this.data, find(this.root, "#presets")]) field.addEventListener("change", () => this.#follow());
    for (const kind of ["input", "change"]) this.path.addEventListener(kind, () => this.#survey());
    on("language", () => { this.#options(); translate(this.node); this.#draw(); });
    this.#options();
    this.#load();
  }

  #build() {
    /** @param {Attributes<HTMLInputElement>} attributes */
    const file = (attributes) => h("input", { type: "file", multiple: true, class: "ga-sr", onchange: (e) => {
      this.#send([...e.currentTarget.files ?? []].map((f) => ({ file: f, name: f.webkitRelativePath || f.name })));
      e.currentTarget.value = "";
    }, ...attributes });
    this.files = file({ id: "own-files", accept: `.zip,${boot.pictures.accept}` });
    this.folder = file({ id: "own-folder", webkitdirectory: true });
    /** @param {HTMLInputElement} input @param {string} key */
    const pick = (input, key) => h("button", { type: "button", class: "ga-button", "data-t": key, onclick: () => input.click() });
    this.files.setAttribute("aria-label", t("gan_own_choose"));
    this.folder.setAttribute("aria-label", t("gan_own_choose_folder"));
    for (const input of [this.files, this.folder]) input.tabIndex = -1;
    this.zone = h("div", { class: "ga-drop", id: "own-drop" }, h("p", { "data-t": "gan_own_drop" }),
      h("div", { class: "ga-run-do" }, pick(this.files, "gan_own_choose"), pick(this.folder, "gan_own_choose_folder")),
      h("p", { class: "ga-quiet", id: "own-limits" }), this.files, this.folder);
    this.closed = h("p", { class: "ga-quiet", id: "own-closed", "data-t": "gan_error_no_uploads", hidden: true });
    this.bar = h("progress", { class: "ga-meter", max: 1, value: 0, "data-t-label": "gan_own_sending" });
    this.status = h("output", { class: "ga-quiet", role: "status" });
    this.stop = h("button", { type: "button", class: "ga-button", "data-t": "gan_lapse_cancel", onclick: () => this.sending?.abort() });
    this.progress = h("div", { class: "ga-lapse-progress", hidden: true }, this.bar, this.status, this.stop);
    this.note = h("p", { class: "ga-note", role: "alert" });
    this.view = h("div", { class: "ga-own-view", hidden: true });
    this.named = h("div", { class: "ga-own-named", id: "own-named", "aria-live": "polite", hidden: true });
    this.node.replaceChildren(this.named, this.closed, this.zone, this.progress, this.note, this.view);
    translate(this.node);
    this.#listenDrop();
  }

  #listenDrop() {
    /** @param {boolean} yes */
    const over = (yes) => this.zone.classList.toggle("is-over", yes);
    this.zone.addEventListener("dragover", (e) => { e.preventDefault(); over(true); });
    this.zone.addEventListener("dragleave", () => over(false));
    this.zone.addEventListener("drop", async (e) => {
      e.preventDefault();
      over(false);
      const entries = [...e.dataTransfer?.items ?? []].flatMap((i) => i.webkitGetAsEntry?.() ?? []);
      const plain = [...e.dataTransfer?.files ?? []].map((file) => ({ file, name: file.name }));
      this.#send(entries.some((x) => x.isDirectory) ? await walk(entries) : plain);
    });
  }

  // ---- which set ------------------------------------------------------------------------------

  async #load() {
    try {
      const news = await ask("own");
      Object.assign(this, { sets: news.sets, left: news.left, limits: news.limits });
      this.closed.hidden = !news.limits?.off;  // the owner of a public server takes no images
      this.zone.hidden = Boolean(news.limits?.off);
    } catch (error) { this.note.textContent = say(error); }
    this.#options();
    this.#follow();
  }

  // The form rewrites its list of data in a new language; ours come back behind it.
  #options() {
    const chosen = this.wanted ?? this.data.value;
    for (const old of this.data.querySelectorAll("[data-own]")) old.remove();
    if (!boot.local && !this.data.querySelector('[value="own"]')) {
      this.data.append(h("option", { value: "own", "data-own": true }, t("gan_data_own")));
    }
    this.data.append(...this.sets.map((s) => h("option", { value: s.spec, "data-own": true },
      t("gan_own_option", { name: s.name || t("gan_data_own"), count: s.count }))));
    if ([...this.data.options].some((o) => o.value === chosen)) this.data.value = chosen;
  }

  #follow() {
    const { value } = this.data;
    this.wanted = value.startsWith("own:") ? value : null;
    const mine = value === "own" || value.startsWith("own:");
    this.node.hidden = !mine || this.data.disabled;
    if (this.wanted) this.shown = this.sets.find((s) => s.spec === value) ?? null;
    this.#draw();
    this.#survey();
    if (this.wanted && this.shown) this.#settle();
  }

  #use() {
    if (!this.shown) return;
    if (!["own", "emoji"].includes(this.cards.value)) this.cards.choose("own");
    this.wanted = this.shown.spec;
    this.#options();
    this.data.value = this.shown.spec;
    this.data.dispatchEvent(new Event("change", { bubbles: true }));
  }

  // ---- a folder of this computer, by its path: what it holds, before a start ----------------------

  #survey() {
    clearTimeout(this.surveying);
    const mine = ++this.surveyed;
    const spec = this.path.value.trim();
    this.named.hidden = true;
    if (!boot.local || this.data.value !== "own" || !spec.startsWith("folder:")) return;
    this.surveying = setTimeout(async () => {
      let found;
      try {
        found = await ask(`own/survey?${new URLSearchParams({ data: spec })}`);
      } catch { return; }  // the form itself says what is wrong with a path
      if (mine !== this.surveyed || found.count === undefined) return;
      this.named.replaceChildren(...told(found, h("b", {}, spec.replace(/[\\/]+$/, "").split(/[\\/:]/).pop()), t("gan_own_found", { count: count(found.count) })));
      this.named.hidden = false;
    }, SURVEY_MS);
  }

  // ---- sending --------------------------------------------------------------------------------

  /** @param {Sent[]} list */
  async #send(list) {
    if (!list.length || this.sending) return;
    this.note.textContent = "";
    const pieces = list.flatMap((file) => framed(file, this.limits?.file_bytes ?? Infinity));
    const name = list.length === 1 ? list[0].name.replace(/\.\w+$/, "")
      : list[0].name.includes("/") ? list[0].name.split("/")[0] : t("gan_own_name", { name: list[0].name.replace(/\.\w+$/, ""), count: list.length - 1 });
    const body = new Blob(pieces);
    const most = this.left ?? this.limits?.bytes ?? 200 * 2 ** 20;
    if (body.size > most) {
      this.note.textContent = t("gan_error_own_large", { most: Math.floor(most / 2 ** 20) });
      return;
    }
    this.progress.hidden = false;
    this.#say(0);
    try {
      const found = await this.#post(`own/upload?${new URLSearchParams({ name })}`, body);
      this.shown = found;
      await this.#load();
      this.shown = this.sets.find((s) => s.id === found.id) ?? found;
      if (!this.node.hidden) this.#use();  // unless other data were chosen meanwhile
    } catch (error) {
      this.note.textContent = error === "cancelled" ? "" : say(error);
      if (this.left !== null) await ask("own").then((news) => { this.left = news.left; }, () => null);
    }
    this.sending = null;
    this.progress.hidden = true;
    this.#draw();
  }

  /** @param {string} path @param {Blob} body @returns {Promise<OwnSet>} */
  #post(path, body) {
    return new Promise((done, fail) => {
      const request = this.sending = new XMLHttpRequest();  // fetch tells nothing of how far it is
      request.open("POST", url(path));
      request.upload.addEventListener("progress", (e) => this.#say(e.loaded / e.total));
      request.addEventListener("load", () => {
        /** @type {any} */
        let reply = {};
        try { reply = JSON.parse(request.responseText); } catch { /* a reply that is not ours */ }
        if (request.status === 200) done(reply);
        else fail(new Refused(reply.key ? reply : failed(request.getResponseHeader("x-request-id"))));
      });
      request.addEventListener("error", () => fail(new Error("offline")));
      request.addEventListener("abort", () => fail("cancelled"));
      request.send(body);
    });
  }

  /** @param {number} fraction */
  #say(fraction) {
    if (fraction < 1) this.bar.value = fraction; else this.bar.removeAttribute("value");
    this.status.textContent = fraction < 1 ? t("gan_own_sending") : t("gan_own_reading");
  }

  #limits() {
    const { limits } = this;
    if (!limits) return "";
    const words = { formats: oneOf(boot.pictures.formats), images: count(limits.images),
      file: round(limits.file_bytes), jpeg: limits.jpeg_megapixels, other: limits.megapixels,
      all: round(limits.bytes), left: bytes(this.left ?? 0) };
    return t(this.left === null ? "gan_own_limits" : "gan_own_limits_public", words);
  }

  // ---- what came ------------------------------------------------------------------------------

  #draw() {
    find(this.node, "#own-limits").textContent = this.#limits();
    const { shown } = this;
    this.view.hidden = !shown;
    if (!shown) return;
    /**
     * @param {string} key
     * @param {number[]} values
     * @param {number} value
     * @param {(v: number) => string} name
     * @param {(text: string) => Partial<OwnSet>} take
     */
    const select = (key, values, value, name, take) => {
      const input = h("select", { class: "ga-input", onchange: (e) => this.#change(take(e.currentTarget.value)) },
        ...values.map((v) => h("option", { value: v }, name(v))));
      input.value = String(value);
      return h("label", { class: "ga-field", "data-help": `${key}_help` }, h("span", {}, t(key)), input);
    };
    const flip = h("input", { type: "checkbox", onchange: (e) => this.#change({ flip: e.currentTarget.checked }) });
    flip.checked = shown.flip;
    const query = new URLSearchParams({ id: shown.id, resolution: String(shown.resolution), channels: String(shown.channels) });
    const focused = focusedIn(this.view)?.dataset.own;
    this.view.replaceChildren(
      ...told(shown, h("b", {}, shown.name || t("gan_data_own")), t("gan_own_kept", { count: count(shown.count) })),
      h("figure", {}, h("img", { class: "ga-own-preview", alt: t("gan_own_preview_alt"), src: url(`own/preview?${query}`) }),
        h("figcaption", { class: "ga-quiet" }, t("gan_own_preview"))),
      h("div", { class: "ga-own-fields" },
        select("gan_own_size", sizes(), shown.resolution, (n) => `${n} px`, (v) => ({ resolution: Number(v) })),
        select("gan_own_depth", [3, 1], shown.channels, (n) => t(n === 3 ? "gan_own_colour" : "gan_own_grey"), (v) => ({ channels: Number(v) })),
        h("label", { class: "ga-check", "data-help": "gan_own_flip_help" }, flip, t("gan_own_flip")),
        h("span", { class: "ga-space" }),
        h("button", { type: "button", class: "ga-button is-bare", id: "own-delete", "data-help": "gan_own_delete_help", onclick: () => this.#remove() }, t("gan_own_delete")),
        this.data.value === shown.spec ? h("span", { class: "ga-quiet", id: "own-used" }, t("gan_own_used"))
          : h("button", { type: "button", class: "ga-button is-primary", id: "own-use", "data-help": "gan_own_use_help", onclick: () => this.#use() }, t("gan_own_use"))));
    /** @type {NodeListOf<HTMLElement>} */
    const inputs = this.view.querySelectorAll("select, input, button");
    for (const [i, input] of inputs.entries()) {
      input.dataset.own = String(i);
      if (focused === String(i)) input.focus();
    }
  }

  /** @param {Partial<OwnSet>} part */
  async #change(part) {
    const { id, resolution, channels, flip } = { ...this.shown, ...part };
    try {
      /** @type {OwnSet} */
      const shown = await ask("own/change", { id, resolution, channels, flip });
      this.shown = shown;
      this.sets = this.sets.map((s) => (s.id === id ? shown : s));
      this.note.textContent = "";
      if (this.data.value === shown.spec) this.#settle();
    } catch (error) { this.note.textContent = say(error); }
    this.#draw();
  }

  // The settings show the size and the mirroring that the set is used with.
  #settle() {
    if (!this.shown) return;
    const { resolution, flip, classes } = this.shown;
    this.changed({ resolution: String(resolution), flip: String(flip) }, classes);
  }

  async #remove() {
    if (!this.shown) return;
    const { id, spec } = this.shown;
    try {
      await ask("own/delete", { id });
      if (this.data.value === spec) this.data.value = "own";
      this.shown = this.wanted = null;
    } catch (error) { this.note.textContent = say(error); }
    await this.#load();
    this.data.dispatchEvent(new Event("change", { bubbles: true }));
  }
}

// What the server says of a skipped file, and our words for it.
/** @type {Record<string, string>} */
const WHY = {
  unreadable: "gan_own_why_unreadable", "not an image": "gan_own_why_other_file", "too large": "gan_own_why_large",
  "too many pixels": "gan_own_why_pixels", "too long and thin": "gan_own_why_thin",
  "too slow to decode": "gan_own_why_slow",
  "hidden or of the system": "gan_own_why_hidden", "of a format that is not read here": "gan_own_why_format",
  "a JPEG of too many scans": "gan_own_why_scans", "a symbolic link": "gan_own_why_link",
  "a folder that is linked again": "gan_own_why_again", "a folder that cannot be read": "gan_own_why_folder",
  "damaged or encrypted": "gan_own_why_damaged", "a damaged zip": "gan_own_why_zip",
  "compressed in another way than deflate": "gan_own_why_method",
  "beyond the limits of bytes or time": "gan_own_why_beyond",
};

// What is known of a set or folder: how many, what was skipped and why, and what became a class.
/** @param {Pick<OwnSet, "skipped" | "drawn_of" | "classes" | "class_list">} found @param {HTMLElement} name @param {string} sentence */
function told(found, name, sentence) {
  const skipped = Object.entries(found.skipped).map(([why, n]) => `${count(n)} ${t(WHY[why] ?? "gan_own_why_other")}`);
  /** @type {(Node | string)[]} */
  const words = [name, " ", sentence];
  if (found.drawn_of) words.push(" ", t("gan_own_drawn", { count: count(found.drawn_of) }));
  if (skipped.length) words.push(" ", t("gan_own_skipped", { list: skipped.join(t("gan_own_comma")) }));
  words.push(" ", found.classes ? t("gan_own_classes", { count: count(found.classes) }) : t("gan_own_no_classes"));
  return [h("p", {}, ...words), ...(found.class_list?.length ? [classList(found.class_list)] : [])];
}

/** @param {[name: string, count: number][]} classes */
function classList(classes) {
  /** @param {[name: string, count: number][]} part */
  const chips = (part) => h("ul", { class: "ga-own-classes" }, ...part.map(([name, n]) => h("li", {},
    h("span", {}, name === NONE ? t("gan_own_no_class") : name), " ", h("span", { class: "ga-quiet" }, count(n)))));
  const rest = classes.slice(NAMED);
  return h("div", {}, chips(classes.slice(0, NAMED)), rest.length ? h("details", {},
    h("summary", { class: "ga-quiet" }, t("gan_own_more_classes", { count: count(rest.length) })), chips(rest)) : "");
}

/** @param {number} n */
const round = (n) => bytes(n).replace(/\.0(?= )/, "");

const sizes = () => boot.train.sizes.filter((n) => boot.local || n <= boot.train.public_most.resolution);

// A file as the server reads it: length and name, length and bytes.
/** @param {Sent} sent @param {number} most @returns {BlobPart[]} */
function framed({ file, name }, most) {
  const text = new TextEncoder().encode(name).slice(0, 4096);
  const sent = file.size <= most || (/\.zip$/i.test(name) && file.size < LEFT_OUT);
  const [short, long] = [new DataView(new ArrayBuffer(2)), new DataView(new ArrayBuffer(4))];
  short.setUint16(0, text.length, true);
  long.setUint32(0, sent ? file.size : LEFT_OUT, true);
  return [short.buffer, text, long.buffer, ...(sent ? [file] : [])];
}

/** @param {FileSystemEntry[]} entries @param {Sent[]} [found] @returns {Promise<Sent[]>} */
async function walk(entries, path = "", found = []) {
  for (const entry of entries) {
    if (entry.isFile) found.push({ file: await new Promise((done, fail) => /** @type {FileSystemFileEntry} */ (entry).file(done, fail)), name: path + entry.name });
    else {
      const reader = /** @type {FileSystemDirectoryEntry} */ (entry).createReader();
      /** @type {() => Promise<FileSystemEntry[]>} */
      const next = () => new Promise((done, fail) => reader.readEntries(done, fail));
      for (let part = await next(); part.length; part = await next()) {
        await walk(part, `${path}${entry.name}/`, found);
      }
    }
  }
  return found;
}
