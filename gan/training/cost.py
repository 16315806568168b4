"""What a training takes, by arithmetic and before anything is built: bytes of memory, and work of
its longest step."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any, NamedTuple

from torch import nn

from gan.config import Family, ModelConfig, RunConfig
from gan.families import halvings, pixels_of
from gan.losses import LOSSES
from gan.models import NETWORKS, count_parameters
from gan.models.critics import shape_at
from gan.models.flow import Refine
from gan.models.rnn import MIXTURES, PASSES, REACH
from gan.models.shapes import shapes_only

FLOAT = 4  # bytes; with bfloat16 it takes less, but not every processor multiplies that
PROCESS_MB = 420.0  # Python, torch, and what measures the samples
ADAM, MOMENT = 2, 1  # tensors that an optimiser keeps for each parameter
GRADIENTS = 2  # the sum, and what is being added to it
AVERAGES = 2  # of G
LAYOUTS = 2  # copies of the weights in oneDNN's order, for a pass and for its gradient
LOGISTICS = 12  # tensors of a picture's values that one discretised logistic keeps
GRU_KEEPS = 8  # numbers of a GRU's memory kept for each step: three gates, their inputs, h twice
TEMPORARY = 4.0  # of the widest layer's output, while its gradient is computed
# images whose layers' outputs D keeps at once, for each one judged: the forward pass 1, its
# gradient as a graph of its own 1, and what backward through both holds
PENALTY_KEEPS = 3.0
# in forward passes: a pass and its gradient are 1 + 2 (Baydin et al. 2018, table 1: at most 4 to 6
# for gradients of gradients), a penalty's are the pass, its gradient for x, and backward of both
PASS, TRAINED, PENALISED, JUDGED = 1.0, 3.0, 6.0, 2.0
FLOPS_PER_S = 20e9  # of one core, float32; convolutions reach 40e9 and more with AVX2 at 2.5 GHz
BYTES_PER_S = 3e9  # of elementwise layers on one core
TRAFFIC = 12.0  # times that a layer's output is read or written, for each forward pass of it
STEP_S = 0.02  # of Python around a step's operations
MB = 2.0**20


class Pass(NamedTuple):
    """One network's forward pass of one image."""

    flops: float = 0.0
    kept: float = 0.0  # numbers of all layers' outputs
    widest: float = 0.0  # of one layer's
    parameters: float = 0.0

    def times(self, count: float, *, per_image: float = 1.0) -> Pass:
        """`count` of such networks, each asked `per_image` times an image."""
        asked = count * per_image
        return Pass(self.flops * asked, self.kept * asked, self.widest, self.parameters * count)

    def plus(self, other: Pass) -> Pass:
        """Both, one after the other."""
        return Pass(
            self.flops + other.flops,
            self.kept + other.kept,
            max(self.widest, other.widest),
            self.parameters + other.parameters,
        )


class Cost(NamedTuple):
    """What a training takes at most."""

    memory_mb: float  # MB (2**20 bytes)
    step_s: float  # of the longest step, on one core at FLOPS_PER_S and BYTES_PER_S
    flops: float  # of that step


def training_cost(config: RunConfig, *, data_mb: float = 0.0) -> Cost:
    """What a training of `config`, with explicit widths, takes on one core.

    A few milliseconds: layers are walked, not run. data_mb: of the images in memory. On 13 configs
    that nothing was tuned on (benchmarks/RESULTS.md) memory was 0.86 to 1.22 of the measured peak
    in float32, the step 1.2 to 5 times the measured processor time.
    """
    model, batch = config.model, config.train.largest_batch
    g, second = passes(model)
    if NETWORKS[model.family].discriminator is None:
        kept = g.plus(second)
        work = _work(kept, TRAINED * batch)
        held = batch * kept.kept + batch * TEMPORARY * kept.widest
    else:
        work, held = _game(config, g, second)
    parameters = g.parameters + second.parameters
    states = ADAM if config.train.optimizer in ("adam", "adamw", "muon") else MOMENT
    saved = 1 + states  # written at once, while a checkpoint is
    fixed = parameters * (1 + states + GRADIENTS + LAYOUTS + saved)
    fixed += AVERAGES * g.parameters
    shown = 8 * batch * pixels_of(model)  # the batch, G's, what D is shown, and their gradients
    memory = PROCESS_MB + data_mb + FLOAT * (fixed + held + shown) / MB
    return Cost(memory, STEP_S * config.train.d_steps + work.seconds, work.flops)


class _Work(NamedTuple):
    flops: float
    seconds: float

    def __add__(self, other: object) -> _Work:
        assert isinstance(other, _Work)
        return _Work(self.flops + other.flops, self.seconds + other.seconds)


def _work(network: Pass, images: float) -> _Work:
    """So many forward passes: products, and reading and writing what they make."""
    flops = network.flops * images
    moved = FLOAT * network.kept * images * TRAFFIC / TRAINED
    return _Work(flops, flops / FLOPS_PER_S + moved / BYTES_PER_S)


def _game(config: RunConfig, g: Pass, d: Pass) -> tuple[_Work, float]:
    """The work of a step with all penalties, and the numbers kept at its fullest moment."""
    t = config.train
    batch, loss = t.largest_batch, LOSSES[t.loss]
    lazily = batch * ((t.r1 > 0) + (t.r2 > 0))
    between = batch if loss.gradient_penalty else 0
    update_d = _work(d, TRAINED * 2 * batch + (PENALISED - TRAINED) * lazily + PENALISED * between)
    update_g = _work(g, (TRAINED - PASS) * batch) + _work(
        d, (JUDGED + (PASS if loss.paired else 0)) * batch
    )
    work = update_g
    for _ in range(t.d_steps):
        work += update_d + _work(g, PASS * batch)
    judged = 2 * batch + (PENALTY_KEEPS - 1) * lazily + PENALTY_KEEPS * between
    at_once = max(batch * g.widest, 2 * batch * d.widest)
    return work, batch * g.kept + judged * d.kept + TEMPORARY * at_once


@lru_cache(maxsize=256)
def passes(model: ModelConfig) -> tuple[Pass, Pass]:
    """A forward pass of G as it is trained, and of all of D or of the encoder; nothing without
    one."""
    networks = NETWORKS[model.family]
    if model.family in COUNTED:
        return COUNTED[model.family](model), Pass()
    logistic = LOGISTICS * pixels_of(model) if networks.encoder is not None else 0
    with shapes_only():
        size = 1 if model.family == "dcgan" else model.resolution >> halvings(model.resolution)
        g = _walk(networks.generator(model), size).plus(Pass(kept=logistic))
        if networks.encoder is not None:
            return g, _walk(networks.encoder(model), model.resolution)
        if networks.discriminator is None:
            return g, Pass()
        plain = replace(model, spectral_norm=False)
        d = Pass()
        for scale in range(model.d_scales):
            shape = shape_at(plain, scale)
            one = _walk(networks.discriminator(shape), shape.resolution)
            d = d.plus(one.times(model.d_count, per_image=1 / model.packing))
    return g, d


def _walk(network: nn.Module, size: int, out: float = 0.0) -> Pass:
    """Count layer by layer; `size` (px) is what the first convolution sees, `out` how many numbers
    the first layer sees."""
    flops = kept = widest = 0.0
    for layer in _layers(network):
        if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
            before, size = size, _size_after(layer, size)
            places = before if isinstance(layer, nn.ConvTranspose2d) else size
            flops += 2.0 * places**2 * layer.weight.numel()
            out = float(layer.out_channels * size**2)
        elif isinstance(layer, nn.Linear):
            flops += 2.0 * layer.weight.numel()
            out = float(layer.out_features)
        elif isinstance(layer, nn.Embedding):
            continue
        kept, widest = kept + out, max(widest, out)
    return Pass(flops, kept, widest, count_parameters(network))


def _layers(network: nn.Module) -> Iterator[nn.Module]:
    """The layers in order, each as often as it is used."""
    inner = list(network._modules.values())
    if not inner:
        yield network
    for module in inner:
        if module is not None:
            yield from _layers(module)


def _size_after(layer: nn.Conv2d | nn.ConvTranspose2d, size: int) -> int:
    kernel, stride, padding = layer.kernel_size[0], layer.stride[0], layer.padding[0]
    assert isinstance(padding, int)
    if isinstance(layer, nn.ConvTranspose2d):
        return (size - 1) * stride - 2 * padding + kernel + layer.output_padding[0]
    return (size + 2 * padding - kernel) // stride + 1


def _rnn(model: ModelConfig) -> Pass:
    """All rows of an image at once, as in training: memory, context, and three passes a row."""
    with shapes_only():
        g = NETWORKS[model.family].generator(model)
    parts: Mapping[str, Any] = dict(g.named_children())
    memory, context, width = model.g_widths
    size, values = model.resolution, pixels_of(model)
    flops = 2.0 * size * count_parameters(parts["rows"])
    flops += 2.0 * size * count_parameters(parts["to_context"])
    flops += 2.0 * size**2 * count_parameters(parts["above"])
    kept = size * GRU_KEEPS * memory + 3.0 * size**2 * context
    for columns, look, head in zip(PASSES, parts["passes"], parts["heads"], strict=True):
        pixels = size * size / columns.every
        flops += 2.0 * pixels * (count_parameters(look) + count_parameters(head))
        known = (context + model.channels) * (2 * REACH + 2)
        kept += pixels * (known + 4 * width + head.out_features)
    kept += LOGISTICS * MIXTURES * values
    return Pass(flops, kept, float(size**2 * context), count_parameters(g))


def _flow(model: ModelConfig) -> Pass:
    """The velocity at one place and time: down the U-Net and up again."""
    with shapes_only():
        g = NETWORKS[model.family].generator(model)
    parts: Mapping[str, Any] = dict(g.named_children())
    size, found = model.resolution, _walk(parts["told"], 1)
    for halve, blocks in zip(parts["down"], parts["left"], strict=True):
        found = found.plus(_walk(halve, size))
        size = _size_after(halve, size)
        found = found.plus(_refined(blocks, size))
    mix, width = parts["mix"], model.g_widths[-1]
    products = 2.0 * width * (mix.mix.weight.numel() + mix.back[1].weight.numel())
    kept = width * (1.0 * size**2 + 2 * mix.mix.out_features)
    found = found.plus(Pass(products, kept, width * mix.mix.out_features))
    for i, (blocks, double) in enumerate(zip(parts["right"], parts["up"], strict=True)):
        if i:
            size = _size_after(parts["up"][i - 1], size)
        found = found.plus(_refined(blocks, size)).plus(_walk(double, size))
    ends = nn.ModuleList([parts["own"], parts["last"]])
    found = found.plus(_walk(ends, model.resolution, double.out_channels * model.resolution**2))
    return found._replace(parameters=count_parameters(g))


def _refined(blocks: nn.ModuleList, size: int) -> Pass:
    """The residual blocks of one size (px)."""
    found = Pass()
    for block in blocks:
        assert isinstance(block, Refine)
        seen = block.tell.out_features * size**2
        maps = _walk(nn.ModuleList([block.first, block.second]), size, seen)
        found = found.plus(maps).plus(_walk(block.tell, size))
    return found


COUNTED: dict[Family, Callable[[ModelConfig], Pass]] = {"rnn": _rnn, "flow": _flow}
