"""A discriminator composed of several critics, at one or more resolutions."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d
from torch.nn.utils import parametrizations, parametrize

from gan.config import ModelConfig
from gan.families import layer_counts, layers_of
from gan.models.critic import Critic, CriticShape
from gan.models.protocol import Discriminator, DOutput

NORMALISED = (nn.Conv2d, nn.Linear, nn.Embedding)
POWER_ITERATIONS = 15  # power iterations to converge after a weight was replaced

Build = Callable[[CriticShape], Critic]


class Critics(Discriminator):
    """Several critics; those of scale s see the image average-pooled s times (multi-scale).

    Several discriminators: Durugkar et al. 2017; several resolutions: Wang et al. 2018 (pix2pixHD).
    """

    def __init__(self, members: dict[tuple[int, int], Critic]) -> None:
        super().__init__()
        self.members = nn.ModuleDict({f"{s}-{i}": d for (s, i), d in members.items()})
        first = next(iter(members.values()))
        self.classes, self.grouping, self.packing = first.classes, first.grouping, first.packing
        self.mixes_batch = any(d.mixes_batch for d in members.values())

    def outputs(self, x: Tensor, labels: Tensor | None = None) -> DOutput:
        """One row of logits per critic, in the order of `members`."""
        found = [d.outputs(pooled(x, scale), labels) for scale, d in self._placed()]
        classes = [f.classes for f in found if f.classes is not None]
        return DOutput(
            torch.cat([f.logits for f in found]), torch.cat(classes) if classes else None
        )

    def forward(self, x: Tensor, labels: Tensor | None = None) -> Tensor:
        """x (N, C, H, W) -> logits (N,): the mean over the critics."""
        return torch.stack([d(pooled(x, scale), labels) for scale, d in self._placed()]).mean(0)

    def _placed(self) -> list[tuple[int, Critic]]:
        return [(int(k.partition("-")[0]), cast(Critic, d)) for k, d in self.members.items()]


def pooled(x: Tensor, scale: int) -> Tensor:
    """x (N, C, H, W) halved `scale` times by averaging."""
    return avg_pool2d(x, 2**scale) if scale else x


def assemble(config: ModelConfig, build: Build) -> Discriminator:
    """Build the discriminator for `config`: a family's single critic, or several."""
    members = {
        (scale, i): build(shape_at(config, scale))
        for scale in range(config.d_scales)
        for i in range(config.d_count)
    }
    d = members[0, 0] if len(members) == 1 else Critics(members)
    if config.spectral_norm:
        _normalise(d)
    return d


def shape_at(config: ModelConfig, scale: int) -> CriticShape:
    """The shape of a critic for images halved `scale` times: it has fewer halvings left."""
    resolution = config.resolution >> scale
    widths = config.d_widths
    counts = layer_counts(config.family, resolution)
    if scale and counts is not None:
        widths = widths[: max(1, counts[layers_of(config.family, config.resolution, widths)])]
    return CriticShape(
        channels=config.channels,
        resolution=resolution,
        widths=widths,
        classes=config.classes,
        packing=config.packing,
        minibatch_std=config.minibatch_std,
        aux_classes=config.aux_classes,
        class_head=config.class_head,
    )


def _normalise(d: nn.Module) -> None:
    """Spectral norm on every layer; Miyato et al. 2018."""
    for module in list(d.modules()):
        if isinstance(module, NORMALISED):
            parametrizations.spectral_norm(module)


def keep_weights(old: Discriminator, new: Discriminator) -> tuple[int, int]:
    """Copy what fits of `old` into `new`; returns how many of its tensors, and the total.

    Critic by critic, name by name, where shapes match. A spectral norm's layer is copied by its
    effective weight.
    """
    kept = total = 0
    sources = _critics(old)
    for key, critic in _critics(new).items():
        source = _effective(sources[key]) if key in sources else {}
        for name, tensor in _effective(critic).items():
            total += 1
            if name in source and source[name].shape == tensor.shape:
                _put(critic, name, source[name])
                kept += 1
    return kept, total


def _critics(d: Discriminator) -> dict[str, nn.Module]:
    return dict(d.members.items()) if isinstance(d, Critics) else {"0-0": d}


def _effective(critic: nn.Module) -> dict[str, Tensor]:
    """Parameters and buffers by plain name, parametrised weights by their effective value."""
    found = {}
    for path, module in critic.named_modules():
        if "parametrizations" in path.split("."):
            continue
        prefix = f"{path}." if path else ""
        if parametrize.is_parametrized(module, "weight"):
            was = module.training
            with torch.no_grad():
                found[f"{prefix}weight"] = cast(Tensor, module.eval().weight).detach().clone()
            module.train(was)
        own = [*module.named_parameters(recurse=False), *module.named_buffers(recurse=False)]
        found |= {f"{prefix}{name}": tensor.detach() for name, tensor in own}
    return found


@torch.no_grad()
def _put(critic: nn.Module, name: str, value: Tensor) -> None:
    path, _, leaf = name.rpartition(".")
    module = critic.get_submodule(path)
    if not parametrize.is_parametrized(module, leaf):
        cast(Tensor, getattr(module, leaf)).copy_(value)
        return
    parametrization = getattr(module.parametrizations, leaf)
    parametrization.original.copy_(value)
    was = module.training
    module.train()
    for _ in range(POWER_ITERATIONS):
        getattr(module, leaf)
    module.train(was)
