from __future__ import annotations

import pytest
import torch

from gan.errors import MetricError
from gan.metrics.neighbours import nearest


def drawn(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def test_neighbours_are_those_of_scikit_learn():
    from sklearn.neighbors import NearestNeighbors

    samples, reals = drawn(30, 16), drawn(500, 16, seed=1)
    distances, indices = NearestNeighbors(n_neighbors=4).fit(reals).kneighbors(samples)
    found = nearest(samples, reals, 4)
    assert found.indices.tolist() == indices.tolist()
    assert torch.allclose(found.distances, torch.tensor(distances).float(), atol=1e-4)


@pytest.mark.parametrize("chunk", [1, 7, 64, 10_000])
def test_the_chunk_size_does_not_matter(chunk):
    samples, reals = drawn(9, 8), drawn(65, 8, seed=1)
    reals[40] = reals[3]  # a tie across chunks
    whole, parts = nearest(samples, reals, 5), nearest(samples, reals, 5, chunk=chunk)
    assert whole.indices.tolist() == parts.indices.tolist()
    assert torch.equal(whole.distances, parts.distances)


def test_a_memorised_picture_is_found_at_distance_zero():
    reals = 100 + drawn(300, 64)  # far from the origin, where a dot product's expansion drowns it
    found = nearest(reals[[17, 250]], reals, 2)
    assert found.indices[:, 0].tolist() == [17, 250]
    assert found.distances[:, 0].tolist() == [0.0, 0.0]
    assert found.distances[:, 1].min() > 1


@pytest.mark.parametrize(
    ("samples", "reals", "k"),
    [
        (drawn(2, 3), drawn(4, 5), 1),
        (drawn(2, 3), drawn(4, 3), 5),
        (drawn(2, 3), drawn(4, 3), 0),
        (drawn(0, 3), drawn(4, 3), 1),
        (drawn(2, 3) * torch.nan, drawn(4, 3), 1),
    ],
)
def test_questions_without_an_answer_are_refused(samples, reals, k):
    with pytest.raises(MetricError):
        nearest(samples, reals, k)


def test_of_equally_near_reals_the_first_come_first():
    reals = drawn(40, 8, seed=1)
    twins = [33, 5, 21, 2, 38]
    reals[twins] = reals[5].clone()
    found = nearest(reals[[5]], reals, 5)
    assert found.indices.tolist() == [sorted(twins)]
    assert found.distances.tolist() == [[0.0] * 5]
