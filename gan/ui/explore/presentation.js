// Explore on the whole screen: the picture, what it is, and keys that change it.
/** @import { PresentKey } from "../page/kit/types" */
import { choose, pencil, plainRef, state, t } from "../page/kit/core.js";
import { crispSize, resize } from "../page/kit/painter.js";
import { present } from "../page/kit/present.js";
import { nameOf } from "./catalogue.js";
import { REACH } from "../page/kit/latentlink.js";

const STEP = 0.2;  // sigmas a press, or each time that a held key repeats
const PAIRS = [["ArrowLeft", "ArrowRight"], ["ArrowDown", "ArrowUp"]];  // less, more: of the strongest, the second

/**
 * @param {{ source: HTMLCanvasElement, studio: import("./studio.js").Studio, catalogue: import("./catalogue.js").Catalogue,
 *   what: () => string, note: () => string, link: () => string }} of
 */
export function presentPicture({ source, studio, catalogue, what, note, link }) {
  present({
    label: () => t("gan_present_label"), link,
    draw: (canvas, room) => copy(source, canvas, room),
    says: () => ({ title: studio.model?.name ?? "", sub: what(), note: note(),
      line: studio.ready ? t("gan_present_drawn", { dims: studio.model.z_dim }) : "" }),
    keys: [
      { keys: ["r", " "], says: () => t("gan_randomise"), act: () => { studio.randomise(); } },
      ...PAIRS.map((pair, i) => arrows(pair, i, studio, catalogue)),
      { keys: ["n"], says: () => (state.models.length > 1 ? t("gan_present_next_model") : null), act: nextModel },
    ],
  });
}

/** @param {HTMLCanvasElement} source @param {HTMLCanvasElement} canvas @param {number} room */
function copy(source, canvas, room) {
  const { width, height } = source;
  resize(canvas, width, height);
  const side = `${crispSize(width, room)}px`;
  if (canvas.style.width !== side) Object.assign(canvas.style, { width: side, height: side });
  const context = pencil(canvas);
  context.clearRect(0, 0, width, height);
  context.drawImage(source, 0, 0);
}

// The direction that a pair of arrows moves along: of the strongest that are not locked.
/** @param {string[]} pair @param {number} place @param {import("./studio.js").Studio} studio @param {import("./catalogue.js").Catalogue} catalogue @returns {PresentKey} */
function arrows(pair, place, studio, catalogue) {
  const [, more] = pair;
  const direction = () => catalogue.list("ranked").filter((d) => !studio.locks.has(d.id))[place];
  return {
    keys: pair, both: true,
    says: () => (direction() && studio.ready ? nameOf(direction(), studio) : null),
    act: (key) => {
      const { id } = direction();
      const to = (studio.point.steps[id] ?? 0) + (key === more ? STEP : -STEP);
      studio.step(id, Math.round(Math.max(-REACH, Math.min(REACH, to)) * 100) / 100);
    },
    released: () => studio.release(),  // a held key is one step of undo, as a drag is
  };
}

function nextModel() {
  const refs = state.models.map((m) => m.ref);
  choose(refs[(refs.indexOf(plainRef(state.ref ?? "")) + 1) % refs.length]);
}
