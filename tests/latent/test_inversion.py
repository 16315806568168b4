"""From a picture back to its point."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import torch

from gan.checkpoint import load, weights_dir
from gan.data import load_data
from gan.errors import ConfigError, WeightsError
from gan.files import write_json
from gan.images import normalise
from gan.latent.encoder import ENCODER_CONFIG, ENCODER_FILE, Encoder, EncoderConfig, load_encoder
from gan.latent.inversion import InversionProgress, Inverted, invert
from gan.latent.points import Points, from_seeds, show
from gan.metrics.features import extract, features_for, load_features
from gan.schema import to_json
from gan.tensors import save_modules
from tests.latent.toys import LinearGenerator

ELSEWHERE = 50_000  # seeds that the search does not look at


def net_of(name: str):
    weights = load(name)
    return weights, load_features(features_for(weights.config.data, weights.image_shape[0]))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["fashion", "emoji"])
def test_a_generated_picture_is_found_again(name: str):
    """At least 20 times nearer in features than random samples are to each other."""
    weights, net = net_of(name)
    g = weights.generator
    apart = float(torch.pdist(extract(net, show(g, from_seeds(g, range(64))))).mean())
    target = show(g, from_seeds(g, [ELSEWHERE]))[0]
    *news, found = invert(g, target, features=net, encoder=load_encoder(weights))
    assert isinstance(found, Inverted)
    assert found.distance < apart / 20
    again = extract(net, show(g, found.points))[0]
    assert float((again - extract(net, target[None])[0]).norm()) == pytest.approx(
        found.distance, abs=0.02
    )
    assert (found.after - target).square().mean() < 0.1 * (found.before - target).square().mean()
    assert [n.step for n in news] == list(range(10, 201, 10))
    assert all(isinstance(n, InversionProgress) for n in news)
    assert found.weights is None or float(found.weights.sum()) == pytest.approx(1.0, abs=1e-4)


@pytest.mark.slow
def test_a_real_garment_comes_nearer_than_from_the_mean_picture():
    weights, net = net_of("fashion")
    g = weights.generator
    target = normalise(load_data("fashion").pixels[123])
    *_, found = invert(g, target, features=net, encoder=load_encoder(weights), steps=60)

    def mean_picture(x: torch.Tensor) -> Points:
        return Points(torch.zeros(1, g.z_dim), torch.full((1, 10), 0.1))

    *_, from_mean = invert(g, target, features=net, encoder=mean_picture, restarts=1, steps=60)
    assert found.start_distance < from_mean.start_distance
    assert found.distance < from_mean.distance


@pytest.mark.slow
def test_z_stays_near_the_sphere_even_for_a_picture_that_no_point_makes():
    weights, net = net_of("fashion")
    noise = torch.rand(1, 28, 28, generator=torch.Generator().manual_seed(0)) * 2 - 1
    *_, found = invert(weights.generator, noise, features=net, steps=80, restarts=2)
    assert 0.5 < float(found.z.norm()) / 64**0.5 < 1.6


def test_a_search_can_be_cancelled_and_keeps_what_it_has():
    weights, net = net_of("fashion")
    target = show(weights.generator, from_seeds(weights.generator, [ELSEWHERE]))[0]
    asked = iter([False] * 15 + [True] * 1000)
    news = list(
        invert(weights.generator, target, features=net, restarts=1, cancel=lambda: next(asked))
    )
    assert [n.step for n in news[:-1]] == [10]
    assert news[-1].cancelled
    assert news[-1].distance <= news[-1].start_distance


@pytest.mark.slow
def test_a_search_is_the_same_each_time_and_leaves_the_generator_alone():
    weights, net = net_of("fashion")
    g = weights.generator
    before = {k: v.clone() for k, v in g.state_dict().items()}
    target = show(g, from_seeds(g, [ELSEWHERE + 1]))[0]
    one, other = (list(invert(g, target, features=net, steps=5, restarts=2))[-1] for _ in range(2))
    assert torch.equal(one.z, other.z)
    assert all(torch.equal(before[k], v) for k, v in g.state_dict().items())
    assert all(p.grad is None for p in [*g.parameters(), *net.parameters()])


@pytest.mark.slow
def test_every_generator_can_be_searched(any_g):
    def pixels(x: torch.Tensor) -> torch.Tensor:
        return torch.nn.functional.avg_pool2d(x, 4).flatten(1)

    target = show(any_g, from_seeds(any_g, [ELSEWHERE]))[0]
    *_, found = invert(any_g, target, features=pixels, steps=3, restarts=1)
    assert found.distance <= found.start_distance
    assert found.after.shape == any_g.image_shape


@pytest.mark.parametrize(
    "options",
    [{"restarts": 0}, {"restarts": 17}, {"steps": 0}, {"steps": 2001},
     {"target": torch.zeros(3, 28, 28)}, {"target": torch.full((1, 28, 28), torch.nan)}],
)  # fmt: skip
def test_a_search_for_other_things_is_refused(fashion, options):
    target = options.pop("target", torch.zeros(1, 28, 28))
    with pytest.raises(ConfigError):
        next(invert(fashion, target, features=lambda x: x.flatten(1), **options))


# encoders


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The bundled model with an encoder that has learned nothing."""
    for name in ("config.json", "model.safetensors"):
        shutil.copy(weights_dir() / "fashion" / name, tmp_path / name)
    config = EncoderConfig(model=load(tmp_path).revision, classes=10, widths=(4, 4))
    save_modules(tmp_path / ENCODER_FILE, {"encoder": Encoder(config)})
    write_json(tmp_path / ENCODER_CONFIG, to_json(config))
    return tmp_path


def change(folder: Path, **values: object) -> None:
    path = folder / ENCODER_CONFIG
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def test_an_encoder_guesses_a_point_of_its_model(folder: Path):
    guess = load_encoder(load(folder))(torch.zeros(3, 1, 28, 28))
    assert guess.z.shape == (3, 64)
    assert torch.allclose(guess.weights.sum(1), torch.ones(3), atol=1e-5)


def test_no_encoder_and_one_of_other_weights_are_none(folder: Path):
    change(folder, model="0" * 64)
    assert load_encoder(load(folder)) is None
    (folder / ENCODER_CONFIG).unlink()
    assert load_encoder(load(folder)) is None


@pytest.mark.parametrize(
    ("values", "word"),
    [
        ({"widths": [4, 8]}, "4, 4"),
        ({"widths": [512, 512, 512]}, "parameters"),
        ({"widths": []}, "widths"),
        ({"z_dim": 32}, "shape of its model"),
        ({"classes": True}, "classes"),
        ({"hook": "os.system"}, "hook"),
        ({"kind": "decoder"}, "kind"),
    ],
)
def test_an_encoder_of_another_shape_is_one_sentence(folder: Path, values, word):
    change(folder, **values)
    with pytest.raises(WeightsError):
        load_encoder(load(folder))


def test_a_torn_encoder_is_one_sentence(folder: Path):
    data = (folder / ENCODER_FILE).read_bytes()
    (folder / ENCODER_FILE).write_bytes(data[: len(data) // 2])
    with pytest.raises(WeightsError):
        load_encoder(load(folder))


def test_a_search_leaves_no_gradient_on_a_generator_that_others_use():
    g = LinearGenerator(torch.eye(4), torch.randn(4, 64))
    target = show(g, from_seeds(g, [ELSEWHERE]))[0]
    with torch.no_grad():
        list(invert(g, target, features=lambda x: x.flatten(1), steps=10, restarts=2))
    assert all(p.grad is None for p in g.parameters())
