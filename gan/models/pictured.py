"""A generator of points as one of pictures, a dot in each: for whoever shows images."""

from __future__ import annotations

from collections.abc import Iterator

from torch import Tensor

from gan.config import PLANE_SHAPE
from gan.images import dots, plane_of
from gan.models.protocol import Generator

PICTURE_SHAPE = (3, 48, 48)  # (C, H, W)


class PlanePictures(Generator):
    """z -> w -> a picture (3, 48, 48) of the plane [-1, 1] squared, y up, with a dot in the colour
    of what a model makes.

    Plain arithmetic, differentiable and exportable. behind: real points (N, 2) that lie faintly
    below, so that the dot has a place. A point outside leaves the plane without a dot.
    """

    line: Tensor
    axes: Tensor

    def __init__(self, g: Generator, *, behind: Tensor | None = None) -> None:
        super().__init__()
        self.points = g
        self.layered = g.layered
        self.z_dim, self.w_dim, self.classes = g.z_dim, g.w_dim, g.classes
        self.image_shape = PICTURE_SHAPE
        line, axes = plane_of(PICTURE_SHAPE[1], behind)
        self.register_buffer("line", line, persistent=False)
        self.register_buffer("axes", axes, persistent=False)
        self.train(g.training)

    def mapping(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        return self.points.mapping(z, labels)

    def way(self, w: Tensor) -> Iterator[Tensor] | None:
        way = self.points.way(w)
        return None if way is None else (self._dots(x) for x in way)

    def synthesis(self, w: Tensor) -> Tensor:
        return self._dots(self.points.synthesis(w))

    def _dots(self, points: Tensor) -> Tensor:
        return dots(points.flatten(1), self.line, self.axes)


def pictured(g: Generator, *, behind: Tensor | None = None) -> Generator:
    """`g`, or the pictures of its points, with those `behind` faintly below."""
    return PlanePictures(g, behind=behind) if g.image_shape == PLANE_SHAPE else g
