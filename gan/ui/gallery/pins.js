// The gallery's samples on the shelf: by model, seed, class and psi.
/** @import { Entry } from "../page/kit/types" */
import { className, modelOf, plainRef, t, wordedFor } from "../page/kit/core.js";
import { newId, pointOf, pointText, shelf } from "../page/kit/shelf.js";
import { kept } from "../page/kit/shelfpictures.js";
import { nextName } from "../page/kit/shelfwords.js";

/** @param {Entry} entry */
const pinOf = (entry) => shelf.at(entry.refs[0], pointText(entry));

/** @param {Entry} entry */
export const isPinned = (entry) => pinOf(entry) !== null;

// On the shelf, or off it; raises a sentence where there is no room. `canvas` has its picture.
/** @param {Entry} entry @param {HTMLCanvasElement | null} canvas */
export function toggle(entry, canvas) {
  const pin = pinOf(entry);
  if (pin) return shelf.remove(pin.id);
  const [ref] = entry.refs;
  const model = modelOf(plainRef(ref));
  const label = entry.label ?? entry.shown ?? null;
  const names = model?.class_names ?? [];
  shelf.add([{
    id: newId(), name: nextName(names.length ? className(names[label ?? 0]) : t(wordedFor("gan_shelf_picture", model?.plane ?? false))), ref, model: model?.name ?? ref,
    point: pointText(entry), place: null, made: Date.now(), from: { how: "gallery", pins: [], turns: [] }, turns: [],
    picture: canvas && kept(canvas),
  }]);
  return null;
}

// Those of the shelf that a seed makes by itself.
/** @returns {Entry[]} */
export function samples() {
  return shelf.list.flatMap((pin) => {
    const { seed, base, label, mix, psi, moves, steps } = pointOf(pin);
    const plain = !base && !mix && !Object.keys(moves).length && !Object.keys(steps).length;
    return plain ? [{ refs: [pin.ref], seed, label, psi }] : [];
  });
}
