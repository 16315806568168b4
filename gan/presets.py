"""Presets by name: values only, one aligned row each. No torch here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from gan.config import (
    MAX_Z,
    RESOLUTIONS,
    Family,
    LossName,
    ModelConfig,
    OptimizerName,
    RunConfig,
    ScheduleName,
    SolverName,
    TrainConfig,
)
from gan.errors import ConfigError, number_text, suggest
from gan.families import FAMILIES, default_widths
from gan.settings import apply_settings


class DataShape(NamedTuple):
    """What a model needs to know of its data."""

    resolution: int
    channels: int
    class_names: tuple[str, ...]


@dataclass(frozen=True)
class Preset:
    """Model, loss, data and optimiser under one name."""

    family: Family
    data: str
    loss: LossName
    z_dim: int
    lr: float
    beta1: float
    beta2: float
    gamma: float  # weights of R1 and R2
    ema_half_life_kimg: float
    summary: str
    conditional: bool = False
    aux_classes: bool = False
    modulation: bool = False
    optimizer: OptimizerName = "adam"
    batch_size: int = 64
    batch_growth: int = 1
    growth_kimg: float = 0.0
    resolution: int = 0  # 0: from the data
    beta: float = 1.0  # weight of a VAE's KL
    width: int = 0  # of the last generator layer in family dcgan; 0: the family's own
    flip: bool = False
    shift_px: int = 0
    depth: int = 0  # layers more than the family has
    lr_schedule: ScheduleName = "constant"
    lr_end: float = 0.0
    fall_after: float = 0.0
    fall_kimg: float = 0.0
    reg_end: float = 1.0  # share of R1 and R2 left at the planned end
    clip_norm: float = 0.0
    ode_steps: int = 10  # of a flow
    solver: SolverName = "euler"
    tau: float = 0.05  # of drifting


# fmt: off
PRESETS: dict[str, Preset] = {
    # name                 family   data       loss              z    lr    b1   b2     R1,R2 ema
    "fashion":      Preset("conv",  "fashion", "relativistic",   64,  2e-3, 0.0, 0.99,  0.2,  8.9,
                           "garments, class by class: recognisable in seconds", conditional=True,
                           aux_classes=True, modulation=True, optimizer="muon", batch_size=32,
                           batch_growth=2, growth_kimg=30.0, lr_schedule="cosine",
                           lr_end=0.1, fall_after=0.25, fall_kimg=400.0, reg_end=0.05),
    "fashion-mlp":  Preset("mlp",   "fashion", "relativistic",   100, 1e-3, 0.0, 0.99,  0.2,  8.9,
                           "the article's network with a loss that keeps it from collapsing"),
    "article":      Preset("mlp",   "fashion", "nonsaturating",  100, 2e-4, 0.5, 0.999, 0.0,  8.9,
                           "the article as written: fully connected, Adam 2e-4; collapses easily"),
    "emoji":        Preset("conv",  "emoji-groups", "relativistic", 64, 1e-3, 0.0, 0.99, 1.0, 22.2,
                           "colour emoji at 32 px, group by group", conditional=True,
                           modulation=True, optimizer="muon", batch_size=32, shift_px=3,
                           lr_schedule="cosine", lr_end=0.1, fall_after=0.25, fall_kimg=400.0,
                           reg_end=0.3),
    "cats":         Preset("conv",  "cats",    "relativistic",   64,  1e-3, 0.0, 0.99,  1.0,  22.2,
                           "drawn cats at 64 px, coat by coat", conditional=True,
                           optimizer="muon", batch_size=32, lr_schedule="cosine",
                           lr_end=0.1, fall_after=0.25, fall_kimg=400.0, reg_end=0.3),
    "digits":       Preset("conv",  "digits",  "relativistic",   32,  2e-3, 0.0, 0.99,  0.2,  8.9,
                           "8-px handwritten digits: the quickest", conditional=True),
    "stacked-digits": Preset("conv", "stacked-digits", "relativistic", 64, 2e-3, 0.0, 0.99, 0.2, 10,
                           "three digits as red, green and blue: a thousand modes to catch"),
    "own":          Preset("conv",  "emoji",   "relativistic",   64,  1e-3, 0.0, 0.99,  0.5,  22.2,
                           "a start for your own images: --data folder:PATH", flip=True,
                           optimizer="muon"),
    "dcgan":        Preset("dcgan", "fashion", "nonsaturating",  100, 2e-4, 0.5, 0.999, 0.0,  8.9,
                           "the textbook DCGAN, 64 px: slow on a processor", resolution=64,
                           width=64, batch_size=128),
    "dcgan-small":  Preset("dcgan", "fashion", "nonsaturating",  64,  1e-3, 0.5, 0.99,  0.0,  8.9,
                           "the textbook shape made small: width 12", width=12),
    "ring":         Preset("points", "ring",  "relativistic",   2,   4e-3, 0.0, 0.99,  0.01, 40.0,
                           "points of the plane: eight Gaussians on a circle", batch_size=256,
                           depth=2, lr_schedule="cosine", fall_after=0.02, reg_end=0.05),
    "grid":         Preset("points", "grid",  "relativistic",   2,   4e-3, 0.0, 0.99,  0.01, 40.0,
                           "points of the plane: 25 Gaussians, five by five", batch_size=256,
                           depth=2, lr_schedule="cosine", fall_after=0.02, reg_end=0.05),
    "ring-article": Preset("points", "ring",  "nonsaturating",  2,   2e-4, 0.5, 0.999, 0.0,  8.9,
                           "the article's loss and optimiser on the ring: it loses modes"),
    "vae":          Preset("vae",   "fashion", "relativistic",   32,  2e-3, 0.9, 0.999, 0.0,  8.9,
                           "an autoencoder that makes pictures from noise; it can also encode one",
                           conditional=True, beta=3.0),
    "rnn":          Preset("rnn",   "fashion", "relativistic",   64,  6e-3, 0.9, 0.999, 0.0,  8.9,
                           "row by row, each pixel from those before it", conditional=True,
                           batch_size=32),
    "flow":         Preset("flow",  "fashion", "relativistic",   64,  5e-3, 0.9, 0.99,  0.0,  8.9,
                           "noise flows to pictures along a learnt velocity", conditional=True,
                           batch_size=32, lr_schedule="cosine", fall_after=0.2, clip_norm=1.0),
    "ring-flow":    Preset("flow-points", "ring", "relativistic", 2,  4e-3, 0.9, 0.99,  0.0, 40.0,
                           "points of the plane: noise flows to eight Gaussians on a circle",
                           batch_size=256, depth=2, lr_schedule="cosine", ode_steps=20,
                           solver="midpoint"),
    "ring-drift":   Preset("drift-points", "ring", "relativistic", 2, 4e-3, 0.9, 0.99,  0.0, 40.0,
                           "points of the plane drift to eight Gaussians in training, not after",
                           batch_size=256, depth=2, lr_schedule="cosine"),
    "digits-drift": Preset("drift", "digits", "relativistic",   32,  2e-3, 0.9, 0.99,  0.0,  8.9,
                           "8-px digits that drift to the data in training; a sample is one step",
                           conditional=True, batch_size=256, lr_schedule="cosine", tau=0.02),
}
# fmt: on


def get_preset(name: str) -> Preset:
    """The preset called `name`; raises ConfigError with similar names."""
    if name not in PRESETS:
        raise ConfigError(
            "there is no preset {name}; {hint}", name=repr(name), hint=suggest(name, PRESETS)
        )
    return PRESETS[name]


def run_config(preset_name: str, shape: DataShape, *, data: str, seed: int = 0) -> RunConfig:
    """A preset adapted to its data: sizes, channels and classes come from `shape`."""
    preset = get_preset(preset_name)
    classes = len(shape.class_names) if preset.conditional else 0
    model = ModelConfig(
        family=preset.family,
        resolution=preset.resolution or shape.resolution,
        channels=shape.channels,
        classes=classes,
        aux_classes=preset.aux_classes and classes > 0,
        z_dim=preset.z_dim,
        depth=preset.depth,
        modulation=preset.modulation,
        class_head="plain",
        ode_steps=preset.ode_steps,
        solver=preset.solver,
    )
    train = TrainConfig(
        loss=preset.loss,
        optimizer=preset.optimizer,
        g_lr=preset.lr,
        d_lr=preset.lr,
        lr_schedule=preset.lr_schedule,
        lr_end=preset.lr_end,
        fall_after=preset.fall_after,
        fall_kimg=preset.fall_kimg,
        beta1=preset.beta1,
        beta2=preset.beta2,
        batch_size=preset.batch_size,
        batch_growth=preset.batch_growth,
        growth_kimg=preset.growth_kimg,
        r1=preset.gamma,
        r2=preset.gamma,
        reg_every=FAMILIES[preset.family].reg_every,
        reg_end=preset.reg_end,
        ema_half_life_kimg=preset.ema_half_life_kimg,
        flip=preset.flip,
        shift_px=preset.shift_px,
        precision=FAMILIES[preset.family].precision,
        beta=preset.beta,
        clip_norm=preset.clip_norm,
        tau=preset.tau,
    )
    names = shape.class_names if preset.conditional else ()
    return RunConfig(
        preset=preset_name, data=data, seed=seed, class_names=names, model=model, train=train
    )


def resolve_widths(config: RunConfig) -> RunConfig:
    """`config` with explicit widths (and the z_dim that a family must have), so that a saved run
    does not depend on defaults."""
    width = PRESETS[config.preset].width if config.preset in PRESETS else 0
    shape = config.model
    _check_noise(shape)
    g_widths, d_widths = default_widths(
        shape.family, shape.resolution, base=width, width=shape.width, depth=shape.depth
    )
    noise = FAMILIES[shape.family].noise
    model = replace(
        config.model,
        z_dim=shape.z_dim if noise is None else noise(shape),
        g_widths=config.model.g_widths or g_widths,
        d_widths=config.model.d_widths or d_widths,
    )
    return replace(config, model=model)


def _check_noise(shape: ModelConfig) -> None:
    """Raises ConfigError at the resolution, which sets the z_dim of a family whose noise is as
    large as the picture."""
    noise = FAMILIES[shape.family].noise
    if noise is None or noise(shape) <= MAX_Z:
        return
    most = max(r for r in RESOLUTIONS if noise(replace(shape, resolution=r)) <= MAX_Z)
    raise ConfigError(
        "{field} must be at most {most} in family {family} with {channels} channels, whose noise "
        "is as large as the picture and at most {values} numbers; got {got}; set it to {most}",
        field="resolution",
        most=most,
        family=shape.family,
        channels=shape.channels,
        values=number_text(MAX_Z),
        got=shape.resolution,
    )


def fitted(
    preset: str, shape: DataShape, settings: Mapping[str, Any], *, data: str, seed: int
) -> RunConfig:
    """The config of a new run, with explicit widths: a preset, what differs from it, and its data.

    Raises ConfigError for settings that do not fit the data's classes, or each other.
    """
    classes = len(shape.class_names)
    # of no classes the names do not matter either
    taken = shape._replace(class_names=()) if settings.get("classes") == 0 else shape
    config = run_config(preset, taken, data=data, seed=seed)
    if settings.get("aux_classes") and classes:
        settings = {"classes": classes, **settings}  # they need a class each
    config = resolve_widths(apply_settings(config, settings))
    if config.model.classes not in (0, classes):
        raise ConfigError(
            "{field} must be 0 or the {count} of {spec}, got {got}; leave it out",
            field="classes",
            count=classes,
            spec=data,
            got=config.model.classes,
        )
    return replace(config, class_names=shape.class_names if config.model.classes else ())
