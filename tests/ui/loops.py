"""Event loops of a test's own."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Value = TypeVar("Value")


def apart(run: Callable[..., Value], *arguments: object) -> Value:
    """What `run` returns, called in a thread of its own: a test's thread has Playwright's running
    loop once a page was opened in it, and a second one cannot run there."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(run, *arguments).result()
