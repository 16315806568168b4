"""File names from bytes of an unknown encoding, guessed from all names of an archive together.

A zip without the UTF-8 flag holds names in whatever the writer's system used. This is a guess,
and written as one: each encoding is scored by how likely its reading of all names is, in a small
model of scripts (which characters are common there, and that words don't change script). A name
in ASCII, or one that is valid UTF-8 and flagged so, is not guessed. Different names stay different
whatever the guess: what does not stay so is read as cp437, which has a character for each byte.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from math import log
from typing import NamedTuple

EVERY_BYTE = "cp437"  # what the zip format says of names without the flag; a bijection
MAX_GUESSED = 400  # names that are looked at
RARE = -16.0  # a character that a name in this encoding would hardly have
CHANGE = -4.0  # another script within a word
ASCII = -4.0
ACCENT = -6.5  # a letter with an accent among plain ones
MARKS, MARK = "¡¿«»ªº°·\u00a0", -9.0  # of Latin text
ALONE = -3.0  # more, for one that no plain letter stands beside


class Encoding(NamedTuple):
    """An encoding: how often it is met, and how likely a character that is not ASCII is."""

    codec: str
    prior: float
    score: Callable[[str], float]


def _block(
    codec: str, ranges: Sequence[tuple[int, int]], size: int, *, second: int = 0
) -> Callable[[str], float]:
    """Scores for two bytes a character: the ranges hold the `size` common characters.

    second: the least that their second byte can be.
    """

    @lru_cache(maxsize=4096)
    def score(character: str) -> float:
        code = int.from_bytes(character.encode(codec), "big")
        common = any(low <= code <= high for low, high in ranges) and code & 0xFF >= second
        return -log(size) if common else RARE

    return score


def _letters(first: str, last: str, more: str = "") -> Callable[[str], float]:
    """Scores for an alphabet that is written without ASCII letters."""
    return lambda c: -3.6 if first <= c <= last or c in more else RARE


def _accents(c: str) -> float:
    if c in MARKS:
        return MARK
    return ACCENT if c.isalpha() and c <= "\u024f" else RARE


READINGS = (
    Encoding("utf-8", 4.0, lambda c: -9.0 if c.isalpha() else -11.0),
    Encoding("cp437", 0.0, _accents),
    Encoding("gbk", 0.0, _block(  # GB 2312, level 1
        "gbk", [(0xB0A1, 0xD7F9)], 3755, second=0xA1)),
    Encoding("cp932", -1.0, _block(  # kana, and JIS level 1
        "cp932", [(0x829F, 0x82F1), (0x8340, 0x8396), (0x889F, 0x9872), (0x8158, 0x815B)], 1800)),
    Encoding("big5", -1.0, _block("big5", [(0xA440, 0xC67E)], 5401)),  # level 1
    Encoding("cp949", -3.0, _block(  # Hangul of KS X 1001
        "cp949", [(0xB0A1, 0xC8FE)], 1800, second=0xA1)),
    Encoding("cp866", -2.0, _letters("А", "я", "ёЁ")),
    Encoding("cp1251", -3.0, _letters("А", "я", "ёЁ")),
    Encoding("cp1252", -3.0, _accents),
)  # fmt: skip


def readable(names: Sequence[bytes]) -> list[str]:
    """Names as text, all by one encoding where one fits; different bytes give different text."""
    # not at backslashes: in Shift-JIS and Big5 they are the second byte of some characters
    pieces = sorted({p for name in names for p in name.split(b"/")})
    foreign = [p for p in pieces if not p.isascii()]
    if not foreign:
        return [name.decode("ascii") for name in names]
    codec = guess(foreign)
    try:
        text = [name.decode(codec) for name in names]
    except UnicodeDecodeError:
        text = []
    if len(set(text)) < len(set(names)):
        text = [name.decode(EVERY_BYTE) for name in names]
    return text


def guess(pieces: Sequence[bytes]) -> str:
    """The likeliest encoding of names (folders and files, without separators)."""
    sample = pieces[:: -(-len(pieces) // MAX_GUESSED)]
    likely = {r.codec: _likelihood(r, sample) for r in READINGS}
    codec = max(likely, key=lambda codec: likely[codec])
    return codec if likely[codec] > float("-inf") else EVERY_BYTE


def is_likelier(codec: str, name: bytes) -> bool:
    """Whether a name that is valid UTF-8 is more likely one in `codec`, as its neighbours are."""
    score = {r.codec: _likelihood(r, name.split(b"/")) - r.prior for r in READINGS}
    return score[codec] > score["utf-8"]


def _likelihood(reading: Encoding, pieces: Sequence[bytes]) -> float:
    total = reading.prior
    for piece in pieces:
        try:
            text = piece.decode(reading.codec)
            total += sum(map(reading.score, filter(_is_foreign, text))) + _joints(text)
        except UnicodeError:
            return float("-inf")
        total += ASCII * sum(c.isascii() and c.isalpha() for c in text)
    return total


def _is_foreign(c: str) -> bool:
    return not c.isascii()


def _joints(text: str) -> float:
    """What speaks against a reading between neighbours: scripts that change within a word."""
    total = 0.0
    for i, c in enumerate(text):
        near = text[max(0, i - 1) : i] + text[i + 1 : i + 2]
        if c.isascii() or not c.isalpha():
            continue
        plain = any(n.isascii() and n.isalpha() for n in near)
        if c.islower() and text[i + 1 : i + 2].isupper():
            total += CHANGE
        latin = c <= "\u024f"  # an accent is one among plain letters; other scripts stay alone
        total += (0.0 if plain else ALONE) if latin else (CHANGE if plain else 0.0)
    return total
