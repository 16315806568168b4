"""The result of an evaluation: plain values with all that is needed to read them.

Apart from the measuring, so that who only reads results does not import scipy.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal, NamedTuple

from gan.metrics.missing import Missing
from gan.quantities import COORDINATES

VERSION = 3  # of the metrics: raising it invalidates cached results
MetricName = Literal[
    "fd", "kd", "precision", "recall", "density", "coverage", "memorised",
    "modes", "high_quality", "mode_kl", "js",
]  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Metric:
    """One number with everything needed to interpret it."""

    name: MetricName
    value: float
    floor: float  # the same, real against real: the value of a perfect generator
    count: int  # images per side
    low: float | None = None  # 95 % confidence bounds, if any
    high: float | None = None
    lower_is_better: bool = False


@dataclass(frozen=True, kw_only=True)
class ModesCaught:
    """How many modes of a known distribution the samples hold; see gan.metrics.plane."""

    caught: int
    of: int


class Neighbour(NamedTuple):
    """A sample and its nearest real image."""

    seed: int
    image: int  # row of the data set
    ratio: float  # of its distance to the typical one of an unseen real image; 0 is a copy


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """The results. A value means little without its floor."""

    weights: str
    data: str
    features: str  # name of the feature network
    count: int  # images per side
    seed: int = 0
    revision: str = ""  # of the weights
    variance: float = 1.0  # of the real images' features, summed: the scale for distances
    metrics: tuple[Metric, ...] = ()
    class_histogram: dict[str, float] | None = None  # fraction of the samples in each class
    classes_covered: int | None = None
    modes: ModesCaught | None = None  # of points in the plane that have modes
    # three-sample test; far below 0: nearer to training images than unseen ones, be it by little
    copying_z: float | None = None
    nearest: tuple[Neighbour, ...] = ()
    groups: int = 0  # of look-alike real images that were looked for among the samples; 0: none
    missing: tuple[Missing, ...] = ()  # those that the samples hardly hold
    # "own-split" or "test-split": which unseen images copying was measured against; else why it was
    # not (gan.data.provenance)
    unseen: str = "unknown"
    shown: bool = False  # whether the model is known to have been trained on the real images
    seconds: float = 0.0

    def __getitem__(self, name: MetricName) -> Metric:
        return next(m for m in self.metrics if m.name == name)

    @property
    def fd(self) -> float:
        """Fréchet distance."""
        return self["fd"].value

    @property
    def fd_floor(self) -> float:
        """Fréchet distance of real images to real ones."""
        return self["fd"].floor

    @property
    def is_of_points(self) -> bool:
        """Of points of the plane instead of images."""
        return self.features == COORDINATES

    def to_json(self) -> dict[str, Any]:
        """Plain values, ready for `json.dumps`; fd and fd_floor are also at the top level."""
        plain = asdict(self) | {
            "metrics": [asdict(m) for m in self.metrics],
            "nearest": [n._asdict() for n in self.nearest],
            "missing": [m._asdict() for m in self.missing],
        }
        quality = [m.value for m in self.metrics if m.name == "high_quality"]
        return plain | {
            "fd": self.fd,
            "fd_floor": self.fd_floor,
            "high_quality": quality[0] if quality else None,
        }
