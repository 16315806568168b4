"""Numbers shown on card, command line and page: name, unit and explanation of each.

All interfaces take their wording from here, so that it is the same everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from gan.messages import Message

Better = Literal["lower", "higher", ""]
ARROWS: dict[Better, str] = {"lower": " ↓", "higher": " ↑", "": ""}


@dataclass(frozen=True)
class Quantity:
    """A displayed number; other languages are in the page's catalogues."""

    name: str
    unit: str  # "" for a dimensionless number, or if `help` states it
    help: str  # one sentence or two
    better: Better = ""
    is_count: bool = False  # a whole number, shown without decimals

    @property
    def title(self) -> str:
        """The name with an arrow to the better side, as in tables."""
        return self.name + ARROWS[self.better]

    def text(self, value: float) -> str:
        """A value as a terminal and a card show it: shares in percent, as on the page."""
        if self.is_count:
            return f"{value:,.0f}"
        return f"{100 * value:.1f} %" if self.unit == SHARE else f"{value:.3f}"

    def bounds(self, low: float | None, high: float | None) -> str:
        """The confidence bounds; empty if there are none."""
        return "" if low is None or high is None else f"{self.text(low)} to {self.text(high)}"


SHARE = "%"

QUANTITIES: dict[str, Quantity] = {
    "fd": Quantity(
        "Fréchet distance",
        "",
        "FD: how far the samples are from real images as a whole, on a small network's features; "
        "no unit, lower is closer. Not comparable with published FID.",
        "lower",
    ),
    "kd": Quantity(
        "Kernel distance",
        "",
        "As the Fréchet distance, but fair to small samples: real images read 0 on average;"
        " no unit, lower is closer.",
        "lower",
    ),
    "precision": Quantity(
        "Precision",
        SHARE,
        "How many samples lie near some real image: quality.",
        "higher",
    ),
    "recall": Quantity(
        "Recall",
        SHARE,
        "How many real images the model could have made: variety.",
        "higher",
    ),
    "density": Quantity(
        "Density",
        "",
        "How crowded real images' surroundings are with samples: quality that single odd "
        "real images cannot lift. A ratio, about 1 for real images; it may pass 1.",
        "higher",
    ),
    "coverage": Quantity(
        "Coverage",
        SHARE,
        "How many real images have a sample close by: variety that single odd samples cannot lift.",
        "higher",
    ),
    "memorised": Quantity(
        "Near a training image",
        SHARE,
        "How many samples stand nearer to a training image than 95 % of real images do that"
        " the model has not seen: far more than 5 % means copying.",
        "lower",
    ),
    "modes": Quantity(
        "Modes caught",
        "",
        "How many of the distribution's modes are the nearest to at least one sample within three"
        " standard deviations; of stacked digits, how many of the 1,000 triples a sample shows.",
        "higher",
        is_count=True,
    ),
    "high_quality": Quantity(
        "High quality",
        SHARE,
        "How many samples lie within three standard deviations of the nearest mode, or of the"
        " curve that the points lie along.",
        "higher",
    ),
    "mode_kl": Quantity(
        "KL of the modes",
        "nats",
        "How unevenly the samples share the modes, as the Kullback-Leibler divergence from the real"
        " shares; 0 is evenly.",
        "lower",
    ),
    "js": Quantity(
        "Jensen-Shannon divergence",
        "bits",
        "How far the samples' density over the plane is from the real one, in a histogram of"
        " 20 x 20 cells: 0 is the same, 1 is nowhere in common.",
        "lower",
    ),
    "psi": Quantity(
        "Truncation psi",
        "",
        "A factor: 1 leaves pictures as they are, below 1 they are pulled towards the "
        "average (tidier, less varied), 0 is the average itself.",
    ),
    "sigma": Quantity(
        "Standard deviations",
        "σ",
        "How far along a direction, in standard deviations of the model's samples: beyond "
        "±3 pictures become rare.",
    ),
    "amount": Quantity(
        "Amount",
        "",
        "A factor: 1 takes all of it, 0 none, 2 twice as much.",
    ),
    "turn": Quantity(
        "Turn",
        "rad",
        "How far the neighbours are turned away from the picture, in radians: 0 is the "
        "picture itself, at 1.57 nothing is left of it.",
    ),
    "seed": Quantity(
        "Seed",
        "",
        "A name, not an amount: the same seed gives the same picture everywhere.",
    ),
    "distance": Quantity(
        "Distance in features",
        "",
        "How far two pictures are apart, on our own features; no unit, 0 is a copy.",
    ),
    "ratio": Quantity(
        "Distance to a real image",
        "",
        "In usual distances between two real images: 1 is usual, 0 a copy.",
    ),
    "score": Quantity(
        "D's score",
        "",
        "No unit and no zero of its own: it says something only beside D's other scores.",
    ),
    "images": Quantity(
        "Images shown",
        "images",
        "Real images shown in training so far, each as often as it was shown.",
    ),
    "rate": Quantity(
        "Speed",
        "images/s",
        "Real images shown a second.",
        "higher",
    ),
    "time": Quantity(
        "Time",
        "h:min:s",
        "Hours, minutes and seconds of training.",
    ),
    "settings": Quantity(
        "Setting",
        "",
        "A plain number, as --set takes it.",
    ),
}

COORDINATES = "coordinates"  # the features that points of the plane are compared by
# of points
OF_POINTS: dict[str, Message] = {
    "fd": Message(
        "FD: how far the mean and the spread of the samples are from those of real points; lower "
        "is closer. Comparable only between trainings on points."
    ),
    "kd": Message(
        "As the Fréchet distance, but fair to small samples: real points read 0 on average; lower "
        "is closer."
    ),
    "precision": Message(
        "How many samples lie among real points: no farther from one than the fifth-nearest real "
        "point is."
    ),
    "recall": Message(
        "How many real points lie among samples: no farther from one than the fifth-nearest sample "
        "is."
    ),
    "density": Message(
        "How crowded real points' surroundings are with samples. A ratio, about 1 for real points; "
        "it may pass 1."
    ),
    "coverage": Message(
        "How many real points have a sample no farther away than their fifth-nearest real point."
    ),
    "modes": Message(
        "How many of the distribution's modes are the nearest to at least one sample within three "
        "standard deviations."
    ),
    "psi": Message(
        "A factor: 1 leaves points where they are, below 1 they are pulled towards the average "
        "(safer, less varied), 0 is the average itself."
    ),
    "sigma": Message(
        "How far along a direction, in standard deviations of the model's samples: beyond ±3 "
        "points become rare."
    ),
    "turn": Message(
        "How far the neighbours' random numbers are turned away from those of the point, in "
        "radians: 0 is the point itself, at 1.57 nothing of it is left."
    ),
    "seed": Message("A name, not an amount: the same seed gives the same point everywhere."),
    "distance": Message(
        "How far two points are apart, as a small network sees them; no unit, 0 is the same place."
    ),
    "rate": Message("Real points shown a second."),
}


def help_of(name: str, *, is_points: bool) -> Message:
    """The explanation of a number; is_points: of points of the plane instead of images."""
    plain = Message(QUANTITIES[name].help)
    return OF_POINTS.get(name, plain) if is_points else plain


def things(*, is_points: bool) -> str:
    """What is learnt and made, as the library's sentences call it: images, or points."""
    return "points" if is_points else "images"
