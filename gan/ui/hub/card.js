// A model card as nodes. Its text comes from outside: it becomes elements of a short list, filled
// with text; links only to https, pictures only those that `picture` knows, never markup.
import { h, t } from "../page/kit/core.js";

/** @typedef {(name: string) => string | null} Picture the address of a file of the card's, or null */

const MOST = 60_000;  // characters
const INLINE = /(`[^`\n]+`)|(\*\*[^*\n]+\*\*)|(!?)\[([^\]\n]*)\]\(([^)\s]+)\)/;

// `picture(name)`: the address of a file that goes along with the card, or null.
/** @param {string} text @param {(name: string) => string | null} [picture] */
export function card(text, picture = () => null) {
  const lines = text.slice(0, MOST).replaceAll("\r", "").replace(/<!--.*?-->/gs, "").split("\n");
  const box = h("div", { class: "ga-card-text" });
  const end = lines[0] === "---" ? lines.indexOf("---", 1) : -1;
  if (end > 0) box.append(front(lines.splice(0, end + 1).slice(1, -1)));
  while (lines.length) {
    const node = block(lines, picture);
    if (node) box.append(node);
  }
  return box;
}

/** @param {string[]} lines */
const front = (lines) => h("details", { class: "ga-front" }, h("summary", { class: "ga-quiet" }, t("gan_hub_front")), h("pre", {}, lines.join("\n")));

// Takes one block off `lines`.
/** @param {string[]} lines @param {Picture} picture @returns {Node | null} */
function block(lines, picture) {
  const line = lines.shift() ?? "";
  if (!line.trim()) return null;
  if (/^(```|~~~)/.test(line)) return h("pre", {}, until(lines, (l) => l.startsWith(line.slice(0, 3)), { eat: true }).join("\n"));
  const title = /^(#{1,6})\s+(.*)$/.exec(line);
  if (title) return fill(h(title[1].length === 1 ? "h2" : "h3"), title[2], picture);
  if (isItem(line)) return list([line, ...until(lines, (l) => !isItem(l) && !/^\s+\S/.test(l))], picture);
  if (line.startsWith("|")) return table([line, ...until(lines, (l) => !l.startsWith("|"))], picture);
  return fill(h("p"), [line, ...until(lines, (l) => !l.trim() || starts(l))].join(" "), picture);
}

/** @param {string} line */
const isItem = (line) => /^\s*([-*+]|\d+\.)\s+/.test(line);
/** @param {string} line */
const starts = (line) => /^(```|~~~|#{1,6}\s|\|)/.test(line) || isItem(line);

/** @param {string[]} lines @param {(line: string) => boolean} ends */
function until(lines, ends, { eat = false } = {}) {
  const at = lines.findIndex(ends);
  const taken = lines.splice(0, at < 0 ? lines.length : at);
  if (eat) lines.shift();
  return taken;
}

/** @param {string[]} lines @param {Picture} picture */
function list(lines, picture) {
  /** @type {string[]} */
  const items = [];
  for (const line of lines) {
    if (isItem(line)) items.push(line.replace(/^\s*([-*+]|\d+\.)\s+/, ""));
    else items[items.length - 1] += ` ${line.trim()}`;
  }
  return h("ul", {}, ...items.map((item) => fill(h("li"), item, picture)));
}

/** @param {string[]} lines @param {Picture} picture */
function table(lines, picture) {
  const headless = /^[|\s]+$/.test(lines[0]);  // as a card's table of facts
  const rows = lines.filter((l) => !/^[|\s:-]+$/.test(l)).map((l) => l.replace(/^\||\|\s*$/g, "").split("|"));
  return h("table", {}, ...rows.map((cells, i) => h("tr", {}, ...cells.map((c) => fill(h(i || headless || !c.trim() ? "td" : "th"), c.trim(), picture)))));
}

// Text with code, weight, links and pictures in it.
/** @param {HTMLElement} node @param {string} text @param {Picture} picture */
function fill(node, text, picture) {
  let rest = text;
  for (let found = INLINE.exec(rest); found; found = INLINE.exec(rest)) {
    node.append(rest.slice(0, found.index), inline(found, picture));
    rest = rest.slice(found.index + found[0].length);
  }
  node.append(rest);
  return node;
}

/** @param {string[]} found what INLINE found @param {(name: string) => string | null} picture */
function inline([whole, code, bold, bang, name, address], picture) {
  if (code) return h("code", {}, code.slice(1, -1));
  if (bold) return h("b", {}, bold.slice(2, -2));
  const src = bang ? picture(address) : null;
  if (src) return h("img", { src, alt: name, class: "ga-pixels", loading: "lazy" });
  if (!bang && address.startsWith("https://")) return h("a", { href: address, target: "_blank", rel: "noopener noreferrer" }, name || address);
  return document.createTextNode(name || whole);
}
