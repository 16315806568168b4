"""Walks: through their keyframes, at an even pace, without a jump."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from gan.errors import ConfigError
from gan.latent.points import Points, from_seeds, show
from gan.latent.walk import FADE, Path, between, keyframes_of, walk
from tests.latent.toys import LinearGenerator, drawn

WALKS = {
    "count": st.integers(2, 8),
    "steps": st.integers(2, 30),
    "seed": st.integers(0, 10_000),
    "space": st.sampled_from(["z", "w"]),
}


def points_of(count: int, seed: int) -> Points:
    weights = torch.eye(5)[torch.arange(seed, seed + count) % 5]
    return Points(drawn(count, 16, seed=seed), weights)


def strides(path: Path, *, loop: bool = False) -> torch.Tensor:
    z = path.points.z
    z = torch.cat([z, z[:1]]) if loop else z
    return (z[1:] - z[:-1]).norm(dim=1)


@given(**WALKS)
@settings(max_examples=60, deadline=None)
def test_a_closed_loop_has_no_jump(count, steps, seed, space):
    """The stride from the last frame to the first is one like those before it."""
    keys = points_of(count, seed)
    path = between(keys, steps, space=space, loop=True)
    assert len(path) == count * steps
    step = strides(path, loop=True)
    last_stretch = step[-steps:]
    assert step[-1] <= 1.5 * last_stretch.median() + 1e-4
    farthest = (keys.z - keys.z.roll(-1, 0)).norm(dim=1).max()
    assert step.max() <= 2.0 * farthest / steps + 1e-4


def test_an_open_path_played_as_a_loop_would_jump():
    """The property above can fail: this is the fault that it guards against."""
    path = between(points_of(4, 0), 20, loop=False)
    step = strides(path, loop=True)
    assert step[-1] > 10 * step[:-1].median()


@given(**WALKS)
@settings(max_examples=40, deadline=None)
def test_an_open_path_passes_its_keyframes_and_holds_both_ends(count, steps, seed, space):
    keys = points_of(count, seed)
    path = between(keys, steps, space=space)
    assert len(path) == (count - 1) * steps + 1
    passed = path.at(slice(None, None, steps)).points
    assert torch.allclose(passed.z, keys.z, atol=1e-4)
    assert torch.allclose(passed.weights, keys.weights, atol=1e-5)
    assert torch.allclose(path.points.weights.sum(1), torch.ones(len(path)), atol=1e-5)


def test_z_goes_round_and_w_goes_straight():
    keys = points_of(2, 3)
    low, high = sorted(keys.z.norm(dim=1).tolist())
    round_trip, straight = (between(keys, 10, space=s).points.z for s in ("z", "w"))
    assert all(low - 1e-3 <= n <= high + 1e-3 for n in round_trip.norm(dim=1).tolist())
    assert torch.allclose(straight[5], keys.z.mean(0), atol=1e-5)
    assert straight[5].norm() < 0.9 * keys.z.norm(dim=1).mean()


@pytest.mark.parametrize("loop", [False, True])
def test_a_measured_walk_keeps_a_constant_speed(loop):
    """One keyframe is far and one is near: unmeasured, the far stretch is walked faster."""
    z = torch.tensor([[1.0, 0.0, 0.0], [1.0, 0.1, 0.0], [-8.0, 1.0, 3.0]])
    keys = Points(z)
    plain = strides(between(keys, 20, space="w", loop=loop), loop=loop)
    even = strides(between(keys, 20, space="w", loop=loop, measure=lambda p: p.points.z), loop=loop)
    assert plain.max() > 20 * plain.min()
    around_corners = 3  # where a chord is shorter than its arc
    assert even.kthvalue(1 + around_corners).values > 0.9 * even.max()
    assert len(even) == len(plain)


def test_a_measured_walk_of_nothing_that_changes_is_the_plain_one():
    keys = points_of(3, 0)
    still = between(keys, 8, measure=lambda p: torch.zeros(len(p), 1))
    assert torch.allclose(still.points.z, between(keys, 8).points.z, atol=1e-3)


@pytest.mark.parametrize(("count", "steps"), [(1, 5), (9, 5), (3, 0), (3, 601)])
def test_a_walk_of_other_numbers_is_refused(count, steps):
    with pytest.raises(ConfigError):
        between(points_of(count, 0), steps)


def test_every_generator_walks(any_g):
    keys = from_seeds(any_g, [1, 2])
    ends = show(any_g, keys)
    for space in ("z", "w"):
        x = walk(any_g, keys, 2, space=space)
        assert x.shape == (3, *any_g.image_shape)
        assert torch.allclose(x[[0, 2]], ends, atol=1e-4)


class ByClass(LinearGenerator):
    """Pictures that are their class weights, so that a mixture can be read off the pixels."""

    def __init__(self):
        super().__init__(torch.eye(4), drawn(4, 64))
        self.classes = 4

    def mapping(self, z, labels=None):
        if not labels.is_floating_point():
            labels = torch.nn.functional.one_hot(labels, 4).float()
        return torch.nn.functional.pad(labels, (0, z.shape[1] - 4))

    def synthesis(self, w):
        return w[:, :4].reshape(-1, 1, 2, 2)


@pytest.mark.parametrize("space", ["z", "w"])
@pytest.mark.parametrize("loop", [False, True])
def test_a_walk_between_classes_shows_one_class_but_for_a_short_dissolve(space, loop):
    g = ByClass().eval()
    keys = Points(drawn(3, 4), torch.eye(4)[[0, 2, 1]])
    steps = 50
    x = walk(g, keys, steps, space=space, loop=loop).flatten(1)
    stretches = 3 if loop else 2
    assert torch.allclose(x.sum(1), torch.ones(len(x)), atol=1e-5)  # a share each, none negative
    mixed = int((x.amax(1) < 0.999).sum())
    assert stretches * (FADE * steps - 2) <= mixed <= stretches * (FADE * steps + 2)
    assert float((x[1:] - x[:-1]).norm(dim=1).max()) < 0.5  # and no cut: sqrt(2) would be one
    middle = between(keys, steps, space=space, loop=loop).points.weights
    assert set(middle.unique().tolist()) == {0.0, 1.0}  # a point to stay at is of one class


def test_weights_go_straight_while_one_class_stays_the_strongest():
    weights = torch.tensor([[0.9, 0.1], [0.6, 0.4]])
    path = between(Points(drawn(2, 4), weights), 4)
    assert torch.allclose(path.points.weights[:, 1], torch.linspace(0.1, 0.4, 5))
    assert not path.share.any()


def test_keyframes_are_of_one_class_unless_each_seed_keeps_its_own(fashion):
    own = from_seeds(fashion, [4, 5, 6]).weights.argmax(1)
    assert len(set(own.tolist())) > 1
    assert keyframes_of(fashion, [4, 5, 6]).weights.argmax(1).tolist() == [int(own[0])] * 3
    assert keyframes_of(fashion, [4, 5, 6], label=8).weights.argmax(1).tolist() == [8] * 3
    kept = keyframes_of(fashion, [4, 5, 6], own_classes=True).weights.argmax(1)
    assert kept.tolist() == own.tolist()


def test_in_w_the_way_is_straight_behind_any_mapping():
    class Bent(LinearGenerator):
        def mapping(self, z, labels=None):
            return (z @ self.m).pow(3)

    g = Bent(torch.eye(4), drawn(4, 64)).eval()
    x = walk(g, Points(drawn(2, 4)), 2, space="w")
    assert torch.allclose(x[1], (x[0] + x[2]) / 2, atol=1e-4)
    bent = walk(g, Points(drawn(2, 4)), 2, space="z")
    assert not torch.allclose(bent[1], (bent[0] + bent[2]) / 2, atol=1e-2)


def test_even_pictures_change_evenly(fashion):
    keys = from_seeds(fashion, [1, 2, 3])
    worst = []
    for even in (False, True):
        x = walk(fashion, keys, 12, even=even).flatten(1)
        step = (x[1:] - x[:-1]).norm(dim=1)
        worst.append(float(step.max() / step.min()))
    assert worst[1] < 0.6 * worst[0]
