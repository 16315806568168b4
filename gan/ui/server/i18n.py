"""All texts that the page shows: one catalogue per language and folder.

`gan/ui/<folder>/words/<language>.toml` maps keys that begin with `gan_` to texts, and
`gan/<package>/words/<language>.toml` maps the library's English sentences to translations (see
gan.messages). The page fills in `{name}` placeholders. A language is a set of such files and
nothing else. TOML needs no compiler, allows comments, and translation tools (Weblate, Crowdin) read
it directly. Chinese follows Chinese usage, not the English sentence.
"""

from __future__ import annotations

import functools
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from gan.messages import Message
from gan.quantities import OF_POINTS, QUANTITIES

GAN = Path(__file__).parents[2]
UI = GAN / "ui"
SOURCE = "en"  # the default language, and the fallback for missing texts
# Gradio's tags: a bare `zh` alone would miss browsers that send zh-CN
BLANK = re.compile(r"( ?)\{(\w+)\}( ?)")
UNSPACED = re.compile(r"[\u4e00-\u9fff“”（）]")  # Chinese has no spaces around what is filled in
TAGS = {"zh": ("zh", "zh-CN", "zh-TW")}


@functools.cache
def catalogues() -> MappingProxyType[str, dict[str, str]]:
    """{language: {key: text}} as in the files. A key occurs in one folder only."""
    found: dict[str, dict[str, str]] = {SOURCE: _numbers()}
    for path in sorted(GAN.glob("**/words/*.toml")):
        texts = found.setdefault(path.stem, {})
        fresh = tomllib.loads(path.read_text("utf-8"))
        if twice := texts.keys() & fresh.keys():
            raise ValueError(f"{path} has {sorted(twice)[0]}, which stands elsewhere; remove it")
        texts |= fresh
    for texts in found.values():  # of points: sentences of the library, each in its catalogue
        texts |= {
            f"gan_metric_{name}_points_help": texts.get(told.key, told.key)
            for name, told in OF_POINTS.items()
            if found[SOURCE] is texts or told.key in texts
        }
    return MappingProxyType(found)


def _numbers() -> dict[str, str]:
    """Names and explanations of the quantities, from the table that cards and the CLI share."""
    texts = {}
    for key, quantity in QUANTITIES.items():
        texts[f"gan_metric_{key}"] = quantity.name
        texts[f"gan_metric_{key}_help"] = quantity.help
    return texts


def languages() -> dict[str, dict[str, str]]:
    """Available languages, the default first, each with its name and its BCP 47 tag."""
    return {
        language: {"name": texts["gan_language_name"], "tag": texts["gan_language_tag"]}
        for language, texts in catalogues().items()
    }


@functools.cache
def words(language: str) -> dict[str, str]:
    """All texts in one language, with English as the fallback."""
    return catalogues()[SOURCE] | catalogues()[language]


def gradio_locales(keys: tuple[str, ...]) -> dict[str, dict[str, str]]:
    """Keyword arguments for gr.I18n: the texts of Gradio's own components."""
    return {
        tag: {key: words(language)[key] for key in keys}
        for language in languages()
        for tag in TAGS.get(language, (language,))
    }


def written(texts: Mapping[str, str], message: Message) -> str:
    """A message by a catalogue, as page/kit/messages.js writes it: in Chinese without spaces around
    what is filled in, and a setting by its field's label."""
    text = texts.get(message.key, message.key)

    def filled(blank: re.Match[str]) -> str:
        before, name, after = blank.groups()
        known = message.values[name] if name in message.values and name != "field" else None
        value = _part(texts, known) if known is not None else _setting(texts, message, name)
        left = "" if before and _touch(text[: blank.start()], value) else before
        right = "" if after and _touch(value, text[blank.end() :]) else after
        return left + value + right

    return BLANK.sub(filled, text)


def _part(texts: Mapping[str, str], value: Any) -> str:
    if isinstance(value, list):
        return texts.get(", ", ", ").join(_part(texts, part) for part in value)
    return written(texts, value) if isinstance(value, Message) else str(value)


def _setting(texts: Mapping[str, str], message: Message, name: str) -> str:
    name = str(message.values.get(name, name))
    label = texts.get(f"gan_set_{name}")
    return f"“{label}”" if label else name


def _touch(before: str, after: str) -> bool:
    return bool(UNSPACED.match(before[-1:]) and UNSPACED.match(after[:1]))
