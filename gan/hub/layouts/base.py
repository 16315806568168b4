"""The interface of a layout: recognising third-party weights by keys and shapes, and reading them.

A file's tensors come flat: names of nested dicts are joined by "/" (`payload` undoes that), names
within a state dict by "." as torch writes them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import torch
from torch import Tensor

from gan.config import PortedConfig
from gan.errors import WeightsError

Tensors = Mapping[str, Tensor]
Specs = Mapping[str, tuple[int, ...]]  # name -> shape
Hints = Mapping[str, Any]  # parsed contents of the repo's config.json or YAML

LEFT_OUT = "the discriminator in the file is of a kind that is not known, and was left out"


class Payload(NamedTuple):
    """A file's two models, each as a state dict in float32."""

    g: dict[str, Tensor]
    d: dict[str, Tensor] | None = None


class PossibleModel(NamedTuple):
    """One possible model of an ambiguous file: the answers that select it, and the model."""

    answers: Mapping[str, str]  # only the questions in which the readings differ
    config: PortedConfig
    tensors: dict[str, Tensor]


class Recognised(NamedTuple):
    """A model of ours and its weights, under our names: the prefixes `g_ema.` and `d.` are added
    later."""

    layout: str
    config: PortedConfig
    g: dict[str, Tensor]
    d: dict[str, Tensor] | None = None
    notes: tuple[str, ...] = ()  # for the card: what was assumed, what was left out
    readings: tuple[PossibleModel, ...] = ()  # if several remain: this one first
    answers: tuple[tuple[str, str], ...] = ()  # chosen by the user


class Layout(NamedTuple):
    """One storage layout of generators."""

    name: str
    title: str  # for the sentence that lists what is supported
    fits: Callable[[Specs], bool]  # of the generator's tensors; cheap
    read: Callable[[Payload, Hints], Recognised]


def specs_of(tensors: Tensors) -> dict[str, tuple[int, ...]]:
    """Names and shapes."""
    return {name: tuple(tensor.shape) for name, tensor in tensors.items()}


def modules_of(tensors: Tensors) -> dict[str, dict[str, Tensor]]:
    """Tensors grouped by the module they belong to, in the file's order."""
    modules: dict[str, dict[str, Tensor]] = {}
    for name, tensor in tensors.items():
        path, _, leaf = name.rpartition(".")
        modules.setdefault(path, {})[leaf] = tensor
    return modules


def folded(tensors: Tensors) -> dict[str, Tensor]:
    """The same with every spectral norm folded into its weight, as in eval mode.

    torch stores W as `weight_orig` with u and v beside it, or as `parametrizations.weight.original`
    with `0._u` and `0._v`; the weight is W / (u' W v). The lengths of u and v tell how W was
    flattened to a matrix; if both ways fit, it is the one with the larger gain: u and v were
    iterated towards its maximum. Raises WeightsError if u or v is missing or W has no gain.
    """
    out: dict[str, Tensor] = {}
    for name, tensor in tensors.items():
        if name.endswith((".weight_orig", ".parametrizations.weight.original")):
            module = name.removesuffix(".weight_orig")
            module = module.removesuffix(".parametrizations.weight.original")
            out[f"{module}.weight"] = _normalised(module, name, tensor, tensors)
        elif not _is_vector(name, tensors):
            out[name] = tensor
    return out


def _normalised(module: str, name: str, weight: Tensor, tensors: Tensors) -> Tensor:
    old = name.endswith(".weight_orig")
    pattern = f"{module}.weight_" if old else f"{module}.parametrizations.weight.0._"
    u, v = tensors.get(f"{pattern}u"), tensors.get(f"{pattern}v")
    if u is None or v is None or weight.dim() < 2 or (u.dim(), v.dim()) != (1, 1):
        raise WeightsError(
            "{name} must have its spectral norm's u and v beside it, they are missing; choose "
            "another file",
            name=shown(name),
        )
    gains = [
        float(u @ matrix @ v)
        for matrix in (weight.flatten(1), weight.transpose(0, 1).flatten(1))
        if matrix.shape == (len(u), len(v))
    ]
    gain = max(gains, key=abs, default=0.0)
    if gain == 0:
        raise WeightsError(
            "the spectral norm of {name} must fit its weight, it does not; choose another file",
            name=shown(name),
        )
    return weight / gain


def _is_vector(name: str, tensors: Tensors) -> bool:
    """Whether a tensor is the u or v of a spectral norm."""
    for suffix in (".weight_u", ".weight_v"):
        if name.endswith(suffix):
            return name.removesuffix(suffix) + ".weight_orig" in tensors
    return name.endswith((".parametrizations.weight.0._u", ".parametrizations.weight.0._v"))


class Chain:
    """A chain being read: layer texts for the config, tensors under our names."""

    def __init__(self) -> None:
        self.layers: list[str] = []
        self.tensors: dict[str, Tensor] = {}

    def add(self, *texts: str) -> None:
        """Append layers without tensors."""
        self.layers += texts

    def linear(self, module: Tensors) -> None:
        """nn.Linear, (out, in)."""
        outputs, inputs = module["weight"].shape
        self._put(f"linear {inputs} {outputs}", module, bias="bias" in module)

    def conv(self, module: Tensors, *, stride: int, padding: int) -> None:
        """nn.Conv2d, (out, in, k, k)."""
        outputs, inputs, kernel, _ = module["weight"].shape
        text = f"conv {inputs} {outputs} k{kernel} s{stride} p{padding}"
        self._put(text, module, bias="bias" in module)

    def deconv(self, module: Tensors, *, stride: int, padding: int, extra: int = 0) -> None:
        """nn.ConvTranspose2d, (in, out, k, k)."""
        inputs, outputs, kernel, _ = module["weight"].shape
        text = f"deconv {inputs} {outputs} k{kernel} s{stride} p{padding}"
        self._put(text + (f" o{extra}" if extra else ""), module, bias="bias" in module)

    def bn(self, module: Tensors, *, eps: str = "") -> None:
        """nn.BatchNorm1d or 2d; the batch counter that old files lack is set to 0."""
        count = torch.zeros((), dtype=torch.int64)
        self._put(
            f"bn {len(module['weight'])}" + (f" eps {eps}" if eps else ""),
            {"num_batches_tracked": count, **module},
        )

    def put(self, text: str, module: Tensors) -> None:
        """Append a layer's text with its tensors."""
        if text.startswith("bn"):
            module = {"num_batches_tracked": torch.zeros((), dtype=torch.int64), **module}
        self._put(text, module)

    def _put(self, text: str, module: Tensors, *, bias: bool = False) -> None:
        index = len(self.layers)
        self.layers.append(text + (" bias" if bias else ""))
        self.tensors |= {f"layers.{index}.{leaf}": tensor for leaf, tensor in module.items()}


MAX_SHOWN = 80  # characters per name


def shown(text: object) -> str:
    """External text as short plain text: one line, no control characters, no markup."""
    line = "".join(c if c.isprintable() and c not in "<>&`" else "?" for c in str(text)[:MAX_SHOWN])
    return line + ("..." if len(str(text)) > MAX_SHOWN else "")
