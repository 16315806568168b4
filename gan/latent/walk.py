"""Walks between and around points: interpolation, closed loops, arithmetic.

In a segment between two classes, each frame has one class: the nearer keyframe's. Class mixtures
mostly look like nothing, so walks avoid them; around the middle of the segment the picture of one
class dissolves into that of the other. gan/ui/explore/points.js does the same in the browser.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import torch
from torch import Tensor

from gan.errors import ConfigError
from gan.images import shrink
from gan.latent.points import Points, from_seeds, show
from gan.messages import Message
from gan.models import Generator
from gan.sampling import at_once, choose_labels, slerp, truncate

Space = Literal["z", "w"]
SPACES: tuple[Space, ...] = get_args(Space)
Measure = Callable[["Path"], Tensor]  # N frames -> (N, F): the space in which the speed is constant
Render = Callable[[Generator, "Path", float, "int | None"], Tensor]  # g, frames, psi, side
MIN_KEYFRAMES, MAX_KEYFRAMES = 2, 8
MAX_STEPS = 600  # per segment
FINER = 4  # positions sampled per frame to equalise the speed
# share of a segment in which one class dissolves into the next: three frames of 24 are enough to
# look smooth, and more are seen as double exposures (benchmarks/RESULTS.md)
FADE = 0.12


@dataclass(frozen=True)
class Path:
    """The frames of a walk: each lies a fraction `t` of the way from `one` to `other`.

    In a segment between two classes both ends have the class of the nearer keyframe, and
    `one_beyond`, `other_beyond` are the same ends in the other class, blended in by `share`.
    """

    one: Points  # (F)
    other: Points  # (F)
    t: Tensor  # (F, 1)
    space: Space
    one_beyond: Points  # (F)
    other_beyond: Points  # (F)
    share: Tensor  # (F,) from 0 to 0.5; 0 away from a boundary between classes

    def __len__(self) -> int:
        return len(self.t)

    def at(self, index: slice | Tensor) -> Path:
        """The frames at `index`."""
        return Path(
            self.one.at(index), self.other.at(index), self.t[index], self.space,
            self.one_beyond.at(index), self.other_beyond.at(index), self.share[index],
        )  # fmt: skip

    def beyond(self) -> Path:
        """The same frames in the class on the other side of the boundary."""
        return Path(
            self.one_beyond, self.other_beyond, self.t, self.space, self.one, self.other, self.share
        )

    @property
    def points(self) -> Points:
        """The frames' points: spherical or linear interpolation between their ends."""
        a, b = self.one.z, self.other.z
        z = a.lerp(b, self.t) if self.space == "w" else slerp(a, b, self.t)
        if self.one.weights is None or self.other.weights is None:
            return Points(z)
        return Points(z, self.one.weights.lerp(self.other.weights, self.t))


def between(
    keyframes: Points,
    steps: int,
    *,
    space: Space = "z",
    loop: bool = False,
    measure: Measure | None = None,
) -> Path:
    """A path through 2 to 8 keyframes with `steps` frames per segment.

    Spherical in z; linear for space "w", which is linear in w wherever w is z and the class
    embedding (`walk` renders any mapping). Class weights are interpolated linearly while the
    strongest class is the same at both ends of a segment. An open path has (K - 1) * steps + 1
    frames and includes both ends; a loop has K * steps and its last frame is one step before its
    first. With `measure` the frames are re-spaced so that neighbours are equally far apart in it:
    constant speed. Raises ConfigError for other numbers.
    """
    stretches = _stretches(keyframes, steps, loop=loop)
    if measure is None:
        return _path(keyframes, _places(stretches, steps, loop=loop), space)
    fine = _places(stretches, FINER * steps, loop=False)  # a loop's end is its first keyframe
    seen = measure(_path(keyframes, fine, space)).double()
    count = stretches * steps + (0 if loop else 1)
    return _path(keyframes, _evenly(fine, seen, count, loop=loop), space)


def keyframes_of(
    g: Generator, seeds: Sequence[int], *, label: int | None = None, own_classes: bool = False
) -> Points:
    """The points of `seeds` as keyframes of a walk within one class.

    The class is `label`, or the first seed's own; with `own_classes` every seed keeps its own.
    Raises ConfigError for a class that the model does not have.
    """
    if label is None and not own_classes:
        first = choose_labels(g, [*seeds][:1], None)
        label = int(first[0]) if first is not None and len(first) else None
    return from_seeds(g, seeds, label=label)


def walk(
    g: Generator,
    keyframes: Points,
    steps: int,
    *,
    space: Space = "z",
    loop: bool = False,
    psi: float = 1.0,
    even: bool = False,
) -> Tensor:
    """The pictures (F, C, H, W) of a path; in space "w" exactly linear in w for every mapping.

    `even`: constant speed, measured by pixel change.
    """

    def paint(path: Path) -> Tensor:
        return torch.cat([*pictures(g, path, psi=psi, render=RENDER[space])])

    measure = (lambda path: paint(path).flatten(1)) if even else None
    return paint(between(keyframes, steps, space=space, loop=loop, measure=measure))


@torch.no_grad()
def pictures(
    g: Generator,
    path: Path,
    *,
    psi: float = 1.0,
    side: int | None = None,
    batch_size: int = 128,
    render: Render | None = None,
) -> Iterator[Tensor]:
    """The pictures (N, C, H, W) of a path, in batches; at most `side` px if given."""
    render = render or _in_z
    for start in range(0, len(path), batch_size):
        part = path.at(slice(start, start + batch_size))
        x = render(g, part, psi, side)
        fading = part.share.nonzero()[:, 0]
        if len(fading):
            beyond = render(g, part.at(fading).beyond(), psi, side)
            x = x.index_copy(
                0, fading, x[fading].lerp(beyond, part.share[fading, None, None, None])
            )
        yield x


def _in_z(g: Generator, path: Path, psi: float, side: int | None) -> Tensor:
    return show(g, path.points, psi=psi, side=side)


def _in_w(g: Generator, path: Path, psi: float, side: int | None) -> Tensor:
    def mapped(points: Points) -> Tensor:
        w = g.mapping(points.z, points.weights)
        return truncate(g, w, psi=psi, labels=points.weights)

    w = mapped(path.one).lerp(mapped(path.other), path.t)
    x = torch.cat([g.synthesis(part).float().cpu() for part in w.split(min(128, at_once(g)))])
    return x if side is None else shrink(x, side)


RENDER: dict[Space, Render] = {"z": _in_z, "w": _in_w}  # exactly linear in w for every mapping


def _stretches(keyframes: Points, steps: int, *, loop: bool) -> int:
    count = len(keyframes)
    if not MIN_KEYFRAMES <= count <= MAX_KEYFRAMES:
        raise ConfigError(
            "a walk needs {min_keyframes} to {max_keyframes} keyframes, got {got}; {advice}",
            min_keyframes=MIN_KEYFRAMES,
            max_keyframes=MAX_KEYFRAMES,
            got=count,
            advice=Message("add some" if count < MIN_KEYFRAMES else "take some away"),
        )
    if not 1 <= steps <= MAX_STEPS:
        raise ConfigError(
            "a stretch may have 1 to {max_steps} steps, got {got}; correct it",
            max_steps=MAX_STEPS,
            got=steps,
        )
    return count if loop else count - 1


def _places(stretches: int, steps: int, *, loop: bool) -> Tensor:
    """Positions of the frames, from 0 to `stretches`: 1.25 is a quarter past keyframe 1."""
    count = stretches * steps
    places = torch.arange(count + 1, dtype=torch.float64) * (stretches / count)
    return places[:-1] if loop else places


def _path(keyframes: Points, places: Tensor, space: Space) -> Path:
    """The frames at `places` (F,)."""
    count = len(keyframes)
    start = places.floor().long()
    t = (places - start)[:, None].float()  # (F, 1)
    one, other = keyframes.at(start % count), keyframes.at((start + 1) % count)
    none = t.new_zeros(len(t))
    if one.weights is None or other.weights is None:
        return Path(one, other, t, space, one, other, none)
    own, others = one.weights, other.weights
    crossing = (own.argmax(1) != others.argmax(1))[:, None]  # (F, 1)
    first = t < 0.5
    near, far = torch.where(first, own, others), torch.where(first, others, own)

    def ends(weights: Tensor) -> tuple[Points, Points]:
        return (
            Points(one.z, torch.where(crossing, weights, own)),
            Points(other.z, torch.where(crossing, weights, others)),
        )

    return Path(*ends(near), t, space, *ends(far), _share(t[:, 0]).where(crossing[:, 0], none))


def _share(t: Tensor) -> Tensor:
    """Blend weight of the next class at t (F,): half in the middle, none FADE / 2 away."""
    off = ((t - 0.5).abs() / FADE).clamp(max=0.5)
    part = 0.5 - off  # 0.5 in the middle
    return part * part * (3 - 2 * part)


def _evenly(places: Tensor, seen: Tensor, count: int, *, loop: bool) -> Tensor:
    """`count` of the places (M,), equally spaced along the values measured at them (M, F)."""
    lengths = (seen[1:] - seen[:-1]).norm(dim=1)
    # a segment without change still takes some time, or its positions would be undefined
    lengths = lengths + 1e-6 * lengths.mean().clamp_min(1e-12)
    along = torch.cat([lengths.new_zeros(1), lengths.cumsum(0)])
    wanted = along[-1] * torch.arange(count, dtype=torch.float64) / (count if loop else count - 1)
    right = torch.searchsorted(along, wanted, right=True).clamp(1, len(along) - 1)
    left = right - 1
    t = ((wanted - along[left]) / lengths[left]).clamp(0, 1)
    evenly: Tensor = places[left] + t * (places[right] - places[left])
    return evenly
