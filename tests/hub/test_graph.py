"""ONNX generators: the converted model draws what onnxruntime draws from the file itself."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from torch import Tensor, nn

from gan.errors import HubError
from gan.hub import library, nodes
from gan.hub.loading import load
from gan.sampling import latents
from tests.hub.conftest import taken


class Plus(nn.Module):
    """Layers whose picture is given in another way."""

    def __init__(self, layers: nn.Module, end=lambda x: x, start=lambda z: z) -> None:
        super().__init__()
        self.layers, self.end, self.start = layers, end, start

    def forward(self, z: Tensor) -> Tensor:
        return self.end(self.layers(self.start(z)))


def dcgan() -> nn.Module:
    """As in pytorch/examples, smaller."""
    return nn.Sequential(
        nn.ConvTranspose2d(12, 16, 4, 1, 0, bias=False), nn.BatchNorm2d(16), nn.ReLU(),
        nn.ConvTranspose2d(16, 8, 4, 2, 1, bias=False), nn.BatchNorm2d(8), nn.ReLU(),
        nn.ConvTranspose2d(8, 3, 4, 2, 1, bias=False), nn.Tanh(),
    )  # fmt: skip


def dense(*end: nn.Module) -> nn.Module:
    return nn.Sequential(
        nn.Linear(12, 20), nn.BatchNorm1d(20), nn.LeakyReLU(0.2), nn.Linear(20, 256), *end
    )


def growing(act: nn.Module, *, mode: str = "nearest", bias: bool = True) -> nn.Module:
    """Upsampling and convolutions, with the large epsilon of PyTorch-GAN."""
    return nn.Sequential(
        nn.Linear(12, 8 * 16), nn.Unflatten(1, (8, 4, 4)), nn.BatchNorm2d(8),
        nn.Upsample(scale_factor=2, mode=mode), nn.Conv2d(8, 8, 3, padding=1, bias=bias),
        nn.BatchNorm2d(8, 0.8), act, nn.Upsample(scale_factor=2, mode=mode),
        nn.Conv2d(8, 1, 3, padding=1), nn.Tanh(),
    )  # fmt: skip


class Viewed(nn.Module):
    """Sizes that are worked out while it runs, as `x.view(x.size(0), ...)` exports them."""

    def __init__(self) -> None:
        super().__init__()
        self.fc, self.deconv = nn.Linear(12, 8 * 64), nn.ConvTranspose2d(8, 1, 4, 2, 1)

    def forward(self, z: Tensor) -> Tensor:
        h = torch.nn.functional.silu(self.fc(z.view(z.size(0), -1)))
        return torch.tanh(self.deconv(h.view(h.size(0), 8, 8, 8)))


READ = {
    "dcgan": (dcgan(), (2, 12, 1, 1), {}),
    "statistics kept": (dcgan(), (2, 12, 1, 1), {"training": torch.onnx.TrainingMode.PRESERVE}),
    "opset 11": (dcgan(), (2, 12, 1, 1),
                 {"training": torch.onnx.TrainingMode.PRESERVE, "opset_version": 11}),
    "opset 13": (dcgan(), (2, 12, 1, 1), {"opset_version": 13}),
    "dense": (Plus(dense(nn.Tanh()), lambda x: x.view(-1, 1, 16, 16)), (2, 12), {}),
    "without a channel": (Plus(dense(nn.Tanh()), lambda x: x.view(-1, 16, 16)), (2, 12), {}),
    "sigmoid": (Plus(dense(nn.Sigmoid()), lambda x: x.view(-1, 1, 16, 16)), (2, 12), {}),
    "in bytes": (Plus(dcgan(), lambda x: x * 127.5 + 127.5), (2, 12, 1, 1), {}),
    "in halves": (Plus(dcgan(), lambda x: (x + 1) / 2), (2, 12, 1, 1), {}),
    "channels last": (Plus(dcgan(), lambda x: x.permute(0, 2, 3, 1)), (2, 12, 1, 1), {}),
    "one at a time": (dcgan(), (1, 12, 1, 1), {"dynamic_axes": None}),
    "nearest": (growing(nn.LeakyReLU(0.1)), (2, 12), {}),
    "bilinear": (growing(nn.PReLU(8), mode="bilinear", bias=False), (2, 12), {}),
    "viewed": (Viewed(), (2, 12), {}),
    "viewed from maps": (Viewed(), (2, 12, 1, 1), {}),
    "instance": (
        nn.Sequential(
            nn.Linear(12, 8 * 16), nn.LayerNorm(128), nn.ELU(), nn.Unflatten(1, (8, 4, 4)),
            nn.ConvTranspose2d(8, 8, 3, 2, 1, output_padding=1), nn.InstanceNorm2d(8, affine=True),
            nn.SELU(), nn.Conv2d(8, 4, 3, padding=1), nn.PixelShuffle(2), nn.Hardtanh(),
        ),
        (2, 12), {},
    ),
}  # fmt: skip


def exported(model: nn.Module, sizes: tuple[int, ...], **more: object) -> bytes:
    generator = torch.Generator().manual_seed(5)
    with torch.no_grad():
        for norm in model.modules():  # as if it had been trained
            if isinstance(norm, nn.BatchNorm1d | nn.BatchNorm2d):
                for tensor in (norm.weight, norm.bias, norm.running_mean, norm.running_var):
                    tensor.copy_(0.5 + torch.rand(tensor.shape, generator=generator))
    stream = io.BytesIO()
    options = {"opset_version": 17, "dynamo": False, "dynamic_axes": {"z": {0: "n"}}} | more
    torch.onnx.export(
        model.eval(), (torch.randn(sizes),), stream, input_names=["z"], output_names=["x"],
        **options,
    )  # fmt: skip
    return stream.getvalue()


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")
@pytest.mark.parametrize("name", READ)
def test_the_pictures_are_those_of_onnxruntime(here, tmp_path: Path, name: str):
    model, sizes, more = READ[name]
    data = exported(model, sizes, **more)
    (tmp_path / "g.bin").write_bytes(data)  # told by its content
    loaded = load(taken(tmp_path / "g.bin").ref)
    z = latents(12, range(3))
    session = onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])
    parts = z.reshape(3, *sizes[1:]).split(1)  # one at a time: some graphs take no more
    wanted = np.concatenate([session.run(None, {"z": part.numpy()})[0] for part in parts])
    if name == "in bytes":
        wanted = wanted / 127.5 - 1
    if name in ("in halves", "sigmoid"):
        wanted = 2 * wanted - 1
    if name == "channels last":
        wanted = wanted.transpose(0, 3, 1, 2)
    found = loaded.generator(z)
    np.testing.assert_allclose(found.detach().numpy().reshape(wanted.shape), wanted, atol=1e-5)
    assert loaded.config.source is not None
    assert loaded.config.source.layout == "onnx"


class Two(nn.Module):
    """A label beside z."""

    def forward(self, z: Tensor, label: Tensor) -> Tensor:
        return torch.tanh(torch.cat([z, label], 1)).reshape(-1, 1, 4, 4)


class Residual(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.a = nn.Linear(16, 16)

    def forward(self, z: Tensor) -> Tensor:
        return torch.tanh(z + self.a(z)).reshape(-1, 1, 4, 4)


def changed(data: bytes, change) -> bytes:
    model = onnx.load_from_string(data)
    change(model)
    return model.SerializeToString()


def endless(model) -> None:
    """A node that holds a graph, as Loop does."""
    graph = onnx.helper.make_graph([], "body", [], [])
    model.graph.node[-1].attribute.append(onnx.helper.make_attribute("body", graph))
    model.graph.node[-1].op_type = "Loop"


def constant(model) -> None:
    """A weight in a Constant node whose values are to be read from another file."""
    external(model)
    tensor = model.graph.initializer[0]
    node = onnx.helper.make_node("Constant", [], [tensor.name], value=tensor)
    model.graph.node.insert(0, node)
    del model.graph.initializer[0]


def external(model) -> None:
    tensor = model.graph.initializer[0]
    tensor.data_location = onnx.TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="../../secret")


REFUSED = {
    "torn": (lambda data: data[: len(data) // 2], "torn|cannot be run"),
    "external": (lambda data: changed(data, external), "in a second file"),
    "external constant": (lambda data: changed(data, constant), "in a second file"),
    "a graph within": (lambda data: changed(data, endless), "its Loop is"),
    "another layer": (
        lambda data: changed(data, lambda m: setattr(m.graph.node[-1], "op_type", "Cos")),
        "its Cos is",
    ),
}


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")
@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_line_of_layers_is_refused_with_a_sentence(here, tmp_path: Path, name: str):
    change, said = REFUSED[name]
    (tmp_path / "g.onnx").write_bytes(change(exported(dcgan(), (2, 12, 1, 1))))
    with pytest.raises(HubError, match=said):
        taken(tmp_path / "g.onnx")
    assert library.listed() == []


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")
def test_pictures_that_would_be_shown_otherwise_are_refused(here, tmp_path: Path):
    as_bytes = Plus(dense(), lambda x: (40 * x + 128).view(-1, 1, 16, 16))
    (tmp_path / "b.onnx").write_bytes(exported(as_bytes, (2, 12)))
    with pytest.raises(HubError, match=r"values from|its Mul|its Add"):
        taken(tmp_path / "b.onnx")
    (tmp_path / "n.onnx").write_bytes(exported(Plus(dcgan(), lambda x: x * -1), (2, 12, 1, 1)))
    with pytest.raises(HubError, match="its Mul"):
        taken(tmp_path / "n.onnx")


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")
def test_two_ways_and_two_inputs_are_refused(here, tmp_path: Path):
    (tmp_path / "r.onnx").write_bytes(exported(Residual(), (2, 16)))
    with pytest.raises(HubError, match="has 2 ways"):
        taken(tmp_path / "r.onnx")
    stream = io.BytesIO()
    inputs = (torch.randn(1, 8), torch.randn(1, 8))
    torch.onnx.export(Two(), inputs, stream, dynamo=False)
    (tmp_path / "t.onnx").write_bytes(stream.getvalue())
    with pytest.raises(HubError, match="has 2 inputs"):
        taken(tmp_path / "t.onnx")


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")
def test_a_graph_that_is_read_wrongly_is_refused_and_not_shown(here, tmp_path: Path, monkeypatch):
    monkeypatch.setitem(nodes.OPS, "LeakyRelu", lambda line, *_: line.chain.add("relu"))
    model = Plus(dense(nn.Tanh()), lambda x: x.view(-1, 1, 16, 16))
    (tmp_path / "g.onnx").write_bytes(exported(model, (2, 12)))
    with pytest.raises(HubError, match="other pictures"):
        taken(tmp_path / "g.onnx")
