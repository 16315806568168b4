// Hub: models from the Hugging Face Hub come in, models of one's own go out.
/** @import { HubNews, PullOrder, Pulled, State } from "../page/kit/types" */
import { ask, boot, collect, finder, h, on, prepare, say, state, t, tabIsOpen, translate } from "../page/kit/core.js";
import { whenShown } from "../page/kit/fresh.js";
import { visited } from "./favourites.js";
import { HubList } from "./hublist.js";
import { Pull } from "./pull.js";
import { Push } from "./push.js";
import { Shelf } from "./shelf.js";

/** @param {HTMLElement} element */
export function mount(element) {
  new Hub(prepare(element)).start();
}

class Hub {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    this.find = finder(root);
    /** @type {HubNews | null} */
    this.news = null;
    this.heard = "";
    // from `start` on
    /** @type {Pull} */
    this.pull;
    /** @type {Shelf} */
    this.shelf;
    /** @type {HubList} */
    this.list;
    /** @type {Push} */
    this.push;
  }

  start() {
    /** @param {Node[]} nodes */
    const failed = (nodes) => this.#note(nodes);
    this.pull = new Pull(this.root, { done: (pulled, asked) => this.#came(pulled, asked), login: () => Boolean(this.news?.login) });
    this.shelf = new Shelf(this.root, { failed, changed: () => this.look(), compare: (model) => this.pull.compare(model) });
    this.list = new HubList(this.root, {
      pull: ({ repo, file }) => this.#pull({ repo, file: file ?? null }),
      here: ({ repo, file }) => this.news?.pulled.find((m) => m.repo === repo && (!file || m.file === file))?.ref ?? null,
    });
    this.push = new Push(this.root);
    this.find("#hub-form").addEventListener("submit", (e) => { e.preventDefault(); this.#typed(); });
    this.find("#hub-repo").addEventListener("input", () => this.find("#hub-repo").removeAttribute("aria-invalid"));
    if (boot.local) this.#takesFiles();
    collect("weights-file", (file) => this.pull.take(file));
    on("hub-busy", (busy) => { this.find("#hub-pull", HTMLButtonElement).disabled = busy; });
    on("language", () => this.#words());
    on("state", (fresh) => this.#hear(fresh));
    whenShown(this.root, () => this.look());
    this.#words();
  }

  // Files of weights, chosen or dropped anywhere on this tab.
  #takesFiles() {
    const input = this.find("#hub-own-file", HTMLInputElement);
    this.find("#hub-own").hidden = false;
    this.find("#hub-own-pick").addEventListener("click", () => input.click());
    input.addEventListener("change", () => {
      const file = input.files?.[0];
      if (file) this.pull.take(file);
      input.value = "";
    });
    const zone = this.find(".ga-hub-in");
    /** @param {boolean} is */
    const over = (is) => zone.classList.toggle("is-over", is);
    this.root.addEventListener("dragover", (e) => {
      if (!e.dataTransfer?.types.includes("Files")) return;
      e.preventDefault();
      over(true);
    });
    this.root.addEventListener("dragleave", (e) => { if (!(e.relatedTarget instanceof Node && this.root.contains(e.relatedTarget))) over(false); });
    this.root.addEventListener("drop", (e) => {
      over(false);
      const file = e.dataTransfer?.files[0];
      if (!file || file.type.startsWith("image/")) return;  // a picture of this app opens again
      e.preventDefault();
      this.pull.take(file);
    });
  }

  #words() {
    translate(this.root);
    this.find("#hub-help").textContent = t(boot.local ? "gan_hub_repo_help" : "gan_hub_repo_help_public");
    this.shelf.draw();
    this.list.draw();
    this.pull.redraw();
    this.push.draw();
  }

  // The header's poll tells when a model came or went, from the command line too.
  /** @param {State} news */
  #hear({ models }) {
    const heard = models.filter((m) => m.kind === "pulled").map((m) => m.ref).join(" ");
    this.push.offer(models);
    if (heard === this.heard) return;
    this.heard = heard;
    this.look();
  }

  async look() {
    if (!tabIsOpen(this.root)) return;
    try {
      const news = await ask("hub");
      this.#note([]);
      if (JSON.stringify(news) === JSON.stringify(this.news)) return;
      this.news = news;
      this.shelf.show(news);
      this.list.show(news);
      this.push.show(news);
      this.push.offer(state.models);
    } catch (error) { this.#note([h("span", {}, say(error))]); }
  }

  // ---- in -------------------------------------------------------------------------------------

  #typed() {
    const input = this.find("#hub-repo", HTMLInputElement);
    const repo = input.value.trim();
    if (!repo) {
      input.setAttribute("aria-invalid", "true");
      input.focus();
      return;
    }
    this.#pull({ repo, file: null });
  }

  /** @param {PullOrder} asked */
  #pull(asked) {
    this.find("#hub-job").scrollIntoView({ block: "nearest" });
    return this.pull.begin(asked);
  }

  /** @param {Pulled} pulled @param {PullOrder} asked */
  #came(pulled, asked) {
    if (!pulled.repo) {  // a file of one's own: its name is all there is
      visited({ repo: "", file: pulled.file, layout: pulled.layout, resolution: pulled.resolution, licence: pulled.licence });
      return this.look();
    }
    const known = [...this.list.known ?? [], ...this.list.found ?? []].find((r) => r.repo === pulled.repo && (!r.file || r.file === asked.file));
    visited({ ...known, repo: pulled.repo, ...(asked.file ? { file: asked.file } : {}), layout: pulled.layout, resolution: pulled.resolution, licence: pulled.licence });
    this.find("#hub-repo", HTMLInputElement).value = "";
    return this.look();
  }

  /** @param {Node[]} nodes */
  #note(nodes) {
    this.find("#hub-note").replaceChildren(...nodes);
  }
}
