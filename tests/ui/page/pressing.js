// What there is to press in one part of the page, found in the DOM: used by test_every_control.py.
(() => {
  const CONTROLS = "button, select, input, textarea, summary, canvas[tabindex], [role=button], [role=switch], [role=slider]";
  const ALIKE = 2;  // of controls that differ in nothing but their number, so many are pressed
  const OPTIONS = 2;  // of a list, its first and its last
  const WAYS = 2;  // of a button beside lists: once for each of so many choices
  const NAMING = ["act", "kind", "end", "show", "view", "sort", "remedy", "mark"];  // data- that tells what a button does
  const pressed = new Set();
  const seen = new Map();  // name -> in which look it was first there
  const reached = new Set();  // ids of what was pressed
  const openers = new Set();  // keys of what shows or hides others
  let looks = 0;

  const visible = (e) => e.getClientRects().length > 0
    && e.checkVisibility({ visibilityProperty: true }) && !e.closest("[inert]");
  const usable = (e) => visible(e) && !e.disabled && !["hidden", "file"].includes(e.type) && !e.readOnly;

  function nameOf(e, counts) {
    const box = e.closest("[id]:not(button):not(input):not(select):not(summary):not(canvas)")?.id ?? "";
    const told = NAMING.filter((k) => e.dataset[k]).map((k) => e.dataset[k]);
    const looks = [...e.classList].filter((c) => !c.startsWith("is-")).sort();
    const kind = [box, e.tagName, e.type ?? "", e.name ?? "", ...looks, ...told].join(".");
    if (e.id) return `#${e.id}`;
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
    return counts.get(kind) > ALIKE ? null : `${kind} ${counts.get(kind)}`;
  }

  // A list counts once for each of its options (a few of them); a button once for each choice in
  // the lists of its row, as "walk along this direction" does something else for each.
  function waysOf(e, name, { once, whole }) {
    if (e.tagName === "SELECT") {
      const values = [...e.options].filter((o) => !o.disabled).map((o) => o.value);
      const count = whole.some((s) => e.matches(s)) ? values.length : OPTIONS;
      const step = Math.max(1, (values.length - 1) / (count - 1));
      const chosen = new Set(Array.from({ length: count }, (_, i) => values[Math.round(i * step)]));
      const ways = [...chosen].filter((v) => v !== undefined).map((v) => [`${name}=${v}`, v]);
      return values.length > 1 ? [...ways, [`${name} back`, values[0]]] : ways;  // others may need the first
    }
    const row = e.tagName === "BUTTON" && e.id && !once.some((o) => e.matches(o)) ? e.closest(".ga-rowed") : null;
    const with_ = row ? [...row.querySelectorAll("select")].map((s) => s.value).join() : "";
    const ways = [...pressed].filter((key) => key.startsWith(`${name} with `)).length;
    return ways < WAYS ? [[with_ ? `${name} with ${with_}` : name, null]] : [];
  }

  const opens = (e) => e.tagName === "SUMMARY" || e.hasAttribute("aria-expanded") || e.hasAttribute("aria-pressed");

  // What has a choice comes after what has none, and what opens or hides others when nothing else is
  // left, so that their insides are pressed first.
  function rankOf(e, { late, last }) {
    if (last.some((s) => e.matches(s))) return 3;
    if (opens(e) || late.some((s) => e.matches(s))) return 2;
    return e.tagName === "SELECT" || e.type === "checkbox" ? 1 : 0;
  }

  // While one is open, nothing behind it can be pressed.
  const dialog = () => document.querySelector("dialog[open]");

  // The next one that has not been pressed: {element, key, option}, or null.
  function next(root, { skip, once, whole, ...order }) {
    const counts = new Map();
    const found = [];
    looks += 1;
    for (const e of (dialog() ?? root).querySelectorAll(CONTROLS)) {
      const name = nameOf(e, counts);
      if (!name || !usable(e) || skip.some((s) => e.matches(s))) continue;
      const rank = rankOf(e, order);
      let times = 0;  // that it has been pressed, by now
      for (const [key, option] of waysOf(e, name, { once, whole })) {
        times += 1;
        if (pressed.has(key)) continue;
        if (!seen.has(name)) seen.set(name, looks);
        found.push({ element: e, key, option, rank, since: seen.get(name), times });
        break;
      }
    }
    // of equals what came last, as it may go with the next press; lists take turns
    return found.sort((a, b) => a.rank - b.rank || b.since - a.since || a.times - b.times)[0] ?? null;
  }

  function take({ key, element }) {
    pressed.add(key);
    if (element.id) reached.add(element.id);
    if (opens(element) || element.tagName === "SELECT" || element.id.endsWith("-start")) openers.add(key);
  }

  // A slow machine may have shown what an opener opens after the next one had closed it again, or
  // have stopped what was begun before there was anything of it to see.
  const openAgain = () => openers.forEach((key) => pressed.delete(key));

  // It could not be pressed: it is as if it had not been found.
  function giveBack({ key, element }) {
    pressed.delete(key);
    reached.delete(element.id);
    return usable(element);
  }

  // Controls with a name of their own that were never pressed, for the test to complain of.
  function missed(root, { skip }) {
    return [...root.querySelectorAll(CONTROLS)]
      .filter((e) => e.id && e.type !== "file" && !reached.has(e.id))
      .filter((e) => !skip.some((s) => e.matches(s))).map((e) => `#${e.id}`);
  }

  // A click at its centre, if it is what lies there: why not, or null.
  function clickNow(e) {
    if (!e.isConnected) return "it has gone";
    e.scrollIntoView({ block: "center", inline: "center", behavior: "instant" });
    const { left, top, width, height } = e.getBoundingClientRect();
    const there = document.elementFromPoint(left + width / 2, top + height / 2);
    if (!there || !(e.contains(there) || there.closest("label")?.control === e)) {
      return `${there ? there.outerHTML.slice(0, 200) : "nothing"} lies over it`;
    }
    e.click();
    return null;
  }

  // Not by the mouse: what has a value gets another one.
  function change(e, option, typed) {
    const fire = (...names) => names.forEach((n) => e.dispatchEvent(new Event(n, { bubbles: true })));
    if (e.tagName === "SELECT") e.value = option;
    else if (e.type === "range") {
      const [low, high] = [Number(e.min), Number(e.max)];
      e.value = low + (high - low) * (Number(e.value) > (low + high) / 2 ? 0.3 : 0.7);
    } else if (e.type === "number") e.value = Math.min(Number(e.max || 1e9), Number(e.value || e.min || 0) + 1);
    else if (!e.value) e.value = Object.entries(typed).find(([s]) => e.matches(s))?.[1] ?? "";
    fire("input", "change");
  }

  const SPOILT = /\bNaN\b|\bundefined\b|\[object \w+\]|\bInfinity\b|Symbol\(/;
  function spoilt() {
    const texts = [document.body.innerText, ...[...document.querySelectorAll("input, textarea")].map((e) => e.value),
      ...[...document.querySelectorAll("[title], [aria-label]")].map((e) => `${e.getAttribute("title") ?? ""} ${e.getAttribute("aria-label") ?? ""}`)];
    const found = texts.map((text) => SPOILT.exec(text)).find(Boolean);
    return found ? found.input.slice(Math.max(0, found.index - 60), found.index + 60) : null;
  }

  // Whether something is under way whose end will show more to press.
  const busy = (root) => [...root.querySelectorAll("progress, .ga-panel-wait")].some(visible);

  window.pressing = { next, take, giveBack, clickNow, openAgain, dialog, missed, change, spoilt, busy, count: () => pressed.size };
})();
