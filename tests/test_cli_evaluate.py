"""`evaluate` and `compare` as a person meets them."""

from __future__ import annotations

import importlib.util
import json
import re
import shutil
from pathlib import Path

import pytest

from gan.checkpoint import load, weights_dir
from gan.files import read_json
from gan.metrics.results import from_json
from gan.metrics.verdict import COPYING, verdicts
from gan.ui.server.i18n import catalogues
from tests.test_cli import gan


@pytest.fixture(autouse=True)
def _own_results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("GAN_CACHE_DIR", str(tmp_path / "cache"))


@pytest.mark.slow
def test_evaluate_prints_value_and_floor(tiny_run: Path):
    found = json.loads(gan("evaluate", "--weights", tiny_run, "--count", 400, "--json").output)
    assert found["fd"] > found["fd_floor"] > 0
    text = gan("evaluate", "--weights", tiny_run, "--count", 400).output
    assert "95 % bounds" in text
    assert "Precision" in text
    told = [sentence for sentence in COPYING.values() if sentence in text.splitlines()]
    graded = from_json(found)
    (copying,) = [v for v in verdicts(graded) if v.metric == "memorised"]
    assert told == [COPYING[copying.grade]]


def test_terminal_and_page_say_the_same_of_copying():
    english = catalogues()["en"]
    said = {g: english[f"gan_verdict_memorised_{g}"].lower().rstrip(".") for g in COPYING}
    assert said == {grade: text.lower() for grade, text in COPYING.items()}


@pytest.mark.slow
def test_counts_have_no_decimals_and_the_columns_stand_in_line(tmp_path: Path):
    gan("train", "--preset", "ring", "--kimg", 3, "--run-dir", tmp_path / "ring")
    text = gan("evaluate", "--weights", tmp_path / "ring", "--count", 200).output
    head, *rows = text.splitlines()[1:11]
    modes = next(row for row in rows if "Modes caught" in row)
    assert re.fullmatch(r" *Modes caught ↑ +\d +8  200: .*", modes)  # eight Gaussians
    column = head.index("points")
    assert all(row[column - 2 :].startswith("  200:") for row in rows), text
    assert "image" not in text  # these are points


@pytest.mark.slow
def test_what_was_measured_is_not_measured_again(tiny_run: Path, monkeypatch):
    one = json.loads(gan("evaluate", "--weights", tiny_run, "--count", 300, "--json").output)
    again = json.loads(gan("evaluate", "--weights", tiny_run, "--count", 300, "--json").output)
    fresh = gan("evaluate", "--weights", tiny_run, "--count", 300, "--json", "--fresh").output
    assert again == one
    assert json.loads(fresh)["seconds"] != one["seconds"]
    assert json.loads(fresh)["fd"] == one["fd"]


@pytest.mark.slow
def test_models_are_compared_on_the_same_images(tiny_run: Path, tmp_path: Path):
    chart = tmp_path / "chart.png"
    arguments = ("compare", tiny_run, "fashion", "--data", "digits", "--count", 300)
    found = json.loads(gan(*arguments, "--json", "--chart", chart).output)
    assert [f["data"] for f in found] == ["digits", "digits"]
    assert found[0]["fd"] < found[1]["fd"]  # garments are no digits
    assert chart.read_bytes().startswith(b"\x89PNG")
    assert "real images" in gan(*arguments).output


@pytest.mark.slow
def test_each_model_has_the_same_numbers_alone_and_in_any_order(tiny_run: Path):
    """Grey of 16 px beside colour of 32 px."""
    rest = ("--data", "digits", "--count", 200, "--json")

    def numbers(*models: object) -> dict[str, list]:
        rows = json.loads(gan("compare", *models, *rest).output)
        return {row["weights"]: row["metrics"] for row in rows}

    there, back = numbers(tiny_run, "emoji"), numbers("emoji", tiny_run)
    assert there == back
    alone = json.loads(gan("evaluate", "--weights", "emoji", *rest, "--fresh").output)
    assert alone["metrics"] == there["emoji"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("compare", "fashion", "emoji"), "one set of real images"),
        (("compare", "fashion"), "two models"),
        (("compare", "fashion", "emoji", "--chart", "a.txt"), "must end in"),
        (("compare", "fashion", "emoji", "--chart", "nowhere/a.png"), "make it first"),
    ],
)
def test_a_comparison_that_makes_no_sense_is_refused(arguments, says):
    assert says in gan(*arguments, code=1).stderr


@pytest.mark.slow
def test_scores_are_saved_into_the_card_and_found_again(tmp_path: Path):
    folder = tmp_path / "mine"
    shutil.copytree(weights_dir() / "fashion-mlp", folder)
    for count in (300, 400):  # twice: the second replaces the first
        gan("evaluate", "--weights", folder, "--data", "fashion", "--count", count, "--save")
    card, config = (folder / "README.md").read_text("utf-8"), read_json(folder / "config.json")
    assert card.count("<!-- scores -->") == 1
    assert "| 400 |" in card
    assert "| 300 |" not in card
    assert f"{config['fd']:.3f}" in card
    assert load(folder).config.fd == config["fd"]


@pytest.mark.slow
def test_scores_of_a_run_have_no_card_to_go_to(tiny_run: Path):
    assert "weights folder" in gan(
        "evaluate", "--weights", tiny_run, "--count", 300, "--save", code=1
    ).stderr  # fmt: skip


def test_inception_says_what_it_needs(tiny_run: Path):
    pytest.importorskip("torchmetrics")
    if importlib.util.find_spec("torch_fidelity"):
        pytest.skip("torch-fidelity is installed here")
    text = gan("evaluate", "--weights", tiny_run, "--count", 300, "--inception", code=1).stderr
    assert "torch-fidelity" in text
