"""The settings as a form and as a command line, without a page."""

from __future__ import annotations

import contextlib
import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gan.data import shape_of
from gan.errors import ConfigError, GanError
from gan.presets import PRESETS, run_config
from gan.runs import command_line, train_argv
from gan.settings import apply_settings, setting_types, steerable_settings
from gan.ui.server import settings
from gan.ui.server.i18n import words
from gan.ui.train.command_line import parse_command

FASHION = run_config("fashion", shape_of("fashion"), data="fashion")
BEGIN = "python -m gan train"


def test_only_what_differs_from_the_preset_is_set():
    form = settings.settings_json(FASHION)
    assert settings.changed_settings(form, FASHION) == {}
    changed = form | {"g_lr": "0.001", "loss": "hinge", "minibatch_std": "true"}
    assert settings.changed_settings(changed, FASHION) == {
        "g_lr": 0.001, "loss": "hinge", "minibatch_std": True,
    }  # fmt: skip


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_fills_the_form_and_comes_back_unchanged(name: str):
    preset = PRESETS[name]
    config = run_config(name, shape_of(preset.data), data=preset.data)
    assert settings.changed_settings(settings.settings_json(config), config) == {}


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"g_lr": "fast"}, "g_lr must be a number"),
        ({"g_lr": "nan"}, "g_lr must be"),
        ({"batch_size": ""}, "batch_size must have a value"),
        ({"batch_size": True}, "batch_size must have a value"),
        ({"precision": "fp32"}, "no setting 'precision'"),
    ],
)
def test_a_wrong_setting_is_named(form: dict, words: str):
    with pytest.raises(ConfigError, match=words):
        apply_settings(FASHION, settings.changed_settings(form, FASHION))


def test_the_page_can_tell_by_its_fields_what_has_no_effect():
    fields = {field["key"]: field for group in settings.describe() for field in group["fields"]}
    named = {key: field["idle"] for key, field in fields.items() if field["idle"]}
    assert named["gp"] == [("loss", "wasserstein-gp", True)]
    assert named["aux_weight"] == [("aux_classes", "false", False)]
    for key, rules in named.items():
        for other, value, _ in rules:  # steering shows only what may change in mid-run
            if other in ("classes", "family"):
                continue  # of the data and of the preset, which the page knows
            assert fields[other]["steer"] or not fields[key]["steer"], (key, other)
            typed = settings.typed_settings({other: value})[other]
            assert settings.as_text(typed) == value
            assert value in fields[other].get("choices", [value]), (key, other)


def test_every_steerable_setting_that_matters_has_a_field_and_its_words():
    by_command_only = {"precision", "d_widths", "sync_batch_norm"}
    assert set(steerable_settings()) - set(settings.SETTINGS) <= by_command_only
    assert set(settings.SETTINGS) <= setting_types().keys()
    for key in settings.SETTINGS:
        assert {f"gan_set_{key}", f"gan_set_{key}_help"} <= words("en").keys()
    for group in settings.describe():
        assert f"gan_group_{group['name']}" in words("en")


@given(
    preset=st.sampled_from(sorted(PRESETS)),
    data=st.sampled_from([None, "emoji", "folder:my pictures/a'b"]),
    seed=st.integers(0, 2**31 - 1),
    seconds=st.sampled_from([None, 1, 60.5]),
    chosen=st.fixed_dictionaries(
        {}, optional={"g_lr": st.floats(0, 1), "packing": st.integers(1, 4),
                      "flip": st.booleans(), "loss": st.just("hinge"), "z_dim": st.just(32)}
    ),
)  # fmt: skip
def test_a_command_line_comes_back_as_the_form_that_made_it(preset, data, seed, seconds, chosen):
    argv = train_argv(preset, data=data, settings=chosen, seed=seed, seconds=seconds, steer=True)
    typed = parse_command(command_line(argv))
    again = train_argv(
        typed.values["preset"], data=typed.values.get("data"), settings=typed.settings,
        seed=int(typed.values.get("seed", 0)), seconds=seconds, steer=True,
    )  # fmt: skip
    assert again == argv


def test_settings_without_a_field_stay_in_the_form():
    form = parse_command(f"{BEGIN} --set z_dim=32 --set g_lr=1e-3 --seconds=5").form()
    assert form == {"seconds": "5", "settings": {"g_lr": "0.001"}, "other": "z_dim=32"}
    assert settings.other_settings(form["other"]) == {"z_dim": 32}


@pytest.mark.parametrize(
    "text",
    [f"$ {BEGIN} --seed 3", "gan train --seed=3", f"{BEGIN} \\\n  --seed 3",
     "/usr/bin/python3.11 -m gan train --seed 3 --steer --run-dir x"],
)  # fmt: skip
def test_a_command_is_read_however_it_is_written(text: str):
    assert parse_command(text).values == {"seed": "3"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("rm -rf /", "must begin with"),
        ("", "must begin with"),
        (None, "at most"),
        (f"{BEGIN} --set g_lr=0.1; rm x", "g_lr must be a number"),
        (f"{BEGIN} '--preset", "close every quote"),
        (f"{BEGIN} --presett fashion", "did you mean --preset"),
        (f"{BEGIN} --preset", "must have a value"),
        (f"{BEGIN} --set nonsense=1", "no setting 'nonsense'"),
        (f"{BEGIN} --resume runs/a", "press Resume"),
        (f"{BEGIN} --seed {'1' * 5000}", "at most"),
    ],
)
def test_what_is_no_command_of_ours_is_refused_in_a_sentence(text, words: str):
    with pytest.raises(ConfigError, match=words):
        parse_command(text)


@pytest.mark.slow
@given(st.text())
def test_no_text_breaks_the_reading_of_a_command(text: str):
    for typed in (text, f"{BEGIN} {text}", f"{BEGIN} --set {shlex.quote(text)}"):
        with contextlib.suppress(GanError):
            parse_command(typed).form()
