// A button that opens and closes a part of the board; what is inside is built when first opened.
import { on, translate } from "../page/kit/core.js";

// `build(body)` may return {draw}, which is called whenever the part is open and things changed.
/** @param {HTMLElement} button @param {HTMLElement} body @param {(body: HTMLElement) => { draw?(): void }} build */
export function fold(button, body, build) {
  /** @type {{ draw?(): void } | null} */
  let inside = null;
  const draw = () => { if (!body.hidden) inside?.draw?.(); };
  button.addEventListener("click", () => {
    body.hidden = !body.hidden;
    button.setAttribute("aria-expanded", String(!body.hidden));
    if (body.hidden) return;
    if (!inside) {
      inside = build(body) ?? {};
      translate(body);
    }
    draw();
  });
  for (const name of /** @type {const} */ (["latent", "locks", "language"])) on(name, draw);
}
