"""The line above all tabs: product, model, what is training, language, theme."""

from __future__ import annotations

import gradio as gr

from gan.ui.page.component import build_board


def build() -> gr.HTML:
    """The header's board."""
    return build_board("page", "header")
