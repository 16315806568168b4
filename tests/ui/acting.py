"""What a visitor does with the page, for the browser tests."""

from __future__ import annotations

import re

from playwright.sync_api import Page

PIXELS = "document.querySelector('#latent-image').toDataURL()"
SEQ = "Number(document.querySelector('#latent-image').dataset.seq)"


def picture_after(page: Page, act) -> tuple[str, str]:
    """The picture before and after `act`; `act` must lead to a new one."""
    before, seq = page.evaluate(PIXELS), page.evaluate(SEQ)
    act()
    page.wait_for_function(f"{SEQ} > {seq}")
    settle(page)
    return before, page.evaluate(PIXELS)


def settle(page: Page) -> None:
    """Until no new picture has come for 200 ms."""
    page.evaluate(
        f"""async () => {{ let seq = -1;
        while (seq !== {SEQ}) {{ seq = {SEQ}; await new Promise((r) => setTimeout(r, 200)); }} }}"""
    )


def set_slider(page: Page, index: int, value: float) -> None:
    page.locator(".latent-slider").nth(index).evaluate(
        "(e, v) => { e.value = v; e.dispatchEvent(new Event('input', {bubbles: true})); "
        "e.dispatchEvent(new Event('change', {bubbles: true})); }",
        value,
    )


def open_tab(page: Page, name: str) -> None:
    page.get_by_role("tab", name=name).click()


def nimg(page: Page) -> int:
    return int(re.sub(r"\D", "", page.locator("#live-nimg").inner_text()))
