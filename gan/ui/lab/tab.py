"""Lab: guided lessons, from what G and D are to whether a model copies, and a playground."""

from __future__ import annotations

from gan.ui.lab import playground
from gan.ui.page.component import build_board
from gan.ui.page.tab import Tab


def build() -> None:
    """Build the board."""
    build_board("lab", "board")


TAB = Tab("lab", build, playground.ROUTES)
