// Runs before Gradio: which tab this visit begins with, and all that it needs asked for at once.
// A link leads where it points, a visitor who comes back is where he left. __DATA__ is filled in by
// app.py.
(() => {
  if (!location.pathname.endsWith("/")) return;  // the page is on its way to its own address
  const { assets, modules, gradio, style } = __DATA__;
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
})();
