"""The library's sentences in Chinese: none that can reach the page is missing, none is crooked."""

from __future__ import annotations

import ast
import itertools
import re
import string
from collections.abc import Iterator
from pathlib import Path

import pytest

from gan import errors
from gan.checkpoint import load
from gan.config import apply_settings, parse_setting
from gan.data import load_data
from gan.errors import DataError, GanError, HubError
from gan.hub.failures import status_error
from gan.presets import get_preset, run_config
from gan.ui.server import said
from gan.ui.server.said import chinese
from gan.ui.server.views import error_json
from tests.structure import parsed

ROOT = Path(__file__).parents[3]
ELSEWHERE = {"cli", "__main__.py", "ui/app.py"}  # a terminal speaks English
OURS = {name for name, kind in vars(errors).items() if isinstance(kind, type)}


def sentences() -> Iterator[tuple[str, str]]:
    """(where, template) of each sentence that an error of ours is raised with; {} for a value."""
    for path in sorted((ROOT / "gan").rglob("*.py")):
        here = path.relative_to(ROOT / "gan")
        if {here.parts[0], here.as_posix()} & ELSEWHERE:
            continue
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.Call) and name_of(node.func) in OURS:
                for argument in node.args:
                    for text in templates(argument):
                        if " " in text:
                            yield f"{path.relative_to(ROOT)}:{node.lineno}", text


def name_of(function: ast.expr) -> str:
    return getattr(function, "id", getattr(function, "attr", ""))


def templates(node: ast.expr) -> list[str]:
    """What a string expression can be, {} for what is put in; nothing for what is no literal."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [node.value]
    if isinstance(node, ast.IfExp):
        return templates(node.body) + templates(node.orelse)
    if isinstance(node, ast.JoinedStr):
        return ["".join(parts) for parts in itertools.product(*map(piece, node.values))]
    return []


def piece(node: ast.expr) -> list[str]:
    if isinstance(node, ast.FormattedValue):
        return (templates(node.value) if isinstance(node.value, ast.IfExp) else []) or ["{}"]
    return templates(node)


HAN = re.compile(r"[\u4e00-\u9fff]")


@pytest.mark.slow
def test_every_sentence_of_the_library_has_its_chinese():
    known = {english for part in said.PARTS for english in part.SENTENCES}
    missing = [f"{at} {text}" for at, text in sentences() if text not in known]
    assert missing == []


def test_a_sentence_has_one_place():
    every = [english for part in said.PARTS for english in part.SENTENCES]
    assert sorted(set(every)) == sorted(every)


def table() -> Iterator[tuple[str, str]]:
    for part in said.PARTS:
        yield from part.SENTENCES.items()


def crooked(english: str, zh: str) -> bool:
    used = {name for _, name, _, _ in string.Formatter().parse(zh) if name is not None}
    there = {str(n) for n in range(english.count("{}"))}
    narrow = re.search(r"[\u4e00-\u9fff] ?[,;!?]|[,;!?] ?[\u4e00-\u9fff]", zh)
    return not used <= there or not HAN.search(zh) or bool(narrow)


def test_the_chinese_is_chinese_throughout_and_names_only_values_that_there_are():
    assert [english for english, zh in table() if crooked(english, zh)] == []
    for faulty in ("请重试 {1}。", "try again", "请重试, 稍后", "重试;再试"):
        assert crooked("try {}", faulty)


def refused(work, *arguments) -> str:
    with pytest.raises(GanError) as caught:
        work(*arguments)
    return str(caught.value)


def test_what_is_really_said_is_found_with_its_values():
    config = run_config("digits", load_data("digits").shape, data="digits")
    for text, values in (
        (refused(parse_setting, "nonsense"), ["nonsense"]),
        (refused(apply_settings, config, {"g_lrr": 1}), ["g_lrr", "g_lr"]),
        (refused(get_preset, "fashon"), ["fashon", "fashion"]),
        (refused(load_data, "folder:/nowhere"), ["/nowhere"]),
        (refused(load, "fashio"), ["fashio", "fashion"]),
        (str(status_error(429, "a/b")), ["429"]),
        (str(status_error(401, "a/b")), ["a/b"]),
    ):
        zh = chinese(text)
        assert zh, text
        assert HAN.search(zh)
        assert all(value in zh for value in values), zh
        assert not re.search(r"[a-z]{3,} [a-z]{2,} [a-z]{2,}", zh), zh  # no English left within


def test_what_nobody_knows_stays_as_it_is():
    assert chinese("") is None
    assert chinese("quite another sentence; do something") is None
    assert chinese("; " * 100_000) is None
    assert error_json(DataError("quite another")) == {"error": "quite another", "field": None}


def test_an_error_carries_both():
    told = error_json(HubError("rate", str(status_error(429, "a/b"))))
    assert told["kind"] == "rate"
    assert HAN.search(told["zh"])
    assert not HAN.search(told["error"])
