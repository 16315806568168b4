// Races that are over: each opens again.
/** @import { ListedRace } from "../page/kit/types" */
import { ask, currentLanguage, find, h, icon, t } from "../page/kit/core.js";
import { short } from "../page/kit/figures.js";
import { sideName } from "./columns.js";

export class Earlier {
  /** @param {HTMLElement} box @param {HTMLElement} list @param {{ open: (id: string) => void, failed: (error: unknown) => void }} acts */
  constructor(box, list, { open, failed }) {
    this.box = box;
    this.list = list;
    this.bar = find(box, "#race-undo");
    this.open = open;
    this.failed = failed;
    /** @type {ListedRace[]} */
    this.races = [];
    this.mayDelete = false;
    this.shown = "";
  }

  async refresh() {
    const { races, may_delete: mayDelete } = await ask("races");
    Object.assign(this, { races, mayDelete });
    this.draw();
  }

  /** @param {string} [shown] the race on show */
  draw(shown = this.shown) {
    this.shown = shown;
    this.box.hidden = !this.races.length && this.bar.hidden;
    this.list.replaceChildren(...this.races.map((race) => this.#row(race)));
  }

  /** @param {ListedRace} race */
  #row(race) {
    const names = race.names.map(sideName).join(" · ");
    const made = new Date(race.made).toLocaleString(currentLanguage(), { dateStyle: "medium", timeStyle: "short" });
    const facts = [t(`gan_data_${race.data}`), t("gan_race_each", { seconds: race.seconds }), race.seeds > 1 ? t("gan_race_many_seeds", { count: race.seeds }) : "", made].filter(Boolean).join(" · ");
    return h("li", {},
      h("button", { type: "button", class: "ga-race-again", "data-race": race.id, "data-help": "gan_race_again_help",
        "aria-current": race.id === this.shown ? "true" : null, onclick: () => this.open(race.id) },
      h("b", {}, names), h("span", { class: "ga-quiet" }, facts),
      h("span", {}, race.best ? t("gan_race_best", { name: sideName(race.best.name), fd: short(race.best.fd) }) : t("gan_race_nobody"))),
      this.mayDelete ? h("button", { type: "button", class: "ga-button is-bare is-icon", "data-act": "delete", "data-help": "gan_race_delete_help",
        "aria-label": t("gan_race_delete", { names }), title: t("gan_race_delete", { names }), onclick: () => this.#delete(race) }, icon("bin")) : null);
  }

  /** @param {ListedRace} race */
  async #delete(race) {
    try {
      await ask("races/delete", { id: race.id });
      this.#offer(race);
      await this.refresh();
    } catch (error) {
      this.failed(error);
    }
  }

  /** @param {ListedRace} race the one that was just deleted */
  #offer({ id, names }) {
    this.bar.hidden = false;
    this.bar.replaceChildren(h("span", {}, t("gan_race_deleted", { names: names.map(sideName).join(" · ") })),
      h("button", { type: "button", class: "ga-button", id: "race-undo-button", "data-help": "gan_race_undo_help", onclick: () => this.#restore(id) },
        icon("undo"), t("gan_race_undo")));
    find(this.bar, "button").focus({ preventScroll: true });
  }

  /** @param {string} id */
  async #restore(id) {
    this.bar.hidden = true;
    try {
      await ask("races/restore", { id });
      await this.refresh();
    } catch (error) {
      this.failed(error);
    }
  }
}
