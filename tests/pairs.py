"""Few cases in place of a product of values: every two values of two parameters meet in one."""

from __future__ import annotations

from collections.abc import Collection
from itertools import combinations, product

import pytest

Case = tuple[object, ...]


def pairs(*values: Collection[object]) -> list[Case]:
    """Cases in which each value of a parameter meets each value of each other parameter.

    The same ones each time: of all cases, that with most new pairs comes next.
    """
    everything = list(product(*values))
    missing = {pair for case in everything for pair in _pairs_of(case)}
    chosen = []
    while missing:
        best = max(everything, key=lambda case: len(missing & _pairs_of(case)))
        missing -= _pairs_of(best)
        chosen.append(best)
    return chosen


def _pairs_of(case: Case) -> set[object]:
    return set(combinations(((i, repr(value)) for i, value in enumerate(case)), 2))


def pairwise(**values: Collection[object]) -> pytest.MarkDecorator:
    """`parametrize` by the pairs of these parameters' values; two parameters stay a product."""
    return pytest.mark.parametrize(tuple(values), pairs(*values.values()))
