// A training on the whole screen: the live grid, how far it is, and a key that starts and stops it.
import { addressOf, t } from "../page/kit/core.js";
import { present } from "../page/kit/present.js";
import { paintSheet } from "../page/kit/gutters.js";

/**
 * @param {{ image: HTMLImageElement, run: () => { id: string | null, state: string, at: string, note: string },
 *   stops: () => boolean, toggle: () => void }} of
 */
export function presentTraining({ image, run, stops, toggle }) {
  let drawn = "";
  present({
    label: () => t("gan_present_train_label"),
    link: () => addressOf({ tab: "train", ...(run().id ? { run: run().id } : {}) }),
    draw: (canvas, room) => {
      const now = image.hidden ? "" : `${image.src} ${room} ${devicePixelRatio}`;
      if (now === drawn || (now && !image.complete)) return;
      drawn = now;
      if (now) paintSheet(canvas, image, room);
      else Object.assign(canvas, { width: 0, height: 0 });
    },
    says: () => {
      const { id, state, at, note } = run();
      return { title: id ?? t("gan_no_runs"), sub: t("gan_present_at", { state, at }), line: t("gan_present_train"), note };
    },
    keys: [{ keys: ["s"], says: () => t(stops() ? "gan_present_stop" : "gan_present_start"), act: toggle }],
  });
}
