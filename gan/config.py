"""Configs of runs and weights: frozen dataclasses, (de)serialised by gan.schema.

Values only. Tables elsewhere (losses, models, data) build what these name.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from gan.errors import ConfigError, either
from gan.kinds import PLANE
from gan.schema import check_ranges, option

Family = Literal[
    "mlp", "dcgan", "conv", "points", "vae", "rnn", "flow", "flow-points", "drift", "drift-points"
]
LossName = Literal[
    "minimax", "nonsaturating", "least-squares", "hinge", "wasserstein-gp", "relativistic"
]
OptimizerName = Literal["adam", "adamw", "sgd", "rmsprop", "muon"]
SolverName = Literal["euler", "midpoint"]
ScheduleName = Literal["constant", "cosine", "linear"]
Augmentation = Literal["none", "diffaug", "ada"]
Reduction = Literal["mean", "worst"]
ClassHead = Literal["scaled", "plain"]  # D's class projection; gan.models.critic.Head
Precision = Literal["auto", "fp32", "bf16"]
Architecture = Literal["chain", "lightweight-gan", "fastgan", "stylegan"]
Edition = Literal["0.20", "0.23", "1.0", "1.2"]
Excitation = Literal["context", "frequency"]
Fused = Literal["auto", "always", "never"]
Noise = Literal["normal", "uniform", "unit"]  # N(0, 1), in [-1, 1], in [0, 1]
LabelJoin = Literal["concat", "multiply"]

FORMAT = "gan-atelier/1"
KEEP_MB = 100.0  # above it a run thins its older saved states
RESOLUTIONS = tuple(range(8, 129, 4))  # of models trained here, px
PLANE_SHAPE = (2, 1, 1)  # (C, H, W) of a point in the plane: an image of one pixel, x and y
MAX_LAYERS = 24
MAX_NAMES_BYTES = 48 * 2**10  # of the 64 KB limit of a config.json
NAME_OVERHEAD = 10  # quotes, comma and indentation in a config.json, nested ones too
MAX_CHAIN, MAX_LAYER_TEXT = 128, 64
MAX_Z = 4096
SMALLEST_SCALE = 4  # px; fewer are not enough for D
D_STRUCTURE = (
    "d_widths", "d_count", "d_reduce", "d_scales", "packing", "minibatch_std", "spectral_norm",
    "aux_classes",
)  # fmt: skip  # of ModelConfig: may change in mid-run, D is rebuilt for it


MODULATED: tuple[Family, ...] = ("conv", "vae", "drift")  # families whose G may be modulated
SAMPLER = ("ode_steps", "solver")  # of ModelConfig: how G samples; may change in mid-run


@dataclass(frozen=True, kw_only=True)
class ModelConfig:
    """The shape of a generator and its discriminator.

    Empty widths mean the family's own for that resolution (gan.families.default_widths).
    """

    family: Family = "conv"
    resolution: int = option(28, "height and width of an image, px", low=1, high=128)
    channels: int = option(1, "1 grey, 3 colour", low=1, high=4)
    classes: int = option(0, "number of class labels, 0 for none", low=0, high=1000)
    z_dim: int = option(64, "length of the noise vector", low=1, high=MAX_Z)
    embed_dim: int = option(16, "length of a class embedding", low=1, high=256)
    g_widths: tuple[int, ...] = option((), "channels of the generator, input to output")
    d_widths: tuple[int, ...] = option((), "channels of D, or of a VAE's encoder, input to output")
    width: float = option(1.0, "times the family's own widths", low=0.125, high=8)
    depth: int = option(0, "layers more a resolution (mlp: in all), or fewer", low=-1, high=3)
    modulation: bool = option(False, "noise and class also scale and shift G's layers")
    d_count: int = option(1, "several discriminators", low=1, high=5)
    d_reduce: Reduction = option("mean", "of several discriminators G meets the mean or the worst")
    d_scales: int = option(1, "resolutions that are judged, each half the last", low=1, high=3)
    packing: int = option(1, "images that D judges together, as one", low=1, high=4)
    minibatch_std: bool = option(False, "D sees how much images differ from one another")
    spectral_norm: bool = option(False, "D's layers may not stretch: their largest gain is 1")
    aux_classes: bool = option(False, "D also names the class; needs classes")
    # what files from before this setting have; gan.presets gives new runs "plain"
    class_head: ClassHead = option("scaled", "D's class projection: plain learns it sooner")

    ode_steps: int = option(10, "steps in which a flow carries noise to a sample", low=1, high=200)
    solver: SolverName = option("euler", "how a flow makes a step; midpoint asks the network twice")

    def __post_init__(self) -> None:
        check_ranges(self)
        self._check_structure()
        for name in ("g_widths", "d_widths"):
            widths = getattr(self, name)
            if len(widths) > MAX_LAYERS or any(not 1 <= w <= 4096 for w in widths):
                raise ConfigError(
                    "{field} must hold at most {max_layers} widths from 1 to 4096, got {got}; "
                    "leave it out for the family's own",
                    field=name,
                    max_layers=MAX_LAYERS,
                    got=str(list(widths)),
                )
        if self.resolution not in RESOLUTIONS and not self.is_plane:
            raise ConfigError(
                "{field} must be a multiple of 4 from {low} to {high}, got {got}; choose {near}",
                field="resolution",
                low=RESOLUTIONS[0],
                high=RESOLUTIONS[-1],
                got=self.resolution,
                near=max(RESOLUTIONS[0], self.resolution // 4 * 4),
            )

    @property
    def is_plane(self) -> bool:
        """Whether its images are points of the plane; of other sizes it refuses these."""
        return self.family in PLANE

    def _check_structure(self) -> None:
        if self.is_plane and (self.channels, self.resolution) != PLANE_SHAPE[:2]:
            raise ConfigError(
                "{field} {got} makes points of the plane, the data are pictures of {channels} x "
                "{resolution} px; choose a preset for pictures, such as fashion, or data of points",
                field="family",
                got=self.family,
                channels=self.channels,
                resolution=self.resolution,
            )
        if not self.is_plane and (self.channels, self.resolution) == PLANE_SHAPE[:2]:
            raise ConfigError(
                "{field} {got} makes pictures, the data are points of the plane; choose a preset "
                "for points, such as ring, ring-flow or ring-drift, or data of pictures",
                field="family",
                got=self.family,
            )
        if self.aux_classes and not self.classes:
            raise ConfigError(
                "{field} needs a model with classes, got one without; start a new run with "
                "classes, on data that has them",
                field="aux_classes",
            )
        if self.modulation and self.family not in MODULATED:
            raise ConfigError(
                "{field} needs family {known}, got {got}; leave it out, or choose a preset of such "
                "a family, such as fashion",
                field="modulation",
                known=either(MODULATED),
                got=self.family,
            )
        smallest = self.resolution >> (self.d_scales - 1)
        if self.d_scales > 1 and smallest < SMALLEST_SCALE:
            raise ConfigError(
                "{field} must leave at least {smallest_scale} px of {resolution}, {d_scales} "
                "leave {smallest}; use fewer",
                field="d_scales",
                smallest_scale=SMALLEST_SCALE,
                resolution=self.resolution,
                d_scales=self.d_scales,
                smallest=smallest,
            )


@dataclass(frozen=True, kw_only=True)
class TrainConfig:
    """Training hyperparameters. Rates are per step, weights are gammas of the published losses."""

    loss: LossName = "relativistic"
    optimizer: OptimizerName = "adam"
    g_lr: float = option(2e-3, "learning rate of the generator", low=0, high=10)
    d_lr: float = option(2e-3, "learning rate of the discriminator", low=0, high=10)
    lr_schedule: ScheduleName = option("constant", "how the rates fall by the planned end")
    lr_end: float = option(0.0, "share of the rates left when they have fallen", low=0, high=1)
    fall_after: float = option(
        0.0, "share of the run before rates and penalties fall", low=0, high=0.99
    )
    fall_kimg: float = option(
        0.0, "they have fallen after so many kimg, 0: at the planned end", low=0, high=1e7
    )
    beta1: float = option(0.0, "Adam's first-moment decay; momentum of SGD", low=0, high=0.9999)
    beta2: float = option(0.99, "Adam's second-moment decay", low=0, high=0.99999)
    batch_size: int = option(64, "samples a step", low=2, high=4096)
    batch_growth: int = option(1, "how many times as large batches become", low=1, high=16)
    growth_kimg: float = option(0.0, "kimg after which batches grow", low=0, high=1e7)
    d_steps: int = option(1, "discriminator updates a generator update", low=1, high=20)
    r1: float = option(0.0, "weight of the gradient penalty on real images", low=0, high=1000)
    r2: float = option(0.0, "weight of the gradient penalty on fake images", low=0, high=1000)
    gp: float = option(10.0, "weight of the penalty of wasserstein-gp", low=0, high=1000)
    reg_every: int = option(4, "apply R1 and R2 every so many steps", low=1, high=64)
    reg_end: float = option(1.0, "share of R1 and R2 left when they have fallen", low=0, high=1)
    clip_norm: float = option(0.0, "clip gradients to this norm, 0 for off", low=0, high=1e6)
    ema_half_life_kimg: float = option(8.9, "half-life of the averaged generator", low=0, high=1e5)
    flip: bool = option(False, "mirror images at random")
    shift_px: int = option(0, "shift real and fake at random by up to this", low=0, high=16)
    augment: Augmentation = option("none", "what D is shown is changed at random, real and fake")
    augment_p: float = option(0.5, "how often augment changes an image; ada starts", low=0, high=1)
    ada_target: float = option(0.6, "ada keeps D's surety on real images here", low=0, high=1)
    aux_weight: float = option(1.0, "weight of naming the class (aux_classes)", low=0, high=100)
    beta: float = option(1.0, "weight of a VAE's KL; less says more of a picture", low=0, high=100)
    warm_up_kimg: float = option(0.0, "beta grows from 0 over so many kimg", low=0, high=1e5)
    free_bits: float = option(0.0, "bits a number of z that cost nothing", low=0, high=8)
    tau: float = option(
        0.05, "how far the drift of a sample looks, in mean distances", low=0.001, high=10
    )
    precision: Precision = option("auto", "auto uses bf16 where the processor multiplies it")
    sync_batch_norm: bool = option(True, "batch norm over the images of all processes")

    def __post_init__(self) -> None:
        check_ranges(self)

    @property
    def largest_batch(self) -> int:
        """Samples a step when batches have grown."""
        return self.batch_size * self.batch_growth

    @property
    def grows_at(self) -> int:
        """Samples after which batches grow."""
        return round(1000 * self.growth_kimg)

    @property
    def grows(self) -> bool:
        """Whether batches become larger during a training."""
        return self.batch_growth > 1 and self.grows_at > 0

    def batch_at(self, nimg: int) -> int:
        """Samples a step after `nimg` samples: small batches at first, when more steps count;
        larger ones later, when less noise in the gradient does."""
        return self.largest_batch if nimg >= self.grows_at else self.batch_size

    def steps_to(self, nimg: float) -> float:
        """Steps, of G where there are two players, until so many samples are seen."""
        step = self.batch_size * self.d_steps
        small = math.ceil(self.grows_at / step)  # steps until batches grow
        if self.batch_growth == 1 or nimg <= small * step:
            return nimg / step
        return small + (nimg - small * step) / (step * self.batch_growth)

    @property
    def follows_plan(self) -> bool:
        """Whether rates or penalties depend on how much of the planned run is done."""
        return self.falls and not self.fall_kimg

    @property
    def falls(self) -> bool:
        """Whether rates or penalties fall."""
        return self.lr_schedule != "constant" or self.reg_end < 1


def names_bytes(names: Iterable[str]) -> int:
    """Size of class names in a JSON file."""
    return sum(len(name.encode("utf-8", "replace")) + NAME_OVERHEAD for name in names)


@dataclass(frozen=True, kw_only=True)
class SeenData:
    """A training set, excluding its held-out part."""

    origin: str = ""  # as in gan.data.ImageSet; empty: unknown images
    count: int = option(0, "images in the set; 0: not known", low=0)


@dataclass(frozen=True, kw_only=True)
class RunConfig:
    """Everything needed to start a training, and to distinguish it from others."""

    preset: str
    data: str = "fashion"
    seed: int = option(0, "seed of weights, noise and batches", low=0, high=2**31 - 1)
    total_kimg: float | None = option(None, "stop after so many thousand images", low=0)
    total_seconds: float | None = option(None, "stop after so many seconds of training", low=0)
    keep_mb: float = option(KEEP_MB, "room for the run's past, in MB", low=1, high=1e6)
    class_names: tuple[str, ...] = ()
    parent: str = ""  # RUN@NIMG that it was forked from
    seen: tuple[SeenData, ...] = ()  # all it was trained on, its parent's too; gan.data.provenance
    model: ModelConfig = field(default_factory=ModelConfig)
    train: TrainConfig = field(default_factory=TrainConfig)

    def __post_init__(self) -> None:
        check_ranges(self)
        if (size := names_bytes(self.class_names)) > MAX_NAMES_BYTES:
            raise ConfigError(
                "the names of all classes may take {max_names_bytes} KB, these {count} take "
                "{size}; shorten them, or train without classes: --set classes=0",
                max_names_bytes=MAX_NAMES_BYTES // 1024,
                count=f"{len(self.class_names):,}",
                size=size // 1024,
            )


@dataclass(frozen=True, kw_only=True)
class PortedConfig:
    """The architecture of a third-party model: for sampling and walks, not for training."""

    architecture: Architecture
    resolution: int = option(64, "height and width of an image, px", low=4, high=1024)
    channels: int = option(3, "1 grey, 3 colour, 4 with transparency", low=1, high=4)
    classes: int = option(0, "number of class labels, 0 for none", low=0, high=1000)
    z_dim: int = option(100, "length of the noise vector", low=1, high=MAX_Z)
    noise: Noise = "normal"  # chain: z in training; ours is normal, and mapped to it
    label_join: LabelJoin = "concat"  # chain with classes: how the label is combined with z
    label_at: int = option(0, "chain: where in z the label is put", low=0, high=4096)
    label_width: int = option(0, "chain: length of a class embedding, 0: one-hot", low=0, high=4096)
    g_layers: tuple[str, ...] = option((), "chain: the generator, layer by layer")
    d_layers: tuple[str, ...] = option((), "chain: the discriminator, layer by layer; may be empty")
    g_widths: tuple[int, ...] = option((), "the others: maps of the generator, a number a size")
    d_widths: tuple[int, ...] = option((), "lightweight-gan: maps of D, a number a size; or no D")
    edition: Edition = "1.2"  # lightweight-gan: the last package version with these layers
    attention: tuple[int, ...] = option((), "lightweight-gan: sizes with attention, px")
    excitation: Excitation = "context"  # lightweight-gan: how a gate pools maps
    blur: bool = option(False, "lightweight-gan: blur before convolutions that change the size")
    d_places: int = option(1, "lightweight-gan: places that D judges one by one", low=1, high=25)
    w_dim: int = option(512, "stylegan: length of w", low=1, high=1024)
    mapping_layers: int = option(8, "stylegan: layers from z to w", low=1, high=16)
    mapping_width: int = option(512, "stylegan: units of those layers", low=1, high=1024)
    fused: Fused = "auto"  # stylegan: upsampling fused with its convolution; from 128 px

    def __post_init__(self) -> None:
        check_ranges(self)
        if self.classes and self.architecture != "chain":
            raise ConfigError(
                "a {architecture} has no class labels here, got {got}; check that config.json is "
                "whole",
                architecture=self.architecture,
                got=self.classes,
            )
        for name in ("g_layers", "d_layers"):
            layers = getattr(self, name)
            if len(layers) > MAX_CHAIN or any(len(text) > MAX_LAYER_TEXT for text in layers):
                raise ConfigError(
                    "{field} may hold {max_chain} layers of {max_layer_text} letters, got more; "
                    "check that config.json is whole",
                    field=name,
                    max_chain=MAX_CHAIN,
                    max_layer_text=MAX_LAYER_TEXT,
                )
        for name in ("g_widths", "d_widths", "attention"):
            widths = getattr(self, name)
            if len(widths) > MAX_LAYERS or any(not 1 <= w <= 4096 for w in widths):
                raise ConfigError(
                    "{field} may hold {max_layers} numbers from 1 to 4096, got others or more; "
                    "check that config.json is whole",
                    field=name,
                    max_layers=MAX_LAYERS,
                )


@dataclass(frozen=True, kw_only=True)
class SourceConfig:
    """Origin of third-party weights; empty for our own."""

    repo: str = ""  # owner/name on the Hugging Face Hub
    commit: str = ""
    file: str = ""
    sha256: str = ""  # of that file, as fetched
    licence: str = ""  # as stated in its card, empty if not stated
    layout: str = ""  # as named in gan.hub
    # what the file leaves open, as key=value: assumed by us, or chosen by the user
    assumed: tuple[str, ...] = ()
    chosen: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class WeightsConfig:
    """`config.json` of a weights folder: how to build the model and what it was trained on."""

    format: str = FORMAT
    name: str = ""
    preset: str = ""
    data: str = ""
    class_names: tuple[str, ...] = ()
    nimg: int = option(0, "real images shown in training", low=0)
    seconds: float = option(0.0, "seconds of training", low=0)
    fd: float | None = option(None, "Fréchet distance on our features", low=0)
    fd_floor: float | None = option(None, "the same, real against real", low=0)
    fd_features: str = ""
    fd_data: str = ""  # name of the real images it was measured against
    fd_count: int = option(0, "samples, and real images; 0: not stated", low=0)
    fd_seed: int = option(0, "seed of the first sample", low=0, high=2**31 - 1)
    source: SourceConfig = field(default_factory=SourceConfig)
    model: ModelConfig | PortedConfig = field(default_factory=ModelConfig)
