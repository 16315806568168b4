"""The nodes of an ONNX graph that hold tensors or numbers, each converted to a chain layer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NoReturn, Protocol

from torch import Tensor

from gan.hub.layouts.base import Chain

Options = Mapping[str, Any]


class GraphContext(Protocol):
    """The graph interface for node converters; gan.hub.graph implements it."""

    chain: Chain
    at: str  # the name of the input value
    moving: set[str]  # names of the values that depend on z

    def tensor(self, node: Any, index: int) -> Tensor:
        """A node's input that is a weight, in float32."""

    def shape(self, name: str) -> tuple[int, ...]:
        """Shape of a value, batch first."""

    def refuse_kind(self, op: str) -> NoReturn:
        """Raise HubError for an unsupported node."""


def _gemm(line: GraphContext, node: Any, options: Options) -> None:
    weight = line.tensor(node, 1)
    plain = (options.get("alpha", 1.0), options.get("beta", 1.0), options.get("transA", 0))
    if plain != (1.0, 1.0, 0):
        line.refuse_kind("Gemm")
    module = {"weight": (weight if options.get("transB", 0) else weight.T).contiguous()}
    if len(node.input) > 2:
        bias = line.tensor(node, 2).flatten()
        module["bias"] = bias.expand(len(module["weight"])).contiguous()
    line.chain.linear(module)


def _matmul(line: GraphContext, node: Any, options: Options) -> None:
    if node.input[0] not in line.moving or len(line.shape(node.input[0])) != 2:
        line.refuse_kind("MatMul")
    line.chain.linear({"weight": line.tensor(node, 1).T.contiguous()})


def _square(line: GraphContext, node: Any, options: Options) -> dict[str, int]:
    """Stride, padding and extra of a convolution that is the same in both directions."""
    kernel = line.shape(node.input[1])[2:]
    strides = list(options.get("strides", (1, 1)))
    pads = list(options.get("pads", (0, 0, 0, 0)))
    extra = list(options.get("output_padding", (0, 0)))
    auto = options.get("auto_pad", b"NOTSET") in (b"NOTSET", b"VALID")
    same = all(len(set(numbers)) == 1 for numbers in (kernel, strides, pads, extra))
    plain = options.get("group", 1) == 1 and set(options.get("dilations", (1, 1))) == {1}
    if not (auto and same and plain and len(kernel) == 2) or "output_shape" in options:
        line.refuse_kind(node.op_type)
    return {"stride": strides[0], "padding": pads[0], "extra": extra[0]}


def _module(line: GraphContext, node: Any) -> dict[str, Tensor]:
    module = {"weight": line.tensor(node, 1)}
    return module | ({"bias": line.tensor(node, 2)} if len(node.input) > 2 else {})


def _conv(line: GraphContext, node: Any, options: Options) -> None:
    numbers = _square(line, node, options)
    module = _module(line, node)
    line.chain.conv(module, stride=numbers["stride"], padding=numbers["padding"])


def _deconv(line: GraphContext, node: Any, options: Options) -> None:
    line.chain.deconv(_module(line, node), **_square(line, node, options))


def _bn(line: GraphContext, node: Any, options: Options) -> None:
    names = ("weight", "bias", "running_mean", "running_var")
    module = {name: line.tensor(node, 1 + i) for i, name in enumerate(names)}
    eps = float(options.get("epsilon", 1e-5))
    line.chain.bn(module, eps=f"{eps:.8f}")


def _affine(word: str) -> Callable[[GraphContext, Any, Options], None]:
    def take(line: GraphContext, node: Any, options: Options) -> None:
        module = _module(line, node)
        line.chain.put(f"{word} {len(module['weight'])}", module)

    return take


def _leaky(line: GraphContext, node: Any, options: Options) -> None:
    line.chain.add(f"leaky {float(options.get('alpha', 0.01)):.8f}")


def _prelu(line: GraphContext, node: Any, options: Options) -> None:
    slope = line.tensor(node, 1).flatten()
    line.chain.put(f"prelu {len(slope)}", {"weight": slope})


def _elu(line: GraphContext, node: Any, options: Options) -> None:
    if options.get("alpha", 1.0) != 1.0:
        line.refuse_kind("Elu")
    line.chain.add("elu")


def _gelu(line: GraphContext, node: Any, options: Options) -> None:
    if options.get("approximate", b"none") != b"none":
        line.refuse_kind("Gelu")
    line.chain.add("gelu")


def _clip(line: GraphContext, node: Any, options: Options) -> None:
    bounds = [float(line.tensor(node, i).flatten()[0]) for i in range(1, len(node.input))]
    bounds = bounds or [options.get("min", 0.0), options.get("max", 0.0)]
    if bounds != [-1.0, 1.0]:
        line.refuse_kind("Clip")
    line.chain.add("clip")


def _enlarge(line: GraphContext, node: Any, options: Options) -> None:
    before, after = line.shape(line.at), line.shape(node.output[0])
    factor = after[-1] // before[-1]
    mode = options.get("mode", b"nearest")
    if after != (*before[:2], factor * before[2], factor * before[3]):
        line.refuse_kind(node.op_type)
    line.chain.add(f"upsample {factor}" + (" bilinear" if mode == b"linear" else ""))


def _shuffle(line: GraphContext, node: Any, options: Options) -> None:
    if options.get("mode", b"DCR") != b"CRD" or options["blocksize"] != 2:
        line.refuse_kind("DepthToSpace")
    line.chain.add("shuffle 2")


OPS: dict[str, Callable[[GraphContext, Any, Options], None]] = {
    "Gemm": _gemm,
    "MatMul": _matmul,
    "Conv": _conv,
    "ConvTranspose": _deconv,
    "BatchNormalization": _bn,
    "InstanceNormalization": _affine("instance"),
    "LayerNormalization": _affine("layernorm"),
    "LeakyRelu": _leaky,
    "PRelu": _prelu,
    "Elu": _elu,
    "Gelu": _gelu,
    "Clip": _clip,
    "Upsample": _enlarge,
    "Resize": _enlarge,
    "DepthToSpace": _shuffle,
}
