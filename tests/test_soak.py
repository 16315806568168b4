"""The crowd of `make soak`: what it counts as an error, and a small crowd that finds none."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks import soak
from benchmarks.crowd import KINDS, Tally, crowd, fault_of
from benchmarks.many_trainings import serving
from tests.ui.loops import apart


@pytest.mark.parametrize(
    ("status", "text", "fault"),
    [
        (200, "", False),
        (429, json.dumps({"error": {"key": "gan_error_rate"}}), False),
        (429, json.dumps({"detail": "no"}), True),
        (403, "Forbidden", True),
        (400, json.dumps({"error": "Traceback (most recent call last)"}), True),
        (500, json.dumps({"error": {"key": "gan_error_server"}}), True),
    ],
)
def test_a_refusal_with_a_sentence_is_no_error(status, text, fault):
    assert bool(fault_of(status, text)) == fault


def test_the_slope_is_that_of_a_line_and_leaves_the_beginning_out():
    draw = np.random.default_rng(0)
    late = [(t, 500 + 3 * t / 60 + draw.normal(0, 0.01)) for t in range(60, 600, 2)]
    early = [(t, 10.0 * t) for t in range(0, 60, 2)]
    assert soak.slope(early + late, after_s=60) == pytest.approx(3, abs=0.05)
    assert np.isnan(soak.slope(early[:2]))


def test_percentiles_are_of_the_times_in_order():
    tally = Tally("a", times=[0.5, *(0.01 * n for n in range(1, 100))])
    assert tally.percentile(0.95) == pytest.approx(0.95)
    assert np.isnan(Tally("b").percentile(0.5))


@pytest.mark.slow
def test_a_small_crowd_of_each_kind_is_answered_without_an_error(tmp_path: Path):
    (tmp_path / "tmp").mkdir()
    extra = soak.PUBLIC | {"TMPDIR": str(tmp_path / "tmp")}
    with serving(tmp_path, **extra) as server:
        found = apart(lambda: asyncio.run(crowd(server.url, dict.fromkeys(KINDS, 2), 6.0)))
        left = soak.Served(server.url, server.pid, tmp_path).left()
    assert {kind: tally.errors for kind, tally in found.items()} == {kind: [] for kind in KINDS}
    idle = {kind for kind, tally in found.items() if not tally.times and kind != "watch"}
    assert idle <= {"upload"}  # two at once share one thread of a busy machine
    assert left.temporary <= 4
