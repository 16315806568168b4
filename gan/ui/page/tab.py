"""A tab's definition: one row, `TAB` in its folder's tab.py, and all that the app knows of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from gan.ui.server.profile import Profile
from gan.ui.server.routes import Handler


class Tab(NamedTuple):
    """A folder of gan/ui that is a tab of the page.

    name: of the folder; its label is the text `gan_tab_<name>` in the folder's catalogues.
    build: creates its Gradio components, inside the gr.Tab.
    routes: (method, path, handler) rows.
    options: JSON that its scripts find in `boot.<name>` on page load; None for nothing.
    """

    name: str
    build: Callable[[], object]
    routes: tuple[tuple[str, str, Handler], ...]
    options: Callable[[Profile], Any] | None = None
