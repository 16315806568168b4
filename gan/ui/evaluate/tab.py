"""Evaluate: a model's quality, and the leaderboard."""

from __future__ import annotations

from typing import Any

from gan.ui.evaluate import routes
from gan.ui.page.component import build_board
from gan.ui.page.tab import Tab
from gan.ui.server import evaluations
from gan.ui.server.profile import Profile


def build() -> None:
    """Build the board."""
    build_board("evaluate", "board")


def options(profile: Profile) -> dict[str, Any]:
    """The form's choices."""
    return evaluations.options(local=profile.local)


TAB = Tab(
    "evaluate",
    build,
    routes.ROUTES,
    options,
)
