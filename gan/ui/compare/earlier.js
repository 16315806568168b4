// Races that are over: each opens again.
/** @import { ListedRace } from "../page/kit/types" */
import { ask, currentLanguage, find, h, icon, t } from "../page/kit/core.js";
import { short } from "../page/kit/figures.js";
import { sideName } from "./columns.js";

export class Earlier {
  /** @param {HTMLElement} box @param {HTMLElement} list @param {{ open: (id: string) => Promise<void>, close: () => Promise<void>, failed: (error: unknown) => void }} acts */
  constructor(box, list, { open, close, failed }) {
    this.box = box;
    this.list = list;
    this.bar = find(box, "#race-undo");
    this.open = open;
    this.close = close;
    this.failed = failed;
    /** @type {ListedRace[]} */
    this.races = [];
    /** @type {ListedRace[]} */
    this.deleted = [];  // what can be taken back, the one deleted last first
    /** @type {ListedRace | null} */
    this.offered = null;  // deleted just now, here
    this.onShow = "";  // deleted while it was on show: so it is again once it is taken back
    this.mayDelete = false;
    this.shown = "";
    this.drawn = "";
  }

  async refresh() {
    const { races, deleted, may_delete: mayDelete } = await ask("races");
    Object.assign(this, { races, deleted, mayDelete });
    this.draw();
  }

  /** @param {string} [shown] the race on show */
  draw(shown = this.shown) {
    this.shown = shown;
    const drawn = JSON.stringify([this.races, this.deleted, this.offered?.id, this.mayDelete, shown, currentLanguage()]);
    if (drawn === this.drawn) return;  // what has the focus keeps it
    this.drawn = drawn;
    this.box.hidden = !this.races.length && !this.deleted.length;
    this.list.replaceChildren(...this.races.map((race) => this.#row(race)));
    this.#drawDeleted();
  }

  /** @param {ListedRace} race */
  #row(race) {
    const names = namesOf(race);
    return h("li", {},
      h("button", { type: "button", class: "ga-race-again", "data-race": race.id, "data-help": "gan_race_again_help",
        "aria-current": race.id === this.shown ? "true" : null, onclick: () => this.open(race.id) },
      h("b", {}, names), h("span", { class: "ga-quiet" }, factsOf(race)),
      h("span", {}, race.best ? t("gan_race_best", { name: sideName(race.best.name), fd: short(race.best.fd) }) : t("gan_race_nobody"))),
      this.mayDelete ? h("button", { type: "button", class: "ga-button is-bare is-icon", "data-act": "delete", "data-help": "gan_race_delete_help",
        "aria-label": t("gan_race_delete", { names }), title: t("gan_race_delete", { names }), onclick: () => this.#delete(race) }, icon("bin")) : null);
  }

  // The one just deleted stands in a bar of its own; that and the others of a day in a list.
  #drawDeleted() {
    const { bar, deleted } = this;
    const offered = deleted.find((race) => race.id === this.offered?.id);
    const had = bar.contains(document.activeElement);
    bar.hidden = !offered;
    bar.replaceChildren(...(offered ? [h("span", {}, t("gan_race_deleted", { names: namesOf(offered) })), this.#undo(offered, "race-undo-button")] : []));
    if (had) bar.querySelector("button")?.focus({ preventScroll: true });
    find(this.box, "#race-trash").hidden = !deleted.length;
    find(this.box, "#race-trash-count").textContent = String(deleted.length);
    find(this.box, "#race-trash-list").replaceChildren(...deleted.map((race) => h("li", {},
      h("b", {}, namesOf(race)), h("span", { class: "ga-quiet" }, factsOf(race)), this.#undo(race))));
  }

  /** @param {ListedRace} race @param {string | null} [id] */
  #undo(race, id = null) {
    return h("button", { type: "button", class: "ga-button", id, "data-help": "gan_race_undo_help", onclick: () => this.#restore(race.id) },
      icon("undo"), t("gan_race_undo"));
  }

  /** @param {ListedRace} race */
  async #delete(race) {
    try {
      this.onShow = race.id === this.shown ? race.id : "";
      if (this.onShow) await this.close();  // or it would be asked for once it is gone
      await ask("races/delete", { id: race.id });
      this.offered = race;
      await this.refresh();
      this.bar.querySelector("button")?.focus({ preventScroll: true });
    } catch (error) {
      this.failed(error);
    }
  }

  // The one taken back has the focus: the button that did it is gone.
  /** @param {string} id */
  async #restore(id) {
    try {
      await ask("races/restore", { id });
      if (id === this.onShow) await this.open(id);
      await this.refresh();
      this.races.some((race) => race.id === id) && find(this.list, `[data-race="${CSS.escape(id)}"]`).focus({ preventScroll: true });
    } catch (error) {
      this.failed(error);
      this.refresh().catch(this.failed);  // of what is gone by now
    }
  }
}

/** @param {ListedRace} race */
const namesOf = (race) => race.names.map(sideName).join(" · ");

/** @param {ListedRace} race */
function factsOf(race) {
  const made = new Date(race.made).toLocaleString(currentLanguage(), { dateStyle: "medium", timeStyle: "short" });
  return [t(`gan_data_${race.data}`), t("gan_race_each", { seconds: race.seconds }), race.seeds > 1 ? t("gan_race_many_seeds", { count: race.seeds }) : "", made].filter(Boolean).join(" · ");
}
