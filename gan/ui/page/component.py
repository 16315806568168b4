"""Our own markup as a Gradio component: a packaged HTML file and its script."""

from __future__ import annotations

import gradio as gr

from gan.ui.server.i18n import UI
from gan.ui.server.routes import assets_version


def build_board(folder: str, name: str) -> gr.HTML:
    """`gan/ui/<folder>/<name>.html`, mounted by `<name>.js` beside it."""
    script = f"_gan/assets/{assets_version()}/{folder}/{name}.js"
    return gr.HTML(
        (UI / folder / f"{name}.html").read_text("utf-8"),
        elem_id=f"board-{folder}-{name}",
        apply_default_css=False,
        js_on_load=f"GAN.mount({script!r}, element);",
    )
