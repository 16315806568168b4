from __future__ import annotations

import numpy as np
import pytest
import torch

from gan.errors import ConfigError
from gan.latent.map import METHODS, latent_map
from gan.latent.points import from_seeds, show
from gan.metrics.features import load_features


def purity(xy: np.ndarray, labels: np.ndarray) -> float:
    """How many of a point's ten nearest are of its class."""
    near = torch.cdist(torch.tensor(xy), torch.tensor(xy)).topk(11, largest=False).indices[:, 1:]
    return float((labels[near] == labels[:, None]).mean())


@pytest.mark.slow
@pytest.mark.parametrize("method", METHODS)
def test_a_map_is_the_same_each_time_and_keeps_classes_together(fashion, method):
    net = load_features("fashion")
    drawn, again = (latent_map(fashion, 200, features=net, method=method) for _ in range(2))
    assert np.array_equal(drawn.xy, again.xy)
    assert drawn.xy.shape == (200, 2)
    assert float(np.abs(drawn.xy).max()) == pytest.approx(1.0, abs=1e-5)
    assert drawn.seeds.tolist() == list(range(200))
    assert torch.allclose(drawn.x[:3], show(fashion, from_seeds(fashion, [0, 1, 2])), atol=1e-4)
    shuffled = np.random.default_rng(0).permutation(drawn.labels)
    assert purity(drawn.xy, drawn.labels) > 0.4 > 0.2 > purity(drawn.xy, shuffled)


def test_every_generator_has_a_map(any_g):
    drawn = latent_map(any_g, 16, seed=5)
    assert drawn.seeds[0] == 5
    assert (drawn.labels is None) == (any_g.classes == 0)
    assert np.isfinite(drawn.xy).all()


def test_a_classifier_names_what_has_no_classes():
    from gan.checkpoint import load

    net = load_features("fashion")
    drawn = latent_map(load("fashion-mlp").generator, 64, features=net, classify=net.logits)
    assert len(set(drawn.labels.tolist())) >= 4


@pytest.mark.parametrize("options", [{"count": 9}, {"count": 2001}, {"method": "umap"}])
def test_a_map_of_other_numbers_is_refused(fashion, options):
    with pytest.raises(ConfigError):
        latent_map(fashion, **options)
