// What is wrong with how the page lies on the screen, a sentence each: for test_screens_page.py.
(() => {
  const visible = (e) => e.getClientRects().length > 0 && e.checkVisibility({ visibilityProperty: true })
    && !e.closest(".ga-sr, .visually-hidden, .ga-skip:not(:focus)");
  const nameOf = (e) => `${e.tagName.toLowerCase()}${e.id ? `#${e.id}` : `.${e.className}`} “${(e.innerText ?? "").trim().slice(0, 30)}”`;
  const pencil = document.createElement("canvas").getContext("2d");

  // The part of an element that is on show: what clips it is taken off.
  function shown(e) {
    let { left, top, right, bottom } = e.getBoundingClientRect();
    for (let p = e.parentElement; p; p = p.parentElement) {
      const { overflowX, overflowY } = getComputedStyle(p);
      if (overflowX === "visible" && overflowY === "visible") continue;
      const r = p.getBoundingClientRect();
      [left, top, right, bottom] = [Math.max(left, r.left), Math.max(top, r.top), Math.min(right, r.right), Math.min(bottom, r.bottom)];
    }
    return { left, top, right, bottom };
  }

  // A list cuts the text of its choice without a word in scrollWidth.
  function cutBy(e) {
    const style = getComputedStyle(e);
    if (e.tagName !== "SELECT") return style.overflowX === "visible" ? 0 : e.scrollWidth - e.clientWidth;
    pencil.font = style.font;
    return pencil.measureText(e.selectedOptions[0]?.text ?? "").width
      - (e.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight));
  }

  function texts() {
    return [...document.querySelectorAll(".ga *:not(.ga-tile *), [role=tab]")].filter((e) => !e.closest("svg, .uplot, option") && visible(e)
      && (e.tagName === "SELECT" || [...e.childNodes].some((n) => n instanceof Text && n.data.trim())));
  }

  function covered() {
    const all = [...document.querySelectorAll(".ga :is(button:not(.ga-tile, #grid-frame *), input, select, summary, a), .tab-container [role=tab]")]
      .filter(visible).map((e) => ({ e, r: shown(e) }));
    const found = [];
    all.forEach((a, i) => all.slice(i + 1).forEach((b) => {
      const [w, h] = [Math.min(a.r.right, b.r.right) - Math.max(a.r.left, b.r.left), Math.min(a.r.bottom, b.r.bottom) - Math.max(a.r.top, b.r.top)];
      if (w > 2 && h > 2 && !a.e.contains(b.e) && !b.e.contains(a.e)) found.push(`${nameOf(a.e)} lies on ${nameOf(b.e)}`);
    }));
    return found;
  }

  // Whether a box around it scrolls sideways, as a strip of cards does.
  function inStrip(e) {
    for (let p = e.parentElement; p; p = p.parentElement) {
      if (p.scrollWidth > p.clientWidth + 1 && ["auto", "scroll"].includes(getComputedStyle(p).overflowX)) return true;
    }
    return false;
  }

  window.geometry = () => {
    const { scrollWidth, clientWidth } = document.documentElement;
    const all = texts();
    return [
      ...(scrollWidth > clientWidth ? [`the page is ${scrollWidth - clientWidth} px too wide`] : []),
      ...all.flatMap((e) => (cutBy(e) > 1 ? [`${nameOf(e)} is cut by ${Math.round(cutBy(e))} px`] : [])),
      ...all.flatMap((e) => (e.getBoundingClientRect().right > clientWidth + 1 && !inStrip(e) ? [`${nameOf(e)} ends outside`] : [])),
      ...covered(),
    ];
  };
})();
