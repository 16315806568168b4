"""Errors of settings: the page names labels, a terminal names keys; numbers are plain."""

from __future__ import annotations

import dataclasses
import re
import typing

import pytest

from gan.cli.train import _check_budget
from gan.config import ModelConfig, TrainConfig, apply_settings, parse_setting
from gan.data import shape_of
from gan.errors import ConfigError, GanError, number_text
from gan.presets import run_config
from gan.ui.server import settings, views
from gan.ui.server.i18n import words
from gan.ui.train import start_form

EMOJI = run_config("emoji", shape_of("emoji"), data="emoji")
SCHEMA = {f.name: f for kind in (ModelConfig, TrainConfig) for f in dataclasses.fields(kind)}
HINTS = typing.get_type_hints(ModelConfig) | typing.get_type_hints(TrainConfig)
SCIENTIFIC = re.compile(r"\de[+-]\d")


def wrong_texts(key: str) -> list[str]:
    """What a person might type that the schema refuses: no value, too far out, empty."""
    hint, found = HINTS[key], ["", "nonsense"]
    if hint in (int, float):
        found += [str(hint(SCHEMA[key].metadata["high"]) + 1), "-1000000"]
    return found + ["0.00002"] * (hint is int)


def refusal(work, *arguments) -> str:
    with pytest.raises(GanError) as caught:
        work(*arguments)
    return str(caught.value)


def refused(key: str, text: str) -> str:
    def submit() -> None:
        apply_settings(EMOJI, settings.changed_settings({key: text}, EMOJI))

    return refusal(submit)


@pytest.mark.parametrize("key", settings.SETTINGS)
def test_every_setting_goes_by_its_label_on_the_page_and_by_its_key_in_a_terminal(key: str):
    english, zh = (words(language)[f"gan_set_{key}"] for language in ("en", "zh"))
    for text in wrong_texts(key):
        said = refused(key, text)
        assert said.startswith(f"{key} ")
        told = views.error_json(ConfigError(said))
        assert told["field"] == key
        assert told["error"].startswith(f"“{english}” ")
        assert f"“{zh}”" in told["zh"]
        assert key not in told["error"].removeprefix(f"“{english}”") or "_" not in key
        assert not SCIENTIFIC.search(said + told["error"] + told["zh"])
        assert not re.search(r"[\u4e00-\u9fff] ?“ | ” ?[\u4e00-\u9fff]|^ ", told["zh"])


@pytest.mark.parametrize(
    ("work", "arguments", "label", "number"),
    [
        (start_form._read_kimg, ["1e30"], "gan_set_kimg", "100,000,000"),
        (views.real_number, ["seconds", "1e9"], "gan_duration", "2,592,000"),
        (views.whole_number, ["seed", "-1"], "gan_set_seed", "2,147,483,647"),
    ],
)
def test_the_other_fields_too(work, arguments: list[str], label: str, number: str):
    limits = {"seconds": (1, start_form.MAX_SECONDS), "seed": (0, 2**31 - 1)}
    low, high = limits.get(arguments[0], (0, 0))
    more = {"low": low, "high": high} if high else {}
    said = refusal(lambda: work(*arguments, **more))
    told = views.error_json(ConfigError(said))
    for text, language in ((told["error"], "en"), (told["zh"], "zh")):
        assert f"“{words(language)[label]}”" in text
        assert number in text
        assert not SCIENTIFIC.search(text.replace("1e30", "").replace("1e9", ""))


def test_a_setting_within_a_sentence_of_another_goes_by_its_label_too():
    told = views.error_json(ConfigError(refused("aux_weight", "200")))
    assert "naming the class (“Names the class”)" in told["error"]
    assert "识别类别的权重（“识别类别”）" in told["zh"]


def test_what_was_typed_is_not_renamed():
    told = views.error_json(ConfigError(refusal(parse_setting, "g_lrr=1")))
    assert "'g_lrr'; did you mean" in told["error"]
    assert "g_lr" in told["error"].partition("did you mean")[2]
    assert "'g_lr'" in views.error_json(ConfigError(refused("g_lr", "g_lr")))["error"]
    typed = views.error_json(ConfigError(refused("g_lr", "fast")), labels=False)
    assert typed["error"].startswith("g_lr must be a number")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (2592000.0, "2,592,000"), (2e-4, "0.0002"), (2e-05, "0.00002"), (1e6, "1,000,000"),
        (0, "0"), (-3, "-3"), (0.99999, "0.99999"), (2**31 - 1, "2,147,483,647"), (1.5, "1.5"),
        (float("inf"), "inf"), (100.0, "100"),
    ],
)  # fmt: skip
def test_numbers_are_written_as_people_write_them(value: float, text: str):
    assert number_text(value) == text


def test_a_field_shows_a_small_rate_written_out_and_takes_it_back_unchanged():
    for rate in (2e-5, 1e-7, 0.0002, 3e-4 / 7):
        shown = settings.as_text(rate)
        assert "e" not in shown
        assert float(shown) == pytest.approx(rate, rel=1e-8)


def test_a_terminal_names_the_option():
    assert "--kimg must be more than 0, got 10,000,000,000" in refusal(
        _check_budget, "--kimg", 1e10
    )
