"""The collapse clinic: what its numbers are, what its rows change, and that the page shows them."""

from __future__ import annotations

import dataclasses
import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from benchmarks import collapse
from benchmarks.collapse import BASE, REMEDIES, SEEDS, TABLE, Outcome, Remedy, config_of
from gan.config import RunConfig
from gan.data import load_data
from gan.presets import resolve_widths, run_config

WORDS = Path(__file__).parents[1] / "gan/ui/lab/words"
MADE = json.loads(TABLE.read_text("utf-8"))
ROWS: dict[str, dict[str, Any]] = {row["name"]: row for row in MADE["rows"]}

# What each row's config has that the base's has not, written down by hand.
DIFFERENT: dict[str, dict[str, Any]] = {
    BASE: {},
    "clipping": {"clip_norm": 1.0},
    "sgd": {"optimizer": "sgd", "g_lr": 0.02, "d_lr": 0.02},
    "several": {"d_count": 3},
    "classes": {"aux_classes": True, "classes": 8},  # to name them, both networks get them
    "deeper": {"depth": 2, "g_widths": (64,) * 4, "d_widths": (64,) * 4},
    "smaller": {"width": 0.5, "g_widths": (32, 32), "d_widths": (32, 32)},
    "rmsprop": {"optimizer": "rmsprop"},
    "minibatch-std": {"minibatch_std": True},
    "packing": {"packing": 2},
    "spectral": {"spectral_norm": True},
    "r1": {"r1": 0.1},
    "r1-r2": {"r1": 0.1, "r2": 0.1},
    "rates": {"g_lr": 4e-3, "d_lr": 4e-3},
    "ttur": {"d_lr": 8e-4},
    "ema-off": {"ema_half_life_kimg": 0.0},
    "minimax": {"loss": "minimax"},
    "least-squares": {"loss": "least-squares"},
    "hinge": {"loss": "hinge"},
    "wasserstein": {"loss": "wasserstein-gp"},
    "relativistic": {"loss": "relativistic"},
    "ring": {
        "loss": "relativistic", "g_lr": 4e-3, "d_lr": 4e-3, "beta1": 0.0, "beta2": 0.99,
        "r1": 0.01, "r2": 0.01, "reg_end": 0.05, "lr_schedule": "cosine", "fall_after": 0.02,
        "batch_size": 256, "ema_half_life_kimg": 40.0,
        "depth": 2, "g_widths": (64,) * 4, "d_widths": (64,) * 4,
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def ring():
    return load_data("ring")


def flat(config: RunConfig) -> dict[str, Any]:
    """Every setting, and all else that a run is told by."""
    told = {f.name: getattr(config, f.name) for f in dataclasses.fields(config)}
    return {**told.pop("model").__dict__, **told.pop("train").__dict__, **told}


def test_a_row_differs_from_the_base_in_what_it_says_and_in_nothing_else(ring):
    assert DIFFERENT.keys() == REMEDIES.keys()
    base = config_of(BASE, 3, ring)
    assert base == resolve_widths(run_config("ring-article", ring.shape, data="ring", seed=3))
    for name, expected in DIFFERENT.items():
        row = flat(config_of(name, 3, ring))
        different = {key: value for key, value in row.items() if value != flat(base)[key]}
        names = different.pop("class_names", ())
        assert different == expected, name
        assert len(names) == expected.get("classes", 0)
    theirs = resolve_widths(run_config("ring", ring.shape, data="ring", seed=3))
    assert config_of("ring", 3, ring) == dataclasses.replace(theirs, preset="ring-article")


def outcomes(*caught: int, quality: float = 0.5) -> list[Outcome]:
    return [Outcome(seed, n, quality, 0.5) for seed, n in enumerate(caught)]


def test_a_rows_numbers_are_those_computed_by_hand():
    base = [Outcome(0, 3, 0.9, 1.0), Outcome(1, 4, 0.8, 0.8), Outcome(2, 2, 0.7, 1.2)]
    row = [
        Outcome(2, 8, 0.25, 0.1), Outcome(0, 5, 0.5, None), Outcome(1, 0, 0.0, None, diverged=True)
    ]  # fmt: skip
    assert collapse.summary(row, base) == {
        "modes": {"mean": 4.333, "low": 0, "high": 8},
        "high_quality": {"mean": 0.25, "low": 0.0, "high": 0.5},
        "mode_kl": {"mean": 0.1, "low": 0.1, "high": 0.1},
        "diverged": 1,
        "verdict": "alike",  # more on two seeds, fewer on the one that diverged
    }
    lost = [o._replace(mode_kl=None) for o in row]
    assert collapse.summary(lost, base)["mode_kl"] is None
    # round by round: 3 / 2, 1 / 1, 9 / 4.5; the median of 1.5, 1 and 2
    rounds = [{"base": 2.0, "r1": 3.0}, {"base": 1.0, "r1": 1.0}, {"base": 4.5, "r1": 9.0}]
    assert collapse.time_ratios(rounds) == {"base": 1.0, "r1": 1.5}


@pytest.mark.parametrize(
    ("caught", "quality", "verdict"),
    [
        ((4, 5, 4, 6, 8), 0.5, "more"),
        ((4, 5, 4, 6, 3), 0.5, "more"),  # one seed that says nothing
        ((4, 5, 4, 3, 3), 0.5, "alike"),  # two
        ((8, 8, 8, 8, 2), 0.5, "alike"),  # one that says the opposite
        ((2, 1, 1, 2, 3), 0.5, "fewer"),
        ((8, 8, 8, 8, 8), 0.049, "not-learned"),
    ],
)
def test_more_or_fewer_modes_is_said_only_where_the_seeds_agree(caught, quality, verdict):
    assert collapse.verdict(outcomes(*caught, quality=quality), outcomes(3, 3, 3, 3, 3)) == verdict


def test_a_training_is_measured_and_one_that_diverges_is_counted_as_such(ring, monkeypatch):
    monkeypatch.setattr(collapse, "STEPS", 40)
    found = collapse.train("classes", 1, ring)
    assert (found.seed, found.diverged) == (1, False)
    assert 0 <= found.caught <= 8
    wild = Remedy("article", {"optimizer": "sgd", "g_lr": "10", "d_lr": "10"})
    monkeypatch.setitem(REMEDIES, "sgd", wild)
    monkeypatch.setattr(collapse, "STEPS", 4000)
    assert collapse.train("sgd", 1, ring) == Outcome(1, 0, 0.0, None, diverged=True)


def test_the_table_in_the_package_has_the_rows_that_the_benchmark_knows():
    assert list(ROWS) == list(REMEDIES)
    assert MADE["preset"] == collapse.PRESET
    assert MADE["left_out"] == list(collapse.LEFT_OUT)
    made = MADE["made"]
    assert (made["steps"], made["samples"]) == (collapse.STEPS, collapse.SAMPLES)
    assert made["seeds"] == list(SEEDS)
    runs = {name: [Outcome(**run) for run in row["runs"]] for name, row in ROWS.items()}
    for name, row in ROWS.items():
        assert {"group": row["group"], "settings": row["settings"]} == REMEDIES[name]._asdict()
        assert [o.seed for o in runs[name]] == list(SEEDS)
        assert row["kimg"] == collapse.STEPS * (256 if name == "ring" else 64) / 1000
        numbers = collapse.summary(runs[name], runs[BASE])
        assert {key: row[key] for key in numbers} == numbers
    assert ROWS[BASE]["modes"]["high"] < made["of"]  # it collapses on every seed
    lines = collapse.markdown(MADE).splitlines()
    assert len(lines) == 2 + len(REMEDIES)
    results = (TABLE.parents[3] / "benchmarks/RESULTS.md").read_text("utf-8")
    assert all(line in results for line in lines)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_row_has_its_words(language):
    words = tomllib.loads((WORDS / f"{language}.toml").read_text("utf-8"))
    names = [*REMEDIES, *collapse.LEFT_OUT]
    groups = {f"group_{remedy.group}" for remedy in REMEDIES.values()}
    asked = [*names, *(f"{name}_says" for name in names), *groups]
    asked += [f"verdict_{row['verdict']}" for row in ROWS.values()]
    assert [key for key in asked if not words.get(f"gan_clinic_{key}")] == []
