"""A race's report in a language of the page."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gan.messages import Message
from gan.presets import PRESETS
from gan.quantities import QUANTITIES
from gan.races.report import ENGLISH, Wording, rendered, rendered_curves
from gan.ui.compare.setup import READY_NAMES
from gan.ui.server.i18n import SOURCE, languages, words, written

KINDS = ("loss", "remedy", "part", "term")  # of a change: as compare/columns.js has them


@dataclass(frozen=True)
class Report:
    """A finished race's report in a language, with the names of the page: the file that was
    written has those of the command line."""

    folder: Path
    found: dict[str, Any]
    language: str

    def text(self, kind: str) -> bytes:
        """As `html` or `md`."""
        named = named_in(self.language, self.found)
        return rendered(self.folder, named, kind, wording_in(self.language)).encode()

    def curves(self) -> bytes:
        """The picture of the curves; empty where there is none."""
        named = named_in(self.language, self.found)
        return rendered_curves(named, wording_in(self.language)).encode()


def wording_in(language: str) -> Wording:
    """How a report is written in `language`, one of `languages()`."""
    if language == SOURCE:
        return ENGLISH
    texts = dict(words(language))
    for key, quantity in QUANTITIES.items():  # the library's English, the page's translation
        texts[quantity.name] = texts[f"gan_metric_{key}"]
        texts[quantity.help] = texts[f"gan_metric_{key}_help"]

    def say(message: Message) -> str:
        return written(texts, message)

    return Wording(say, languages()[language]["tag"])


def named_in(language: str, found: dict[str, Any]) -> dict[str, Any]:
    """A race whose contestants and data are called as the page calls them."""
    texts = words(language)
    return found | {
        "data": texts.get(f"gan_data_{found['data']}", found["data"]),
        "contestants": [c | {"name": side_name(texts, c["name"])} for c in found["contestants"]],
        "same": [[side_name(texts, name) for name in names] for names in found.get("same", [])],
    }


def side_name(texts: dict[str, str], name: str) -> str:
    """A contestant's name, as compare/columns.js gives it."""
    key = f"gan_race_name_{name.lower().replace(' ', '-')}"
    if name in READY_NAMES and key in texts:
        return texts[key]
    whole, number = re.fullmatch(r"(.*?)( \d+)?", name, re.DOTALL).groups()  # type: ignore[union-attr]
    preset, _, change = whole.partition(" · ")
    parts = [texts.get(f"gan_card_{preset}", preset) if preset in PRESETS else preset]
    if change:
        keys = (f"gan_{kind}_{change}" for kind in KINDS)
        parts.append(next((texts[k] for k in keys if k in texts), change))
    return " + ".join(parts) + (number or "")
