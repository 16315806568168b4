"""What is kept of an evaluation, what it says, and where it is written down."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from gan.config import SeenData, WeightsConfig
from gan.metrics import evaluation as module
from gan.metrics.card import BEGIN, END, scores_table, with_scores
from gan.metrics.evaluate import evaluate
from gan.metrics.evaluation import Evaluation, Metric
from gan.metrics.results import Results, fingerprint
from gan.metrics.verdict import GRADERS, UNSEEN, verdicts
from gan.ui.server.i18n import words

CONFIG = WeightsConfig(name="playback")
SEEN = (SeenData(origin="thin fashion"),)


@pytest.fixture(scope="module")
def found(fashion, playback) -> Evaluation:
    g = playback(fashion.pixels)
    return evaluate(g, CONFIG, data=fashion, count=400, seed=7, revision="a" * 64, seen=SEEN)


@pytest.mark.slow
def test_every_metric_comes_with_what_real_images_read(found):
    of_points = {"high_quality", "modes", "mode_kl", "js"}
    assert [m.name for m in found.metrics] == ["fd", *(n for n in GRADERS if n not in of_points)]
    assert all(0 <= m.floor <= 1.5 for m in found.metrics)
    assert found["precision"].count == 400
    for name in ("fd", "kd"):
        metric = found[name]
        assert metric.low <= metric.value <= metric.high


def test_a_generator_that_plays_back_real_images_is_graded_so_and_found_out(found):
    graded = {v.metric: v.grade for v in verdicts(found)}
    assert graded["precision"] == graded["recall"] == graded["kd"] == "like-real"
    assert graded["memorised"] == "far"
    assert found["memorised"].value > 0.5  # held-out images are played back too
    assert all(n.ratio == pytest.approx(0, abs=1e-3) for n in found.nearest)
    assert all(7 <= n.seed < 407 for n in found.nearest)


def test_the_nearest_image_is_the_row_of_the_data(found, fashion, playback):
    from gan.images import to_pixels
    from gan.sampling import latents, render

    g = playback(fashion.pixels)
    for neighbour in found.nearest[:3]:
        shown = to_pixels(render(g, latents(g.z_dim, [neighbour.seed])))[0]
        real = fashion.pixels[neighbour.image].permute(1, 2, 0).numpy()
        assert abs(shown.astype(int) - real.astype(int)).max() <= 1


@pytest.mark.parametrize(
    ("origin", "trained_on", "reason"),
    [("few", "few", "too-few"), ("few", "others", "other-data"), ("few", "", "unknown")],
)  # 5 % of the 200 images are 10
def test_nothing_is_said_of_copying_where_nothing_is_known_to_be_unseen(
    emoji, playback, origin, trained_on, reason
):
    few = replace(emoji.subset(torch.arange(200)), origin=origin)
    seen = (SeenData(origin=trained_on),)
    result = evaluate(playback(few.pixels), CONFIG, data=few, count=200, seen=seen)
    assert "memorised" not in [m.name for m in result.metrics]
    assert result.copying_z is None
    assert result.unseen == reason
    assert UNSEEN[reason][1:] in with_scores("", result)
    # the nearest real images are still shown: here the very ones that are played back
    assert all(n.ratio == pytest.approx(0, abs=1e-3) for n in result.nearest)


def test_work_ends_when_progress_raises(fashion, playback):
    class Cancelled(Exception):
        pass

    def cancel(fraction: float) -> None:
        if fraction > 0.5:
            raise Cancelled

    with pytest.raises(Cancelled):
        evaluate(playback(fashion.pixels), CONFIG, data=fashion, count=400, on_progress=cancel)


# ---- kept results -----------------------------------------------------------------------------


def test_a_result_is_found_again_as_it_was(found, fashion, tmp_path):
    results = Results(tmp_path)
    assert results.get("a" * 64, fashion, count=400, seed=7) is None
    results.put(found, fashion, count=400, seen=SEEN)
    assert results.get("a" * 64, fashion, count=400, seed=7, seen=SEEN) == found
    assert results.of("a" * 64, seen=SEEN) == [found]


@pytest.mark.parametrize("change", ["revision", "data", "count", "seed", "version"])
def test_another_question_has_another_answer(change, found, fashion, tmp_path, monkeypatch):
    results = Results(tmp_path)
    results.put(found, fashion, count=400)
    pixels = fashion.pixels.clone()
    pixels[0, 0, 0, 0] += 1
    other = fashion.__class__("fashion", pixels) if change == "data" else fashion
    if change == "version":
        monkeypatch.setattr("gan.metrics.results.VERSION", module.VERSION + 1)
    revision = "b" * 64 if change == "revision" else "a" * 64
    count, seed = (401 if change == "count" else 400), (8 if change == "seed" else 7)
    assert results.get(revision, other, count=count, seed=seed) is None


@pytest.mark.parametrize("damage", [b"", b"[]", b'{"metrics": []}', b"\x00\xff", b"{" * 5000])
def test_a_damaged_result_is_as_good_as_none(damage, found, fashion, tmp_path):
    results = Results(tmp_path)
    results.put(found, fashion, count=400)
    (file,) = results.folder.glob("*.json")
    file.write_bytes(damage)
    assert results.get("a" * 64, fashion, count=400, seed=7) is None
    assert results.of("a" * 64) == []


def test_a_folder_that_cannot_be_written_keeps_nothing(found, fashion, tmp_path):
    (tmp_path / "evaluations").write_text("a file stands here")
    Results(tmp_path).put(found, fashion, count=400)


def test_more_samples_than_there_are_real_images_ask_for_as_many_as_there_are(
    found, fashion, tmp_path
):
    results = Results(tmp_path)
    results.put(found, fashion, count=10**6, seen=SEEN)
    assert results.get(found.revision, fashion, count=len(fashion), seed=7, seen=SEEN) == found


def test_a_fingerprint_changes_with_name_shape_and_pixels(fashion):
    flipped = fashion.__class__("fashion", fashion.pixels.flip(0))
    renamed = fashion.__class__("other", fashion.pixels)
    assert len({fingerprint(x) for x in (fashion, flipped, renamed)}) == 3


# ---- words ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "values", "floor"),
    [
        ("kd", (0.01, 0.1, 1.0, 10.0), 0.0),
        ("precision", (0.95, 0.8, 0.5, 0.2), 0.96),
        ("memorised", (0.05, 0.1, 0.25, 0.9), 0.05),
    ],
)
def test_worse_values_get_worse_grades(name, values, floor):
    lower = name in ("kd", "memorised")
    grades = [
        GRADERS[name](Metric(name=name, value=v, floor=floor, count=1, lower_is_better=lower))
        for v in values
    ]
    assert grades == ["like-real", "close", "apart", "far"]


def test_that_no_sample_at_all_looks_real_is_said_so():
    nothing = Metric(name="precision", value=0.0, floor=0.96, count=1)
    assert GRADERS["precision"](nothing) == "none"
    assert "gan_metric_precision_none" in words("en")
    assert "gan_verdict_precision_none" in words("en")


@pytest.mark.parametrize(
    ("excess", "grade"), [(0.1, "like-real"), (1.0, "close"), (8.0, "apart"), (40.0, "far")]
)
@pytest.mark.parametrize("floor", [0.05, 0.9])
def test_the_grade_of_a_distance_does_not_depend_on_how_many_images_there_were(
    excess, grade, floor
):
    """More images lower value and floor alike."""
    metric = Metric(name="fd", value=floor + excess, floor=floor, count=1, lower_is_better=True)
    found = Evaluation(weights="", data="", features="", count=1, variance=64.0, metrics=(metric,))
    (verdict,) = verdicts(found)
    assert verdict.grade == grade
    assert verdict.ratio == pytest.approx(excess / 64)


def test_a_card_keeps_its_text_and_has_one_table(found):
    card = "# mine\n\nA text with $1 and \\1.\n"
    once = with_scores(card, found)
    twice = with_scores(once, found)
    assert once == twice
    assert once.startswith(card.rstrip())
    assert once.count(BEGIN) == once.count(END) == 1
    assert f"{found.fd:.3f}" in once


def test_a_share_is_read_in_percent_and_a_distance_is_not(found):
    table = scores_table(found)
    rows = {line.split("|")[1].strip(): line for line in table.splitlines() if "|" in line}
    assert "%" in rows["Precision ↑"]
    assert "%" in rows["Recall ↑"]
    assert "%" not in rows["Fréchet distance ↓"]
    assert "%" not in rows["Density ↑"]


def test_each_judge_has_its_own_table_and_its_newest_result(found, fashion, tmp_path):
    other = replace(found, features="features-imagenet", seed=1)
    card = with_scores(with_scores("# A model\n", found), other)
    assert card.count("| Fréchet distance") == 2
    assert with_scores(with_scores(card, found), other) == card
    assert "nothing here was trained against" in scores_table(other)
    assert "nothing here was trained against" not in scores_table(found)
    results = Results(tmp_path)
    for one, judge in ((other, "imagenet"), (found, "own")):
        results.put(one, fashion, count=400, seen=SEEN, judge=judge)
    assert results.newest("a" * 64, seen=SEEN) == [found, other]
    assert results.get("a" * 64, fashion, count=400, seed=7, seen=SEEN, judge="imagenet") is None
