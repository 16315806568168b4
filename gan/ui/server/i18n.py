"""Every visible word of the interface: a catalogue for each language and folder of gan/ui.

`gan/ui/<folder>/words/<language>.toml` maps keys that begin with `gan_` to texts; `{name}` in a
text is filled in by the page. A language is a set of such files and nothing else. TOML, since it
needs no compiler, allows comments, and is read by translators' tools (Weblate, Crowdin) as it is.
Chinese follows Chinese usage, not the English sentence.
"""

from __future__ import annotations

import functools
import tomllib
from pathlib import Path
from types import MappingProxyType

from gan.quantities import QUANTITIES

UI = Path(__file__).parent.parent
SOURCE = "en"  # the language of the library; what a catalogue lacks is shown in it
# of Gradio: a bare `zh` alone would miss browsers that say zh-CN
TAGS = {"zh": ("zh", "zh-CN", "zh-TW")}


@functools.cache
def catalogues() -> MappingProxyType[str, dict[str, str]]:
    """{language: {key: text}} as the files have them. A key stands in one folder only."""
    found: dict[str, dict[str, str]] = {SOURCE: _numbers()}
    for path in sorted(UI.glob("*/words/*.toml")):
        texts = found.setdefault(path.stem, {})
        fresh = tomllib.loads(path.read_text("utf-8"))
        if twice := texts.keys() & fresh.keys():
            raise ValueError(f"{path} has {sorted(twice)[0]}, which stands elsewhere; remove it")
        texts |= fresh
    return MappingProxyType(found)


def _numbers() -> dict[str, str]:
    """Names and explanations of the numbers, from the table that card and command line use too."""
    texts = {}
    for key, quantity in QUANTITIES.items():
        texts[f"gan_metric_{key}"] = quantity.name
        texts[f"gan_metric_{key}_help"] = quantity.help
    return texts


def languages() -> dict[str, dict[str, str]]:
    """The languages there are, the library's own first, each with its name and its BCP 47 tag."""
    return {
        language: {"name": texts["gan_language_name"], "tag": texts["gan_language_tag"]}
        for language, texts in catalogues().items()
    }


@functools.cache
def words(language: str) -> dict[str, str]:
    """All texts in one language; English where it lacks one."""
    return catalogues()[SOURCE] | catalogues()[language]


def gradio_locales(keys: tuple[str, ...]) -> dict[str, dict[str, str]]:
    """Keyword arguments for gr.I18n: the texts that Gradio itself draws."""
    return {
        tag: {key: words(language)[key] for key in keys}
        for language in languages()
        for tag in TAGS.get(language, (language,))
    }
