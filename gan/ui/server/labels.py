"""Error sentences for the page: settings are called by their field's label, not by their key."""

from __future__ import annotations

import re
from typing import NamedTuple

from gan.config import setting_types
from gan.ui.server.i18n import words
from gan.ui.server.said import chinese
from gan.ui.server.settings import SETTINGS

LABELS: dict[str, str] = {
    key: f"gan_set_{key}" for key in (*SETTINGS, "seed", "kimg", "keep_mb")
} | {"seconds": "gan_duration"}
ENGLISH, CHINESE = "en", "zh"
# a quoted key is user input, and one before = belongs to a command
KEY = r"(?<![\w'\"`-]){}(?![\w'\"`=])"


class Told(NamedTuple):
    """A sentence as the page shows it."""

    english: str
    chinese: str | None  # None if untranslated


def field_of(sentence: str) -> str | None:
    """The form field an error sentence is about: our sentences begin with its name."""
    first = sentence.split(" ", 1)[0]
    return first if first in {*setting_types(), *LABELS} else None


def told(sentence: str) -> Told:
    """`sentence` in both languages, with setting keys replaced by the form's labels."""
    zh, field = chinese(sentence), field_of(sentence)
    if field is None:
        return Told(sentence, zh)
    return Told(_labelled(sentence, field, ENGLISH), zh and _labelled(zh, field, CHINESE))


def _labelled(sentence: str, subject: str, language: str) -> str:
    """Replace the leading key once, and every other key that cannot be an ordinary word."""
    if subject in LABELS:
        sentence = _replaced(sentence, subject, language, count=1)
    for key in LABELS:
        if "_" in key and key != subject:
            sentence = _replaced(sentence, key, language)
    return sentence


def _replaced(sentence: str, key: str, language: str, *, count: int = 0) -> str:
    pattern = KEY.format(re.escape(key))
    if language == CHINESE:
        pattern = f" ?{pattern} ?"  # no spaces around quotes in Chinese
    label = f"“{words(language)[LABELS[key]]}”"
    return re.sub(pattern, lambda match: label, sentence, count=count)
