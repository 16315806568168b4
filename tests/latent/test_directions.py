"""Directions for every family: the right ones, none twice, all changing the picture."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA

from gan.checkpoint import load
from gan.errors import ConfigError
from gan.latent.direction import Direction, cosine
from gan.latent.directions import (
    class_directions,
    fit_direction,
    pca_directions,
    principal_components,
    rank,
    ranked_directions,
    sefa_directions,
)
from gan.latent.points import from_seeds, show
from gan.latent.trace import is_nonlinear, trace
from gan.metrics.features import load_features
from gan.sampling import latents
from tests.latent.toys import LinearGenerator, drawn, generator_of


def unit(values: torch.Tensor) -> torch.Tensor:
    return values / values.norm()


def axis(z_dim: int, i: int, name: str = "axis", kind: str = "drawn") -> Direction:
    return Direction(name, kind, torch.eye(z_dim)[i], 1.0)


@pytest.mark.slow
def test_every_generator_has_directions_that_change_its_pictures(any_g):
    found = [*pca_directions(any_g, count=3), *sefa_directions(any_g, count=3)]
    # an RNN and a flow have no first layer whose weights would be directions
    assert len(found) == (6 if any_g.layered else 3)
    for direction in found:
        assert direction.vector.shape == (any_g.z_dim,)
        assert direction.sigma == pytest.approx(float(direction.vector.norm()), abs=1e-4)
        assert 0 < direction.share < 1
    moves = class_directions(any_g)
    assert len(moves) == any_g.classes
    ranked = rank(any_g, [*found, *moves], count=4)
    assert all(d.effect > 0 for d in ranked)
    middle = from_seeds(any_g, [3])
    for direction in ranked:
        there = show(any_g, direction.move(middle, 2.0))
        assert not torch.allclose(there, show(any_g, middle), atol=1e-4)


@pytest.mark.parametrize("shape", [(60, 7), (20, 90)], ids=["tall", "wide"])
def test_principal_components_are_scikit_learns(shape):
    x = drawn(*shape) * torch.linspace(3, 0.1, shape[1])
    ours = principal_components(x, 5)
    theirs = PCA(5, svd_solver="full").fit(x.numpy())
    signs = np.sign((ours.axes.numpy() * theirs.components_).sum(1, keepdims=True))
    assert np.allclose(ours.axes.numpy() * signs, theirs.components_, atol=1e-4)
    assert np.allclose(ours.share.numpy(), theirs.explained_variance_ratio_, atol=1e-5)
    assert np.allclose(ours.coordinates.numpy() * signs.T, theirs.transform(x.numpy()), atol=1e-3)


def test_pca_directions_are_the_regression_on_scikit_learns_components():
    """Shares are those of PCA on the first activations, and z follows the coordinates."""
    g = load("fashion-mlp").generator  # without classes
    z = latents(g.z_dim, range(512))
    steps, _ = trace(g, z, until=is_nonlinear)
    theirs = PCA(6, svd_solver="full").fit(steps[-1].output.flatten(1).double().numpy())
    found = pca_directions(g, count=6)
    assert [d.share for d in found] == pytest.approx(theirs.explained_variance_ratio_, abs=1e-5)
    coordinates = theirs.transform(steps[-1].output.flatten(1).double().numpy())
    for direction, column in zip(found, coordinates.T, strict=True):
        along = np.corrcoef((z @ direction.vector).numpy(), column)[0, 1]
        beside = np.corrcoef((z @ drawn(g.z_dim)).numpy(), column)[0, 1]
        assert abs(along) > 0.6 > abs(beside)


@pytest.mark.parametrize(
    ("preset", "weight"),
    [
        ("fashion", lambda g: g.to_map.weight),
        ("fashion-mlp", lambda g: g.hidden[0].weight),
        ("dcgan-small", lambda g: g.main[0].weight.permute(1, 2, 3, 0).flatten(0, 2)),
    ],
)
def test_sefa_is_the_eigendecomposition_of_the_first_weight(preset, weight):
    g = generator_of(f"preset:{preset}")
    a = weight(g).detach().double().numpy()[:, : g.z_dim]
    values, vectors = np.linalg.eigh(a.T @ a)
    found = sefa_directions(g, count=5)
    for i, direction in enumerate(found):
        assert abs(direction.vector.double().numpy() @ vectors[:, -1 - i]) > 0.9999
        assert direction.share == pytest.approx(values[-1 - i] / values.sum(), rel=1e-4)


@pytest.mark.parametrize("find", [pca_directions, sefa_directions])
def test_a_mapping_that_is_no_identity_is_followed_back_to_z(find):
    """w = z M stretches one z-direction most; A weighs all of w alike."""
    q = torch.linalg.qr(drawn(12, 12)).Q
    m = q @ torch.diag(torch.tensor([5.0, 3.0, *[1.0] * 10]))
    a = torch.linalg.qr(drawn(64, 12, seed=1)).Q.T * torch.tensor([[4.0], [2.0], *[[1.0]] * 10])
    g = LinearGenerator(m, a).eval()
    found = find(g, count=2)
    for i in (0, 1):
        assert abs(found[i].vector @ q[:, i]) > 0.98


def test_sefa_of_a_generator_without_layers_is_taken_by_differences():
    a = drawn(12, 64)
    g = LinearGenerator(torch.eye(12), a, as_layer=False).eval()
    _, vectors = np.linalg.eigh((a @ a.T).double().numpy())
    first = sefa_directions(g, count=1)[0]
    assert abs(first.vector.numpy() @ vectors[:, -1]) > 0.999


@pytest.mark.slow
def test_the_short_list_is_diverse_ranked_and_the_same_each_time(fashion):
    names = tuple(map(str, range(10)))
    found = ranked_directions(fashion, count=8, class_names=names)
    again = ranked_directions(fashion, count=8, class_names=names)
    longer = ranked_directions(fashion, count=14, class_names=names)
    assert len(found) == 8
    assert [d.name for d in found] == [d.name for d in again] == [d.name for d in longer[:8]]
    assert all(torch.equal(a.vector, b.vector) for a, b in zip(found, again, strict=True))
    for i, one in enumerate(longer):
        assert all(abs(cosine(one, other)) < 0.6 for other in longer[:i])
    assert sum(d.kind == "class" for d in found) <= 2
    effects = [d.effect for d in found if d.kind != "class"]
    assert effects == sorted(effects, reverse=True)


def test_a_planted_duplicate_is_dropped_and_a_weak_one_comes_last():
    a = torch.diag(torch.tensor([1.0, 4.0, 2.0])) @ torch.eye(3, 64)
    g = LinearGenerator(torch.eye(3), a).eval()
    planted = axis(3, 1, "the same again")
    tilted = Direction("nearly", "pca", unit(torch.tensor([0.1, 1.0, 0.0])), 1.0)
    ranked = rank(g, [axis(3, 0), axis(3, 1), planted, tilted, axis(3, 2)], count=5)
    assert [int(d.vector.argmax()) for d in ranked] == [1, 2, 0]
    assert [d.effect for d in ranked] == pytest.approx([8.0, 4.0, 2.0])


def test_a_class_move_leads_to_its_class(fashion):
    net = load_features("fashion")
    moves = class_directions(fashion, class_names=net.config.class_names)
    assert [d.name for d in moves] == list(net.config.class_names)
    start = from_seeds(fashion, range(40))
    for wanted in (1, 7, 8):
        moved = moves[wanted].move(start, 3.0)
        assert torch.allclose(moved.weights.sum(1), torch.ones(40), atol=1e-5)
        assert torch.equal(moved.z, start.z)
        before, after = (
            (net.logits(show(fashion, p).clone()).argmax(1) == wanted).float().mean()
            for p in (start, moved)
        )
        assert after > before + 0.15


def test_one_sigma_of_a_class_move_is_the_spread_of_labels(fashion):
    labels = torch.eye(10)
    for move in class_directions(fashion):
        along = labels @ unit(move.classes)
        assert float(along.std(correction=0)) == pytest.approx(float(move.classes.norm()), rel=1e-4)


@pytest.mark.slow
def test_a_model_without_classes_moves_towards_what_a_classifier_sees():
    g, net = load("fashion-mlp").generator, load_features("fashion")
    found = class_directions(g, classify=net.logits, class_names=net.config.class_names)
    assert len(found) >= 5
    start = from_seeds(g, range(64))
    for direction in found:
        wanted = net.config.class_names.index(direction.name)
        low, high = (
            net.logits(show(g, direction.move(start, t)).clone())[:, wanted].mean()
            for t in (-1.5, 1.5)
        )
        assert high > low + 0.5
    assert class_directions(g) == ()


def test_a_drawn_direction_finds_the_planted_axis():
    z = drawn(80, 32)
    more = z[:, 5] > 0
    fit = fit_direction(z[more], z[~more], name="sleeves")
    assert fit.direction.vector[5] > 0.7
    assert float(fit.direction.vector.norm()) == pytest.approx(1.0, abs=1e-5)
    assert fit.separated > 0.95
    assert fit.held_out > 0.7
    assert (fit.direction.name, fit.direction.kind) == ("sleeves", "drawn")


def test_marks_that_mean_nothing_are_told_by_the_held_out_figure():
    """In 64 dimensions anything separates: only those left out show that nothing was learned."""
    z = drawn(40, 64)
    fit = fit_direction(z[:20], z[20:])
    assert fit.separated > 0.9
    assert fit.held_out < 0.7


def test_two_and_two_samples_are_enough_and_fewer_are_not():
    z = drawn(4, 16)
    fit = fit_direction(z[:2], z[2:])
    assert fit.separated == 1.0
    assert (z[:2] @ fit.direction.vector).min() > (z[2:] @ fit.direction.vector).max()
    with pytest.raises(ConfigError, match="2 samples"):
        fit_direction(z[:1], z[1:])
    with pytest.raises(ConfigError, match="one model"):
        fit_direction(z[:2], z[2:, :8])
    with pytest.raises(ConfigError, match="finite"):
        fit_direction(z[:2] * torch.nan, z[2:])


def test_a_drawn_direction_moves_classes_where_these_were_what_differed():
    weights = torch.eye(5)[[0, 0, 0, 1, 1, 1]]
    z = drawn(6, 8)
    fit = fit_direction(z[:3], z[3:], plus_weights=weights[:3], minus_weights=weights[3:])
    assert fit.direction.classes.argmax() == 0
    assert fit.direction.classes.argmin() == 1
    assert float(fit.direction.classes.sum()) == pytest.approx(0, abs=1e-6)


# ---- what a drawn direction is worth -----------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(("more", "less"), [(2, 2), (10, 10), (20, 2)])
def test_a_direction_from_marks_without_any_meaning_is_called_guessing(more, less):
    draw = torch.Generator().manual_seed(100 + more)
    told = [
        fit_direction(
            torch.randn(more, 64, generator=draw), torch.randn(less, 64, generator=draw)
        ).is_guessing
        for _ in range(20)
    ]
    assert sum(told) >= 15  # one in ten passes by chance


@pytest.mark.parametrize(("more", "less"), [(2, 2), (4, 4), (3, 12)])
def test_a_direction_that_tells_samples_apart_is_not_called_guessing(more, less):
    draw = torch.Generator().manual_seed(7)
    shift = torch.zeros(64)
    shift[5] = 12.0
    fit = fit_direction(
        torch.randn(more, 64, generator=draw) + shift, torch.randn(less, 64, generator=draw)
    )
    assert fit.held_out == 1
    assert not fit.is_guessing


def test_marks_on_one_side_alone_do_not_lift_the_share():
    draw = torch.Generator().manual_seed(3)
    fit = fit_direction(torch.randn(2, 64, generator=draw), torch.randn(24, 64, generator=draw))
    assert fit.judged == (2, 16)
    assert fit.held_out <= 0.75  # all called "less" would be 0.92 of all marked samples, 0.5 here
