// What can be done with directions: rename each; delete drawn ones, save them, open a file.
/** @import { Direction, PackedDirection } from "../page/kit/types" */
import { boot, emit, find, finder, h, on, say, t } from "../page/kit/core.js";
import { shortNameOf } from "./catalogue.js";
import { Refusal, checkedName } from "./drawn.js";

export class OwnRows {
  /**
   * @param {HTMLElement} root
   * @param {import("./studio.js").Studio} studio
   * @param {import("./drawn.js").Drawn} store
   * @param {import("./names.js").Names} names
   */
  constructor(root, studio, store, names) {
    this.studio = studio;
    this.store = store;
    this.names = names;
    this.find = finder(root);
    const file = this.find("#directions-file", HTMLInputElement);
    this.find("#save-file").addEventListener("click", () => this.#save());
    this.find("#open-file").addEventListener("click", () => file.click());
    file.addEventListener("change", () => {
      const chosen = file.files?.[0];
      if (chosen) this.#try(async () => this.#say(t("gan_file_read", { count: await store.add(chosen) })));
      file.value = "";
    });
    on("drawn-act", ({ act, id, row }) => {
      const direction = studio.catalogue.get(id);
      const own = store.find(id);
      if (direction && act === "rename" && row) this.#rename(direction, row);
      else if (act === "delete" && own) this.#delete(own);
    });
    on("language", () => this.#words());
    this.#words();
  }

  #words() {
    this.find("#drawn-where").textContent = t(boot.local ? "gan_drawn_local" : "gan_drawn_public");
    this.#say("");
  }

  /** @param {() => unknown} work */
  async #try(work) {
    try {
      await work();
    } catch (error) {
      this.#say(error instanceof Refusal ? t(error.message, { count: 32 }) : say(error));
    }
  }

  /** @param {...(Node | string)} words */
  #say(...words) { this.find("#drawn-note").replaceChildren(...words); }

  #save() {
    const address = URL.createObjectURL(new Blob([this.store.file()], { type: "application/json" }));
    const name = this.studio.model.name.replace(/[^\w-]+/g, "-");
    h("a", { href: address, download: `directions-${name}.json` }).click();
    setTimeout(() => URL.revokeObjectURL(address), 1000);
  }

  /** @param {Direction} direction @param {HTMLElement} row */
  #rename(direction, row) {
    const label = find(row, ".ga-direction-name");
    const before = shortNameOf(direction);
    const input = h("input", {
      class: "ga-input", maxlength: 40, "data-help": "gan_rename_help", "aria-label": t("gan_rename", { name: before }),
    });
    input.value = before;
    label.replaceWith(input);
    input.select();
    let open = true;
    /** @param {boolean} keep */
    const finish = (keep) => {
      if (!open) return;
      open = false;
      const typing = document.activeElement === input;
      input.replaceWith(label);
      if (typing) label.focus();
      if (keep && input.value !== before) this.#try(() => this.#called(direction, input.value));
    };
    input.addEventListener("keydown", (e) => {
      if (e.key === "Enter" || e.key === "Escape") {
        e.preventDefault();  // or the same key presses what gets the focus
        finish(e.key === "Enter");
      }
      e.stopPropagation();
    });
    for (const name of ["input", "change", "dblclick"]) input.addEventListener(name, (e) => e.stopPropagation());
    input.addEventListener("blur", () => finish(true));
  }

  /** @param {Direction} direction @param {string} text */
  async #called({ id, kind, name: before }, text) {
    if (kind !== "drawn") return this.names.rename(id, text);
    const after = checkedName(text);
    await this.store.rename(before, after);
    emit("did", { undo: () => this.store.rename(after, before), redo: () => this.store.rename(before, after) });
    return undefined;
  }

  /** @param {PackedDirection} direction */
  #delete(direction) {
    this.#try(async () => {
      const { name } = direction;
      await this.store.remove(name);
      emit("did", { undo: () => this.store.save(name, direction), redo: () => this.store.remove(name) });
      const back = h("button", { type: "button", class: "ga-link" }, t("gan_put_back"));
      back.addEventListener("click", () => this.#try(async () => {
        await this.store.save(direction.name, direction);
        this.#say("");
      }));
      this.#say(`${t("gan_deleted", { name: direction.name })} `, back);
    });
  }
}
