"""The header above all tabs: product, model, running trainings, language, theme."""

from __future__ import annotations

import gradio as gr

from gan.ui.page.component import build_board


def build() -> gr.HTML:
    """Build the header's board."""
    return build_board("page", "header")
