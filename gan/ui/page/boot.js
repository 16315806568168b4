// Runs before the first board: language and its words and theme. __DATA__ is filled in by app.py.
(() => {
  if (window.GAN) return;
  const data = __DATA__;
  const AGAIN_MS = 2000;
  const recall = (key) => { try { return localStorage.getItem(key); } catch { return null; } };
  const remember = (key, value) => { try { localStorage.setItem(key, value); } catch { /* private */ } };
  const root = document.documentElement;

  const { languages } = data;
  const stored = recall("gan-language");
  const spoken = (navigator.language || "").toLowerCase().split("-")[0];
  const browser = spoken in languages ? spoken : "en";
  const language = stored in languages ? stored : browser;
  root.lang = languages[language].tag;
  if (language !== browser) {  // so that Gradio's own words begin in the chosen language
    Object.defineProperty(navigator, "language", { get: () => root.lang, configurable: true });
  }

  const asked = new URLSearchParams(location.search).get("__theme");
  const dark = matchMedia("(prefers-color-scheme: dark)");
  let theme = [asked, recall("gan-theme")].find((name) => name === "light" || name === "dark");
  const apply = () => {
    const now = theme ?? (dark.matches ? "dark" : "light");
    if (root.dataset.gaTheme !== now) root.dataset.gaTheme = now;
    if (document.body && document.body.classList.contains("dark") !== (now === "dark")) {
      document.body.classList.toggle("dark", now === "dark");
    }
  };
  apply();
  dark.addEventListener("change", apply);
  new MutationObserver(apply).observe(root, { subtree: false, childList: true });
  const watchBody = () => new MutationObserver(apply)
    .observe(document.body, { attributes: true, attributeFilter: ["class"] });
  if (document.body) { apply(); watchBody(); } else {
    addEventListener("DOMContentLoaded", () => { apply(); watchBody(); });
  }

  // a form that is sent before its script is loaded must not reload the page
  document.addEventListener("submit", (e) => { if (e.target.closest(".ga")) e.preventDefault(); });

  // The words of one language, asked for once; the page's own at once.
  const coming = {};
  const wordsOf = (name) => {
    coming[name] ??= fetch(new URL(`${data.assets}/words/${name}.json`, document.baseURI)).then((reply) => {
      if (!reply.ok) throw new Error(`words of ${name}: ${reply.status}`);
      return reply.json();
    });
    coming[name].catch(() => { delete coming[name]; });
    return coming[name];
  };
  wordsOf(language);

  const landing = { landing: data.tabs[0], wall: null };  // landing.js says, where it ran
  if (window.GAN_LANDING) Object.assign(landing, { landing: window.GAN_LANDING.tab, wall: window.GAN_LANDING.wall });

  window.GAN = {
    ...data, language, remember, wordsOf, ...landing,
    // A tab may be opened for the first time while the server is away: its script is asked for until it comes.
    mount(script, element) {
      const ask = () => import(new URL(script, document.baseURI).href)
        .then((board) => board.mount(element), () => { setTimeout(ask, AGAIN_MS); });
      ask();
    },
    setTheme(name) { theme = name; remember("gan-theme", name); apply(); },
  };
})();
