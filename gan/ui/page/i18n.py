"""Every visible word of the interface, in English and Chinese, under keys that begin with `gan_`.

One dictionary serves both Gradio (tab names, through gr.I18n) and our own boards (which get it as
JSON). `{name}` in a text is filled in by the board. Chinese follows Chinese usage, not the English
sentence. The words themselves are in gan.ui.words, one module a place.
"""

from __future__ import annotations

from gan.ui.words import (
    diagnosis,
    errors,
    evaluate,
    explore,
    frame,
    gallery,
    hub,
    inbrowser,
    panels,
    presets,
    quantities,
    runs,
    settings,
    steer,
    train,
)

PARTS = (
    frame, explore, inbrowser, panels, train, settings, steer, diagnosis, runs, gallery, evaluate,
    hub, presets, errors, quantities,
)  # fmt: skip
TEXTS: dict[str, tuple[str, str]] = {}
for part in PARTS:
    assert not TEXTS.keys() & part.TEXTS.keys(), "a key has one place"
    TEXTS |= part.TEXTS


def catalogue() -> dict[str, dict[str, str]]:
    """`{"en": {key: text}, "zh": {key: text}}`, for the boards."""
    return {
        "en": {key: english for key, (english, _) in TEXTS.items()},
        "zh": {key: chinese for key, (_, chinese) in TEXTS.items()},
    }


def gradio_locales() -> dict[str, dict[str, str]]:
    """Keyword arguments for gr.I18n; a bare `zh` alone would miss browsers that say zh-CN."""
    texts = catalogue()
    return {"en": texts["en"], "zh": texts["zh"], "zh-CN": texts["zh"], "zh-TW": texts["zh"]}
