"""Sentences as data: English in a terminal, data in files and between processes."""

from __future__ import annotations

import copy
import json
from dataclasses import replace

import pytest

from gan.config import ModelConfig
from gan.data import load_data, shape_of
from gan.errors import ConfigError, GanError, HubError, RunError, number_text, suggest
from gan.messages import MAX_DEPTH, Message, in_brackets, literal
from gan.presets import get_preset, run_config
from gan.settings import apply_settings, parse_setting


def test_a_message_is_english_with_its_values_parts_and_lists():
    part = Message("{count} {kinds}", count=3, kinds=["ties", literal("{hats}")])
    whole = Message(
        "{name} has {part}{why}; ask {g_lr}", name="{part}", part=part, why=in_brackets([])
    )
    assert (
        str(whole) == "{part} has 3 ties, {hats}; ask g_lr"
    )  # a value is never read as a template
    assert str(Message("so{why}", why=in_brackets([literal("a"), literal("b")]))) == "so (a, b)"
    assert not Message()
    assert str(Message("{path}", path=("a", 1))) == "('a', 1)"


def test_a_message_survives_json_unchanged_and_foreign_json_is_none():
    whole = Message("{a} {b}", a=[1, 2.5, Message("{x}", x="y")], b=True)
    assert Message.from_json(json.loads(json.dumps(whole.to_json()))) == whole
    deep: dict = {"key": "x", "values": {}}
    for _ in range(10 * MAX_DEPTH):
        deep = {"key": "{a}", "values": {"a": deep}}
    assert str(Message.from_json(deep)) == ""
    for foreign in (None, 3, "text", [], {}, {"key": 1, "values": {}}, {"key": "x", "values": []}):
        assert Message.from_json(foreign) == Message()
    nobody = Message.from_json({"key": "{a}{b}", "values": {"a": None, "b": {"no": "key"}}})
    assert str(nobody) == ""
    assert len(str(Message.from_json({"key": "x" * 10**6, "values": {}}))) < 10**4


@pytest.mark.parametrize(
    "error",
    [
        ConfigError("{field} must be {got}", field="g_lr", got=1),
        HubError("rate", "too many requests for {repo}; wait", repo="a/b"),
    ],
)
def test_an_error_passes_between_processes(error: GanError):
    again = copy.copy(error)  # as `multiprocessing` does: through __reduce_ex__
    assert (str(again), again.message, again.field) == (str(error), error.message, error.field)
    assert getattr(again, "kind", None) == getattr(error, "kind", None)


def refused(work, *arguments) -> GanError:
    with pytest.raises(GanError) as caught:
        work(*arguments)
    return caught.value


def resized(resolution: int) -> ModelConfig:
    return replace(
        run_config("digits", shape_of("digits"), data="digits").model, resolution=resolution
    )


def test_what_users_get_wrong_is_told_with_values_and_the_field_is_known():
    config = run_config("digits", shape_of("digits"), data="digits")
    for error, sentence, field in (
        (
            refused(parse_setting, "x"),
            "a setting must be key=value, got 'x'; for example g_lr=0.001",
            None,
        ),
        (
            refused(apply_settings, config, {"g_lrr": 1}),
            "there is no setting 'g_lrr'; did you mean",
            None,
        ),
        (refused(get_preset, "fashon"), "'fashon'; did you mean fashion", None),
        (refused(load_data, "folder:/nowhere"), "'/nowhere'", None),
        (
            refused(parse_setting, "g_lr=fast"),
            "g_lr must be a number, got 'fast'; correct it",
            "g_lr",
        ),
        (refused(resized, 30), "resolution must be a multiple of 4 from ", "resolution"),
    ):
        assert sentence in str(error)
        assert error.field == field


def test_suggestions_are_joined_by_or():
    assert (
        str(suggest("fashon", ["fashion", "fashions", "x"])) == "did you mean fashion or fashions?"
    )
    assert str(suggest("q", ["b", "a"])) == "choose one of: a, b"


@pytest.mark.parametrize("item", [float("nan"), float("inf"), -float("inf")])
def test_a_number_that_json_lacks_is_told_as_text(item: float):
    template = "the training reached {item}"
    message = Message(template, item=item)
    assert str(message) == f"the training reached {item}"
    assert json.loads(json.dumps(message.to_json(), allow_nan=False)) == message.to_json()
    older = Message.from_json({"key": template, "values": {"item": item}})  # a file's
    assert json.dumps(older.to_json(), allow_nan=False)


def test_an_older_versions_message_is_shown_as_it_is():
    assert str(RunError("{text}", text=str(literal("the disk is {full}")))) == "the disk is {full}"


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
