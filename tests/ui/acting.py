"""What a visitor does with the page, for the browser tests."""

from __future__ import annotations

import re

from playwright.sync_api import Page

PIXELS = "document.querySelector('#latent-image').toDataURL()"
LEVELS = """(() => { const c = document.querySelector('#latent-image');
  return [...c.getContext('2d').getImageData(0, 0, c.width, c.height).data]; })()"""
NIMG = "Number(document.querySelector('#live-nimg').textContent.replace(/\\D/g, ''))"
SEQ = "Number(document.querySelector('#latent-image').dataset.seq)"


def picture_after(page: Page, act) -> tuple[str, str]:
    """The picture before and after `act`; `act` must lead to a new one."""
    before = page.evaluate(PIXELS)
    begin_painting(page, act)
    settle(page)
    return before, page.evaluate(PIXELS)


def begin_painting(page: Page, act) -> None:
    """`act`, until the first new picture: what plays from then on never settles."""
    seq = page.evaluate(SEQ)
    act()
    page.wait_for_function(f"{SEQ} > {seq}")


def settle(page: Page, *, calm_ms: int = 60) -> None:
    """Until every picture that was asked for is there, and none has come for a moment since."""
    page.evaluate(
        f"""async (calm) => {{ let [seq, left] = [-1, calm];
        while (left > 0) {{
          const busy = document.querySelector('#latent-image').hasAttribute('data-busy');
          left = busy || seq !== {SEQ} ? calm : left - 20;
          seq = {SEQ};
          await new Promise((r) => setTimeout(r, 20)); }} }}""",
        calm_ms,
    )


def choose_preset(page: Page, name: str) -> None:
    """Choose a card of the Train tab; while a training is on show they are folded."""
    if page.get_attribute("#cards-toggle", "aria-expanded") == "false":
        page.click("#cards-toggle")
    page.check(f"#presets [value={name}]")


def open_part(page: Page, name: str) -> None:
    """Open one of the parts under the directions: dimensions, mutate or draw."""
    if page.locator(f"#open-{name}").get_attribute("aria-expanded") == "false":
        page.click(f"#open-{name}")


def drag_to(page: Page, selector: str, value: float, *, index: int = 0) -> None:
    """A drag: one input on the way, one at `value`, and the release."""
    page.locator(selector).nth(index).evaluate(
        """(e, v) => { for (const at of [(Number(e.value) + v) / 2, v]) {
        e.value = at; e.dispatchEvent(new Event('input', {bubbles: true})); }
        e.dispatchEvent(new Event('change', {bubbles: true})); }""",
        value,
    )


def set_slider(page: Page, index: int, value: float) -> None:
    """Set dimension `index` as one input and a release."""
    open_part(page, "dimensions")
    page.locator(".latent-slider").nth(index).evaluate(
        "(e, v) => { e.value = v; e.dispatchEvent(new Event('input', {bubbles: true})); "
        "e.dispatchEvent(new Event('change', {bubbles: true})); }",
        value,
    )


def linked(page: Page) -> str:
    """The page's address without its server."""
    return page.url[page.url.index("/#") :]


def open_tab(page: Page, name: str) -> None:
    page.get_by_role("tab", name=name).click()


def visit_tab(page: Page, name: str) -> None:
    """Open a tab and wait until its scripts have filled it."""
    open_tab(page, name)
    page.wait_for_function(
        """(name) => { const tab = [...document.querySelectorAll('[role=tab][aria-selected=true]')]
        .find((e) => e.textContent.trim() === name);
        const panel = tab && document.getElementById(tab.getAttribute('aria-controls'));
        return panel?.querySelector('.ga') && !panel.querySelector('.ga [data-icon]'); }""",
        arg=name,
    )


def nimg(page: Page) -> int:
    return int(re.sub(r"\D", "", page.locator("#live-nimg").inner_text()))
