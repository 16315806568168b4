"""Errors as the page gets them: data with the field's name; English for programs."""

from __future__ import annotations

import dataclasses
import re
import typing
from pathlib import Path

import pytest

from gan.cli.train import check_budget
from gan.config import ModelConfig, TrainConfig
from gan.data import shape_of, taking
from gan.errors import ConfigError, GanError, HubError
from gan.kinds import has_setting
from gan.presets import run_config
from gan.settings import apply_settings
from gan.ui.server import settings, views
from gan.ui.server.i18n import SOURCE, languages, words
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


def refusal(work, *arguments) -> GanError:
    with pytest.raises(GanError) as caught:
        work(*arguments)
    return caught.value


def refused(key: str, text: str) -> GanError:
    return refusal(lambda: apply_settings(EMOJI, settings.changed_settings({key: text}, EMOJI)))


def test_a_wrong_setting_names_its_field_which_has_a_label_in_every_language():
    for key in settings.SETTINGS:
        for text in wrong_texts(key) if has_setting("gan", key) else ():
            told = views.error_json(refused(key, text))
            assert told["field"] == told["values"]["field"] == key
            assert told["key"].startswith("{field} ")
            assert told["error"].startswith(f"{key} ")
            assert not SCIENTIFIC.search(told["error"])
        assert all(words(language)[f"gan_set_{key}"] for language in languages())


@pytest.mark.parametrize(
    ("work", "arguments", "field", "number"),
    [
        (start_form.read_kimg, ["1e30"], "kimg", "100,000,000"),
        (views.real_number, ["seconds", "1e9"], "seconds", "2,592,000"),
        (views.whole_number, ["seed", "-1"], "seed", "2,147,483,647"),
    ],
)
def test_the_other_fields_too(work, arguments: list[str], field: str, number: str):
    limits = {"seconds": (1, start_form.MAX_SECONDS), "seed": (0, 2**31 - 1)}
    low, high = limits.get(arguments[0], (0, 0))
    error = refusal(lambda: work(*arguments, **({"low": low, "high": high} if high else {})))
    assert error.field == field
    assert number in str(error)
    assert not SCIENTIFIC.search(str(error).replace("1e30", "").replace("1e9", ""))


def test_what_was_typed_keeps_its_names_and_a_failure_of_the_hub_its_kind():
    assert views.error_json(refused("g_lr", "fast"), labels=False)["typed"] is True
    assert views.error_json(HubError("rate", "wait"))["kind"] == "rate"
    assert views.error_json(ConfigError("quite another")) == {
        "error": "quite another", "key": "quite another", "values": {}, "field": None,
    }  # fmt: skip


def test_a_refusal_of_the_page_is_english_for_programs_and_a_fault_of_ours_says_no_more():
    told = views.error_json(views.PageError("gan_error_own_large", most=20))
    assert told["error"] == words("en")["gan_error_own_large"].replace("{most}", "20")
    hidden = views.error_json(RuntimeError("secret path"))
    ours = words("en")["gan_error_server"].replace("{request}", "–")
    assert (hidden["key"], hidden["error"]) == ("gan_error_server", ours)
    assert "secret" not in str(hidden)


def test_a_field_shows_a_small_rate_written_out_and_takes_it_back_unchanged():
    for rate in (2e-5, 1e-7, 0.0002, 3e-4 / 7):
        shown = settings.as_text(rate)
        assert "e" not in shown
        assert float(shown) == pytest.approx(rate, rel=1e-8)


def test_a_terminal_names_the_option():
    assert "--kimg must be more than 0 and less than 1,000,000,000, got 10,000,000,000" in str(
        refusal(check_budget, "--kimg", 1e10)
    )


def test_each_reason_for_skipping_a_file_is_translated_with_its_count():
    code = "".join(file.read_text("utf-8") for file in Path(taking.__file__).parent.glob("*.py"))
    written = re.findall(r'skipped\["([^"]+)"\]', code)
    assert len(written) > 5
    reasons = {reason for _, reason in taking.REASONS} | {taking.BEYOND, taking.FOREIGN, *written}
    for language in languages():
        assert (
            language == SOURCE or {f"{{count}} {why}" for why in reasons} <= words(language).keys()
        )
