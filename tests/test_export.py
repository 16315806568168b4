"""What is exported draws what the model draws, for every family."""

from __future__ import annotations

import importlib
import io
import json
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

from gan import export as exporting
from gan.checkpoint import Weights, load, save_weights
from gan.config import Family, ModelConfig, WeightsConfig
from gan.errors import ConfigError, WeightsError
from gan.export import FORMATS, TOLERANCE, encode, export, portable, random_inputs
from gan.kinds import PLANE
from gan.models import NETWORKS
from gan.presets import PRESETS, DataShape, resolve_widths, run_config
from gan.sampling import render
from tests.pairs import pairwise
from tests.ported import UNITS, drawn_generator
from tests.ui.fakes import random_generator

pytestmark = pytest.mark.filterwarnings(
    "ignore::DeprecationWarning"
)  # torch's tracer, on its way out


def weights_of(config: ModelConfig, **facts: object) -> Weights:
    """A model with random weights, its batch norms as if trained."""
    g = random_generator(config, seed=3)
    return Weights("x", Path(), WeightsConfig(model=config, **facts), g, None, "0" * 64)


def config_of(family: Family, classes: int = 0, channels: int = 1) -> ModelConfig:
    run = run_config("own", DataShape(16, channels, ()), data="folder:x")
    model = ModelConfig(family=family, resolution=16, channels=channels, classes=classes, z_dim=12)
    return resolve_widths(replace(run, model=model)).model


@pytest.mark.slow
@pairwise(family=[f for f in NETWORKS if f not in ("rnn", *PLANE)], classes=[0, 4], to=FORMATS)
def test_every_family_is_exported_exactly(family: Family, classes: int, to: str):
    weights = weights_of(config_of(family, classes, channels=3))
    assert export(weights, to=to).difference <= TOLERANCE


@pytest.mark.parametrize("to", FORMATS)
def test_nothing_of_this_machine_is_in_the_file(to: str):
    data = encode(weights_of(config_of("conv", 4)), to=to)
    parts = [data]
    if to == "torchscript":
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts += [archive.read(name) for name in archive.namelist()]
    here = (Path(torch.__file__).parents[1], Path(exporting.__file__).parents[1], Path.home())
    assert [p for p in here for part in parts if str(p).encode() in part] == []


@pytest.mark.slow
@pytest.mark.parametrize("preset", [p for p in PRESETS if p != "rnn"])  # it is refused
def test_the_generator_of_every_preset_is_exported(preset: str):
    side = PRESETS[preset].resolution or 32
    points = PRESETS[preset].family in PLANE
    shape = DataShape(1, 2, ()) if points else DataShape(side, 3, ("a", "b"))
    config = resolve_widths(run_config(preset, shape, data="folder:x")).model
    weights = weights_of(config).pictured()  # of points: pictures of them
    assert export(weights, to="onnx").difference <= TOLERANCE


def onnx_pictures(data: bytes, inputs: dict[str, torch.Tensor]) -> np.ndarray:
    runner, _ = FORMATS["onnx"].runner(data)
    return runner(inputs)


def test_the_file_takes_any_number_of_latents_and_one_psi_for_all():
    weights = weights_of(config_of("conv", 4))
    data = encode(weights, to="onnx")
    for count in (1, 7):
        inputs = random_inputs(weights.generator, count) | {"psi": torch.tensor([0.7])}
        wanted = render(weights.generator, inputs["z"], labels=inputs["weights"], psi=0.7)
        np.testing.assert_allclose(onnx_pictures(data, inputs), wanted, atol=TOLERANCE)


def test_a_class_is_a_mixture_of_one():
    weights = weights_of(config_of("mlp", 4))
    one_hot = torch.eye(4)
    z = random_inputs(weights.generator, 4)["z"]
    inputs = {"z": z, "weights": one_hot, "psi": torch.ones(1)}
    found = onnx_pictures(encode(weights, to="onnx"), inputs)
    wanted = render(weights.generator, z, labels=torch.arange(4))
    np.testing.assert_allclose(found, wanted, atol=TOLERANCE)


def test_the_reference_checks_where_no_runtime_is_installed(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(__import__("sys").modules, "onnxruntime", None)
    exported = export(weights_of(config_of("conv", 4)), to="onnx")
    assert exported.checked_with == "onnx.reference"
    assert exported.difference <= TOLERANCE


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(__import__("sys").modules, "onnx", None)
    with pytest.raises(ConfigError, match="needs the package onnx"):
        export(weights_of(config_of("mlp")), to="onnx")


@pytest.mark.parametrize("to", FORMATS)
def test_a_file_that_draws_something_else_is_refused(to: str, monkeypatch: pytest.MonkeyPatch):
    weights, other = weights_of(config_of("mlp")), weights_of(config_of("mlp"))
    other.generator.to_image.bias.data += 1e-3
    data = encode(other, to=to)
    monkeypatch.setitem(exporting.FORMATS, to, FORMATS[to]._replace(encode=lambda _: data))
    with pytest.raises(WeightsError, match="they differ by"):
        export(weights, to=to)


def test_exporting_leaves_the_model_as_it_was():
    weights = weights_of(config_of("conv", 4))
    before = {k: v.clone() for k, v in weights.generator.state_dict().items()}
    export(weights, to="onnx")
    assert not weights.generator.training
    for name, value in weights.generator.state_dict().items():
        torch.testing.assert_close(value, before[name], rtol=0, atol=0)


def test_the_file_says_what_it_holds():
    onnx = importlib.import_module("onnx")
    weights = weights_of(config_of("mlp", 2), name="mine", class_names=("cat", "猫"), nimg=7)
    model = onnx.load_from_string(encode(weights, to="onnx"))
    facts = {p.key: p.value for p in model.metadata_props}
    assert (facts["name"], facts["nimg"]) == ("mine", "7")
    assert json.loads(facts["class_names"]) == ["cat", "猫"]
    held = {"gan.json": ""}
    torch.jit.load(io.BytesIO(encode(weights, to="torchscript")), _extra_files=held)
    assert json.loads(held["gan.json"])["sha256"] == "0" * 64


def test_the_command_writes_a_file_that_says_how_exact_it_is(tmp_path: Path):
    from gan.cli import app

    weights = weights_of(config_of("mlp", 2))
    save_weights(tmp_path / "w", weights.config, weights.generator)
    out = tmp_path / "w.onnx"
    arguments = ["export", "--weights", str(tmp_path / "w"), "--to", "onnx", "--out", str(out)]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    assert "torch's pictures to" in result.output
    loaded = load(tmp_path / "w").generator
    inputs = random_inputs(loaded, 2)
    wanted = portable(loaded)(*inputs.values())
    np.testing.assert_allclose(onnx_pictures(out.read_bytes(), inputs), wanted, atol=TOLERANCE)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"--to": "onxx"}, "did you mean onnx"),
        ({"--out": "no/such/folder/x.onnx"}, "a folder that exists"),
        ({"--weights": "nothing"}, "there are no weights"),
    ],
)
def test_a_mistake_is_told_in_a_sentence(tmp_path: Path, change: dict, sentence: str):
    from gan.cli import app

    options = {"--weights": "fashion", "--to": "onnx", "--out": str(tmp_path / "x")} | change
    result = CliRunner().invoke(app, ["export", *(p for pair in options.items() for p in pair)])
    assert result.exit_code == 1
    assert sentence in result.output
    assert "Traceback" not in result.output


def wide_weights(scale: float) -> Weights:
    """A model that rounds a lot: large weights that nearly cancel."""
    g = drawn_generator(UNITS)
    g.layers[3].weight.mul_(scale)
    g.layers[3].bias.mul_(scale)
    return Weights("x", Path(), WeightsConfig(model=UNITS), g, None, "0" * 64)


def test_a_difference_is_allowed_as_far_as_rounding_explains_it(monkeypatch):
    weights = wide_weights(scale=1.0)
    wanted = portable(weights.generator)(*random_inputs(weights.generator, 3).values()).numpy()
    off = {"by": 0.0}
    fake = FORMATS["torchscript"]._replace(
        encode=lambda weights: b"", runner=lambda data: (lambda inputs: wanted + off["by"], "fake")
    )
    monkeypatch.setitem(FORMATS, "torchscript", fake)
    monkeypatch.setattr(exporting, "_rounding", lambda *_: 2e-5)
    off["by"] = 6e-5
    assert export(weights, to="torchscript").difference == pytest.approx(6e-5, rel=0.1)
    off["by"] = 1e-4
    with pytest.raises(WeightsError, match="differ by"):
        export(weights, to="torchscript")


def test_rounding_is_measured_against_double_precision():
    small, large = (
        exporting._rounding(w, random_inputs(w.generator, 3))
        for w in (wide_weights(1.0), wide_weights(50.0))
    )
    assert 0 < small < 1e-5
    assert large > small
