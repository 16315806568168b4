"""Numbers on the page that have neither a unit beside them nor an explanation on them."""

# A readout is a visible text that is a bare number: no letter, percent sign or unit with it. It is
# explained by a title or a sentence (data-help) on itself or on what it stands in (not on a whole
# panel), by that of its column, or by a description.
BARE = """() => {
  const number = /^[−+±~-]?\\d[\\d.,]*(e[+-]?\\d+)?$/;
  const explained = (node) => {
    for (let e = node; e && !e.matches('.ga, section, .ga-panel'); e = e.parentElement) {
      if (e.title || e.dataset.help || e.ariaDescription) return true;
      const by = e.getAttribute('aria-describedby');
      if (by && document.getElementById(by)?.textContent.trim()) return true;
      if (e.matches('td, th')) {
        const head = e.closest('table').tHead?.rows[0]?.cells[e.cellIndex];
        if (head?.title || head?.dataset.help) return true;
      }
    }
    return false;
  };
  const found = [];
  for (const root of document.querySelectorAll('.ga')) {
    const walk = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    while (walk.nextNode()) {
      const node = walk.currentNode.parentElement;
      const text = walk.currentNode.data.trim();
      if (!number.test(text) || node.closest('option, svg, math, script, style')) continue;
      if (!node.checkVisibility({ visibilityProperty: true }) || explained(node)) continue;
      found.push(`${node.tagName} ${node.id || node.className} of ${node.parentElement.className}`
        + `: ${text}`);
    }
    for (const input of root.querySelectorAll('input[type=number], input[inputmode=numeric]')) {
      if (input.checkVisibility() && !explained(input)) found.push(`INPUT ${input.id}`);
    }
  }
  return [...new Set(found)];
}"""
