"""What the terminal says of a run's health: a sentence, and what to type."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path
from typing import get_args

import pytest

from gan.cli.advice import EVIDENCE, HEALTH, MODES_OF_POINTS, Advisor, advice, sentence, standing
from gan.config import RunConfig
from gan.kinds import kind_of
from gan.metrics.diagnosis import FINDING_KINDS, FINDS, Finding, Remedy, diagnose
from gan.metrics.findings import HealthState
from gan.metrics.remedies import remedies
from gan.presets import DataShape, resolve_widths, run_config
from gan.schema import from_json, to_json
from gan.settings import apply_settings, parse_setting
from gan.ui.server.i18n import words

FIXTURE = Path(__file__).parent / "metrics" / "runs.json.gz"
RECORDED = json.loads(gzip.decompress(FIXTURE.read_bytes()))


def folder(run: dict, path: Path) -> Path:
    """The run folder that `run` would have left."""
    path.mkdir()
    (path / "config.json").write_text(json.dumps(to_json(from_json(RunConfig, run["config"]))))
    for name, rows in (("progress", run["rows"]), ("measures", run["measures"])):
        (path / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.mark.parametrize("run", RECORDED, ids=lambda run: run["name"])
def test_a_recorded_run_is_told_in_sentences_whose_settings_can_be_typed(run, tmp_path):
    found = advice(folder(run, tmp_path / "run"))
    assert run["expected"] is not None or not found
    assert found or run["expected"] in (None, "memorising")  # its signs come and go
    for text in found:
        settings = text.split("--set ")[1:]
        assert settings
        for setting in settings:
            parse_setting(setting.strip())


def test_every_kind_has_a_sentence_for_each_of_its_signs():
    assert {kind for kind, _ in EVIDENCE} == set(FINDING_KINDS)


def test_a_sentence_names_evidence_and_remedy():
    evidence = {"sign": "modes", "modes": 2, "classes": 10, "seconds": 8.0}
    evidence["mode_kind"] = "class"
    remedy = Remedy("add-r1", {"r1": 0.2, "r2": 0.2})
    text = sentence(Finding("mode-collapse", "warning", 1, evidence, (remedy,)))
    assert text == (
        "mode collapse: the samples show 2 of 10 classes; try --set r1=0.2 --set r2=0.2"
    )
    evidence["mode_kind"] = "cluster"
    text = sentence(Finding("mode-collapse", "warning", 1, evidence))
    assert text.endswith("2 of 10 groups of look-alike real images")


def test_a_divergence_is_answered_with_the_command_that_goes_back(tmp_path):
    run = next(run for run in RECORDED if run["expected"] == "divergence")
    path = folder(run, tmp_path / "run")
    found = next(text for text in advice(path) if text.startswith("divergence"))
    _, _, command = found.partition("nothing is kept from before, start again with ")
    assert command.startswith("python -m gan train --preset digits --set ")
    began = run["rows"][-1]["nimg"]
    (path / "weights").mkdir()
    (path / "weights" / "0000000064.safetensors").touch()
    found = next(text for text in advice(path) if text.startswith("divergence"))
    assert f"go back with python -m gan train --fork {path}@64 --set g_lr=" in found
    assert began > 64


def test_the_end_of_a_run_says_how_it_stands(tmp_path):
    run = next(run for run in RECORDED if run["expected"] is None)
    assert standing(folder(run, tmp_path / "run")).startswith(("still far", "nothing looks wrong"))
    short = folder(run | {"measures": []}, tmp_path / "short")
    assert standing(short).endswith("past its first steps the samples were not measured twice")
    few = folder(run | {"rows": run["rows"][:5]}, tmp_path / "few")
    assert standing(few) == "too short to tell how it went: it took too few steps"
    assert standing(tmp_path / "nothing") == ""


def test_every_state_has_its_sentence_and_its_words_on_the_page():
    assert {state for state, _ in HEALTH} == set(get_args(HealthState))
    for state, sign in HEALTH:
        assert f"gan_health_{state}_{sign or 'said'}" in words("en")


# bits are counted of pixels, and copies of points are not (gan.metrics.checkup)
OF_IMAGES = [("memorising", "bits"), ("memorising", "copies")]


def of_points(preset: str, **settings) -> RunConfig:
    made = run_config(preset, DataShape(1, 2, ()), data="ring")
    return resolve_widths(apply_settings(made, settings))


@pytest.mark.parametrize("language", ["en", "zh"])
def test_of_points_the_page_finds_no_fault_with_images(language):
    runs = [of_points(name) for name in ("ring", "ring-article", "ring-flow", "ring-drift")]
    runs.append(of_points("ring-article", r1=0.0, r2=0.0, g_lr=0.1))
    offered = {
        remedy.name
        for run in runs
        for kind in FINDS[kind_of(run.model.family)]
        for remedy in remedies(kind, run, {})
    }
    texts = words(language)
    said = {f"gan_finding_{kind}_{sign or 'said'}" for kind, sign in EVIDENCE.keys() - {*OF_IMAGES}}
    said |= {f"gan_finding_{kind}_why" for kind in FINDING_KINDS}
    said |= {f"gan_finding_{many}_{mode}" for many in ("one", "some") for mode in MODES_OF_POINTS}
    said |= {f"gan_health_{state}_{sign or 'said'}" for state, sign in HEALTH}
    said |= {f"gan_remedy_{name}{why}" for name in offered for why in ("", "_why")}
    said |= {f"{key}_alone" for key in said if f"{key}_alone" in texts}
    shown = {key: texts.get(f"{key}_points") or texts[key] for key in said}
    shown = {key: text.replace("{images}", "") for key, text in shown.items()}
    assert {k: v for k, v in shown.items() if re.search("image|picture|图", v)} == {}


def test_of_points_the_terminal_finds_no_fault_with_images(tmp_path):
    evidence = {"sign": "modes", "modes": 2, "classes": 8, "mode_kind": "class"}
    text = sentence(Finding("mode-collapse", "warning", 1, evidence), is_points=True)
    assert text == "mode collapse: the samples show 2 of 8 modes"
    unfilled = [t for key, t in EVIDENCE.items() if key not in OF_IMAGES] + [*HEALTH.values()]
    assert [t for t in unfilled if re.search("image|picture", t.replace("{images:,}", ""))] == []


def test_a_folder_that_cannot_be_read_gives_no_advice(tmp_path):
    assert advice(tmp_path / "nothing") == []


def test_a_line_of_progress_names_warnings_once_it_has_looked(tmp_path, monkeypatch):
    run = next(run for run in RECORDED if run["expected"] == "d-winning")
    advisor = Advisor(folder(run, tmp_path / "run"))
    assert advisor.amiss() == ""
    monkeypatch.setattr("gan.cli.advice.EVERY_S", 0.0)
    assert "D is winning" in advisor.amiss()


def test_following_a_run_finds_what_reading_it_whole_finds(tmp_path):
    run = next(run for run in RECORDED if run["expected"] == "d-winning")
    path = folder(run | {"rows": run["rows"][:20]}, tmp_path / "run")
    advisor = Advisor(path)
    advisor.look()
    with (path / "progress.jsonl").open("a") as stream:
        stream.writelines(json.dumps(row) + "\n" for row in run["rows"][20:])
    whole = diagnose(run["rows"], run["measures"], from_json(RunConfig, run["config"]))
    assert advisor.look() == whole
