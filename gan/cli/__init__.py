"""The command line: everything that needs no browser, and the process that trains for the app.

One module per command or two; importing this package registers them all.
"""

from __future__ import annotations

from gan.cli import code, evaluate, export, film, hub, latent, presets, publish, race, sample, train
from gan.cli.console import app, errors, fail, say

__all__ = [
    "app",
    "code",
    "errors",
    "evaluate",
    "export",
    "fail",
    "film",
    "hub",
    "latent",
    "presets",
    "publish",
    "race",
    "sample",
    "say",
    "train",
]
