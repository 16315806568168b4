"""The owner's page in a browser: at home and with the key, each control pressed."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.ui.acting import choose_preset, visit_tab
from tests.ui.browser import serving
from tests.ui.conftest import PATIENCE_MS, READY
from tests.ui.page.test_access_page import AXE, scan

KEY = "a-key-of-some-length"
CONTROLS = ".ga :is(a, button, input):visible:not(:disabled)"


@pytest.fixture(scope="module")
def public(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A public server, as a container runs it, with an owner's key."""
    runs = tmp_path_factory.mktemp("public") / "runs"
    with serving(runs, GRADIO_SERVER_NAME="0.0.0.0", GAN_OWNER_KEY=KEY) as url:
        yield url


@pytest.fixture
def visit(browser) -> Iterator:
    """Opens a page of a new visitor; at the end it may not have complained."""
    opened: list[tuple[BrowserContext, list[str]]] = []

    def open_one(url: str, **options) -> Page:
        context = browser.new_context(locale="en-US", reduced_motion="reduce", **options)
        page, complaints = context.new_page(), []
        opened.append((context, complaints))
        page.set_default_timeout(PATIENCE_MS)
        page.on("pageerror", lambda error: complaints.append(error.stack or str(error)))
        page.goto(url)
        return page

    yield open_one
    for context, complaints in opened:
        context.close()
        assert complaints == []


def test_at_home_it_shows_and_stops_what_runs(open_page, base_url):
    page = open_page("/#tab=train", landing="train")
    choose_preset(page, "ring")
    page.fill("#seconds", "300")
    page.click("#start")
    expect(page.locator("#run-state")).to_have_text("Running")
    with page.expect_popup() as opened:
        page.click("#runs-server a")
    owner = opened.value
    owner.set_default_timeout(PATIENCE_MS)
    assert owner.url == f"{base_url}/_gan/owner"
    stop = owner.locator("#owner-running [data-act=stop]")
    expect(stop).to_have_count(1)
    expect(owner.locator("#owner-machine dd").first).to_contain_text(re.compile("[MG]B"))
    pressed = {"owner-clear", "owner-leave"}  # hidden at home
    stop.click()
    expect(owner.locator("#owner-idle")).to_be_visible()
    expect(page.locator("#run-state")).to_have_text("Stopped")
    owner.click("#owner-expire")
    expect(owner.locator("#owner-expired")).to_contain_text("Deleted")
    owner.click("#owner-language-zh")
    expect(owner.locator("h1")).to_have_text("服务器状态")
    expect(owner).to_have_title("服务器状态")
    owner.click("#owner-language-en")
    before = owner.evaluate("document.documentElement.dataset.gaTheme")
    owner.click("#owner-theme")
    assert owner.evaluate("document.documentElement.dataset.gaTheme") != before
    pressed |= {"owner-expire", "owner-language-zh", "owner-language-en", "owner-theme"}
    there = {node.get_attribute("id") for node in owner.locator(CONTROLS).all()}
    assert there - pressed == {"owner-back"}
    owner.click("#owner-back")
    expect(owner.locator("#run-chip, #home").first).to_be_visible()
    owner.close()


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
def test_with_the_key_in_public(visit, public, scheme: str, width: int):
    size = {"width": width, "height": 900}
    page = visit(f"{public}/_gan/owner", color_scheme=scheme, viewport=size)
    expect(page.locator("#owner-form")).to_be_visible()
    expect(page.locator("#owner")).to_be_hidden()
    if not AXE.is_file():
        pytest.skip("axe-core is not installed: make lint installs it where npm is there")
    found = scan(page, "the form")
    page.fill("#owner-key", "wrong-key-of-some-length")
    page.click("#owner-enter")
    expect(page.locator("#owner-wrong")).to_contain_text("not the owner's key")
    page.fill("#owner-key", KEY)
    page.press("#owner-key", "Enter")
    expect(page.locator("#owner-limits dt")).not_to_have_count(0)
    expect(page.locator("#owner-form")).to_be_hidden()
    found += scan(page, "signed in")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.reload()  # the cookie is kept
    expect(page.locator("#owner")).to_be_visible()
    page.click("#owner-leave")
    expect(page.locator("#owner-form")).to_be_visible()
    expect(page.locator("#owner")).to_be_hidden()
    assert found == []


def test_the_queue_says_place_and_time_and_is_cleared(visit, public):
    first = visit(f"{public}/#tab=train")
    first.wait_for_function(READY["train"])
    choose_preset(first, "ring")
    first.fill("#seconds", "120")
    first.click("#start")
    expect(first.locator("#run-state")).to_have_text("Running")
    second = visit(f"{public}/#tab=train")
    second.wait_for_function(READY["train"])
    choose_preset(second, "ring")
    second.click("#start")
    expect(second.locator("#queue")).to_contain_text("number 1 of 1")
    expect(second.locator("#queue")).to_contain_text(re.compile("about 2 min at the latest"))
    owner = visit(f"{public}/_gan/owner")
    owner.fill("#owner-key", KEY)
    owner.click("#owner-enter")
    expect(owner.locator("#owner-waiting")).to_contain_text("1 of 10")
    owner.click("#owner-clear")
    expect(second.locator("#train-note")).to_contain_text("cleared the queue")
    owner.locator("#owner-running [data-act=stop]").click()
    expect(owner.locator("#owner-idle")).to_be_visible()
    visit_tab(first, "Train")
    expect(first.locator("#run-state")).to_have_text("Stopped")


def test_a_public_server_says_that_it_takes_no_images(visit, public):
    page = visit(f"{public}/#tab=train")
    page.wait_for_function(READY["train"])
    page.select_option("#data", "own")
    expect(page.locator("#own-closed")).to_contain_text("no images of visitors")
    expect(page.locator("#own-drop")).to_be_hidden()
