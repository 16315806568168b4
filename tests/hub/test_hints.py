"""What small files beside a model say, however they are meant."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gan.hub.choice import hint_files
from gan.hub.hints import is_ours, parsed

BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{b}: &{b} [{', '.join([f'*{a}'] * 9)}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
)

# each line ten times as large as the last once they are merged; three more would fill any memory
MERGED = "m0: &m0 {k: 1}\n" + "".join(
    f"m{i}: &m{i}\n  <<: [{', '.join([f'*m{i - 1}'] * 10)}]\n" for i in range(1, 6)
)


@pytest.mark.parametrize(
    ("name", "text", "data"),
    [
        ("c.json", '{"size": 512, "layers": [32, 64]}', {"size": 512, "layers": [32, 64]}),
        ("c.yaml", "z_dim: 100\nwhen: 2020-01-01\n", {"z_dim": 100, "when": "2020-01-01"}),
        ("c.json", "[1, 2]", {}),
        ("c.json", "{", {}),
        ("c.json", '{"a":' * 30_000, {}),
        ("c.yaml", "a: [", {}),
        ("c.yaml", "!!python/object/apply:os.system ['true']", {}),
        ("c.yaml", BOMB, {}),
        ("c.yaml", "a: &a [*a]", {}),
        ("c.yaml", MERGED, {}),
        ("c.yaml", "a: !!int ''", {}),
        ("c.yaml", "a: !!timestamp x", {}),
    ],
)  # fmt: skip
def test_they_are_read_as_plain_data_of_bounded_size(
    tmp_path: Path, name: str, text: str, data: object
):
    (tmp_path / name).write_text(text)
    assert parsed(tmp_path / name) == data


def test_our_own_config_is_told_from_others(tmp_path: Path):
    for data, ours in (({"format": "gan-atelier/1"}, True), ({"format": 3}, False), ({}, False)):
        (tmp_path / "config.json").write_text(json.dumps(data))
        assert is_ours(tmp_path / "config.json") == ours
    assert not is_ours(None)


def test_the_nearest_small_files_are_asked_for():
    sizes = {
        "config.json": 9, "a/b/run.yaml": 9, "a/train.json": 9, "c/other.json": 9,
        "a/b/huge.json": 10**6, "a/b/model.pt": 10**6,
    }  # fmt: skip
    found = hint_files(sizes, "a/b/model.pt", 64 * 2**10)
    assert found == ["config.json", "a/b/run.yaml", "a/train.json"]
