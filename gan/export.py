"""Exports a generator to a self-contained file: ONNX or TorchScript.

Both take z (N, z_dim), class weights (N, classes) if there are classes, and psi, (N,) or (1,); and
return x (N, C, H, W) in [-1, 1]. Any N.
"""

from __future__ import annotations

import copy
import importlib
import io
import json
import zipfile
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from gan.checkpoint import Weights
from gan.errors import ConfigError, WeightsError, either, suggest
from gan.models import Generator

TOLERANCE = 1e-5  # per pixel in [-1, 1]; a grey level is 8e-3
ROUNDINGS = 4  # torch's and the runtime's rounding, each possibly twice the measured one
OPSET = 17  # ONNX 1.12, 2022: supported by all current runtimes
TRACED, CHECKED = 2, 3  # images: not the traced batch size, to detect a frozen one
CHECK_SEED = 20


class Portable(nn.Module):
    """A single call from latent to picture, truncation included, with tensors for all arguments."""

    def __init__(self, g: Generator) -> None:
        super().__init__()
        self.g = g

    def forward(self, z: Tensor, weights: Tensor | None, psi: Tensor) -> Tensor:
        """z (N, z_dim), weights (N, classes) or None, psi (N,) or (1,) -> x (N, C, H, W)."""
        w = self.g.mapping(z, weights)
        mean = self.g.mean_w(z.shape[0], weights)  # not len(z): tracing would freeze it
        x: Tensor = self.g.synthesis(mean + psi[:, None] * (w - mean))
        return x


class PortableWithoutClasses(Portable):
    """The same for a model without classes."""

    def forward(self, z: Tensor, psi: Tensor) -> Tensor:  # type: ignore[override]
        """z (N, z_dim), psi (N,) or (1,) -> x (N, C, H, W)."""
        return super().forward(z, None, psi)


class Exported(NamedTuple):
    """A file's bytes, and its maximum pixel difference from the model."""

    data: bytes
    difference: float
    checked_with: str


def export(weights: Weights, *, to: str) -> Exported:
    """`weights`' generator in the format `to`, checked against torch on random inputs.

    Raises ConfigError for an unknown format or a missing package, WeightsError if the file's
    pictures differ by more than 1e-5 and more than rounding explains.
    """
    data = encode(weights, to=to)
    inputs = random_inputs(weights.generator, CHECKED)
    runner, checked_with = FORMATS[to].runner(data)
    wanted = portable(weights.generator)(*inputs.values()).numpy()
    difference = float(np.abs(runner(inputs) - wanted).max())
    if not difference <= TOLERANCE and not difference <= ROUNDINGS * _rounding(weights, inputs):
        raise WeightsError(
            "the exported file must give torch's pictures to {tolerance}, they differ by "
            "{difference}; export to another format and tell us of this model",
            tolerance=f"{TOLERANCE:g}",
            difference=f"{difference:.2g}",
        )
    return Exported(data, difference, checked_with)


@torch.no_grad()
def _rounding(weights: Weights, inputs: dict[str, Tensor]) -> float:
    """Difference between torch's pictures in single and double precision: a model with large
    weights rounds more, and other runtimes round differently."""
    exact = portable(copy.deepcopy(weights.generator).double())(
        *(tensor.double() for tensor in inputs.values())
    )
    return float((portable(weights.generator)(*inputs.values()) - exact).abs().max())


def encode(weights: Weights, *, to: str) -> bytes:
    """The same without the check."""
    if to not in FORMATS:
        raise ConfigError(
            "--to must be {formats}, got {got}; {hint}",
            formats=either([*FORMATS]),
            got=repr(to),
            hint=suggest(to, FORMATS),
        )
    if not weights.generator.gradients:
        raise WeightsError(
            "an RNN makes its picture row by row and has no form as one pass, which {to} is; share "
            "its model.safetensors",
            to=repr(to),
        )
    return FORMATS[to].encode(weights)


def portable(g: Generator) -> nn.Module:
    """`g` wrapped in the single call that is exported."""
    return (Portable if g.classes else PortableWithoutClasses)(g).eval()


@torch.no_grad()
def random_inputs(g: Generator, count: int, *, seed: int = CHECK_SEED) -> dict[str, Tensor]:
    """z, class mixtures and psi from 0 to 1.5, keyed by the file's input names."""
    generator = torch.Generator().manual_seed(seed)
    inputs = {"z": torch.randn(count, g.z_dim, generator=generator)}
    if g.classes:
        mixture = torch.rand(count, g.classes, generator=generator)
        inputs["weights"] = mixture / mixture.sum(dim=1, keepdim=True)
    return inputs | {"psi": 1.5 * torch.rand(count, generator=generator)}


def _needs(package: str) -> Any:
    try:
        return importlib.import_module(package)
    except ModuleNotFoundError as error:
        raise ConfigError(
            "exporting to ONNX needs the package {package}, it is not installed; pip install -r "
            "requirements.txt",
            package=package,
        ) from error


@torch.no_grad()
def _encode_onnx(weights: Weights) -> bytes:
    onnx = _needs("onnx")
    g = copy.deepcopy(weights.generator)  # others may be rendering with it
    inputs = random_inputs(g, TRACED)
    axes = {name: {0: "count"} for name in (*inputs, "x")} | {"psi": {0: "count_or_one"}}
    stream = io.BytesIO()
    torch.onnx.export(
        portable(g),
        tuple(inputs.values()),
        stream,  # type: ignore[arg-type]  # files are written as well as paths; the types lag
        input_names=[*inputs],
        output_names=["x"],
        dynamic_axes=axes,
        opset_version=OPSET,
        dynamo=False,  # the newer exporter is ten times slower and needs onnxscript
    )
    model = onnx.load_from_string(stream.getvalue())
    facts = {key: str(value) for key, value in _facts(weights).items()}
    onnx.helper.set_model_props(model, facts)
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString())


@torch.no_grad()
def _encode_torchscript(weights: Weights) -> bytes:
    g = copy.deepcopy(weights.generator)
    # torch's own trace check is off: ours, with another batch size, is stricter
    traced = torch.jit.trace(
        portable(g), tuple(random_inputs(g, TRACED).values()), check_trace=False
    )
    stream = io.BytesIO()
    facts = {"gan.json": json.dumps(_facts(weights), ensure_ascii=False)}
    torch.jit.save(traced, stream, _extra_files=facts)
    return _without_sources(stream.getvalue())


def _without_sources(data: bytes) -> bytes:
    """A TorchScript archive without its debug entries: they name this machine's source files, and
    are read only to print where an operation came from."""
    kept = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as whole, zipfile.ZipFile(kept, "w") as archive:
        for entry in whole.infolist():
            if not entry.filename.endswith(".debug_pkl"):
                archive.writestr(entry, whole.read(entry))
    return kept.getvalue()


def _facts(weights: Weights) -> dict[str, Any]:
    config = weights.config
    return {
        "name": config.name,
        "class_names": json.dumps(config.class_names, ensure_ascii=False),
        "nimg": config.nimg,
        "sha256": weights.revision,
    }


Runner = Callable[[dict[str, Tensor]], np.ndarray[Any, Any]]


def _onnx_runner(data: bytes) -> tuple[Runner, str]:
    """onnxruntime if installed; else the reference implementation from the onnx package."""
    try:
        runtime = importlib.import_module("onnxruntime")
    except ModuleNotFoundError:
        session = _needs("onnx.reference").ReferenceEvaluator(_needs("onnx").load_from_string(data))
        name = "onnx.reference"
    else:
        options = runtime.SessionOptions()
        options.intra_op_num_threads = 1
        session = runtime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
        name = "onnxruntime"
    return lambda inputs: session.run(None, {k: v.numpy() for k, v in inputs.items()})[0], name


def _torchscript_runner(data: bytes) -> tuple[Runner, str]:
    loaded = torch.jit.load(io.BytesIO(data))

    def run(inputs: dict[str, Tensor]) -> np.ndarray[Any, Any]:
        with torch.no_grad():
            pictures: Tensor = loaded(*inputs.values())
        return pictures.numpy()

    return run, "torch.jit"


class Format(NamedTuple):
    """How to write a format, and how to run a file of it."""

    encode: Callable[[Weights], bytes]
    runner: Callable[[bytes], tuple[Runner, str]]


FORMATS = {
    "onnx": Format(_encode_onnx, _onnx_runner),
    "torchscript": Format(_encode_torchscript, _torchscript_runner),
}
