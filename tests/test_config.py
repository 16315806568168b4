from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gan.config import (
    Family,
    LossName,
    ModelConfig,
    OptimizerName,
    RunConfig,
    TrainConfig,
    WeightsConfig,
)
from gan.errors import ConfigError
from gan.families import FAMILIES
from gan.kinds import PLANE
from gan.losses import LOSSES
from gan.models import NETWORKS
from gan.presets import PRESETS, DataShape, resolve_widths, run_config
from gan.schema import from_json, to_json
from gan.settings import apply_settings, parse_setting, setting_types, steerable_settings
from gan.training.optimizers import OPTIMIZERS

FASHION = DataShape(28, 1, tuple("abcdefghij"))


@pytest.mark.parametrize("preset", PRESETS)
def test_a_run_config_survives_json_bit_for_bit(preset: str):
    shape = DataShape(1, 2, ()) if PRESETS[preset].family in PLANE else FASHION
    config = resolve_widths(run_config(preset, shape, data="fashion", seed=7))
    assert from_json(RunConfig, json.loads(json.dumps(to_json(config)))) == config


@given(st.floats(0, 10), st.integers(2, 4096), st.booleans())
def test_any_training_config_survives_json(lr: float, batch_size: int, flip: bool):
    config = TrainConfig(g_lr=lr, batch_size=batch_size, flip=flip)
    assert from_json(TrainConfig, json.loads(json.dumps(to_json(config)))) == config


@pytest.mark.parametrize(
    ("kind", "data", "word"),
    [
        (TrainConfig, {"g_lr": math.nan}, "g_lr"),
        (TrainConfig, {"g_lr": True}, "float"),
        (TrainConfig, {"g_lr": [1]}, "float"),
        (TrainConfig, {"batch_size": 1.5}, "int"),
        (TrainConfig, {"batch_size": 10**9}, "from 2 to 4,096"),
        (TrainConfig, {"batch_size": 10**400}, "batch_size must be finite"),
        (TrainConfig, {"g_lr": 10**400}, "g_lr must be finite"),
        (TrainConfig, {"losss": "hinge"}, "loss"),
        (TrainConfig, {"loss": "hinges"}, "hinge"),
        (ModelConfig, {"resolution": 29}, "28"),
        (ModelConfig, {"g_widths": "48"}, "list"),
        (ModelConfig, {"g_widths": [1] * 99}, "24"),
        (ModelConfig, {"d_count": 6}, "from 1 to 5"),
        (ModelConfig, {"aux_classes": True}, "classes"),
        (ModelConfig, {"resolution": 8, "d_scales": 3}, "d_scales"),
        (TrainConfig, {"augment": "maybe"}, "none"),
        (WeightsConfig, {"model": {"family": "fluid"}}, "family"),
        (RunConfig, [1], "object"),
    ],
)
def test_what_the_schema_does_not_know_is_refused_in_a_sentence(kind, data, word):
    with pytest.raises(ConfigError, match=word):
        from_json(kind, data)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("g_lr=0.001", ("g_lr", 0.001)),
        ("d-steps=3", ("d_steps", 3)),
        ("flip=true", ("flip", True)),
        ("loss=hinge", ("loss", "hinge")),
        ("minibatch_std=on", ("minibatch_std", True)),
        ("augment=ada", ("augment", "ada")),
        ("width=0.5", ("width", 0.5)),
        ("g_widths=48,36,24", ("g_widths", (48, 36, 24))),
    ],
)
def test_a_setting_is_read_as_its_type(text: str, expected: tuple):
    assert parse_setting(text) == expected


@pytest.mark.parametrize("text", ["g_lr", "g_lr=fast", "learning=1", "flip=maybe", "loss=wgan"])
def test_a_wrong_setting_says_what_was_expected(text: str):
    with pytest.raises(ConfigError, match=r";"):
        parse_setting(text)


def test_settings_go_where_they_belong():
    config = apply_settings(RunConfig(preset="fashion"), {"z_dim": 12, "r1": 0.5})
    assert (config.model.z_dim, config.train.r1) == (12, 0.5)


@pytest.mark.parametrize(
    ("preset", "channels", "asked", "most"),
    [("flow", 1, 68, 64), ("flow", 3, 64, 36), ("rnn", 1, 128, 64), ("rnn", 3, 40, 36)],
)
def test_noise_that_would_be_too_large_is_told_at_the_resolution(preset, channels, asked, most):
    shape = DataShape(asked, channels, ())
    with pytest.raises(ConfigError, match=f"must be at most {most} ") as caught:
        resolve_widths(run_config(preset, shape, data="own"))
    assert caught.value.field == "resolution"
    fitting = resolve_widths(run_config(preset, shape._replace(resolution=most), data="own"))
    assert fitting.model.z_dim == channels * most**2


def test_tables_build_exactly_what_the_schema_names():
    assert set(LOSSES) == set(LossName.__args__)
    assert set(OPTIMIZERS) == set(OptimizerName.__args__)
    assert set(NETWORKS) == set(FAMILIES) == set(Family.__args__)


def test_what_may_change_in_mid_run_are_settings_and_none_shapes_the_generator():
    steerable = set(steerable_settings())
    assert steerable < set(setting_types())
    assert set(setting_types()) - steerable == {
        "family", "resolution", "channels", "classes", "z_dim", "embed_dim", "g_widths", "width",
        "depth", "modulation",
        "class_head",  # of D, but the weights that are kept would be of the other size
    }  # fmt: skip


def test_configs_written_before_a_field_was_there_still_load():
    old = {"family": "conv", "resolution": 28, "g_widths": [48, 36, 24], "d_widths": [24, 24, 48]}
    assert from_json(ModelConfig, old).d_count == 1
    assert from_json(TrainConfig, {"g_lr": 0.1}).augment == "none"
