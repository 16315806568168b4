// The picture of a preset: what a real training of it had made after some seconds of one core.
import { arePoints, boot, h, t } from "./core.js";

const MINUTE_S = 60;

/** @param {string} name of a preset that comes with the app @param {string} [alt] where no label names it */
export function presetPicture(name, alt = "") {
  const points = arePoints(boot.train.data_sizes[boot.train.presets[name]?.data ?? ""]);
  const src = new URL(`${boot.assets}/train/cards/${name}.webp`, document.baseURI).href;
  return h("span", { class: `ga-preset-picture ${points ? "is-points" : ""}` }, h("img", { class: "ga-pixels", alt, src, loading: "lazy" }));
}

// After how long: "30 s", "3 min".
/** @param {string} name */
export function pictureTime(name) {
  const { seconds } = boot.train.cards.presets[name];
  return seconds < 2 * MINUTE_S ? t("gan_card_seconds", { count: seconds }) : t("gan_card_minutes", { count: Math.round(seconds / MINUTE_S) });
}
