"""An evaluation on stacked digits counts the modes."""

from __future__ import annotations

import pytest

from gan.config import WeightsConfig
from gan.data import load_data
from gan.metrics.evaluate import evaluate
from gan.metrics.results import from_json
from gan.metrics.verdict import verdicts

CONFIG = WeightsConfig(name="playback")


@pytest.mark.slow
def test_an_evaluation_of_stacked_digits_counts_modes_beside_real_pictures(playback):
    data = load_data("stacked-digits")
    found = evaluate(playback(data.pixels), CONFIG, data=data, count=400)
    plain = found.to_json()
    assert plain["modes"] == {"caught": 1000, "of": 1000}
    assert found["mode_kl"].count == found["modes"].count == 26_000
    # chance twice: of the data's 50,000 pictures, and of 26,000 of these
    assert found["mode_kl"].value == pytest.approx(999 / 2 * (1 / 50_000 + 1 / 26_000), rel=0.2)
    assert {v.metric: v.grade for v in verdicts(found)}["modes"] == "like-real"
    assert from_json(plain) == found

    few = evaluate(playback(data.pixels[:100]), CONFIG, data=data, count=400)
    assert 50 < few.to_json()["modes"]["caught"] <= 100
    assert few["mode_kl"].value > 2
    assert {v.metric: v.grade for v in verdicts(few)}["modes"] == "far"


def test_grey_models_and_other_data_have_no_such_modes(playback, emoji):
    assert evaluate(playback(emoji.pixels), CONFIG, data=emoji, count=200).modes is None
