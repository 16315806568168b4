// A file dropped anywhere on the page goes where it belongs: a PNG that this app saved opens again, as it holds what
// made it; any other picture is looked for in latent space; a JSON file adds its pins to the shelf; anything else is taken as weights, at home.
import { boot, choose, leave, modelOf, openTab, plainRef, say, state, t } from "./core.js";
import { shelf } from "./shelf.js";

const KEY = "gan-atelier";
const MOST = 10 * 2 ** 20;

// `note` says what could not be opened. Zones that take files themselves prevent the default first.
/** @param {(sentence: string) => void} note */
export function listenForDrops(note) {
  addEventListener("dragover", (e) => {
    if (!e.defaultPrevented && e.dataTransfer?.types.includes("Files")) e.preventDefault();
  });
  addEventListener("drop", async (e) => {
    if (e.defaultPrevented) return;
    const file = e.dataTransfer?.files[0];
    if (!file) return;
    e.preventDefault();
    const problem = await open(file);
    note(problem);
  });
}

/** @param {File} file */
async function open(file) {
  const recipe = file.size <= MOST ? recipeIn(new Uint8Array(await file.arrayBuffer())) : null;
  if (!recipe) return handOver(file);
  const model = modelOf(plainRef(recipe.model));
  if (!model) return t("gan_drop_no_model", { name: recipe.model.slice(0, 60) });
  choose(recipe.model, { seed: recipe.seed, label: recipe.label, psi: recipe.psi });
  openTab("explore");
  return state.ref === recipe.model ? "" : t("gan_drop_unknown");
}

/** @param {File} file */
async function handOver(file) {
  if (/\.json$/i.test(file.name)) {
    try {
      await shelf.open(file);
      openTab("explore");
      return "";
    } catch (error) { return say(error); }
  }
  const kind = file.type.startsWith("image/") ? "picture" : boot.local && !file.type.startsWith("text/") ? "weights" : "";
  if (!kind) return t("gan_drop_unknown");
  if (kind === "picture" && modelOf(plainRef(state.ref ?? ""))?.plane) return t("gan_drop_points");
  openTab(kind === "picture" ? "explore" : "hub");
  leave(kind === "picture" ? "picture" : "weights-file", file);
  return "";
}

// The text chunk of a PNG under our key, checked; null where there is none.
/** @param {Uint8Array} bytes */
function recipeIn(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  if (bytes.length < 8 || view.getUint32(0) !== 0x89504e47) return null;
  const text = new TextDecoder("latin1");
  for (let at = 8; at + 12 <= bytes.length;) {
    const size = view.getUint32(at);
    const kind = text.decode(bytes.subarray(at + 4, at + 8));
    const data = bytes.subarray(at + 8, at + 8 + size);
    const end = data.indexOf(0);
    if (kind === "tEXt" && end > 0 && text.decode(data.subarray(0, end)) === KEY) {
      return checked(text.decode(data.subarray(end + 1)));
    }
    at += 12 + size;
  }
  return null;
}

/** @param {string} text */
function checked(text) {
  try {
    const { model, seed, label, psi } = JSON.parse(text);
    const sound = typeof model === "string" && Number.isInteger(seed) && seed >= 0 && seed < 2 ** 31
      && (label === null || (Number.isInteger(label) && label >= 0)) && psi >= 0 && psi <= 2;
    return sound ? { model, seed, label, psi } : null;
  } catch {
    return null;
  }
}
