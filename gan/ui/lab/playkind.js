// What of the playground belongs to which kind of training: the parts of another kind are hidden, and
// what is common to all is called as the kind calls it.
/** @import { Kind } from "../page/kit/types" */
import { boot, knows, translate } from "../page/kit/core.js";

/** @param {string} preset @returns {Kind} */
export const kindOf = (preset) => boot.train.presets[preset]?.of ?? "gan";

/** @param {HTMLElement} root @param {Kind} kind */
export function showKind(root, kind) {
  if (root.dataset.kind === kind) return;
  root.dataset.kind = kind;
  for (const node of parts(root, "[data-of]")) node.hidden = !(node.dataset.of ?? "").split(" ").includes(kind);
  for (const node of parts(root, "[data-called]")) {
    const name = node.dataset.called ?? "";
    const names = kind === "gan" ? [name] : [`${name}_${kind}`, `${name}_alone`, name];
    const own = (/** @type {string} */ end) => (names.find((one) => knows(`${one}${end}`)) ?? name) + end;
    if (node.dataset.t) node.dataset.t = own("");
    if (node.dataset.help) node.dataset.help = own("_help");
  }
  translate(root);
}

/** @param {HTMLElement} root @param {string} selector */
const parts = (root, selector) => /** @type {HTMLElement[]} */ ([...root.querySelectorAll(selector)]);
