// The time machine: back to any snapshot of a run, and on into Explore.
import { choose, count, fillRange, h, icon, openTab, refresh, t, translate } from "./core.js";

// Fills `root`. `moved(nimg)` is called with the snapshot to show, null when following the newest.
// `show({id, snapshots, weights})` takes what is known of a run, as often as it changes.
export function mount(root, { moved }) {
  const machine = new TimeMachine(root, moved);
  return {
    show: (run) => machine.show(run),
    shown: () => machine.shown(),
    get nimg() { return machine.nimg; },
  };
}

class TimeMachine {
  constructor(root, moved) {
    Object.assign(this, { root, moved, id: null, snapshots: [], weights: [], nimg: null });
    this.#build();
    this.show({ id: null, snapshots: [], weights: [] });
  }

  #build() {
    const button = (id, name, act) => h("button", { type: "button", id, class: "ga-button is-icon",
      "data-t-label": `gan_${id.replace("-", "_")}`, "data-t-title": `gan_${id.replace("-", "_")}`,
      onclick: act }, icon(name));
    this.back = button("moment-back", "back", () => this.#go(this.#at() - 1));
    this.on = button("moment-on", "next", () => this.#go(this.#at() + 1));
    this.slider = h("input", { type: "range", id: "moment", class: "ga-range", min: 0, max: 0, step: 1,
      value: 0, "data-t-label": "gan_moment", oninput: (e) => this.#go(Number(e.target.value)) });
    this.where = h("output", { id: "moment-at" });
    this.now = h("button", { type: "button", id: "moment-now", class: "ga-button is-bare",
      "data-t": "gan_moment_now", onclick: () => this.#go(Infinity) });
    this.explore = h("button", { type: "button", id: "open-explore", class: "ga-button",
      "data-t-title": "gan_open_explore_help", onclick: () => this.#explore() },
    icon("open"), h("span", { "data-t": "gan_open_explore" }));
    this.root.replaceChildren(
      h("span", { class: "ga-quiet", "data-t": "gan_moment", "data-t-title": "gan_grid_help" }),
      h("div", { class: "ga-group" }, this.back, this.on), this.slider, this.where, this.now, this.explore);
    translate(this.root);
  }

  // The snapshot that is shown: the chosen one, or the newest; undefined where there is none.
  shown() { return this.snapshots[this.#at()]; }

  #at() {
    const last = this.snapshots.length - 1;
    if (this.nimg === null) return last;
    const found = this.snapshots.findIndex((n) => n >= this.nimg);
    return found < 0 ? last : found;
  }

  #go(i) {
    const last = this.snapshots.length - 1;
    this.nimg = i >= last ? null : this.snapshots[Math.max(0, i)];
    this.#draw();
    this.moved(this.nimg);
  }

  async #explore() {
    await refresh();  // a young run may not be in the list of models yet
    choose(this.nimg === null ? `run:${this.id}` : `run:${this.id}@${this.shown()}`);
    openTab("explore");
  }

  show({ id, snapshots, weights }) {
    if (id !== this.id) this.nimg = null;
    if (this.nimg !== null && !(snapshots.at(-1) > this.nimg)) this.nimg = null;  // it went back
    Object.assign(this, { id, snapshots, weights });
    this.#draw();
  }

  #draw() {
    const last = this.snapshots.length - 1;
    const at = this.#at();
    this.slider.disabled = last < 1;
    this.slider.max = Math.max(0, last);
    this.slider.value = Math.max(0, at);
    fillRange(this.slider, 0);
    this.back.disabled = at < 1;
    this.on.disabled = this.nimg === null;
    this.now.disabled = this.nimg === null;
    this.explore.disabled = !this.weights.length;
    this.where.textContent = last < 0 ? "" : t(
      this.nimg === null ? "gan_moment_live" : "gan_moment_at", { count: count(this.shown()) });
  }
}
