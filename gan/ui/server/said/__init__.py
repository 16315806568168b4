"""What the library says, in Chinese. It speaks English itself, as a terminal shows it."""

from __future__ import annotations

import re
from functools import lru_cache

from gan.ui.server.said import hub, images, layers, page, runs, settings, weights

PARTS = (hub, layers, settings, weights, images, runs, page)
LONGEST = 4000  # letters of a sentence that is looked at
DEEPEST = 12  # sentences within sentences
CERTAIN = 6  # letters that must fit; less may be what somebody typed
WIDE = re.compile(r"(?<=[\u4e00-\u9fff]) (?=[\u4e00-\u9fff])")  # Chinese has no spaces


@lru_cache(maxsize=1)
def templates() -> list[tuple[list[str], str]]:
    """(what stands around the values, the Chinese); what begins alike the longest comes first.

    So a sentence that holds another one is found before the one that it holds.
    """
    every = {english: chinese for part in PARTS for english, chinese in part.SENTENCES.items()}
    split = [(english.split("{}"), chinese) for english, chinese in every.items()]
    certain = [row for row in split if len(row[0]) == 1 or sum(map(len, row[0])) >= CERTAIN]
    return sorted(certain, key=lambda row: (-len(row[0][0]), -sum(map(len, row[0]))))


@lru_cache(maxsize=256)
def chinese(sentence: str) -> str | None:
    """`sentence` in Chinese, its values as they are; None where no template fits.

    Kept: what runs say of themselves is asked for anew by each look at their list.
    """
    return _chinese(sentence, 0)


def _chinese(sentence: str, depth: int) -> str | None:
    if len(sentence) > LONGEST or depth > DEEPEST:
        return None
    for pieces, template in templates():
        values = _between(pieces, sentence)
        if values is not None:
            told = template.format(*(_chinese(value, depth + 1) or value for value in values))
            return WIDE.sub("", told)
    return None


def _between(pieces: list[str], sentence: str) -> list[str] | None:
    """What stands between `pieces`, each found as early as can be; None where one is missing."""
    first, last = pieces[0], pieces[-1]
    if len(pieces) == 1:
        return [] if sentence == first else None
    end = len(sentence) - len(last)
    if not (sentence.startswith(first) and sentence.endswith(last) and len(first) <= end):
        return None
    values, at = [], len(first)
    for piece in pieces[1:-1]:
        found = sentence.find(piece, at, end)
        if found < 0:
            return None
        values.append(sentence[at:found])
        at = found + len(piece)
    return [*values, sentence[at:end]]
