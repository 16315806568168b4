"""What the page shows, without a page: gan.ui.server.views is pure."""

from __future__ import annotations

import json
import math
import random
import re
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gan.config import ModelConfig
from gan.data.bundled import DIGIT_CLASSES, FASHION_CLASSES
from gan.data.cats import COATS
from gan.errors import ConfigError
from gan.hub.known import KNOWN
from gan.hub.sending import SendStage
from gan.metrics.findings import FINDING_KINDS, REMEDY_NAMES, Finding, Remedy
from gan.presets import PRESETS
from gan.ui.server import i18n, views
from gan.ui.server.i18n import SOURCE, catalogues, gradio_locales, languages, words
from tests.structure import unsaid, untranslated

TEXTS = words(SOURCE)
UI = Path(views.__file__).parent.parent


@given(st.text())
def test_escaped_text_holds_no_markup(text: str):
    assert not set("<>\"'") & set(views.escape(text))


def test_json_in_a_script_cannot_end_it():
    data = {"name": "</script><script>alert(1)</script>\u2028"}
    text = views.script_json(json.dumps(data, ensure_ascii=False))
    assert "<" not in text
    assert json.loads(text) == data


@pytest.mark.parametrize("text", ["", "1.5", "-1", "11", "nan", "１", "1e3", None, True])
def test_whole_numbers_are_whole_and_in_range(text: object):
    with pytest.raises(ConfigError, match="seed must be a whole number from 0 to 10"):
        views.whole_number("seed", text, low=0, high=10)


def test_real_numbers_refuse_nan_and_infinity():
    assert views.real_number("psi", "0.7", low=0, high=2) == 0.7
    for text in ("nan", "inf", "-0.1", "2.1", "", "x"):
        with pytest.raises(ConfigError, match="psi must be a number"):
            views.real_number("psi", text, low=0, high=2)


FLOATS = st.lists(st.floats(-20, 20, width=32), min_size=1, max_size=40)


@given(FLOATS, st.integers(0, 12))
def test_a_latent_survives_its_bytes_and_is_kept_within_reach(values: list[float], classes: int):
    z = np.array(values, dtype="<f4")
    rows = views.rows_from_bytes(z.tobytes(), z_dim=len(z), classes=classes, most=1)
    assert rows.z.tolist() == [z.clip(-10, 10).tolist()]
    assert rows.weights is None


@given(st.integers(1, 9), st.integers(1, 9), st.integers(1, 9))
def test_class_weights_come_after_each_z(z_dim: int, classes: int, count: int):
    sent = np.arange(count * (z_dim + classes), dtype="<f4").reshape(count, -1) / 100
    rows = views.rows_from_bytes(sent.tobytes(), z_dim=z_dim, classes=classes, most=count)
    if sent.size == z_dim:  # a single row without weights has the same bytes
        return
    assert rows.z.tolist() == sent[:, :z_dim].tolist()
    assert rows.weights.tolist() == sent[:, z_dim:].tolist()


NAN, INFINITE = np.full(3, np.nan, "<f4").tobytes(), np.full(3, np.inf, "<f4").tobytes()


@pytest.mark.parametrize(
    "body", [b"", b"123", bytes(4), bytes(16), bytes(13), bytes(4 * 5 * 3), NAN, INFINITE]
)
def test_a_latent_of_another_size_or_with_nan_is_refused(body: bytes):
    with pytest.raises(views.PageError):
        views.rows_from_bytes(body, z_dim=3, classes=2, most=2)


@given(st.integers(2, 1500), st.integers(20, 600), st.integers(0, 2**32))
def test_thinning_keeps_every_extreme_the_order_and_the_end(count: int, limit: int, seed: int):
    draw = random.Random(seed)
    keys = views.CURVES[:4]
    rows = [
        {"nimg": i * 64} | {k: draw.gauss(0, 1) for k in keys if draw.random() < 0.9}
        for i in range(count)
    ]
    thinned = views.thin(rows, limit)
    assert len(thinned) <= limit
    assert thinned[-1] == rows[-1]
    assert [r["nimg"] for r in thinned] == sorted({r["nimg"] for r in thinned})
    for key in keys:
        before, after = ([r[key] for r in some if key in r] for some in (rows, thinned))
        assert (min(before), max(before)) == (min(after), max(after)) if before else not after


def test_a_spike_stays_where_it_was_to_within_a_stretch():
    rows = [{"nimg": i, "loss_g": 1.0} for i in range(10_000)]
    rows[4321]["loss_g"] = 99.0
    [spike] = [r for r in views.thin(rows, 500) if r["loss_g"] == 99.0]
    assert abs(spike["nimg"] - 4321) < 10_000 / 249


def test_what_is_watched_for_long_stays_evenly_dense():
    rows: list[dict[str, float]] = []
    for i in range(20_000):
        rows.append({"nimg": i, "loss_g": float(i % 7)})
        rows = views.thin(rows, 500) if len(rows) >= 1000 else rows
    half = sum(r["nimg"] < 10_000 for r in rows)
    assert 0.25 < half / len(rows) < 0.75


def test_json_has_no_nan():
    row = views.row_json({"nimg": 5, "loss_g": math.nan, "loss_d": math.inf, "score_real": 1.0})
    assert json.dumps(row, allow_nan=False)
    assert row == {"nimg": 5, "score_real": 1.0}


def test_a_finding_becomes_json_without_nan_and_with_settings_as_text():
    remedy = Remedy("minibatch-std", {"minibatch_std": True, "d_lr": 0.0005})
    evidence = {"sign": "modes", "modes": 3, "classes": 10, "spread": math.nan}
    data = views.finding_json(Finding("mode-collapse", "warning", 640, evidence, (remedy,)))
    assert json.dumps(data, allow_nan=False)
    assert data["evidence"] == {"sign": "modes", "modes": 3, "classes": 10, "spread": None}
    assert data["remedies"][0]["settings"] == {"minibatch_std": "true", "d_lr": "0.0005"}


def test_a_step_of_someones_making_is_bounded():
    step = {"number": 1, "nimg": 64, "what": "x" * 99, "loss": {"g": math.inf, "d": True},
            "fake_scores_after": [1.0] * 999, "scores_after": [1]}  # fmt: skip
    data = views.step_json(step)
    assert json.dumps(data, allow_nan=False)
    assert (len(data["what"]), len(data["fake_scores_after"])) == (8, 64)
    assert data["loss"] == {"g": None, "d": None}


@pytest.mark.parametrize("kind", FINDING_KINDS)
def test_every_finding_has_its_words(kind: str):
    keys = {f"gan_finding_{kind}", f"gan_finding_{kind}_why"}
    assert keys <= TEXTS.keys()
    assert any(k.startswith(f"gan_finding_{kind}_") for k in TEXTS.keys() - keys)


@pytest.mark.parametrize("name", REMEDY_NAMES)
def test_every_remedy_has_its_words(name: str):
    assert {f"gan_remedy_{name}", f"gan_remedy_{name}_why"} <= TEXTS.keys()


def test_classes_without_names_get_numbers():
    model = ModelConfig(classes=3)
    entry = views.model_json("x", "bundled", "x", model, ("shoe",), nimg=0)
    assert entry["class_names"] == ["shoe", "1", "2"]


# ---- words --------------------------------------------------------------------------------------


def test_a_catalogue_lacks_nothing_and_has_the_same_blanks():
    assert untranslated() + unsaid() == []
    for texts in catalogues().values():
        assert all(text.strip() for text in texts.values())


def test_chinese_browsers_of_every_kind_are_served():
    locales = gradio_locales(("gan_tab_train",))
    assert locales["en"] == {"gan_tab_train": "Train"}
    assert locales["zh"] == locales["zh-CN"] == locales["zh-TW"] == {"gan_tab_train": "训练"}


def test_another_language_is_a_catalogue_and_nothing_else(tmp_path: Path, monkeypatch):
    """A copy of the catalogues with a French one beside them: English fills its gaps."""
    for path in i18n.GAN.glob("**/words/*.toml"):
        copy = tmp_path / path.relative_to(i18n.GAN)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(path.read_bytes())
    (tmp_path / "runs" / "words" / "fr.toml").write_text(
        '"the disk is full" = "le disque"', "utf-8"
    )
    (tmp_path / "ui" / "page" / "words" / "fr.toml").write_text(
        'gan_language_name = "FR"\ngan_language_tag = "fr"\ngan_tab_train = "Entraîner"\n', "utf-8"
    )
    monkeypatch.setattr(i18n, "GAN", tmp_path)
    for cached in (i18n.catalogues, i18n.words):
        cached.cache_clear()
    try:
        assert languages()["fr"] == {"name": "FR", "tag": "fr"}
        assert words("fr")["gan_tab_train"] == "Entraîner"
        assert words("fr")["gan_tab_hub"] == words("en")["gan_tab_hub"]
        assert words("fr")["the disk is full"] == "le disque"
    finally:
        for cached in (i18n.catalogues, i18n.words):
            cached.cache_clear()


def keys_in_assets() -> set[str]:
    """Keys written out in markup and scripts; those put together at run time are left out."""
    text = "".join(p.read_text("utf-8") for p in UI.rglob("*") if p.suffix in (".js", ".html"))
    return set(re.findall(r"[\"'](gan_[a-z0-9_-]+[a-z0-9])[\"']", text))


def test_every_key_that_a_board_uses_has_its_text():
    assert keys_in_assets() - TEXTS.keys() == set()


def test_no_text_is_left_over():
    source = "".join(
        p.read_text("utf-8") for p in UI.rglob("*") if p.suffix in (".js", ".html", ".py")
    )
    lessons = "|".join(re.findall(r'{ name: "(\w+)"', (UI / "lab/lessons.js").read_text("utf-8")))
    play = "".join((UI / f"lab/{name}.js").read_text("utf-8") for name in ("play", "playview"))
    lists = {
        name: "|".join(re.findall(r'"(\w+)"', found))
        for name, found in re.findall(r"const (\w+) = \[(.*?)\];", play)
    }
    recipes = re.search(r"const RECIPES = \{(.*?)\};", play)
    assert recipes is not None
    lists["RECIPES"] = "|".join(re.findall(r'(\w+): "', recipes[1]))
    ways = "|".join(
        [f"data_({lists['SETS']}|{lists['WAYS']})", f"layer_({lists['LAYERS']}|average)",
         f"recipe_({lists['RECIPES']})"]
    )  # fmt: skip
    clinic = json.loads((UI / "lab/clinic.json").read_text("utf-8"))
    told = [*clinic["left_out"], *(row[key] for row in clinic["rows"] for key in ("name", "group"))]
    told += ["more", "fewer", "alike", "not-learned"]  # verdicts
    columns = re.search(r"COLUMNS = \[(.*?)\]", (UI / "lab/clinic.js").read_text("utf-8"))
    assert columns is not None
    told += re.findall(r'"(\w+)"', columns[1])
    numbers = re.findall(r'{ name: "(\w+)"', (UI / "compare/columns.js").read_text("utf-8"))
    composed = re.compile(
        rf"gan_race_({'|'.join(numbers)})$|gan_race_(ready|kind|name)_|gan_loss_|gan_part_|"
        rf"gan_play_({ways})$|gan_clinic_(\w+_)?({'|'.join(told)})(_says)?$|"
        rf"gan_lab_({lessons})_|gan_lab_(explore|train|evaluate|play|lesson)$|"
        r"gan_(tab|state|data|preset|line|class_name|set|moment|runs|compare|metric|verdict|leaders|group|chart|judge"
        r"|axis|event|finding|health|remedy|what|step|engine|kind|direction|view|rank|keep|near|start|differs"
        r"|unseen|features|owner_kind|tour|topic|term|game|card|shelf_from|wall_none|hub_(stage|col|view|says|none|note|reading)|push_stage)_"
    )
    # a control is explained by its label's key and _help
    keys = [key.removesuffix("_help") for key in TEXTS]
    # what the playground calls otherwise for a flow and for drifting (playkind.js)
    keys = [re.sub("_(flow|drift)$", "", k) if k.startswith("gan_play_") else k for k in keys]
    # what is said of points in the place of images (wordedFor)
    keys = [key.removesuffix("_points") if key not in source else key for key in keys]
    unused = [k for k in keys if k not in source and not composed.match(k)]
    assert unused == []


def test_the_classes_of_the_sets_that_ship_are_named_in_both_languages():
    for name in {*FASHION_CLASSES, *DIGIT_CLASSES, *COATS}:
        key = f"gan_class_name_{name.lower().replace(' ', '-')}"
        english, chinese = (words(language).get(key, name) for language in ("en", "zh"))
        assert english == name
        assert name.isdigit() or not chinese.isascii()


def test_what_a_push_does_is_said_in_both_languages():
    assert {f"gan_push_stage_{stage}" for stage in get_args(SendStage)} <= TEXTS.keys()


@pytest.mark.parametrize("note", sorted({row.note for row in KNOWN}))
def test_what_a_known_model_draws_is_said_in_both_languages(note: str):
    assert "gan_hub_note_" + re.sub(r"[^a-z0-9]+", "-", note.lower()) in TEXTS


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_has_its_line_in_both_languages(name: str):
    assert f"gan_preset_{name}" in TEXTS
