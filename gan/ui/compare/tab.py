"""Compare: two to four contestants on the same data, seeds and seconds, side by side."""

from __future__ import annotations

from gan.ui.compare import routes, setup
from gan.ui.page.component import build_board
from gan.ui.page.tab import Tab


def build() -> None:
    """Build the board."""
    build_board("compare", "board")


TAB = Tab("compare", build, routes.ROUTES, setup.options)
