import { h } from "./core.js";

export function build(body) {
  body.append(h("p", { class: "ga-panel-wait ga-quiet", "data-t": "gan_panel_loading" }));
  return {};
}
