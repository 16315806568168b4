"""Gradio's theme, mapped to the design tokens of page/atelier.css.

Our own boards use those tokens directly; Gradio's own components (tabs today, uploads and tables
tomorrow) get the same paper, ink, lines and accent from here, in both themes.
"""

from __future__ import annotations

import gradio as gr

SANS = (
    "system-ui",
    "-apple-system",
    "Segoe UI",
    "Roboto",
    "PingFang SC",
    "Microsoft YaHei",
    "Noto Sans CJK SC",
    "sans-serif",
)
MONO = ("ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "Liberation Mono", "monospace")

# The token of that name, inlined: Gradio paints these before any stylesheet has loaded.
PAPER, PAPER_DARK = "#f6f5f1", "#161513"
# Gradio variable: our token. The tokens change with the theme, so dark uses the same values.
TOKENS = {
    "body_text_color": "ink",
    "body_text_color_subdued": "quiet",
    "background_fill_primary": "panel",
    "background_fill_secondary": "paper",
    "border_color_primary": "line",
    "border_color_accent": "accent",
    "color_accent_soft": "accent-soft",
    "block_background_fill": "panel",
    "block_border_color": "line",
    "block_label_background_fill": "panel",
    "block_label_text_color": "quiet",
    "block_title_text_color": "quiet",
    "input_background_fill": "panel",
    "input_border_color": "edge",
    "button_primary_background_fill": "accent",
    "button_primary_background_fill_hover": "accent",
    "button_primary_text_color": "accent-ink",
    "button_secondary_background_fill": "panel",
    "button_secondary_background_fill_hover": "well",
    "button_secondary_border_color": "line",
    "button_secondary_text_color": "ink",
    "link_text_color": "accent",
    "link_text_color_hover": "accent",
    "link_text_color_visited": "accent",
    "link_text_color_active": "accent",
}


def build_theme() -> gr.themes.Base:
    """The Base theme with all colours from tokens, system fonts and no shadows."""
    theme = gr.themes.Base(
        font=list(SANS),
        font_mono=list(MONO),
        radius_size=gr.themes.sizes.radius_sm,
        spacing_size=gr.themes.sizes.spacing_md,
        text_size=gr.themes.sizes.text_sm,
    )
    values = {name: f"var(--ga-{token})" for name, token in TOKENS.items()}
    values |= {
        "body_background_fill": PAPER,
        "color_accent": "var(--ga-accent)",
        "block_shadow": "none",
        "button_primary_shadow": "none",
        "button_secondary_shadow": "none",
        "input_shadow": "none",
        "block_border_width": "1px",
    }
    known = theme.__dict__ | theme.set.__annotations__
    dark = {f"{name}_dark": value for name, value in values.items() if f"{name}_dark" in known}
    dark["body_background_fill_dark"] = PAPER_DARK
    return theme.set(**values, **dark)
