"""Results of a diagnosis: findings, their evidence and remedies. Values only, no torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, get_args

FindingKind = Literal[
    "mode-collapse", "d-winning", "d-losing", "memorising", "divergence", "stagnation"
]
RemedyName = Literal[
    "lower-d-rate", "lower-g-rate", "raise-d-rate", "lower-rates", "raise-g-rate", "add-r1",
    "raise-r1", "clip-gradients",
    "use-sgd", "minibatch-std", "packing", "diffaug", "ada", "second-discriminator", "multi-scale",
    "aux-classes", "more-ema", "spectral-norm", "fork-before", "start-over",
]  # fmt: skip
HealthState = Literal["early", "unjudged", "far", "alike", "healthy"]
Severity = Literal["notice", "warning"]
Evidence = dict[str, float | str | int]

FINDING_KINDS: tuple[FindingKind, ...] = get_args(FindingKind)
OF_THE_GAME: tuple[FindingKind, ...] = ("d-winning", "d-losing")
REMEDY_NAMES: tuple[RemedyName, ...] = get_args(RemedyName)


@dataclass(frozen=True)
class Remedy:
    """Settings that would help, as values to set in mid-run given the run's current ones.

    "fork-before" is a fork of the run from `fork_nimg` with them, "start-over" a new run.
    """

    name: RemedyName
    settings: dict[str, Any]
    fork_nimg: int | None = None


@dataclass(frozen=True)
class Past:
    """A run's past: its history rows, and the nimg from which it can be forked."""

    events: Sequence[dict[str, Any]] = ()
    moments: Sequence[int] = ()


@dataclass(frozen=True)
class Health:
    """How a run without findings stands, which is "healthy" only once it was measured to be.

    - early: too early to tell; sign says what is waited for: "rows", "first" or "second"
      (measurement); of a run that is over "short" or "never"
    - unjudged: nothing looks wrong, but sign "distance": there are too few images for an FD
    - far: fd, fd_floor and times_floor (fd / fd_floor, as measured) are those of poor samples;
      sign "nearing" while FD falls, else "still"
    - alike: samples differ much less than real images (spread); sign "" or, where D tells all
      apart, "scores" (score_real, score_fake)
    - healthy: near real images and as varied; fd, fd_floor, times_floor
    """

    state: HealthState
    evidence: Evidence = field(default_factory=dict)


@dataclass(frozen=True)
class Finding:
    """One thing that goes wrong, since when, and by what it shows.

    Evidence by kind; `sign` says which of several signs speaks (the first that does), and only the
    keys that were measured are there:

    - mode-collapse: sign "modes" | "histogram" | "spread" | "variety"; modes (int, covered),
      classes (int, all there are), mode_kind ("class" | "cluster" of real images), largest (share
      of the commonest mode, 0 to 1), spread and variety (pairwise distance of the fakes over that
      of the reals: overall, within a mode)
    - d-winning: sign "scores" | "gradient" | "apart" (scores, beside samples that are alike);
      score_real, score_fake, gap (real - fake),
      saturated (share of D's possible gain that it has, 0 to 1), grad_norm_g, grad_norm_g_before
    - d-losing: sign "scores" | "reversed"; score_real, score_fake, gap, fd, fd_floor, times_floor
    - memorising: sign "held-out" | "copies"; score_train, score_held_out, score_fake, drift (how
      far held-out scores have gone from train's to the fakes', 0 to 1); of a VAE or an RNN bits and
      bits_held_out (per dimension) instead of these, of a flow velocity_error and
      velocity_error_held_out, and sign is "bits" or "velocity_error"; memorised (share of the
      fakes that are copies, 0 to 1), nearest (distance to the nearest real, over real to real)
    - divergence: sign "loss" | "gradient" | "fd" | "no-number" (the training broke off) | "outside"
      (of points: then outside, the share of samples that no picture shows, 0 to 1) | "quality" (of
      points: then high_quality and high_quality_before, shares of the samples, 0 to 1);
      what ("bits" | "velocity_error" | "drift_size" | "loss_g" | "loss_d" | "grad_norm_g" |
      "grad_norm_d" | "score" | "fd"), value, before, times (value / before), since_nimg
    - stagnation: fd, fd_floor, times_floor, best (least FD so far), since_nimg, images (int, shown
      since then)

    All have seconds (float): for how long it has been so, in seconds of training.
    """

    kind: FindingKind
    severity: Severity
    nimg: int  # nimg of the last row examined
    evidence: Evidence = field(default_factory=dict)
    remedies: tuple[Remedy, ...] = ()  # most likely to help first

    def to_json(self) -> dict[str, Any]:
        """Plain dicts and lists, ready for `json.dumps`."""
        return {**asdict(self), "remedies": [asdict(r) for r in self.remedies]}
