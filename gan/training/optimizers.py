"""Optimisers by name, how rates and penalties fall, and the choice of precision."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable

import torch
from torch import nn, optim

from gan.config import OptimizerName, Precision, ScheduleName, TrainConfig
from gan.training.muon import Muon

Params = Iterable[nn.Parameter]


def _adam(p: Params, lr: float, c: TrainConfig) -> optim.Optimizer:
    return optim.Adam(p, lr, betas=(c.beta1, c.beta2), fused=True)


def _adamw(p: Params, lr: float, c: TrainConfig) -> optim.Optimizer:
    return optim.AdamW(p, lr, betas=(c.beta1, c.beta2), fused=True)


def _sgd(p: Params, lr: float, c: TrainConfig) -> optim.Optimizer:
    return optim.SGD(p, lr, momentum=c.beta1, fused=True)


def _rmsprop(p: Params, lr: float, c: TrainConfig) -> optim.Optimizer:
    return optim.RMSprop(p, lr, alpha=c.beta2, foreach=True)


def _muon(p: Params, lr: float, c: TrainConfig) -> optim.Optimizer:
    return Muon(p, lr, betas=(c.beta1, c.beta2), fused=True)


OPTIMIZERS: dict[OptimizerName, Callable[[Params, float, TrainConfig], optim.Optimizer]] = {
    "adam": _adam,
    "adamw": _adamw,
    "sgd": _sgd,
    "rmsprop": _rmsprop,
    "muon": _muon,
}


def build_optimizer(module: nn.Module, lr: float, config: TrainConfig) -> optim.Optimizer:
    """The optimiser named by `config`, over all parameters of `module`."""
    return OPTIMIZERS[config.optimizer](module.parameters(), lr, config)


def retune(optimizer: optim.Optimizer, lr: float, config: TrainConfig) -> None:
    """Set learning rates and decays to those of `config`; optimiser state is kept."""
    now = {
        "lr": lr,
        "betas": (config.beta1, config.beta2),
        "momentum": config.beta1 if isinstance(optimizer, optim.SGD) else 0.0,
        "alpha": config.beta2,
    }
    for group in optimizer.param_groups:
        group.update({k: v for k, v in now.items() if k in group})


# share of a rate that is left after a share of its fall, 0 to 1; torch's CosineAnnealingLR and
# LinearLR are the same in steps, but a run may be planned in seconds
SCHEDULES: dict[ScheduleName, Callable[[float], float]] = {
    "constant": lambda fallen: 1.0,
    "cosine": lambda fallen: 0.5 * (1 + math.cos(math.pi * fallen)),  # Loshchilov & Hutter 2017
    "linear": lambda fallen: 1 - fallen,
}


def fall_done(config: TrainConfig, nimg: int, done: float | None) -> float | None:
    """How much of the run, or of the `fall_kimg` that the fall ends after, is done, 0 to 1.

    done: of the planned run; None, and no fall, where it has no planned end.
    """
    return min(nimg / (1000 * config.fall_kimg), 1.0) if config.fall_kimg else done


def rate_share(config: TrainConfig, done: float | None) -> float:
    """The share of the learning rates that is left after `done` (`fall_done`): from 1 to `lr_end`.

    None: all of it.
    """
    if done is None or config.lr_schedule == "constant":
        return 1.0
    return config.lr_end + (1 - config.lr_end) * SCHEDULES[config.lr_schedule](
        _fallen(config, done)
    )


def penalty_share(config: TrainConfig, done: float | None) -> float:
    """The share of R1 and R2 that is left after `done`: a cosine from 1 to `reg_end`.

    As Huang et al. 2024 (R3GAN, section 4) let theirs fall, by images, as with `fall_kimg`.
    """
    if done is None:
        return 1.0
    return config.reg_end + (1 - config.reg_end) * SCHEDULES["cosine"](_fallen(config, done))


def _fallen(config: TrainConfig, done: float) -> float:
    """The share of the fall, which begins at `fall_after`, that is behind a run."""
    return min(max(0.0, done - config.fall_after) / (1 - config.fall_after), 1.0)


def pick_dtype(precision: Precision, device: torch.device) -> torch.dtype:
    """float32, or bfloat16 if requested or, under "auto", if the hardware supports it natively.

    Emulated bfloat16 is over a hundred times slower than float32, so it is never guessed.
    """
    if precision == "auto":
        return torch.bfloat16 if _multiplies_bf16(device) else torch.float32
    return torch.bfloat16 if precision == "bf16" else torch.float32


def _multiplies_bf16(device: torch.device) -> bool:
    if device.type == "cuda":
        return torch.cuda.get_device_capability(device)[0] >= 8  # Ampere and later
    capabilities = torch.cpu.get_capabilities()
    return bool(capabilities.get("avx512_bf16") or capabilities.get("amx_bf16"))
