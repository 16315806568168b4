"""The programs that measure: what a table says beside a kept one, and where time goes."""

from __future__ import annotations

import pytest

from benchmarks import recipes, roofline
from benchmarks.recipes import Figures, Table, Terms, comparable, line, table_in
from gan.data import load_data
from gan.presets import fitted
from gan.training.learner import Learner

TERMS = Terms(60.0, "fashion", 5000)


def figures(**changes: object) -> Figures:
    given = {"recipe": "fashion", "seed": 0, "images_per_s": 1000.0, "fd": 2.0, "fd_floor": 0.1,
             "precision": 0.9, "recall": 0.7, "kinds": (0.09, 0.11)}  # fmt: skip
    return Figures(**given | changes)


def test_a_table_is_read_beside_the_kept_one_of_the_same_terms_only(tmp_path):
    kept = Table("there", 50.0, TERMS, (figures(), figures(seed=1)))
    file = tmp_path / "bench.json"
    assert comparable(file, TERMS) is None
    file.write_text(kept.to_json(), "utf-8")
    assert table_in(file.read_text("utf-8")) == kept
    assert comparable(file, TERMS) == kept
    assert comparable(file, Terms(15.0, "fashion", 5000)) is None
    # a machine of twice the GFLOP/s that makes 1.5 times the images: 0.75 of 20 images a GFLOP
    told = line(figures(images_per_s=1500.0, fd=1.0), 100.0, kept)
    assert "| 0.50 of 2.00 | 0.75 of 20.0 |" in told
    assert line(figures(recipe="vae"), 100.0, kept).endswith("| - | - |")


def test_the_kept_table_is_one_of_make_bench():
    if not recipes.KEPT.is_file():
        pytest.skip("no table has been kept yet")
    kept = table_in(recipes.KEPT.read_text("utf-8"))
    assert comparable(recipes.KEPT, TERMS) == kept
    assert {row.recipe for row in kept.rows} == set(recipes.RECIPES)


def test_flops_are_those_of_the_layers_and_losses_add_up_to_the_time():
    images = load_data("digits")
    config = fitted("article", images.shape, {}, data="digits", seed=0)
    learner = Learner(config, images)
    found = roofline.flops_by_group(learner, 4)
    # two FLOPs a weight, forward and twice that backward: D of real, of fake and again for G (its
    # weights have no gradient there), G once; a first layer has no gradient for its input
    g, d = (
        [2 * w.numel() for w in network.parameters() if w.ndim == 2]
        for network in (learner.g, learner.method.d)
    )
    made = 3 * sum(g) - g[0]
    judged = 2 * (3 * sum(d) - d[0]) + 2 * sum(d)
    assert sum(found.values()) == pytest.approx(made + judged, rel=0.01)
    losses = roofline.losses(learner, 4, found, 1e12, 2e-4)
    assert sum(one.seconds for one in losses) == pytest.approx(2e-4)
    assert [one.lost for one in losses] == sorted((one.lost for one in losses), reverse=True)
    of = {one.group: one for one in losses}["matrix products"]
    assert of.seconds - of.lost == pytest.approx(found["matrix products"] / 1e12)
