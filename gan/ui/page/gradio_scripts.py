"""Which of Gradio's own scripts the page needs, so that a browser can ask for all of them at once.

Gradio finds them one level after another: its entry imports the page, the page its blocks, and
those our components. Their names carry hashes, so they are read from the installed package.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import gradio

FRONTEND = Path(gradio.__file__).parent / "templates" / "frontend"
COMPONENTS = ("html", "tabs", "tabitem")  # what the page is built of
ENTRY = re.compile(r'<script type="module"[^>]* src="\./(assets/[\w.-]+\.js)"')
STATIC = re.compile(r'(?:from|import)"\./([\w.-]+\.js)"')
PAGE = re.compile(r"import\(`\./(Index-[\w-]+\.js)`\)")  # in the entry alone
BLOCKS = re.compile(r"import\(`\./(Blocks-[\w-]+\.js)`\)")
COMPONENT = r"[,{]%s:\{\w+:\(\)=>\w+\(\(\)=>import\(`\./([\w.-]+\.js)`\)"


@cache
def gradio_scripts(frontend: Path = FRONTEND) -> tuple[str, ...]:
    """Their paths as the server serves them, the entry's first level first.

    None of a Gradio that is built otherwise: the page then only comes a little later.
    """
    try:
        entry = ENTRY.search((frontend / "index.html").read_text("utf-8"))
        return tuple(_found(frontend / "assets", entry.group(1))) if entry else ()
    except OSError:
        return ()


def _found(assets: Path, entry: str) -> Iterator[str]:
    """All that the entry leads to, in breadth-first order, without the entry itself."""
    names = [Path(entry).name]
    for name in names:  # the list grows during iteration
        text = (assets / name).read_text("utf-8")
        pages = PAGE.findall(text) if name == names[0] else BLOCKS.findall(text)
        names += [
            other
            for other in dict.fromkeys([*STATIC.findall(text), *pages, *_components(text)])
            if other not in names
        ]
        if name != names[0]:
            yield f"assets/{name}"


def _components(text: str) -> list[str]:
    """Where the table of Gradio's components is in `text`, the scripts of ours."""
    found = (re.search(COMPONENT % name, text) for name in COMPONENTS)
    return [match.group(1) for match in found if match]
