// As much of a page as the modules ask for when they are loaded: they can then be tested in Node.
// Import this before them, and them with `await import(...)`.
class Nothing {
  observe() {}
  disconnect() {}
}

const words = { gan_chart_losses: "Losses" };
const GAN = {
  assets: "", languages: { en: { name: "English", tag: "en" } }, language: "en", tabs: ["explore"], local: true,
  limit_s: null, kept: true, train: { presets: {}, data: [], groups: [], cards: { presets: {} } }, compare: { ready: {} }, evaluate: { data: [], counts: [] },
  remember() {}, setTheme() {}, wordsOf: async () => words,
};
Object.assign(globalThis, {
  window: Object.assign(globalThis, { GAN }),
  document: {
    addEventListener() {}, documentElement: { lang: "en" }, querySelectorAll: () => [], baseURI: "http://page/",
  },
  location: { hash: "", search: "", pathname: "/", href: "http://page/" },
  history: { replaceState() {}, pushState() {} },
  addEventListener() {}, dispatchEvent() {}, matchMedia: () => ({ matches: false, addEventListener() {} }),
  MutationObserver: Nothing, ResizeObserver: Nothing, IntersectionObserver: Nothing, devicePixelRatio: 1,
});
globalThis.navigator ??= { language: "en" };  // later versions of Node have their own
globalThis.CustomEvent ??= class extends Event {  // Debian's Node 18 has none
  constructor(type, options) { super(type, options); this.detail = options?.detail ?? null; }
};
