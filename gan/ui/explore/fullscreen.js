// A copy of a canvas that fills the screen until it is clicked, or Escape is pressed.
import { crispSize, resize } from "../page/kit/painter.js";
import { h, pencil } from "../page/kit/core.js";

export function fillScreen({ source, label, closed = () => {} }) {
  const canvas = h("canvas", { class: "ga-pixels" });
  const cover = h("div", { class: "ga-cover", role: "dialog", "aria-label": label, tabindex: "-1" }, canvas);
  const before = document.activeElement;
  let open = true;
  function close() {
    if (!open) return;
    open = false;
    cover.remove();
    removeEventListener("keydown", pressed, true);
    document.removeEventListener("fullscreenchange", left);
    if (document.fullscreenElement) document.exitFullscreen().catch(() => {});
    if (before instanceof HTMLElement) before.focus();
    closed();
  }
  function pressed(event) {
    if (!["Escape", " ", "Enter"].includes(event.key)) return;
    event.preventDefault();
    close();
  }
  function left() { if (!document.fullscreenElement) close(); }
  function copy() {
    if (!open) return;
    const { width, height } = source;
    resize(canvas, width, height);
    const side = `${crispSize(width, Math.min(innerWidth, innerHeight))}px`;
    if (canvas.style.width !== side) Object.assign(canvas.style, { width: side, height: side });
    const context = pencil(canvas);
    context.clearRect(0, 0, width, height);
    context.drawImage(source, 0, 0);
    requestAnimationFrame(copy);
  }
  document.body.append(cover);
  cover.addEventListener("click", close);
  addEventListener("keydown", pressed, true);
  cover.focus();
  copy();
  cover.requestFullscreen?.().then(
    () => document.addEventListener("fullscreenchange", left), () => {});
}
