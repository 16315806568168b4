"""Lab: guided lessons, from what G and D are to whether a model copies, and a playground."""

from __future__ import annotations

import json
from typing import Any

from gan.ui.lab import playground
from gan.ui.page.component import build_board
from gan.ui.page.tab import Tab
from gan.ui.server.i18n import UI
from gan.ui.server.profile import Profile


def build() -> None:
    """Build the board."""
    build_board("lab", "board")


def options(_: Profile) -> dict[str, Any]:
    """The collapse clinic's table (`benchmarks/collapse.py`), without its single trainings."""
    clinic = json.loads((UI / "lab/clinic.json").read_text("utf-8"))
    rows = [{key: row[key] for key in row if key != "runs"} for row in clinic["rows"]]
    return {"clinic": clinic | {"rows": rows}}


TAB = Tab("lab", build, playground.ROUTES, options)
