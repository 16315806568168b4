"""Reads an ONNX generator as a chain: its nodes specify everything that a state dict leaves open.

The file is run once by onnx's own reference implementation, which gives the shape of every value
and the picture that the chain must reproduce; if it does not, the file is refused. Supported are
graphs that are a linear chain from z (N, z) or (N, z, 1, 1) to a picture. Only for
gan.hub.convert's limited child.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import torch
from torch import Tensor

from gan.config import PortedConfig
from gan.errors import ConfigError, HubError
from gan.hub.layouts.base import Chain, Recognised, shown
from gan.hub.nodes import OPS
from gan.messages import Message
from gan.models import build_generator

Array = np.ndarray[Any, Any]

START = b"\x08"  # the field ir_version, which comes first
FIELDS = b"\x12\x1a\x22\x32\x3a\x42"  # what may follow it: producer, domain, doc, graph, opset
SEED = 12
MAX_Z = 2**15
MAX_BATCH = 256  # that a graph may be made for
TOLERANCE = 1e-3  # of a picture's range of 2
# as they are, without a tensor
PLAIN = {"Relu": "relu", "Selu": "selu", "Softplus": "softplus", "Tanh": "tanh"}
NOTHING = {"Identity", "Dropout", "Cast"}
SHAPING = {"Reshape", "Flatten", "Squeeze", "Unsqueeze"}


def is_onnx(file: Path) -> bool:
    """Whether it is ONNX by its first bytes, whatever its name."""
    with file.open("rb") as stream:
        start = stream.read(3)
    return len(start) == 3 and start[:1] == START and start[1] < 32 and start[2:] in FIELDS


def read_graph(file: Path) -> Recognised:
    """Convert an ONNX file to a chain. Raises HubError: `damaged` for a truncated file,
    `unknown-layout` for a graph with an unsupported node, or whose pictures differ from the
    chain's."""
    line = GraphWalk(file)
    line.follow()
    found = line.recognised()
    line.check(found)
    return found


def _load(file: Path) -> Any:
    onnx = importlib.import_module("onnx")
    try:
        model = onnx.load_from_string(file.read_bytes())
        if not model.graph.node:
            raise ValueError
    except MemoryError:
        raise
    except Exception as error:  # protobuf raises its own
        raise HubError(
            "damaged",
            "{name} must be a whole ONNX file, it is torn or something else; fetch it again, or "
            "choose another",
            name=shown(file.name),
        ) from error
    if any(t.data_location == onnx.TensorProto.EXTERNAL for t in _tensors(model)):
        raise HubError(
            "refused",
            "{name} keeps its weights in a second file, which is not read; save it again as one "
            "file (onnx.save with save_as_external_data=False)",
            name=shown(file.name),
        )
    return model


def _nodes(model: Any) -> Iterator[Any]:
    for holder in (model.graph, *model.functions):
        yield from holder.node


def _tensors(model: Any) -> Iterator[Any]:
    """Every tensor stored in the file, except those of subgraphs."""
    yield from model.graph.initializer
    for node in _nodes(model):
        for attribute in node.attribute:
            yield from (attribute.t, *attribute.tensors)


class GraphWalk:
    """Walks a graph from noise to picture, node by node."""

    def __init__(self, file: Path) -> None:
        self.name = shown(file.name)
        self.onnx = importlib.import_module("onnx")
        self.model = _load(file)
        self.graph = self.model.graph
        self.input, self.z = self._input()
        self.values = self._run()
        self.moving = self._moving()
        self.chain = Chain()
        self.at: str = self.input.name
        self.scale, self.shift = 1.0, 0.0  # ops on the picture after its activation
        self.is_last_axis = False  # the output is channels-last

    # ---- what is there --------------------------------------------------------------------------

    def refuse(self, why: str, **values: object) -> NoReturn:
        """Raise HubError with the reason, a template and its values."""
        raise HubError(
            "unknown-layout",
            "an ONNX generator must be one line of layers from noise to a picture, {name} is "
            "not: {why}; choose the .pth or .safetensors file that it was made from",
            name=self.name,
            why=Message(why, **values),
        )

    def refuse_kind(self, op: str) -> NoReturn:
        """Raise HubError for an unsupported node."""
        self.refuse("its {node} is of a kind that is not read", node=shown(op))

    def _input(self) -> tuple[Any, Tensor]:
        constants = {tensor.name for tensor in self.graph.initializer}
        inputs = [i for i in self.graph.input if i.name not in constants]
        if len(inputs) != 1 or len(self.graph.output) != 1:
            outputs = len(self.graph.output)
            self.refuse(
                "it has {inputs} inputs and {outputs} outputs", inputs=len(inputs), outputs=outputs
            )
        kind = inputs[0].type.tensor_type
        sizes = [d.dim_value for d in kind.shape.dim]
        if kind.elem_type != self.onnx.TensorProto.FLOAT:
            self.refuse("it takes numbers of another type than float32")
        right = len(sizes) in (2, 4) and all(size == 1 for size in sizes[2:])
        if not right or not 0 < sizes[1] <= MAX_Z:
            self.refuse(
                "it takes {shape}, not noise of N x z or N x z x 1 x 1",
                shape=" x ".join(str(s or "N") for s in sizes) or Message("no sizes"),
            )
        batch = sizes[0] if 0 < sizes[0] <= MAX_BATCH else 2
        z = torch.randn(batch, sizes[1], generator=torch.Generator().manual_seed(SEED))
        return inputs[0], z.reshape(batch, *sizes[1:])

    def _run(self) -> dict[str, Array]:
        reference = importlib.import_module("onnx.reference")
        for node in _nodes(self.model):  # Loop, If and Scan: not in a chain, and may never end
            if any(a.HasField("g") or a.graphs for a in node.attribute):
                self.refuse_kind(node.op_type)
        for node in self.graph.node:
            if node.op_type == "BatchNormalization":
                if self._options(node).get("training_mode") or len(node.output) > 1:
                    self.refuse("it was saved in training mode")
                # below opset 14 the reference mixes in 1 - momentum of the batch's statistics
                kept = [a for a in node.attribute if a.name != "momentum"]
                del node.attribute[:]
                node.attribute.extend([*kept, self.onnx.helper.make_attribute("momentum", 1.0)])
        try:
            evaluator = reference.ReferenceEvaluator(self.model)
            found = evaluator.run(None, {self.input.name: self.z.numpy()}, intermediate=True)
        except MemoryError:
            raise
        except Exception as error:  # a graph can be invalid in any way
            raise HubError(
                "unknown-layout",
                "{name} cannot be run ({reason}); choose the .pth or .safetensors file that it "
                "was made from",
                name=self.name,
                reason=type(error).__name__,
            ) from error
        known = {t.name: self.onnx.numpy_helper.to_array(t) for t in self.graph.initializer}
        return known | {k: v for k, v in found.items() if isinstance(v, np.ndarray)}

    def _moving(self) -> set[str]:
        """Names of the values that depend on z, not only on the batch size."""
        moving = {self.input.name}
        for node in self.graph.node:
            if node.op_type != "Shape" and moving & set(node.input):
                moving |= set(node.output)
        return moving

    def _options(self, node: Any) -> dict[str, Any]:
        return {a.name: self.onnx.helper.get_attribute_value(a) for a in node.attribute}

    def shape(self, name: str) -> tuple[int, ...]:
        """Shape of a value, batch first."""
        return tuple(self.values[name].shape)

    def tensor(self, node: Any, index: int) -> Tensor:
        """A node's input that is a weight, in float32."""
        name = node.input[index]
        if name in self.moving or name not in self.values:
            self.refuse_kind(node.op_type)
        return torch.from_numpy(self.values[name].astype(np.float32))

    # ---- the line -------------------------------------------------------------------------------

    def follow(self) -> None:
        """Follow the nodes from z on."""
        end = self.graph.output[0].name
        while self.at != end:
            users = [
                node
                for node in self.graph.node
                if self.at in node.input and set(node.output) & self.moving
            ]
            if len(users) == 2 and self._is_silu(users):
                self.chain.add("silu")
                self.at = users[1].output[0]
                continue
            if len(users) != 1:
                place = shown(self.at)
                self.refuse("it has {count} ways at {place}", count=len(users), place=place)
            node = users[0]
            if len([name for name in node.input if name in self.moving]) != 1:
                self.refuse_kind(node.op_type)
            self._take(node)
            self.at = node.output[0]

    def _is_silu(self, users: list[Any]) -> bool:
        """x times its own sigmoid."""
        first, second = users
        return (first.op_type, second.op_type) == ("Sigmoid", "Mul") and set(second.input) == {
            self.at,
            first.output[0],
        }

    def _take(self, node: Any) -> None:
        op, options = node.op_type, self._options(node)
        before, after = self.shape(self.at), self.shape(node.output[0])
        if before[:1] != after[:1]:
            self.refuse_kind(op)
        if op in NOTHING:
            return
        if op in SHAPING:
            self._reshape(before[1:], after[1:])
        elif op in PLAIN:
            self.chain.add(PLAIN[op])
        elif op == "Sigmoid":
            self.chain.add("sigmoid")
        elif op in ("Add", "Sub", "Mul", "Div"):
            self._arithmetic(node)
        elif op == "Transpose" and list(options.get("perm", ())) == [0, 2, 3, 1]:
            self.is_last_axis = True  # right where nothing but arithmetic follows; check() sees it
        elif (take := OPS.get(op)) is not None:
            take(self, node, options)
        else:
            self.refuse_kind(op)

    def _reshape(self, before: tuple[int, ...], after: tuple[int, ...]) -> None:
        if before == after:
            return
        if len(after) == 2:  # a picture without its single channel axis
            after = (1, *after)
        if not self.chain.layers:
            return  # z as units or as maps of 1 x 1: the first layer decides
        if len(after) not in (1, 3):
            self.refuse_kind("Reshape")
        if len(before) != 1:
            self.chain.add("flatten")
        if len(after) != 1:
            self.chain.add(f"reshape {after[0]} {after[1]} {after[2]}")

    def _arithmetic(self, node: Any) -> None:
        first = node.input[0] in self.moving
        value = self.tensor(node, 1 if first else 0)
        op = node.op_type
        bias = self._bias_of(value)
        if op == "Add" and bias is not None:
            self.chain.layers[-1] += " bias"
            self.chain.tensors[f"layers.{len(self.chain.layers) - 1}.bias"] = bias
            return
        number = float(value.flatten()[0]) if value.numel() == 1 else None
        if number is None or not self.chain.layers or (not first and op in ("Sub", "Div")):
            self.refuse_kind(op)
        if op in ("Add", "Sub"):
            self.shift += number if op == "Add" else -number
        else:
            factor = number if op == "Mul" else 1 / (number or float("inf"))
            self.scale, self.shift = self.scale * factor, self.shift * factor

    def _bias_of(self, value: Tensor) -> Tensor | None:
        """`value` as the bias of the previous layer, if it has none and the shape fits."""
        last = self.chain.layers[-1].split() if self.chain.layers else []
        if not last or last[0] not in ("linear", "conv", "deconv") or last[-1] == "bias":
            return None
        sizes = [size for size in value.shape if size != 1]
        right = sizes == [int(last[2])]
        if last[0] != "linear":
            right = right and value.dim() >= 3 and value.shape[-1] == value.shape[-2] == 1
        return value.flatten() if right else None

    # ---- what comes out -------------------------------------------------------------------------

    def recognised(self) -> Recognised:
        """The resulting model; ops after the picture's activation are inverted."""
        shape = self.shape(self.graph.output[0].name)[1:]
        if self.is_last_axis and len(shape) == 3:
            shape = (shape[2], *shape[:2])
        if len(shape) == 2:
            shape = (1, *shape)
        if len(shape) != 3 or shape[0] not in (1, 3, 4) or shape[1] != shape[2]:
            self.refuse("it gives {shape}, no square picture", shape=" x ".join(map(str, shape)))
        words = [layer.split()[0] for layer in self.chain.layers]
        word = next((w for w in reversed(words) if w not in ("reshape", "flatten")), "")
        notes: tuple[str, ...] = ()
        if word == "sigmoid":
            self.chain.add("signed")
        elif word not in ("tanh", "clip"):
            own = self.values[self.graph.output[0].name]
            if not np.abs(own).max() <= 1 + TOLERANCE:
                self.refuse(
                    "it gives values from {least} to {most}, not -1 to 1",
                    least=f"{own.min():.3g}",
                    most=f"{own.max():.3g}",
                )
            self.chain.add("clip")
        if (self.scale, self.shift) != (1.0, 0.0):
            if word not in ("tanh", "sigmoid") or self.scale <= 0:
                self.refuse_kind("Mul")  # of unbounded values
            notes = (
                f"the file's own pictures are multiplied by {self.scale:g} and shifted by "
                f"{self.shift:g}; here they are within -1 and 1",
            )
        config = PortedConfig(
            architecture="chain", resolution=shape[1], channels=shape[0],
            z_dim=self.z.shape[1], g_layers=tuple(self.chain.layers),
        )  # fmt: skip
        return Recognised("onnx", config, self.chain.tensors, notes=notes)

    @torch.no_grad()
    def check(self, found: Recognised) -> None:
        """Raises HubError if our chain's pictures differ from the file's own."""
        own = torch.from_numpy(self.values[self.graph.output[0].name].astype(np.float32))
        if self.is_last_axis:
            own = own.permute(0, 3, 1, 2)
        own = (own - self.shift) / self.scale
        if "signed" in found.config.g_layers:
            own = 2 * own - 1
        try:
            g = build_generator(found.config)
            g.load_state_dict(found.g, strict=True)
        except ConfigError as error:
            self.refuse("it makes no model ({reason})", reason=error.message)
        except RuntimeError as error:
            reason = shown(str(error).splitlines()[-1].strip())
            self.refuse("it makes no model ({reason})", reason=reason)
        ours = g.eval().synthesis(self.z.flatten(1))
        own = own.reshape(ours.shape).clamp(-1, 1)
        if not float((ours - own).abs().max()) <= TOLERANCE:
            self.refuse("it gives other pictures than its layers do here")
