"""Proxy settings of the environment, kept away from requests that a server sends to itself."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

NAMES = ("http_proxy", "https_proxy", "all_proxy", "ws_proxy", "wss_proxy", "no_proxy")


@contextlib.contextmanager
def without_proxies() -> Iterator[None]:
    """No proxy variable is set inside the block; they are back afterwards.

    Gradio builds HTTP clients when it is imported, and asks its own server whether it is up.
    Through a proxy that fails; a typing error in one fails even for addresses that NO_PROXY
    exempts, since httpx builds a transport for every proxy first.
    """
    saved = {name: os.environ.pop(name) for name in list(os.environ) if name.lower() in NAMES}
    try:
        yield
    finally:
        os.environ.update(saved)
