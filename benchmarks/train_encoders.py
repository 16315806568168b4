"""The bundled encoders, made again: `python -m benchmarks.train_encoders fashion`.

An encoder guesses z and class from a picture, so that inversion starts near the end. It learns from
pictures that the generator makes (where the answer is known), and from real ones: what the
generator makes of the guess shall look like the picture. Writes encoder.safetensors and
encoder.json into the weights folder, and a line into its card.
"""

from __future__ import annotations

import argparse
import math
import time
from dataclasses import dataclass, replace
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from gan.checkpoint import Weights, load, weights_dir
from gan.data import load_data
from gan.files import write_json
from gan.images import normalise
from gan.latent.encoder import ENCODER_CONFIG, ENCODER_FILE, Encoder, EncoderConfig
from gan.metrics.features import FeatureNet, features_for, load_features
from gan.models import Generator
from gan.schema import to_json
from gan.tensors import save_modules

BATCH, OF_REALS, LOOKED_AT = 64, 16, 32
LR = 2e-3
Z_WEIGHT, CLASS_WEIGHT, PIXEL_WEIGHT = 0.5, 0.2, 0.5
SCALE_SAMPLES = 512
HELD_OUT = 256
CARD_LINE = (
    "`encoder.safetensors` guesses z from a picture, where inversion starts: "
    "`python -m gan invert --weights {name} --image FILE --out FILE.png`."
)


class Plan(NamedTuple):
    """What one encoder is and how long it learns."""

    widths: tuple[int, ...]
    steps: int
    seed: int = 1


PLANS = {
    "fashion": Plan((32, 64, 96), 1600),
    "emoji": Plan((32, 64, 80), 1600),
    "cats": Plan((24, 48, 64, 80), 1600),
}


@dataclass(frozen=True)
class Task:
    """The generator, what looks alike, and what distances are usual."""

    g: Generator
    net: FeatureNet
    feature_scale: float
    pixel_scale: float

    def apart(self, x: Tensor, other: Tensor) -> Tensor:
        """How unlike pictures are (N,); random ones are about 1 apart in either part."""
        feature = (self.net(x) - self.net(other)).square().sum(1) / self.feature_scale
        pixel = (x - other).square().flatten(1).mean(1) / self.pixel_scale
        return feature + PIXEL_WEIGHT * pixel


def task_of(weights: Weights, rng: torch.Generator) -> Task:
    g = weights.generator
    net = load_features(features_for(weights.config.data, g.image_shape[0]))
    with torch.no_grad():
        x = draw(g, SCALE_SAMPLES, rng)[0]
        feature, pixel = 2 * net(x).var(0).sum().item(), 2 * x.var(0).mean().item()
    return Task(g, net, feature, pixel)


@torch.no_grad()
def draw(g: Generator, count: int, rng: torch.Generator) -> tuple[Tensor, Tensor, Tensor | None]:
    """Pictures with the z and labels that made them."""
    z = torch.randn(count, g.z_dim, generator=rng)
    labels = torch.randint(g.classes, (count,), generator=rng) if g.classes else None
    return g(z, labels), z, labels


def loss_of(task: Task, encoder: Encoder, real: Tensor, rng: torch.Generator) -> Tensor:
    """One batch: known pictures, then real ones."""
    fake, z, labels = draw(task.g, BATCH - OF_REALS, rng)
    x = torch.cat([real, fake])
    guess, logits = encoder(x)
    weights = None if logits is None else logits.softmax(1)
    some = slice(LOOKED_AT)  # painting and looking take most of the time
    again = task.g(guess[some], None if weights is None else weights[some])
    loss = task.apart(again, x[some]).mean()
    guess, logits = guess[OF_REALS:], None if logits is None else logits[OF_REALS:]
    loss = loss + Z_WEIGHT * F.mse_loss(guess, z)
    if logits is not None:
        loss = loss + CLASS_WEIGHT * F.cross_entropy(logits, labels)
    return loss


def train(weights: Weights, plan: Plan) -> Encoder:
    rng = torch.Generator().manual_seed(plan.seed)
    shape = weights.config.model
    config = EncoderConfig(
        model=weights.revision, resolution=shape.resolution, channels=shape.channels,
        z_dim=shape.z_dim, classes=shape.classes, widths=plan.widths, seed=plan.seed,
        nimg=plan.steps * BATCH,
    )  # fmt: skip
    encoder = built(config, rng).train()
    task = task_of(weights, rng)
    images = load_data(
        weights.config.data, resolution=shape.resolution, channels=shape.channels
    ).pixels
    optimizer = torch.optim.Adam(encoder.parameters(), lr=LR, betas=(0.9, 0.99), fused=True)
    for step in range(plan.steps):
        rate = LR * 0.5 * (1 + math.cos(math.pi * step / plan.steps))
        for group in optimizer.param_groups:
            group["lr"] = rate
        rows = torch.randint(len(images), (OF_REALS,), generator=rng)
        loss = loss_of(task, encoder, normalise(images[rows]), rng)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if step % 100 == 0:
            print(f"step {step:,} of {plan.steps:,}: loss {loss.item():.3f}", flush=True)
    report(task, encoder.eval(), rng)
    return encoder


def built(config: EncoderConfig, rng: torch.Generator) -> Encoder:
    """An encoder whose first weights come from `rng`."""
    encoder = Encoder(config)
    for module in encoder.modules():
        if isinstance(module, torch.nn.Conv2d | torch.nn.Linear):
            fan_in = module.weight[0].numel()
            torch.nn.init.normal_(module.weight, 0.0, fan_in**-0.5, generator=rng)
            if module.bias is not None:
                torch.nn.init.zeros_(module.bias)
    return encoder


@torch.no_grad()
def report(task: Task, encoder: Encoder, rng: torch.Generator) -> None:
    """Feature distance of guesses to pictures that it never saw, and between random pictures."""
    x, z, _ = draw(task.g, HELD_OUT, rng)
    points = encoder.encode(x)
    again = task.g(points.z, points.weights)
    near = (task.net(again) - task.net(x)).norm(dim=1).mean()
    far = torch.pdist(task.net(x)).mean()
    error = F.mse_loss(points.z, z)
    print(f"guess {near:.2f} away in features, random {far:.2f}; squared error of z {error:.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", choices=PLANS)
    parser.add_argument("--steps", type=int)
    args = parser.parse_args()
    torch.set_num_threads(1)
    plan = PLANS[args.name]
    plan = plan._replace(steps=args.steps or plan.steps)
    started = time.perf_counter()
    encoder = train(load(args.name), plan)
    seconds = round(time.perf_counter() - started, 1)
    folder = weights_dir() / args.name
    save_modules(folder / ENCODER_FILE, {"encoder": encoder})
    (folder / ENCODER_FILE).chmod(0o644)
    write_json(folder / ENCODER_CONFIG, to_json(replace(encoder.config, seconds=seconds)))
    card, line = folder / "README.md", CARD_LINE.format(name=args.name)
    text = card.read_text("utf-8")
    if line not in text:
        card.write_text(text.replace("\n## Limits\n", f"\n{line}\n\n## Limits\n"), "utf-8")
    print(f"{folder / ENCODER_FILE}: {seconds:.0f} s")


if __name__ == "__main__":
    main()
