"""Trains the two feature networks of gan.metrics and writes their weights folders.

    OMP_NUM_THREADS=1 python -m benchmarks.train_features fashion   # all of Fashion-MNIST
    OMP_NUM_THREADS=1 python -m benchmarks.train_features generic   # emoji, garments and digits

One thread each. What came out, on which machine and when, stands in each folder's README.md.
Training uses batch norm; what is saved has it folded into the convolutions.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from gan.data import ImageSet, fashion_test, load_data
from gan.images import normalise
from gan.metrics.features import POOL_AFTER, FeatureConfig, FeatureNet, extract, fit_images

DISTORTIONS = 5  # clean, blurred, noisy, blocky, checkered
TEMPERATURE = 0.2  # of NT-Xent
LABEL_WEIGHT, DISTORTION_WEIGHT = 0.3, 0.3


def initialise(module: nn.Module, generator: torch.Generator) -> None:
    for part in module.modules():
        if isinstance(part, nn.Conv2d | nn.Linear):
            nn.init.kaiming_normal_(part.weight, nonlinearity="relu", generator=generator)
            nn.init.zeros_(part.bias)


class Trainable(nn.Module):
    """A FeatureNet with batch norm after each convolution."""

    def __init__(self, net: FeatureNet, generator: torch.Generator) -> None:
        super().__init__()
        self.net = net
        self.norms = nn.ModuleList(nn.BatchNorm2d(w) for w in net.config.widths)
        initialise(net, generator)

    def forward(self, x: Tensor) -> Tensor:
        h = x.contiguous(memory_format=torch.channels_last)
        for i, (conv, norm) in enumerate(zip(self.net.convs, self.norms, strict=True)):
            h = F.relu(norm(conv(h)))
            if i in POOL_AFTER:
                h = F.max_pool2d(h, 2)
        return h.mean((2, 3))

    @torch.no_grad()
    def folded(self, reference: Tensor) -> FeatureNet:
        """The FeatureNet that does the same in eval mode, scaled on `reference`."""
        net = FeatureNet(self.net.config).eval().requires_grad_(False)
        net.load_state_dict(self.net.state_dict())
        for conv, norm in zip(net.convs, self.norms, strict=True):
            gain = norm.weight / (norm.running_var + norm.eps).sqrt()
            conv.weight.copy_(conv.weight * gain[:, None, None, None])
            conv.bias.copy_((conv.bias - norm.running_mean) * gain + norm.bias)
        variance = extract(net, reference).var(0).sum()
        net.scale.copy_((net.num_features / variance).sqrt())
        return net


@dataclass(frozen=True)
class Plan:
    """How long and how fast."""

    steps: int
    batch_size: int
    lr: float
    weight_decay: float
    seed: int


def optimise(module: nn.Module, plan: Plan) -> tuple[torch.optim.Optimizer, object]:
    decayed = [p for p in module.parameters() if p.dim() > 1]
    plain = [p for p in module.parameters() if p.dim() <= 1]
    groups = [{"params": decayed, "weight_decay": plan.weight_decay},
              {"params": plain, "weight_decay": 0.0}]  # fmt: skip
    optimizer = torch.optim.AdamW(groups, lr=plan.lr, fused=True)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, plan.lr, total_steps=plan.steps, pct_start=0.2
    )
    return optimizer, schedule


def epochs_of(count: int, plan: Plan, rng: torch.Generator) -> Iterator[Tensor]:
    """Batches of indices, reshuffled each epoch, `plan.steps` in all."""
    done = 0
    while done < plan.steps:
        order = torch.randperm(count, generator=rng)
        for rows in order.split(plan.batch_size)[: plan.steps - done]:
            done += 1
            yield rows


def train_fashion(plan: Plan) -> tuple[FeatureNet, dict[str, object]]:
    rng = torch.Generator().manual_seed(plan.seed)
    images = load_data("fashion-full")
    pixels, labels = images.pixels, images.labels
    config = FeatureConfig(
        name="features-fashion", class_names=images.class_names, data="fashion-full"
    )
    model = Trainable(FeatureNet(config), rng).to(memory_format=torch.channels_last)
    optimizer, schedule = optimise(model, plan)
    for step, rows in enumerate(epochs_of(len(pixels), plan, rng)):
        x = normalise(pixels[rows])
        flip = torch.rand(len(x), 1, 1, 1, generator=rng) < 0.5
        dy, dx = torch.randint(-2, 3, (2,), generator=rng).tolist()
        x = torch.where(flip, x.flip(3), x)
        x = F.pad(x, (2, 2, 2, 2), value=-1)[:, :, 2 + dy : 30 + dy, 2 + dx : 30 + dx]
        loss = F.cross_entropy(model.net.head(model(x)), labels[rows])
        advance(loss, optimizer, schedule)
        if step % 200 == 0:
            print(f"step {step:,} of {plan.steps:,}: loss {loss.item():.3f}", flush=True)
    net = model.folded(pixels[:10_000])
    polish(net, images, POLISH)
    test = fashion_test()
    guess = net.classify(extract(net, test.pixels)).argmax(1)
    return net, {"accuracy": round((guess == test.labels).float().mean().item(), 4)}


def polish(net: FeatureNet, images: ImageSet, plan: Plan) -> None:
    """More epochs once batch norm is folded in: mirrored only, weights averaged at the end."""
    rng = torch.Generator().manual_seed(plan.seed)
    net.requires_grad_(True)
    optimizer, schedule = optimise(net, plan)
    averaged = AveragedModel(net, multi_avg_fn=get_ema_multi_avg_fn(0.998))
    for step, rows in enumerate(epochs_of(len(images), plan, rng)):
        x = normalise(images.pixels[rows])
        x = torch.where(torch.rand(len(x), 1, 1, 1, generator=rng) < 0.5, x.flip(3), x)
        loss = F.cross_entropy(net.logits(x), images.labels[rows])
        advance(loss, optimizer, schedule)
        averaged.update_parameters(net)
        if step % 200 == 0:
            print(f"polish {step:,} of {plan.steps:,}: loss {loss.item():.3f}", flush=True)
    net.load_state_dict(averaged.module.state_dict())
    net.requires_grad_(False)
    variance = extract(net, images.pixels[:10_000]).var(0).sum() / net.scale**2
    net.scale.copy_((net.num_features / variance).sqrt())


def advance(
    loss: Tensor,
    optimizer: torch.optim.Optimizer,
    schedule: torch.optim.lr_scheduler.LRScheduler,
) -> None:
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    schedule.step()


def generic_data() -> tuple[Tensor, Tensor, Tensor]:
    """uint8 (N, 3, 32, 32), labels (-100 for none) and how often to draw each image."""
    emoji, fashion, digits = (load_data(name) for name in ("emoji", "fashion", "digits"))
    parts = [_fitted(images.pixels) for images in (emoji, fashion, digits)]
    labels = [torch.full((len(emoji),), -100), fashion.labels, digits.labels + 10]
    shares = zip((0.55, 0.35, 0.10), parts, strict=True)
    weights = torch.cat([torch.full((len(part),), share / len(part)) for share, part in shares])
    return torch.cat(parts), torch.cat(labels), weights


def _fitted(pixels: Tensor) -> Tensor:
    x = fit_images(normalise(pixels), resolution=32, channels=3)
    return ((x + 1) * 127.5).round().byte()


def recolour(x: Tensor, rng: torch.Generator) -> Tensor:
    """Other colours for some images, so that the network meets more than emoji and greys."""
    n = len(x)
    u = torch.rand(4, n, 1, 1, 1, generator=rng)
    order = torch.rand(n, 3, generator=rng).argsort(1)[:, :, None, None].expand_as(x)
    x = torch.where(u[0] < 0.3, x.gather(1, order), x)
    x = torch.where(u[1] < 0.2, -x, x)
    low, high = torch.rand(2, n, 3, 1, 1, generator=rng) * 2 - 1
    t = (x.mean(1, keepdim=True) + 1) / 2
    x = torch.where(u[2] < 0.2, low + (high - low) * t, x)
    half = torch.arange(32) < torch.randint(8, 25, (n, 1), generator=rng)
    return torch.where((u[3] < 0.2) & half[:, None, None, :], x.roll(1, 0), x)


def view(x: Tensor, rng: torch.Generator) -> Tensor:
    """The same image slightly moved, sized, mirrored and lit."""
    n = len(x)
    u = torch.rand(5, n, generator=rng) * 2 - 1
    size = 1 + 0.2 * u[0]
    flip = torch.where(u[4] < 0, -1.0, 1.0)
    zero = torch.zeros(n)
    theta = torch.stack(
        [torch.stack([size * flip, zero, 0.2 * u[1]], 1), torch.stack([zero, size, 0.2 * u[2]], 1)],
        1,
    )
    grid = F.affine_grid(theta, list(x.shape), align_corners=False)
    x = F.grid_sample(x, grid, padding_mode="border", align_corners=False)
    return (x * (1 + 0.1 * u[3].view(n, 1, 1, 1))).clamp(-1, 1)


def distort(x: Tensor, kind: Tensor, strength: Tensor, rng: torch.Generator) -> Tensor:
    """The faults of generators, on purpose: the features shall tell them, not overlook them."""
    s = strength.view(-1, 1, 1, 1)
    checker = ((torch.arange(32)[:, None] + torch.arange(32)) % 2).float() * 2 - 1
    blurred = F.avg_pool2d(F.pad(x, (2, 2, 2, 2), mode="replicate"), 5, stride=1)
    blocky = F.avg_pool2d(x, 4).repeat_interleave(4, 2).repeat_interleave(4, 3)
    noise = torch.randn(x.shape, generator=rng)
    options = torch.stack(
        [x, x.lerp(blurred, s), x + 0.4 * s * noise, x.lerp(blocky, s), x + 0.3 * s * checker]
    )
    return options[kind, torch.arange(len(x))].clamp(-1, 1)


def nt_xent(a: Tensor, b: Tensor) -> Tensor:
    """Chen et al. 2020: each view must find its twin among all others."""
    h = F.normalize(torch.cat([a, b]), dim=1)
    similarity = (h @ h.T / TEMPERATURE).fill_diagonal_(-1e9)
    twin = torch.arange(len(h)).roll(len(a))
    return F.cross_entropy(similarity, twin)


def train_generic(plan: Plan) -> tuple[FeatureNet, dict[str, object]]:
    rng = torch.Generator().manual_seed(plan.seed)
    pixels, labels, weights = generic_data()
    config = FeatureConfig(
        name="features-generic", resolution=32, channels=3, data="emoji, fashion, digits"
    )
    model = Trainable(FeatureNet(config), rng).to(memory_format=torch.channels_last)
    heads = nn.ModuleDict(
        {
            "twin": nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 64)),
            "label": nn.Linear(64, 20),
            "distortion": nn.Linear(64, DISTORTIONS),
        }
    )
    initialise(heads, rng)
    optimizer, schedule = optimise(nn.ModuleList([model, heads]), plan)
    for step in range(plan.steps):
        rows = torch.multinomial(weights, plan.batch_size, generator=rng)
        x = recolour(normalise(pixels[rows]), rng)
        kind = torch.randint(0, DISTORTIONS, rows.shape, generator=rng)
        kind[torch.rand(rows.shape, generator=rng) < 0.4] = 0
        strength = 0.3 + 0.7 * torch.rand(rows.shape, generator=rng)
        views = [distort(view(x, rng), kind, strength, rng) for _ in range(2)]
        h = model(torch.cat(views))
        a, b = heads["twin"](h).chunk(2)
        twin = nt_xent(a, b)
        label = F.cross_entropy(heads["label"](h), labels[rows].repeat(2))
        fault = F.cross_entropy(heads["distortion"](h), kind.repeat(2))
        advance(twin + LABEL_WEIGHT * label + DISTORTION_WEIGHT * fault, optimizer, schedule)
        if step % 50 == 0:
            losses = f"twin {twin:.3f}, label {label:.3f}, distortion {fault:.3f}"
            print(f"step {step:,} of {plan.steps:,}: {losses}", flush=True)
    return model.folded(pixels), {}


PLANS = {
    "fashion": Plan(steps=6 * 469, batch_size=128, lr=5e-3, weight_decay=0.02, seed=1),
    "generic": Plan(steps=800, batch_size=128, lr=4e-3, weight_decay=0.02, seed=1),
}
POLISH = Plan(steps=5 * 469, batch_size=128, lr=2e-3, weight_decay=0.02, seed=2)
TRAINERS = {"fashion": train_fashion, "generic": train_generic}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=PLANS)
    parser.add_argument("--steps", type=int)
    parser.add_argument("--out", type=Path, help="default: weights/features-KIND")
    args = parser.parse_args()
    torch.set_num_threads(1)
    plan = replace(PLANS[args.kind], steps=args.steps or PLANS[args.kind].steps)
    started = time.perf_counter()
    net, measured = TRAINERS[args.kind](plan)
    seconds = round(time.perf_counter() - started, 1)
    polished = POLISH.steps * POLISH.batch_size if args.kind == "fashion" else 0
    nimg = plan.steps * plan.batch_size + polished
    config = replace(net.config, seed=plan.seed, nimg=nimg, seconds=seconds, **measured)
    out = args.out or Path("weights") / f"features-{args.kind}"
    out.mkdir(parents=True, exist_ok=True)
    (out / "config.json").write_text(json.dumps(asdict(config), indent=2) + "\n", "utf-8")
    save_file({k: v.contiguous() for k, v in net.state_dict().items()}, out / "model.safetensors")
    (out / "model.safetensors").chmod(0o644)
    print(f"{out}: {seconds:.0f} s, {measured}")


if __name__ == "__main__":
    main()
