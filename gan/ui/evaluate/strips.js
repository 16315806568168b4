// Pictures beside the numbers: single ones of a strip from the server, and the groups of real images that are missing.
import { h, pencil, t } from "../page/kit/core.js";
import { bytesOf } from "../page/kit/lines.js";
import { toImageData } from "../page/kit/painter.js";

// A function that draws picture i of the strip as a canvas.
/** @param {{ shape: number[], pixels: string }} strip */
export function picturesOf({ shape: [height, width, channels], pixels }) {
  const bytes = bytesOf(pixels);
  return (i, name) => {
    const canvas = h("canvas", { width, height, class: "ga-pixels", role: "img", "aria-label": name });
    pencil(canvas).putImageData(toImageData(bytes, width, height, channels, i * width * height * channels), 0, 0);
    return canvas;
  };
}

// Groups of real images that the samples hardly hold, each with its most typical images.
export function drawMissing(section, found) {
  section.hidden = !found?.missing || !found.evaluation.groups;
  if (section.hidden) return;
  const { groups, missing } = found.evaluation;
  section.querySelector("#evaluate-missing-about").textContent = missing.length
    ? t("gan_evaluate_missing_some", { missing: missing.length, groups }) : t("gan_evaluate_missing_none", { groups });
  const { each } = found.missing;
  const picture = picturesOf(found.missing);
  section.querySelector(".ga-groups").replaceChildren(...(each ? missing : []).map((group, i) => h("figure", {},
    h("div", {}, ...Array.from({ length: each }, (_, j) => picture(i * each + j, t("gan_evaluate_missing_image")))),
    h("figcaption", { class: "ga-quiet" }, t("gan_evaluate_missing_shares", {
      real: percent(group.real), samples: percent(group.samples) })))));
}

const percent = (share) => `${(100 * share).toFixed(1)} %`;
