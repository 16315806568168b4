// Formulas: KaTeX's MathML, which browsers draw and screen readers read. It comes with the first lesson.
import { h } from "../page/kit/core.js";

/** @type {{ render(tex: string, node: HTMLElement, options: object): void } | null} */
let katex = null;
const OPTIONS = { output: "mathml", throwOnError: false };

// Until it is there, and where it never comes, a formula is shown as it is typed.
/** @param {() => void} came */
export function loadMaths(came) {
  import("./katex.js").then((module) => { katex = module.default; came(); }, () => {});
}

/** @param {HTMLElement} node @param {string} tex @param {boolean} [display] */
export function writeMaths(node, tex, display = false) {
  if (katex) katex.render(tex, node, { ...OPTIONS, displayMode: display });
  else node.textContent = tex;
}

/** @param {string} tex */
export function formula(tex) {
  const node = h("p", { class: "ga-lab-formula" });
  writeMaths(node, tex, true);
  return node;
}

// A text with $formulas$ in it, as nodes.
/** @param {string} text @returns {(Node | string)[]} */
export function withMaths(text) {
  return text.split("$").map((part, i) => {
    if (i % 2 === 0) return part;
    const node = h("span", { class: "ga-lab-inline" });
    writeMaths(node, part);
    return node;
  });
}
