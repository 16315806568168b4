"""Explore: the latent board, and the panels under it."""

from __future__ import annotations

from gan.ui.explore import directions, films, inside, inversion, routes
from gan.ui.page.component import build_board
from gan.ui.page.tab import Tab


def build() -> None:
    """Build the board."""
    build_board("explore", "board")


TAB = Tab(
    "explore",
    build,
    (
        *routes.ROUTES,
        *directions.ROUTES,
        *films.ROUTES,
        *inversion.ROUTES,
        *inside.ROUTES,
    ),
)
