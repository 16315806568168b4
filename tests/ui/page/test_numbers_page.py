"""Every number on the page has a unit beside it or an explanation on it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.ui.acting import open_part, visit_tab

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
PARTS = ("dimensions", "mutate", "draw", "walk", "mix", "map", "picture", "inside")


@pytest.fixture
def listed(tiny_run: Path, runs_dir: Path) -> Iterator[None]:
    """A run, so that there are lists of runs, too."""
    shutil.copytree(tiny_run, runs_dir / "numbers-1")
    yield
    shutil.rmtree(runs_dir / "numbers-1")


def test_no_number_is_without_a_unit_or_an_explanation(listed, page: Page):
    found = {}
    for part in PARTS:
        open_part(page, part)
        expect(page.locator(f"#open-{part}")).to_have_attribute("aria-expanded", "true")
        page.wait_for_timeout(1500)
        found[part] = page.evaluate(BARE)
    for tab in ("Train", "Compare", "Lab", "Gallery", "Evaluate", "Hub"):
        visit_tab(page, tab)
        page.wait_for_timeout(1500)
        found[tab] = page.evaluate(BARE)
    assert sorted({number for numbers in found.values() for number in numbers}) == []


def test_a_planted_number_without_explanation_is_found(page: Page):
    page.evaluate(
        "() => { const n = document.createElement('output'); n.textContent = '4.2';"
        " document.querySelector('.ga').append(n); }"
    )
    assert any("4.2" in text for text in page.evaluate(BARE))
