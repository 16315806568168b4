"""Parses a JPEG's markers before decoding: its scans and the memory they need."""

from __future__ import annotations

import re
from typing import NamedTuple

FRAMES = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})  # SOF0 to SOF15
SCAN, END = 0xDA, 0xD9
ALONE = frozenset({0x01, *range(0xD0, 0xD9)})  # markers without a length
# within a scan: 00 is a stuffed byte, D0 to D7 are restarts, FF is fill
NEXT_MARKER = re.compile(rb"\xff+[^\x00\xff\xd0-\xd7]")
COEFFICIENT = 2  # bytes


class Scans(NamedTuple):
    """The number of scans, and the bytes a decoder buffers meanwhile."""

    passes: int
    kept: int  # coefficients of the whole picture, if there are several scans


def read_scans(data: bytes, *, most: int) -> Scans:
    """Count scans, up to `most` + 1; with more than one a decoder buffers all coefficients.

    A progressive JPEG may have thousands, each costing a pass over the whole picture.
    """
    at, count, whole = 2, 0, 0
    while count <= most:
        found = NEXT_MARKER.search(data, at)
        if found is None or (marker := data[found.end() - 1]) == END:
            break
        at = found.end()
        if marker in ALONE:
            continue
        length = int.from_bytes(data[at : at + 2], "big")
        if marker in FRAMES:
            whole = _coefficients(data[at + 2 : at + length])
        count += marker == SCAN
        at += max(2, length)
    return Scans(count, whole if count > 1 else 0)


def _coefficients(frame: bytes) -> int:
    """Bytes of all coefficients: each component at its own sampling."""
    height, width = int.from_bytes(frame[1:3], "big"), int.from_bytes(frame[3:5], "big")
    components = frame[5] if len(frame) > 5 else 0
    samplings = [(b >> 4, b & 15) for b in frame[7 : 6 + 3 * components : 3]]
    if not samplings:
        return 0
    across, down = (max(1, *(s[i] for s in samplings), 1) for i in (0, 1))
    share = sum(h * v for h, v in samplings) / (across * down)
    return int(width * height * share * COEFFICIENT)
