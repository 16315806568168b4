"""Welcome: what this is, in one sentence and a wall of pictures; and three ways on."""

from __future__ import annotations

from gan.ui.page.component import build_board
from gan.ui.page.tab import Tab
from gan.ui.welcome import wall


def build() -> None:
    """Build the board."""
    build_board("welcome", "board")


TAB = Tab("welcome", build, wall.ROUTES)
