// Pictures beside the numbers: single ones of a strip from the server, and the groups of real images that are missing.
/** @import { EvaluationNews, Strip } from "../page/kit/types" */
import { find, h, pencil, t } from "../page/kit/core.js";
import { bytesOf } from "../page/kit/lines.js";
import { toImageData } from "../page/kit/painter.js";

// A function that draws picture i of the strip as a canvas.
/** @param {Strip} strip @returns {(i: number, name: string) => HTMLCanvasElement} */
export function picturesOf({ shape: [height, width, channels], pixels }) {
  const bytes = bytesOf(pixels);
  return (i, name) => {
    const canvas = h("canvas", { width, height, class: "ga-pixels", role: "img", "aria-label": name });
    pencil(canvas).putImageData(toImageData(bytes, width, height, channels, i * width * height * channels), 0, 0);
    return canvas;
  };
}

// Groups of real images that the samples hardly hold, each with its most typical images.
/** @param {HTMLElement} section @param {EvaluationNews | null} found */
export function drawMissing(section, found) {
  const strip = found?.missing;
  section.hidden = !strip || !found.evaluation.groups;
  if (!strip || section.hidden) return;
  const { groups, missing } = found.evaluation;
  find(section, "#evaluate-missing-about").textContent = missing.length
    ? t("gan_evaluate_missing_some", { missing: missing.length, groups }) : t("gan_evaluate_missing_none", { groups });
  const { each } = strip;
  const picture = picturesOf(strip);
  find(section, ".ga-groups").replaceChildren(...(each ? missing : []).map((group, i) => h("figure", {},
    h("div", {}, ...Array.from({ length: each }, (_, j) => picture(i * each + j, t("gan_evaluate_missing_image")))),
    h("figcaption", { class: "ga-quiet" }, t("gan_evaluate_missing_shares", {
      real: percent(group.real), samples: percent(group.samples) })))));
}

/** @param {number} share */
const percent = (share) => `${(100 * share).toFixed(1)} %`;
