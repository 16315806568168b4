"""Averages of another length, mixed from what a training keeps, beside the same ones kept directly
in plain torch: `python -m benchmarks.averages digits --kimg 40`.

For each length, how far weights (as a fraction of the distance of the training's own average) and
pictures (mean absolute difference; those of the own average in brackets) lie from the average that
was kept directly: mixed from the first average alone and from both, each also by comparing shares,
as in section 3.2 of Karras et al. 2024, instead of their running sums; and from both with
batch-norm statistics measured anew.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

from gan import averaging
from gan.averaging import SECOND, Kept, exponent, mixture
from gan.data import load_data
from gan.presets import PRESETS, DataShape, resolve_widths, run_config
from gan.settings import apply_settings
from gan.training import Trainer

LENGTHS = (0.05, 0.08, 0.1, 0.15, 0.2, 0.25)
FIRST, GROWTH = 0.02, 1.05  # moments, as runs keep them: every twentieth of the time so far
PICTURES, ANEW = 256, 20
State = dict[str, Tensor]


def saved(module: nn.Module) -> State:
    return {k: v.detach().double().clone() for k, v in module.state_dict().items()}


def trained(preset: str, kimg: float, half_life: float, seed: int) -> tuple[Trainer, dict, dict]:
    """A training, what it kept, and the averages that were kept directly."""
    data = load_data(PRESETS[preset].data)
    shape = DataShape(data.pixels.shape[-1], data.pixels.shape[1], data.class_names)
    config = resolve_widths(run_config(preset, shape, data=PRESETS[preset].data, seed=seed))
    if half_life:
        config = apply_settings(config, {"ema_half_life_kimg": half_life})
    trainer, total = Trainer(config, data), kimg * 1000
    kept: dict[Kept, State] = {}
    direct: dict[float, State] = {}
    due = FIRST * total
    while trainer.nimg < total:
        trainer.step()
        now = saved(trainer.g)
        for length in LENGTHS:
            beta = (1 - config.train.batch_size / trainer.nimg) ** (exponent(length) + 1)
            before = direct.get(length, now)
            direct[length] = {k: beta * before[k] + (1 - beta) * v for k, v in now.items()}
        if trainer.nimg >= min(due, total):
            due = GROWTH * trainer.nimg
            for prefix, average in trainer.averages().items():
                second = prefix == averaging.SECOND_G
                kept[Kept(trainer.nimg, second)] = saved(average.generator)
    return trainer, kept, direct


def by_shares(kept: Sequence[Kept], half_life: float, length: float) -> list[tuple[Kept, float]]:
    """The mixture whose shares, not their sums, are nearest to the wished ones."""
    last = max(k.nimg for k in kept)
    edges = np.linspace(0, last, 20_001)
    middles = (edges[1:] + edges[:-1]) / 2
    passed = np.cumsum(np.diff(edges) / np.minimum(half_life, 0.05 * middles))

    def shares(k: Kept) -> np.ndarray:
        if k.second:
            sums = np.minimum(edges / k.nimg, 1) ** (exponent(SECOND) + 1)
        else:
            left = np.interp(k.nimg, edges[1:], passed) - np.append(-np.inf, passed)
            sums = 0.5 ** np.maximum(left, 0)
        return np.diff(sums)

    wished = np.diff((edges / last) ** (exponent(length) + 1))
    factors = np.linalg.lstsq(np.stack([shares(k) for k in kept], 1), wished, rcond=1e-8)[0]
    return list(zip(kept, factors / factors.sum(), strict=True))


class Pictures:
    """Of the same noise by any weights."""

    def __init__(self, trainer: Trainer) -> None:
        self.g, self.draw = trainer.g, torch.Generator().manual_seed(1)
        self.z, self.labels = self._noise(PICTURES)

    def _noise(self, count: int) -> tuple[Tensor, Tensor | None]:
        z, classes = torch.randn(count, self.g.z_dim, generator=self.draw), self.g.classes
        return z, torch.arange(count) % classes if classes else None

    @torch.no_grad()
    def __call__(self, state: State, *, anew: bool = False) -> Tensor:
        now = self.g.state_dict()
        self.g.load_state_dict({k: v.to(now[k].dtype) for k, v in state.items()})
        norms = [m for m in self.g.modules() if isinstance(m, nn.modules.batchnorm._BatchNorm)]
        if anew:
            for norm in norms:
                norm.reset_running_stats()
                norm.momentum = None  # the plain mean
            self.g.train()
            for _ in range(ANEW):
                self.g(*self._noise(128))
        self.g.eval()
        x: Tensor = self.g(self.z, self.labels)
        return x


def mixed(parts: Sequence[tuple[Kept, float]], kept: dict[Kept, State]) -> State:
    names = next(iter(kept.values()))
    return {name: sum(f * kept[k][name] for k, f in parts) for name in names}  # type: ignore[misc]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("preset", choices=list(PRESETS))
    parser.add_argument("--kimg", type=float, default=40)
    parser.add_argument("--half-life", type=float, default=0, help="kimg; 0: the preset's")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    torch.set_num_threads(1)
    trainer, kept, direct = trained(args.preset, args.kimg, args.half_life, args.seed)
    half_life = trainer.config.train.ema_half_life_kimg * 1000
    first = [k for k in kept if not k.second]
    own, pictures = kept[first[-1]], Pictures(trainer)
    learnt = [name for name, _ in trainer.g.named_parameters()]

    def apart(state: State, other: State) -> float:
        return sum(float((state[n] - other[n]).square().sum()) for n in learnt) ** 0.5

    print(f"{args.preset}, {trainer.nimg} images, {len(first)} moments kept, seed {args.seed}")
    print("| length | first | by shares | both | by shares | statistics anew | residual | (own)")
    for length, wished in direct.items():
        found = mixture([*kept], [(0.0, half_life)], length)
        target, far = pictures(wished), apart(own, wished)
        cells = []
        for parts, anew in (
            (mixture(first, [(0.0, half_life)], length).parts, False),
            (by_shares(averaging.thinned(first), half_life, length), False),
            (found.parts, False),
            (by_shares(averaging.thinned([*kept]), half_life, length), False),
            (found.parts, True),
        ):  # fmt: skip
            state = mixed(parts, kept)
            differ = (pictures(state, anew=anew) - target).abs().mean()
            cells.append(f"{apart(state, wished) / far:.3f}, {differ:.4f}")
        before = (pictures(own) - target).abs().mean()
        print(f"| {length} | {' | '.join(cells)} | {found.residual:.4f} | ({before:.4f})")


if __name__ == "__main__":
    main()
