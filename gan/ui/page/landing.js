// Runs before Gradio: which tab this visit begins with, and all that it needs asked for at once.
// A link leads where it points, a visitor who comes back is where he left. __DATA__ is filled in by
// app.py.
(() => {
  if (!location.pathname.endsWith("/")) return;  // the page is on its way to its own address
  const { assets, modules, alone, gradio, style } = __DATA__;
  if (self.origin === "null") return leadOut();
  const tabs = Object.keys(modules);
  const left = () => { try { return localStorage.getItem("gan-place"); } catch { return null; } };
  if (location.hash.length < 2 && left()) history.replaceState(history.state, "", `#${left()}`);

  const place = new URLSearchParams(location.hash.slice(1));
  const point = [...place.keys()].some((name) => name !== "glossary");  // alone it is Explore's
  const wanted = place.get("tab") ?? (point ? "explore" : tabs[0]);
  const tab = tabs.includes(wanted) ? wanted : tabs[0];
  const here = (path) => new URL(path, document.baseURI).href;
  for (const { type, props } of window.gradio_config?.components ?? []) if (type === "tabs") props.selected = tab;
  const ahead = (link) => document.head.append(Object.assign(document.createElement("link"), link));
  for (const path of [...gradio, ...modules[tab].map((name) => `${assets}/${name}`)]) ahead({ rel: "modulepreload", href: here(path) });
  ahead({ rel: "preload", as: "style", href: here(style) });
  window.GAN_LANDING = { tab, wall: null };
  if (tab === tabs[0]) {
    const ref = place.get("model");
    const wall = fetch(here(`_gan/wall${ref ? `?${new URLSearchParams({ ref })}` : ""}`), { credentials: "same-origin" });
    wall.catch(() => {});  // the board asks again
    window.GAN_LANDING.wall = wall;
  }

  // A frame that is sandboxed without allow-same-origin has no origin: a browser loads no module there,
  // Gradio's neither, and keeps nothing. One sentence and the way out, in place of a blank page.
  function leadOut() {
    const spoken = navigator.language.toLowerCase().split("-")[0];
    const [note, link] = [document.createElement("p"), document.createElement("a")];
    // a window that is opened from here may be as closed: the address stands there to be copied
    Object.assign(link, { href: location.href, target: "_blank", rel: "noopener", textContent: location.href });
    const sheet = Object.assign(document.createElement("link"), { rel: "stylesheet", href: style });
    note.className = "ga ga-alone";
    note.append(alone[spoken] ?? alone.en, " ", link);
    if (matchMedia("(prefers-color-scheme: dark)").matches) document.documentElement.dataset.gaTheme = "dark";
    const show = () => { document.head.append(sheet); document.body.replaceChildren(note); };
    if (document.body) show(); else addEventListener("DOMContentLoaded", show);
  }
})();
