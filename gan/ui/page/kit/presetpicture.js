// The picture of a preset: what a real training of it had made after some seconds of one core.
import { arePoints, boot, h, t, url } from "./core.js";

const MINUTE_S = 60;
const SHEET = "snapshot";  // of a run: 8 x 8 samples, of which the first are shown

/**
 * A preset of one's own: what it began with, the run that was last made by it, and by what a race
 * may change it; null where it can no longer be trained.
 * @typedef {{ base: string, run: { id: string, nimg: number, seconds: number, since: number } | null, changes: string[] | null }} Mine
 */

/** @param {string} name of a preset that comes with the app @param {string} [alt] where no label names it */
export function presetPicture(name, alt = "") {
  const points = arePoints(boot.train.data_sizes[boot.train.presets[name]?.data ?? ""]);
  const src = new URL(`${boot.assets}/train/cards/${name}.webp`, document.baseURI).href;
  return h("span", { class: `ga-preset-picture ${points ? "is-points" : ""}` }, h("img", { class: "ga-pixels", alt, src, loading: "lazy" }));
}

// Of a preset of one's own: the samples of its last run, if there was one.
/** @param {Mine} mine */
export function ownPicture({ run }) {
  const src = run && url(`${SHEET}?${new URLSearchParams({ id: run.id, nimg: String(run.nimg), since: String(run.since) })}`);
  return h("span", { class: "ga-preset-picture is-sheet" }, src ? h("img", { class: "ga-pixels", alt: "", src, loading: "lazy" }) : null);
}

// After how long: "30 s", "3 min".
/** @param {string} name */
export function pictureTime(name) {
  const { seconds } = boot.train.cards.presets[name];
  return seconds < 2 * MINUTE_S ? t("gan_card_seconds", { count: seconds }) : t("gan_card_minutes", { count: Math.round(seconds / MINUTE_S) });
}
