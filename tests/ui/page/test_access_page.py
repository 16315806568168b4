"""WCAG 2.2 AA by axe-core on every tab, in both themes, with all that opens opened.

A race, during it and after, is looked at where one is run: tests/ui/compare/test_compare_page.py.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.ui.acting import visit_tab

AXE = Path(__file__).parents[3] / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
RUN = """rules => axe.run(document,
  { runOnly: { type: 'tag', values: rules }, resultTypes: ['violations'] })"""
CLOSED = ".ga button[aria-expanded=false]:visible:not(:disabled), .ga details:not([open]) > summary"
LOADING = ".ga [aria-busy=true]:visible"


def scan(page: Page, where: str) -> list[str]:
    """`faults` of a page that has not loaded axe-core yet."""
    page.evaluate(AXE.read_text("utf-8"))
    return faults(page, where)


def faults(page: Page, where: str) -> list[str]:
    """What breaks a rule, a sentence each."""
    found = page.evaluate(RUN, RULES)
    assert len(found["passes"]) > 15, "axe looked at nothing"
    return [
        f"{where}: {fault['id']} {node['target']} {node['html'][:120]}"
        for fault in found["violations"]
        for node in fault["nodes"]
    ]


def open_all(page: Page) -> None:
    """Open what is folded, level by level."""
    for _ in range(3):
        for closed in page.locator(CLOSED).all():
            if closed.is_visible():
                closed.click()
    expect(page.locator(LOADING)).to_have_count(0)


@pytest.fixture
def scanned(open_page):
    if not AXE.is_file():
        pytest.skip("axe-core is not installed: make lint installs it where npm is there")

    def scan(**options) -> Page:
        page = open_page(**options)
        page.evaluate(AXE.read_text("utf-8"))
        return page

    return scan


@pytest.fixture
def trained(tiny_run: Path, runs_dir: Path) -> Iterator[None]:
    """A finished training, for Train to show."""
    shutil.copytree(tiny_run, runs_dir / "access-1")
    yield
    shutil.rmtree(runs_dir / "access-1")


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
def test_no_tab_breaks_a_rule_of_access(trained, scanned, scheme: str, width: int):
    page = scanned(  # without motion: nothing is half faded in when it is looked at
        color_scheme=scheme, viewport={"width": width, "height": 900}, reduced_motion="reduce"
    )
    found: list[str] = []
    for tab in ("Home", "Explore", "Train", "Compare", "Lab", "Gallery", "Evaluate", "Hub"):
        visit_tab(page, tab)
        if tab == "Home":
            expect(page.locator("#wall-sentence")).not_to_be_empty()
        if scheme == "light" and tab in ("Explore", "Train", "Hub"):
            open_all(page)
        if tab == "Train":
            page.select_option("#run-select", "access-1")
            expect(page.locator("#run-state")).to_have_text("Finished")
        found += faults(page, tab)
        if tab == "Lab":
            page.click("#lab-row-play")
            expect(page.locator("#play-plane")).to_be_visible()
            found += faults(page, "playground")
    visit_tab(page, "Explore")
    page.click("#present")
    expect(page.locator(".ga-present")).to_be_visible()
    found += faults(page, "presentation")
    assert found == []


def test_the_rules_are_applied(scanned):
    page = scanned()
    page.evaluate(
        """() => { const pale = document.createElement('p');
        pale.textContent = 'hardly seen';
        pale.style.cssText = 'color: #ddd !important; background: #fff !important';
        document.querySelector('.ga-explore').append(pale, document.createElement('button')); }"""
    )
    found = " ".join(faults(page, "planted"))
    assert "button-name" in found
    assert "color-contrast" in found


def test_a_skip_link_leads_past_header_and_tabs(open_page):
    page = open_page()
    page.keyboard.press("Tab")
    expect(page.locator("#skip")).to_be_focused()
    expect(page.locator("#skip")).to_be_in_viewport()
    page.keyboard.press("Enter")
    focused = page.evaluate("document.activeElement.closest('.ga').className")
    assert "ga-explore" in focused
    assert "#tab=explore" in page.url or "#" not in page.url.split("tab=")[0][:-1]
