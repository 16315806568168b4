"""Proxies: those of the environment before the app, and reverse proxies in front of it."""

from __future__ import annotations

import os
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser

from gan.errors import ConfigError
from gan.ui import app
from gan.ui.server.proxies import without_proxies
from gan.ui.server.subpath import root_path_from, route_path, with_own_address
from tests.ui.browser import serving
from tests.ui.reverse_proxy import under

NOBODY = "127.0.0.1:9"


# each alone would keep the app from starting: unreachable, not installed, a typing error, an IPv6
# exception that httpx cannot read
HINDRANCES = {
    "ALL_PROXY": f"socks5://{NOBODY}", "HTTP_PROXY": f"http://{NOBODY}",
    "http_proxy": "http://a:port", "NO_PROXY": "[::1]",
}  # fmt: skip


def test_a_machine_without_localhost_gets_a_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path):
    def unreachable(*_: object, **__: object) -> None:
        raise httpx.ConnectError("[Errno -2] Name or service not known")

    for name in ("RUNS_DIR", "HOME", "CACHE_DIR"):
        monkeypatch.setenv(f"GAN_{name}", str(tmp_path))
    monkeypatch.setattr(app, "launch", unreachable)
    monkeypatch.setattr(app.logs, "set_up", lambda *_, **__: None)
    with pytest.raises(ConfigError, match="must reach itself as localhost"):
        app.serve()


def works(browser: Browser, address: str) -> None:
    """The page of an address shows its wall, paints, paints again, and has all of its files."""
    wrong: list[str] = []
    page = browser.new_page()
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.goto(address)
    page.wait_for_selector("#wall.is-painted")
    page.click("#door-explore")
    painted = "Number(document.querySelector('#latent-image')?.dataset.seq) > {}"
    page.wait_for_function(painted.format(0))
    # only now: a bare address has begun to load from one level too high, and is then left
    page.on("response", lambda r: r.status >= 400 and wrong.append(f"{r.status} {r.url}"))
    page.reload()
    page.wait_for_function(painted.format(0))
    before = page.evaluate("Number(document.querySelector('#latent-image').dataset.seq)")
    page.click("#randomise")
    page.wait_for_function(painted.format(before))
    colour = "getComputedStyle(document.body).getPropertyValue('--neutral-500')"
    assert page.evaluate(colour), "Gradio's theme.css has come"
    page.close()
    assert wrong == []


def test_the_page_works_under_a_sub_path_that_nobody_told_the_app(browser: Browser, base_url: str):
    """By nginx's defaults: the prefix is cut off, Host is the backend's, nothing is told."""
    with under(base_url, "/gan", strip=True, told=False) as address:
        works(browser, address.rstrip("/") + "/")


def test_the_app_starts_behind_any_proxy_and_its_page_works_under_the_sub_path_it_knows(
    browser: Browser, tmp_path: Path
):
    with serving(tmp_path / "runs", **HINDRANCES, GRADIO_ROOT_PATH="lab/demo/") as url:
        with under(url, "/lab/demo", strip=True, told=True) as address:
            works(browser, address.rstrip("/"))  # bare
        with under(url, "/lab/demo", strip=False, told=True) as address:  # the prefix is left in
            works(browser, address.rstrip("/") + "/")


def test_proxies_are_back_after_a_block_without_them(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("ALL_PROXY", "socks5://x:1")
    with without_proxies():
        assert "ALL_PROXY" not in os.environ
    assert os.environ["ALL_PROXY"] == "socks5://x:1"


@pytest.mark.parametrize(
    ("given", "root"),
    [(None, ""), ("/", ""), ("gan/", "/gan"), ("/a/b", "/a/b"), ("https://host:8/gan/", "/gan")],
)
def test_a_root_path_may_be_spelt_in_any_way(given: str | None, root: str):
    assert root_path_from(given) == root


@pytest.mark.parametrize(
    ("path", "root", "found"),
    [
        ("/gan/x", "/gan", "/x"), ("/gan", "/gan", "/"), ("/gan/", "/gan", "/"),
        ("/ganymede", "/gan", "/ganymede"), ("/x", "/gan", "/x"), ("/gan/gan/x", "/gan", "/gan/x"),
    ],
)  # fmt: skip
def test_a_path_is_checked_without_the_sub_path_once(path: str, root: str, found: str):
    assert route_path({"path": path, "root_path": root}) == found


def test_gradios_page_still_states_its_address_where_it_is_replaced():
    page = Path(__import__("gradio").__file__).parent / "templates/frontend/index.html"
    html = page.read_text("utf-8").replace("{{ config | toorjson }}", '{"root": "http://x"}')
    html = html.replace("{{ config.get('root', '') | toorjson }}", '"http://x"')
    found = with_own_address(html)
    assert found.count('new URL(".", location.href)') == 2
    assert 'href="manifest.json"' in found
    assert "endsWith" in found.split("<meta", 1)[0]
