"""Train: the live board with its form, and the run list below it."""

from __future__ import annotations

from typing import Any

from gan.ui.page.component import build_board
from gan.ui.page.tab import Tab
from gan.ui.server import training_queue
from gan.ui.server.profile import Profile
from gan.ui.train import (
    averages,
    code_of,
    own_images,
    presets,
    real_images,
    routes,
    run_list,
    runs_compared,
    setup_link,
    start_form,
    timelapses,
)


def build() -> None:
    """Build the live board and the run list."""
    build_board("train", "board")
    build_board("train", "runs")


def options(_: Profile) -> dict[str, Any]:
    """The form's choices."""
    return start_form.form_options() | averages.options()


TAB = Tab(
    "train",
    build,
    (
        *routes.ROUTES,
        *averages.ROUTES,
        *start_form.ROUTES,
        *code_of.ROUTES,
        *training_queue.ROUTES,
        *own_images.ROUTES,
        *presets.ROUTES,
        *run_list.ROUTES,
        *runs_compared.ROUTES,
        *setup_link.ROUTES,
        *timelapses.ROUTES,
        *real_images.ROUTES,
    ),
    options,
)
