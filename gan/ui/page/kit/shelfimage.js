// A pin's picture: crisp squares while it is small, and a place for it before it is there.
import { h } from "./core.js";

const FINE_PX = 128;

export function image(looks = "") {
  const node = h("img", { class: `ga-pixels ${looks}`, alt: "" });
  node.addEventListener("load", () => node.classList.toggle("is-fine", node.naturalWidth > FINE_PX));
  return node;
}

/** @param {HTMLImageElement} node @param {string | null} picture */
export function show(node, picture) {
  node.classList.toggle("is-bare", !picture);
  if (!picture) node.removeAttribute("src");
  else if (node.getAttribute("src") !== picture) node.src = picture;
}
