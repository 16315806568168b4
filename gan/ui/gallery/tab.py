"""Gallery: endless samples by seed, ranked and downloadable."""

from __future__ import annotations

from gan.ui.gallery import downloads, routes, scores
from gan.ui.page.component import build_board
from gan.ui.page.tab import Tab


def build() -> None:
    """Build the board."""
    build_board("gallery", "board")


TAB = Tab(
    "gallery",
    build,
    (*routes.ROUTES, *downloads.ROUTES, *scores.ROUTES),
)
