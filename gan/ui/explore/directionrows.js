// What can be done with drawn directions: rename, delete with a way back, save and open a file.
import { boot, h, on, say, t } from "../page/kit/core.js";
import { Refusal, checkedName } from "./drawn.js";

export class OwnRows {
  constructor(root, studio, store) {
    this.studio = studio;
    this.store = store;
    this.deleted = null;
    this.find = (selector) => root.querySelector(selector);
    const file = this.find("#directions-file");
    this.find("#save-file").addEventListener("click", () => this.#save());
    this.find("#open-file").addEventListener("click", () => file.click());
    file.addEventListener("change", () => {
      if (file.files[0]) this.#try(async () => this.#say(t("gan_file_read", { count: await store.add(file.files[0]) })));
      file.value = "";
    });
    on("drawn-act", ({ act, id, row }) => {
      const direction = store.find(id);
      if (direction && act === "rename") this.#rename(direction, row);
      else if (direction && act === "delete") this.#delete(direction);
    });
    on("language", () => this.#words());
    this.#words();
  }

  #words() {
    this.find("#drawn-where").textContent = t(boot.local ? "gan_drawn_local" : "gan_drawn_public");
    this.#say("");
  }

  async #try(work) {
    try {
      await work();
    } catch (error) {
      this.#say(error instanceof Refusal ? t(error.message, { count: 32 }) : say(error));
    }
  }

  #say(...words) { this.find("#drawn-note").replaceChildren(...words); }

  #save() {
    const address = URL.createObjectURL(new Blob([this.store.file()], { type: "application/json" }));
    const name = this.studio.model.name.replace(/[^\w-]+/g, "-");
    h("a", { href: address, download: `directions-${name}.json` }).click();
    setTimeout(() => URL.revokeObjectURL(address), 1000);
  }

  #rename(direction, row) {
    const label = row.querySelector(".ga-direction-name");
    const input = h("input", {
      class: "ga-input", maxlength: 40, "data-help": "gan_rename_help", "aria-label": t("gan_rename", { name: direction.name }),
    });
    input.value = direction.name;
    label.replaceWith(input);
    input.select();
    let open = true;
    const finish = (keep) => {
      if (!open) return;
      open = false;
      input.replaceWith(label);
      if (keep && input.value !== direction.name) {
        this.#try(() => this.store.rename(direction.name, checkedName(input.value)));
      }
    };
    input.addEventListener("keydown", (e) => {
      if (e.key === "Enter" || e.key === "Escape") finish(e.key === "Enter");
      e.stopPropagation();
    });
    for (const name of ["input", "change", "dblclick"]) input.addEventListener(name, (e) => e.stopPropagation());
    input.addEventListener("blur", () => finish(true));
  }

  #delete(direction) {
    this.#try(async () => {
      await this.store.remove(direction.name);
      const back = h("button", { type: "button", class: "ga-link" }, t("gan_put_back"));
      back.addEventListener("click", () => this.#try(async () => {
        await this.store.save(direction.name, direction);
        this.#say("");
      }));
      this.#say(`${t("gan_deleted", { name: direction.name })} `, back);
    });
  }
}
