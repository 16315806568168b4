"""One server and one browser for all browser tests; each test gets a page that must stay clean."""

from __future__ import annotations

import contextlib
import json
import os
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Page,
    Playwright,
    expect,
    sync_playwright,
)

from tests.second_try import begin_anew
from tests.ui.browser import FLAGS, chromium, serving

# What takes a second takes a minute where others compute too: 20 s on an idle machine, times the
# processes that wanted each core when the tests began (load, before the tests add their own).
PATIENCE_S = 20 * min(max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1)), 9)
PATIENCE_MS = 1000 * int(os.environ.get("GAN_TEST_PATIENCE_S", PATIENCE_S))
expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture(scope="session")
def runs_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("browser") / "runs"


def log_beside(runs_dir: Path) -> Path:
    """The file of what the server of `runs_dir` says."""
    return runs_dir.with_name("server.log")


@pytest.fixture(scope="session")
def base_url(runs_dir: Path) -> Iterator[str]:
    """The address of the app, started as a user starts it."""
    with serving(runs_dir, log_file=log_beside(runs_dir)) as url:
        yield url


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    running = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
    yield running
    running.close()


PLAIN = {"viewport": {"width": 1280, "height": 900}, "locale": "en-US"}


@pytest.fixture(scope="session")
def regular(browser: Browser) -> BrowserContext:
    """A browser that has been here before: it keeps the page's files, which saves seconds a test.

    What a visitor does is forgotten each time (see `newcomer`).
    """
    return browser.new_context(**PLAIN)


def newcomer(regular: BrowserContext, base_url: str) -> Page:
    """A page of a visitor of whom nothing is remembered but the files that never change."""
    page = regular.new_page()
    regular.clear_cookies()
    forget = {"origin": base_url, "storageTypes": "local_storage,indexeddb,cache_storage"}
    regular.new_cdp_session(page).send("Storage.clearDataForOrigin", forget)
    return page


# unless the test itself has switched it since
SWITCHED = """try { localStorage.getItem('gan-in-browser') ??
  localStorage.setItem('gan-in-browser', '%s'); } catch {}"""


# what there is once a first tab is ready for a visitor
READY = {
    "explore": "Number(document.querySelector('#latent-image')?.dataset.seq) > 0",
    "welcome": "document.querySelector('#wall.is-painted') !== null",
    "train": "document.querySelector('.ga-train:not([inert])') !== null",
    "lab": "document.querySelector('#play-data input:checked, .ga-lab-question') !== null",
    "compare": "document.querySelector('.ga-race:not([inert])') !== null",
}


def last_said(log: Path) -> str:
    """The end of a server's log, if there is one: why it answered 500."""
    return log.read_text("utf-8", errors="replace")[-4000:] if log.is_file() else ""


class Watch:
    """What a page complained of, and whom else it asked."""

    def __init__(self, page: Page, base_url: str) -> None:
        self.complaints: list[str] = []
        self.strangers: list[str] = []
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.complaints.append(error.stack or str(error)))
        page.on("request", lambda request: self._request(request.url, base_url))

    def _console(self, message) -> None:
        if message.type == "error":
            self.complaints.append(f"{message.text} ({message.location.get('url', '')})")

    def _request(self, url: str, base_url: str) -> None:
        if not url.startswith((base_url, "data:", "blob:")):
            self.strangers.append(url)


def running(base_url: str) -> set[str]:
    """The trainings of a server that is no public one."""
    with urllib.request.urlopen(f"{base_url}/_gan/owner/state", timeout=60) as answer:
        return {run["id"] for run in json.load(answer)["running"]}


@pytest.fixture(autouse=True)
def none_left_behind(request: pytest.FixtureRequest) -> Iterator[None]:
    """What a test has started ends with it, or a failure would make others fail."""
    if "base_url" not in request.fixturenames:
        yield
        return
    url = request.getfixturevalue("base_url")
    before = running(url)
    yield
    for run_id in running(url) - before:
        order = urllib.request.Request(
            f"{url}/_gan/owner/stop",
            json.dumps({"id": run_id}).encode(),
            {"Content-Type": "application/json"},
        )
        with contextlib.suppress(urllib.error.HTTPError):  # over by now
            urllib.request.urlopen(order, timeout=60).close()
    deadline = time.monotonic() + PATIENCE_MS / 1000
    while running(url) - before and time.monotonic() < deadline:
        time.sleep(0.1)


@pytest.fixture
def open_page(
    browser: Browser,
    regular: BrowserContext,
    base_url: str,
    runs_dir: Path,
    request: pytest.FixtureRequest,
) -> Iterator:
    """Opens the app with any context options; at the end no page may have complained.

    Each page is another visitor's. `fresh`: in a browser that has never been here. An address
    without a tab opens Explore; the first screen is "/#tab=welcome", or "/" with `landing`.
    """
    opened: list[tuple[Page, Watch]] = []

    def open_one(
        address: str = "/", *, fresh: bool = False, landing: str = "explore", **options
    ) -> Page:
        if opened or options or fresh:
            page = browser.new_context(**PLAIN | options).new_page()
        else:
            page = newcomer(regular, base_url)
        page.set_default_timeout(PATIENCE_MS)
        if marker := request.node.get_closest_marker("painted_by"):
            page.add_init_script(SWITCHED % {"server": "off", "browser": "on"}[marker.args[0]])
        watch = Watch(page, base_url)
        opened.append((page, watch))
        bare = "#" not in address and landing == "explore"
        page.goto(base_url + address + ("#tab=explore" if bare else ""))
        page.wait_for_function(READY[landing])
        return page

    yield open_one
    for page, _ in opened:
        (page if page.context == regular else page.context).close()
    if not request.node.get_closest_marker("expects_refusal"):  # Chromium notes each 4xx
        complaints = [c for _, watch in opened for c in watch.complaints]
        assert complaints == [], last_said(log_beside(runs_dir))
    assert [s for _, watch in opened for s in watch.strangers] == []


@pytest.fixture
def page(open_page) -> Page:
    return open_page()


def pytest_configure(config: pytest.Config) -> None:
    # the page's own generator rounds otherwise: where pictures are compared, one of them paints
    config.addinivalue_line("markers", "painted_by(who): a visitor chose 'server' or 'browser'")
    config.addinivalue_line("markers", "expects_refusal: the server says no, and Chromium notes it")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if {"browser", "strict_page"} & {*getattr(item, "fixturenames", ())}:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.flaky(reruns=1))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    begin_anew(item, "runs_dir")  # and with it the server of all tests
