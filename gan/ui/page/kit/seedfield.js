// A field for a seed: what cannot be one is said beside it, and nothing changes until it is right.
import { h, on, t } from "./core.js";
import { LAST_SEED, seedOf } from "./seeds.js";

/**
 * `take(seed)` gets what was typed where it is a seed.
 * @param {HTMLInputElement} input
 * @param {(seed: number) => void} take
 * @param {{ most?: number }} [limits]
 */
export function seedField(input, take, { most = LAST_SEED } = {}) {
  const wrong = h("span", { class: "ga-field-wrong", id: `${input.id}-wrong`, role: "alert", hidden: true });
  (input.closest(".ga-field, .ga-mix-slot") ?? input.parentElement)?.append(wrong);
  let said = false;
  /** @param {boolean} is */
  const say = (is) => {
    said = is;
    wrong.hidden = !is;
    wrong.textContent = is ? t("gan_seed_wrong", { most: String(most) }) : "";
    input.setAttribute("aria-invalid", String(is));
    if (is) input.setAttribute("aria-describedby", wrong.id);
    else input.removeAttribute("aria-describedby");
  };
  input.addEventListener("input", () => { if (said) say(false); });
  // a number field hides what is no number, and tells so by its validity alone
  input.addEventListener("change", () => {
    const seed = input.validity.badInput ? null : seedOf(input.value, most);
    say(seed === null);
    if (seed !== null) take(seed);
  });
  on("language", () => { if (said) say(true); });
  // A value from elsewhere; not while somebody corrects what was wrong.
  return { put(/** @type {string} */ text) {
    if (said && document.activeElement === input) return;
    if (input.value !== text) input.value = text;
    if (said) say(false);
  } };
}
