"""Hub: pull models from the Hugging Face Hub and publish to it."""

from __future__ import annotations

from gan.ui.hub import publish, routes
from gan.ui.page.component import build_board
from gan.ui.page.tab import Tab


def build() -> None:
    """Build the board."""
    build_board("hub", "board")


TAB = Tab(
    "hub",
    build,
    (*routes.ROUTES, *publish.ROUTES),
)
