// The shelf on one sheet: pictures, names and settings in an HTML file that needs nothing else.
/** @import { Pin } from "./types" */
import { addressOf, h, t } from "./core.js";
import { save } from "./lines.js";
import { shelf } from "./shelf.js";
import { wholePicture } from "./shelfpictures.js";
import { modelText, originText, settingsText } from "./shelfwords.js";

const STYLE = `body{font:14px/20px system-ui,sans-serif;margin:32px;color:#1f1d1a;background:#fffefb}
h1{font-size:20px;font-weight:600}main{display:grid;grid-template-columns:repeat(auto-fill,minmax(224px,1fr));gap:32px 24px}
figure{margin:0;break-inside:avoid}img{width:100%;aspect-ratio:1;object-fit:contain;background:#eceae3;display:block}
img.small{image-rendering:pixelated}figcaption{padding-top:8px;overflow-wrap:anywhere}p{margin:0;color:#66625a;font-size:12px;line-height:16px}
a{color:#0b6a5c}`;
const FINE_PX = 128;

export function saveShelf() { save(new Blob([shelf.file()], { type: "application/json" }), "shelf.json"); }

// What could not be read, as it is.
/** @param {string} text */
export function saveUnread(text) { save(new Blob([text], { type: "application/json" }), "shelf-unread.json"); }

// `told` hears how many are drawn.
/** @param {Pin[]} pins @param {(done: number) => void} told */
export async function saveSheet(pins, told) {
  const page = document.implementation.createHTMLDocument(t("gan_shelf"));
  page.documentElement.lang = document.documentElement.lang;
  page.head.prepend(h("meta", { charset: "utf-8" }));
  page.head.append(h("meta", { name: "viewport", content: "width=device-width" }), h("style", {}, STYLE));
  const main = h("main");
  for (const [i, pin] of pins.entries()) {
    main.append(await figure(pin));
    told(i + 1);
  }
  page.body.append(h("h1", {}, t("gan_shelf")), main);
  save(new Blob([`<!doctype html>\n${page.documentElement.outerHTML}`], { type: "text/html" }), "shelf.html");
}

/** @param {Pin} pin */
async function figure(pin) {
  const canvas = await wholePicture(pin).catch(() => null);  // what is kept is better than no sheet
  const src = canvas?.width && canvas.height ? canvas.toDataURL("image/png") : pin.picture ?? "";
  const small = (canvas?.width ?? 0) <= FINE_PX;
  return h("figure", {}, h("img", { src, alt: pin.name, class: small ? "small" : null }), h("figcaption", {},
    h("strong", {}, pin.name),
    ...[modelText(pin), originText(pin), settingsText(pin)].map((line) => h("p", {}, line)),
    h("p", {}, h("a", { href: linkOf(pin) }, t("gan_shelf_open_link")))));
}

/** @param {Pin} pin */
function linkOf(pin) {
  return addressOf({ tab: "explore", model: pin.ref, ...Object.fromEntries(new URLSearchParams(pin.point)) });
}
