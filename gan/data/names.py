"""Decodes file names of unknown encoding, guessed jointly from all names of an archive.

A zip without the UTF-8 flag has names in the encoding of the writer's system. This is a heuristic:
each encoding is scored by the likelihood of its decoding of all names, in a small model of scripts
(which characters are common there, and that words don't change script). A name in ASCII, or one
that is valid UTF-8 and flagged so, is not guessed. Different names stay different whatever the
guess: if they would not, they are decoded as cp437, which has a character for each byte.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from math import log
from typing import NamedTuple

EVERY_BYTE = "cp437"  # the zip format's default for names without the flag; a bijection
MAX_GUESSED = 400  # names examined
RARE = -16.0  # penalty for a character that is rare in this encoding's names
CHANGE = -4.0  # penalty for a change of script within a word
ASCII = -4.0
ACCENT = -6.5  # an accented letter among plain ones
MARKS, MARK = "¡¿«»ªº°·\u00a0", -9.0  # Latin punctuation
ALONE = -3.0  # additional, for one without a plain letter beside it


class Encoding(NamedTuple):
    """An encoding: its prior, and the likelihood of its non-ASCII characters."""

    codec: str
    prior: float
    score: Callable[[str], float]


def _block(
    codec: str, ranges: Sequence[tuple[int, int]], size: int, *, second: int = 0
) -> Callable[[str], float]:
    """Scores for a double-byte encoding: the ranges hold the `size` common characters.

    second: the minimum of the second byte.
    """

    @lru_cache(maxsize=4096)
    def score(character: str) -> float:
        code = int.from_bytes(character.encode(codec), "big")
        common = any(low <= code <= high for low, high in ranges) and code & 0xFF >= second
        return -log(size) if common else RARE

    return score


def _letters(first: str, last: str, more: str = "") -> Callable[[str], float]:
    """Scores for an alphabet without ASCII letters."""
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
    """Names as text, all in one encoding if one fits; different bytes give different text."""
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
    """The most likely encoding of names (folders and files, without separators)."""
    sample = pieces[:: -(-len(pieces) // MAX_GUESSED)]
    likely = {r.codec: _likelihood(r, sample) for r in READINGS}
    codec = max(likely, key=lambda codec: likely[codec])
    return codec if likely[codec] > float("-inf") else EVERY_BYTE


def is_likelier(codec: str, name: bytes) -> bool:
    """Whether a valid UTF-8 name is more likely in `codec`, like its neighbours."""
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
    """Penalties between adjacent characters: script changes within a word."""
    total = 0.0
    for i, c in enumerate(text):
        near = text[max(0, i - 1) : i] + text[i + 1 : i + 2]
        if c.isascii() or not c.isalpha():
            continue
        plain = any(n.isascii() and n.isalpha() for n in near)
        if c.islower() and text[i + 1 : i + 2].isupper():
            total += CHANGE
        latin = c <= "\u024f"  # one accent among plain letters is fine; other scripts stay separate
        total += (0.0 if plain else ALONE) if latin else (CHANGE if plain else 0.0)
    return total
