"""An image's features depend on the image alone."""

from __future__ import annotations

import json

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.testing import assert_close

from gan.checkpoint import weights_dir
from gan.data import fashion_test, load_data
from gan.data.bundled import fashion_dir
from gan.errors import MetricError, WeightsError
from gan.images import normalise
from gan.metrics.features import (
    CLASSIFIERS,
    KINDS,
    TRAINED,
    extract,
    features_for,
    fit_images,
    load_features,
    read_features,
)

TEST_ACCURACY = 0.92


def test_classifiers_are_the_networks_that_name_a_class():
    assert {kind for kind in KINDS if load_features(kind).head is not None} == {*CLASSIFIERS}


@pytest.mark.parametrize("kind", TRAINED)
def test_features_do_not_depend_on_the_batch_size(kind, sets):
    net, images, features = sets[kind]
    x = images.pixels[:21]
    few, odd = extract(net, x, batch_size=2), extract(net, x, batch_size=7)
    assert_close(few, odd, rtol=1e-4, atol=1e-5)
    assert_close(few, features[:21], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("kind", TRAINED)
def test_features_do_not_depend_on_the_neighbours(kind, sets):
    net, images, features = sets[kind]
    order = torch.randperm(40, generator=torch.Generator().manual_seed(3))
    assert_close(extract(net, images.pixels[order]), features[order], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("kind", TRAINED)
def test_features_are_the_same_twice_and_in_train_mode(kind, sets):
    net, images, _ = sets[kind]
    once = extract(net, images.pixels[:20])
    net.train()
    assert torch.equal(once, extract(net, images.pixels[:20]))
    net.eval()


@pytest.mark.parametrize("kind", TRAINED)
@given(st.sampled_from((1, 3, 4)), st.integers(8, 64), st.integers(1, 3))
@settings(max_examples=12, deadline=None)
def test_features_take_any_channels_and_size(kind, channels, size, count):
    x = torch.rand(count, channels, size, size) * 2 - 1
    features = extract(load_features(kind), x)
    assert features.shape == (count, 64)
    assert features.dtype == torch.float32


@pytest.mark.parametrize("kind", TRAINED)
def test_grey_as_colour_and_opaque_alpha_change_nothing(kind, nets, fashion):
    x = normalise(fashion.pixels[:10])
    colour = x.expand(-1, 3, -1, -1)
    opaque = torch.cat([colour, torch.ones_like(x)], 1)
    grey = extract(nets[kind], x)
    assert_close(extract(nets[kind], colour), grey, rtol=1e-3, atol=1e-3)
    assert_close(extract(nets[kind], opaque), grey, rtol=1e-3, atol=1e-3)


def test_what_is_transparent_is_white():
    hidden = torch.cat([torch.rand(2, 3, 28, 28), -torch.ones(2, 1, 28, 28)], 1)
    fitted = fit_images(hidden, resolution=28, channels=3)
    assert_close(fitted, torch.ones(2, 3, 28, 28))


def test_resizing_down_averages_instead_of_skipping():
    stripes = torch.tensor([-1.0, 1.0, 1.0, -1.0]).repeat(16).expand(1, 1, 64, 64)
    fitted = fit_images(stripes, resolution=16, channels=1)
    assert fitted[..., 1:-1].abs().max() < 0.3  # without antialias the white alone would survive


def test_features_have_a_variance_of_one_on_average_over_what_they_were_trained_on(sets, nets):
    assert float(sets["fashion"][2].var(0).mean()) == pytest.approx(1, rel=0.1)
    mixed = torch.cat(
        [
            extract(nets["generic"], load_data(name).pixels[::10])
            for name in ("emoji", "fashion", "digits")
        ]
    )
    assert float(mixed.var(0).mean()) == pytest.approx(1, rel=0.1)


def test_the_classifier_knows_garments(sets):
    net, images, features = sets["fashion"]
    guess = net.classify(features).argmax(1)
    assert float((guess == images.labels).float().mean()) >= TEST_ACCURACY
    assert torch.equal(net.logits(normalise(images.pixels[:9])).argmax(1), guess[:9])


@pytest.mark.slow
def test_the_classifier_knows_garments_it_never_saw(nets):
    if fashion_dir() is None:
        pytest.skip("the test split of Fashion-MNIST is not on this machine")
    unseen = fashion_test()
    guess = nets["fashion"].classify(extract(nets["fashion"], unseen.pixels)).argmax(1)
    accuracy = float((guess == unseen.labels).float().mean())
    assert accuracy >= TEST_ACCURACY
    assert accuracy == pytest.approx(nets["fashion"].config.accuracy, abs=1e-3)


@pytest.mark.parametrize("kind", TRAINED)
def test_weights_folders_are_complete_and_small(kind):
    folder = weights_dir() / f"features-{kind}"
    assert json.loads((folder / "config.json").read_text())["kind"] == "features"
    assert (folder / "model.safetensors").stat().st_size < 1_000_000
    assert (folder / "README.md").read_text().startswith("---\n")


def test_the_generic_network_knows_no_classes(nets):
    with pytest.raises(MetricError, match="features-fashion"):
        nets["generic"].logits(torch.zeros(1, 1, 28, 28))


@pytest.mark.parametrize(
    "x",
    [torch.zeros(1, 2, 28, 28), torch.zeros(3, 28, 28), torch.zeros(1, 1, 28, 28, dtype=torch.int)],
)
def test_images_of_another_shape_are_refused(x):
    with pytest.raises(MetricError, match="images must be float"):
        fit_images(x, resolution=28, channels=1)


def test_a_diverged_image_is_refused_and_not_averaged_away(nets):
    x = torch.zeros(3, 1, 28, 28)
    x[1, 0, 5, 5] = torch.nan
    with pytest.raises(MetricError, match="NaN"):
        extract(nets["fashion"], x)


def test_no_images_are_refused(nets):
    with pytest.raises(MetricError, match="got 0 images"):
        extract(nets["fashion"], torch.zeros(0, 1, 28, 28))


@pytest.mark.parametrize(
    ("data", "channels", "kind"),
    [
        ("fashion", 1, "fashion"),
        ("fashion-full", 1, "fashion"),
        ("fashion", 3, "generic"),
        ("emoji", 3, "generic"),
        ("digits", 1, "generic"),
        ("folder:cats", 1, "generic"),
    ],
)
def test_garments_have_their_own_network(data, channels, kind):
    assert features_for(data, channels) == kind


def test_an_unknown_network_is_answered_with_near_names():
    with pytest.raises(WeightsError, match="did you mean fashion"):
        load_features("fashon")


@pytest.mark.parametrize("fault", ["missing", "torn", "foreign"])
def test_a_broken_weights_folder_is_one_sentence(fault, tmp_path):
    source = weights_dir() / "features-fashion"
    config = json.loads((source / "config.json").read_text())
    if fault == "foreign":
        config["widths"] = [8, 8, 8, 8, 64]
    (tmp_path / "config.json").write_text(json.dumps(config))
    if fault != "missing":
        weights = (source / "model.safetensors").read_bytes()
        (tmp_path / "model.safetensors").write_bytes(weights[: 999 if fault == "torn" else None])
    with pytest.raises(WeightsError, match="must hold a feature network"):
        read_features(tmp_path)
