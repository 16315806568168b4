"""Hides the environment's proxy settings from requests that a server sends to itself."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

NAMES = ("http_proxy", "https_proxy", "all_proxy", "ws_proxy", "wss_proxy", "no_proxy")


@contextlib.contextmanager
def without_proxies() -> Iterator[None]:
    """Unset all proxy variables inside the block; restored afterwards.

    Gradio builds HTTP clients on import, and asks its own server whether it is up. Through a proxy
    that fails; a malformed proxy URL fails even for addresses exempt by NO_PROXY, since httpx
    builds a transport for every proxy first.
    """
    saved = {name: os.environ.pop(name) for name in list(os.environ) if name.lower() in NAMES}
    try:
        yield
    finally:
        os.environ.update(saved)
