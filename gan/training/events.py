"""Training events: frozen, ordered, and the training's only output."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from gan.images import Pixels
from gan.training.plane import PlaneFrame


@dataclass(frozen=True, kw_only=True)
class Progress:
    """One row of the curves."""

    nimg: int
    seconds: float
    images_per_s: float

    def row(self) -> dict[str, float | None]:
        """The row for progress.jsonl, rounded to six digits."""
        return {
            k: v if v is None or isinstance(v, int) else float(f"{v:.6g}")
            for k, v in asdict(self).items()
        }


@dataclass(frozen=True, kw_only=True)
class GanProgress(Progress):
    """Of a game of G and D."""

    loss_g: float
    loss_d: float
    score_real: float  # mean logits of D
    score_fake: float
    score_held_out: float | None  # None where no image is held out
    grad_norm_g: float
    grad_norm_d: float
    g_lr: float
    d_lr: float
    penalty: float  # R1, R2 or GP, weighted, of D's last update that had one
    augment_p: float  # augmentation probability


@dataclass(frozen=True, kw_only=True)
class VaeProgress(Progress):
    """Of a VAE; bits are per dimension, as in gan.training.likelihood."""

    bits: float  # -ELBO, reconstruction + kl
    bits_held_out: float | None
    reconstruction: float
    kl: float
    used: int  # numbers of z that say something of a picture
    kl_weight: float  # beta now
    grad_norm_g: float  # of the decoder
    grad_norm_e: float  # of the encoder
    g_lr: float


@dataclass(frozen=True, kw_only=True)
class RnnProgress(Progress):
    """Of an RNN."""

    bits: float  # -log2 P per dimension
    bits_held_out: float | None
    grad_norm_g: float
    g_lr: float


@dataclass(frozen=True, kw_only=True)
class FlowProgress(Progress):
    """Of a flow."""

    velocity_error: float  # mean squared, a value
    velocity_error_held_out: float | None
    grad_norm_g: float
    g_lr: float


@dataclass(frozen=True, kw_only=True)
class DriftProgress(Progress):
    """Of a drifting model."""

    drift_size: float  # mean length of the drift of a sample, in mean distances
    drift_floor: float | None  # the same of real ones in their place; None after a single batch
    grad_norm_g: float
    g_lr: float


@dataclass(frozen=True)
class Snapshot:
    """The averaged generator's images for the fixed noise; the pixels are a copy."""

    nimg: int
    pixels: Pixels  # (N, H, W, C)


@dataclass(frozen=True)
class Finished:
    """The budget is used up."""

    nimg: int
    seconds: float


Event = Progress | Snapshot | PlaneFrame | Finished
