"""As a Space is reached: through a proxy, and in the frame of another site that gets no cookies."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Frame, Page, Playwright, expect

from tests.ui.acting import choose_preset
from tests.ui.browser import FLAGS, chromium, serving
from tests.ui.conftest import PATIENCE_MS, READY
from tests.ui.reverse_proxy import under

VISITOR = "203.0.113.77"
REFUSED = "--test-third-party-cookie-phaseout"  # only partitioned cookies in frames of other sites


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("proxied") / "server.log"


@pytest.fixture(scope="module")
def proxied(log: Path) -> Iterator[str]:
    """A public server behind a proxy that has the certificate."""
    with (
        serving(log.with_name("runs"), log_file=log, GRADIO_SERVER_NAME="0.0.0.0") as url,
        under(url, "", scheme="https", visitor=VISITOR) as address,
    ):
        yield address


@contextlib.contextmanager
def framing(address: str, attributes: str = "") -> Iterator[str]:
    """Another site with `address` in a frame, as the Hub shows a Space."""
    style = 'style="border:0;width:100%;height:860px"'

    class Site(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None: ...

        def do_GET(self) -> None:
            frame = f'<iframe src="{address}" {style} {attributes}></iframe>'
            body = f"<!doctype html><title>A hub</title>{frame}".encode()
            self.send_response(200 if self.path == "/" else 404)
            self.send_header("content-type", "text/html")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://localhost:{server.server_port}/"  # another site than 127.0.0.1
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="module")
def strict_page(playwright: Playwright) -> Iterator[Page]:
    """A browser that refuses third-party cookies."""
    running = playwright.chromium.launch(executable_path=chromium(), args=[*FLAGS, REFUSED])
    page = running.new_page(viewport={"width": 1280, "height": 900}, locale="en-US")
    page.set_default_timeout(PATIENCE_MS)
    yield page
    running.close()


def start_watch_stop(place: Page | Frame) -> None:
    """What a visitor does first: start a training, see it, stop it."""
    place.wait_for_selector("[role=tab]:has-text('Train')")
    place.get_by_role("tab", name="Train").click()
    place.wait_for_function(READY["train"])
    choose_preset(place, "digits")
    place.fill("#seconds", "200")
    place.click("#start")
    expect(place.locator("#run-state")).to_have_text("Running")
    expect(place.locator("#live-grid")).to_be_visible()
    expect(place.locator("#stop")).to_be_enabled()
    place.click("#stop")
    expect(place.locator("#run-state")).to_have_text("Stopped")


def test_through_a_proxy_a_visitor_trains_and_counts_by_the_address_it_tells(
    proxied: str, strict_page: Page, log: Path
):
    strict_page.goto(proxied)
    start_watch_stop(strict_page)
    started = [line for line in log.read_text("utf-8").splitlines() if "kind=start" in line]
    assert started
    assert all("network=203.0.113.0/24" in line for line in started)


def test_in_a_frame_without_third_party_cookies_the_training_is_the_visitors(
    proxied: str, strict_page: Page
):
    strict_page.goto("about:blank")  # the page of before asks for nothing any more
    strict_page.context.clear_cookies()
    with framing(proxied) as site:
        strict_page.goto(site)
        handle = strict_page.wait_for_selector("iframe")
        frame = handle.content_frame()
        start_watch_stop(frame)
        frame.evaluate("location.reload()")  # it is found again, and still the visitor's
        frame.wait_for_function(READY["train"])
        expect(frame.locator("#run-state")).to_have_text("Stopped")
        expect(frame.locator("#resume, #pause").first).to_be_enabled()
        cookies = [c for c in strict_page.context.cookies() if c["name"] == "gan_session"]
        assert cookies
        for cookie in cookies:
            assert cookie["secure"]
            assert cookie["httpOnly"]
            assert cookie["sameSite"] == "None"


@pytest.mark.parametrize(
    "allowed", ["allow-scripts", "allow-scripts allow-popups allow-popups-to-escape-sandbox"]
)
def test_a_frame_without_an_origin_says_so_and_leads_out(
    proxied: str, strict_page: Page, allowed: str
):
    """Sandboxed without allow-same-origin: no module loads, storage and cookies throw."""
    strict_page.goto("about:blank")
    with framing(proxied, f'sandbox="{allowed}"') as site:
        strict_page.goto(site)
        frame = strict_page.frame_locator("iframe")
        expect(frame.locator("body")).to_contain_text("copy its address into a new window")
        link = frame.get_by_role("link")
        expect(link).to_have_attribute("href", f"{proxied.rstrip('/')}/")
        if "escape" in allowed:
            with strict_page.expect_popup() as opened:
                link.click()
            expect(opened.value.get_by_role("tab", name="Train")).to_be_attached()
            opened.value.close()
