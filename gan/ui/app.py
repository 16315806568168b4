"""The app: header and tabs inside Gradio's page, our own routes beside it, one server for both."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import logging
import os
import posixpath
import re
import signal
import threading
import webbrowser
from collections.abc import Iterator
from functools import cache
from types import FrameType
from typing import Any

import gradio as gr
import httpx
import torch
from starlette.middleware import Middleware

from gan.data.limits import ENDINGS, ReadLimits, format_titles
from gan.errors import ConfigError
from gan.files import home_root, sweep_temporary
from gan.runs.session import end_signals
from gan.ui.compare import tab as compare
from gan.ui.evaluate import tab as evaluate
from gan.ui.explore import tab as explore
from gan.ui.gallery import tab as gallery
from gan.ui.hub import tab as hub
from gan.ui.lab import tab as lab
from gan.ui.owner import routes as owner
from gan.ui.owner.key import warn_of_useless_key
from gan.ui.page import header
from gan.ui.page.gradio_scripts import gradio_scripts
from gan.ui.page.theme import build_theme
from gan.ui.programs import agents, endpoints
from gan.ui.programs.queue_guard import Gate
from gan.ui.server import drawings, health, inbrowser, logs, signin, state, storage, warmup
from gan.ui.server.i18n import UI, gradio_locales, languages, words
from gan.ui.server.profile import Guard, Profile, build_profile, host_name
from gan.ui.server.proxies import without_proxies
from gan.ui.server.requests_log import RequestLog
from gan.ui.server.routes import (
    STYLE,
    Context,
    Handler,
    assets_version,
    build_routes,
    unknown_route,
)
from gan.ui.server.slow_clients import MinimumBodyRate, use_head_timeout
from gan.ui.server.subpath import OwnAddress, root_path_from
from gan.ui.server.views import escape, script_json
from gan.ui.server.visitors import Owners, trust_proxies
from gan.ui.train import own_images, run_list
from gan.ui.train import tab as train
from gan.ui.welcome import tab as welcome
from gan.ui.welcome.wall import prepare

log = logging.getLogger(__name__)
WAKE_S = 1.0  # how often the main thread looks for a signal
OWNERS_FILE = "owners.jsonl"
DEFAULT_HOST, DEFAULT_PORT = "127.0.0.1", 7860
STATIC_IMPORT = re.compile(r'from "(\.\.?/[\w/.-]+\.js)"')
CACHE_SWEEP_S, CACHE_KEEP_S = 600, 1800
EXPIRING = (own_images.expire, drawings.expire, run_list.expire)


TABS = (
    welcome.TAB, explore.TAB, train.TAB, compare.TAB, lab.TAB, gallery.TAB, evaluate.TAB, hub.TAB,
)  # fmt: skip


def build_app(locales: gr.I18n, *, sign_in: bool = False) -> gr.Blocks:
    """Build the page: a header and one board per tab."""
    app = gr.Blocks(
        title="GAN Atelier",
        fill_width=True,
        analytics_enabled=False,
        delete_cache=(CACHE_SWEEP_S, CACHE_KEEP_S),
    )
    with app:
        header.build()
        with gr.Tabs(elem_id="tabs"):
            for tab in TABS:
                label = locales(f"gan_tab_{tab.name}")
                with gr.Tab(label, id=tab.name, elem_id=f"tab-{tab.name}"):
                    tab.build()
    if sign_in:
        signin.build(app)
    return app


def build_head(context: Context) -> str:
    """The page's <head>: stylesheet and first script; all URLs are relative to the page."""
    base = f"_gan/assets/{assets_version()}"
    data = {
        "assets": base,
        "languages": languages(),
        "tabs": [tab.name for tab in TABS],
        "local": context.profile.local,
        "limit_s": context.profile.limit_s,
        "kept": context.kept,
        "pictures": pictures_json(context.profile.reads),
    }
    data |= {tab.name: tab.options(context.profile) for tab in TABS if tab.options is not None}
    boot = (UI / "page" / "boot.js").read_text("utf-8")
    script = boot.replace("__DATA__", script_json(json.dumps(data, ensure_ascii=False)))
    return f'<link rel="stylesheet" href="{escape(base)}/{STYLE}">\n<script>{script}</script>'


def build_early() -> str:
    """The script that chooses the first tab and asks for what it needs, before Gradio's own."""
    base = f"_gan/assets/{assets_version()}"
    data = {
        "assets": base,
        "gradio": gradio_scripts(),
        "style": f"{base}/{STYLE}",
        "modules": {tab.name: modules_of(tab.name) for tab in TABS},
        "alone": {language: words(language)["gan_alone"] for language in languages()},
    }
    text = (UI / "page" / "landing.js").read_text("utf-8")
    return text.replace("__DATA__", script_json(json.dumps(data, ensure_ascii=False)))


def pictures_json(limits: ReadLimits) -> dict[str, Any]:
    """The pictures that may be sent, wherever the page takes some."""
    endings = [ending for name in limits.formats for ending in ENDINGS[name]]
    kinds = [f"image/{name.lower()}" for name in limits.formats]
    return {
        "formats": format_titles(limits.formats),
        "accept": ",".join([*kinds, *endings]),
        "bytes": limits.file_bytes,
    }


@cache
def modules_of(tab: str) -> tuple[str, ...]:
    """Scripts of the header and of a tab with all their imports, in breadth-first order.

    Preloading them together costs a distant visitor one round trip instead of one per level.
    """
    found = ["page/header.js", f"{tab}/board.js"]
    for name in found:  # the list grows during iteration
        text = (UI / name).read_text("utf-8")
        imported = (
            posixpath.normpath(f"{posixpath.dirname(name)}/{m}")
            for m in STATIC_IMPORT.findall(text)
        )
        found += [m for m in dict.fromkeys(imported) if m not in found]
    return tuple(found)


def routes_of() -> tuple[tuple[tuple[str, str, Handler], ...], ...]:
    """The route tables of the header and of all tabs."""
    return (
        health.ROUTES,
        state.ROUTES,
        inbrowser.ROUTES,
        signin.ROUTES,
        owner.ROUTES,
        *(tab.routes for tab in TABS),
    )


def launch(
    context: Context, *, host: str, port: int | None, share: bool = False, mcp: bool = False
) -> gr.Blocks:
    """Serve in a background thread; the caller waits and closes. `mcp`: also expose MCP tools."""
    locales = gr.I18n(**gradio_locales(tuple(f"gan_tab_{tab.name}" for tab in TABS)))
    profile = context.profile
    profile.sign_in = profile.sign_in and signin.is_installed()
    app = build_app(locales, sign_in=profile.sign_in)
    opened = endpoints.build(context, app)
    routes = build_routes(context, *routes_of())
    use_head_timeout()
    *_, share_url = app.launch(
        server_name=host,
        server_port=port,
        root_path=root_path_from(os.environ.get("GRADIO_ROOT_PATH")),
        share=share,
        prevent_thread_lock=True,
        quiet=True,
        run_history=False,
        _frontend=False,  # it would end where the page takes 3 s to come, on a busy machine
        enable_monitoring=False,
        ssr_mode=False,
        mcp_server=mcp,
        footer_links=[],
        allowed_paths=[],
        state_session_capacity=endpoints.SESSIONS,
        max_threads=endpoints.CALLS,  # no thread of it is used: it bounds calls under way
        i18n=locales,
        theme=build_theme(),
        head=build_head(context),
        app_kwargs={
            "routes": routes,
            "exception_handlers": {404: unknown_route, 405: unknown_route},
            "middleware": [
                Middleware(RequestLog, context=context),
                Middleware(Guard, profile=profile, opened=opened.is_path),
                Middleware(MinimumBodyRate, profile=profile),
                Middleware(Gate, opened=opened),
                Middleware(OwnAddress, early=build_early()),
            ],
        },
    )
    agents.serve_agents(app)
    if share_url:
        context.profile.hosts.add(host_name(share_url.split("//")[-1]))
    return app


def can_serve_mcp(profile: Profile) -> bool:
    """Whether MCP may be served here: False, with a log message, on a public server.

    Raises ConfigError where the required package is missing.
    """
    if not profile.local:
        log.warning("MCP stays off: it is for your own computer, and this server is public")
        return False
    if importlib.util.find_spec("mcp") is None:
        raise ConfigError(
            "MCP needs the package mcp, it is not installed; pip install "
            "'gradio[mcp]=={version}', or serve without it",
            version=gr.__version__,
        )
    return True


def build_context(host: str, *, share: bool = False) -> Context:
    """The state of a server bound to `host`; on a public one, who owns what outlives it."""
    profile, kept = build_profile(host, share=share), storage.prepare()
    if profile.local:
        return Context(profile, kept=kept, expiring=EXPIRING)
    trust_proxies()
    warn_of_useless_key()
    owners = Owners(kept=home_root() / OWNERS_FILE)
    return Context(profile, kept=kept, owners=owners, expiring=EXPIRING)


def serve(
    host: str | None = None,
    port: int | None = None,
    *,
    open_browser: bool = False,
    mcp: bool = False,
) -> None:
    """Serve until interrupted or terminated; then our trainings save a checkpoint and stop.

    Raises ConfigError where the port or a package is unavailable.
    """
    torch.set_num_threads(1)
    host = host or os.environ.get("GRADIO_SERVER_NAME") or DEFAULT_HOST
    port = port or int(os.environ.get("GRADIO_SERVER_PORT") or DEFAULT_PORT)
    share = os.environ.get("GRADIO_SHARE", "").lower() == "true"
    logs.set_up(home_root(), local=build_profile(host, share=share).local)
    sweep_temporary()
    context = build_context(host, share=share)
    mcp = mcp or os.environ.get("GRADIO_MCP_SERVER", "").lower() == "true"
    with closing(context):
        mcp = mcp and can_serve_mcp(context.profile)
        # a share link is requested from an external service, perhaps through the proxy
        direct = contextlib.nullcontext() if share else without_proxies()
        try:
            with direct:
                app = launch(context, host=host, port=port, share=share, mcp=mcp)
        except httpx.TransportError as error:  # Gradio asks its own server whether it is up
            raise ConfigError(
                "this server must reach itself as localhost, it cannot; add 127.0.0.1 localhost to "
                "/etc/hosts"
            ) from error
        except OSError as error:
            raise ConfigError(
                "port {port} must be free on {host}, it cannot be opened; choose another with "
                "GRADIO_SERVER_PORT",
                port=port,
                host=host,
            ) from error
        warmup.start(context)
        if not context.profile.local:  # whoever woke it is about to ask for the first screen
            prepare(context)
        log.warning("GAN Atelier is at %s", app.local_url)
        if open_browser:
            webbrowser.open(str(app.local_url))
        ended = end_signal()
        with contextlib.suppress(KeyboardInterrupt):
            wait_for(ended)
        app.close(verbose=False)


@contextlib.contextmanager
def closing(context: Context) -> Iterator[None]:
    """Whatever happens, no training outlives its server."""
    try:
        yield
    finally:
        context.close()


def wait_for(ended: threading.Event) -> None:
    """Wait, and wake now and then: a signal may be delivered to another thread, and its handler
    runs only when this one, the main thread, does."""
    while not ended.wait(WAKE_S):
        pass


def end_signal() -> threading.Event:
    """An event set by SIGTERM, Ctrl-C and a terminal that closes."""
    ended = threading.Event()

    def end(_number: int, _frame: FrameType | None) -> None:
        ended.set()

    for number in end_signals():
        signal.signal(number, end)
    return ended
