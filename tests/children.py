"""Processes that a test may kill: forks of one that has imported torch, which takes seconds."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from multiprocessing.process import BaseProcess

CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["gan.runs", "tests.runs.test_robustness", "tests.test_checkpoint"])


def quick_child(work: Callable[..., None], *arguments: object) -> BaseProcess:
    """A process that has begun to do `work`, a function of a test's module."""
    process = CONTEXT.Process(target=work, args=arguments, daemon=True)
    process.start()
    return process
