"""Which images a model is known not to have seen: by what is recorded, never by name or size."""

from __future__ import annotations

import gzip
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from gan import checkpoint
from gan.config import RunConfig, SeenData
from gan.data import ImageSet, load_data, record, split_held_out, unseen_images, were_shown
from gan.data.bundled import DEBIAN_FASHION, ORIGINS, TEST_ORIGIN, fashion_test, load_bundled
from gan.data.provenance import holds_out, seen_by
from gan.presets import resolve_widths, run_config
from gan.training import Trainer

needs_files = pytest.mark.skipif(
    not (DEBIAN_FASHION / "t10k-images-idx3-ubyte.gz").is_file(),
    reason="Debian's dataset-fashion-mnist is not installed",
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Forty pictures of noise, in a folder that bears the name of a bundled set."""
    path = tmp_path / "fashion"
    path.mkdir()
    draw = np.random.default_rng(5)
    for i in range(40):
        pixels = draw.integers(0, 256, (20, 20, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(path / f"{i:03d}.png")
    return path


@pytest.fixture
def no_test_split(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("GAN_FASHION_DIR", str(tmp_path / "nothing"))


def trained_on(images: ImageSet, **more) -> RunConfig:
    return record(RunConfig(preset="own", data="folder:x", **more), images)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["fashion", "cats", "emoji", "emoji-groups", "digits"])
def test_bundled_sets_are_what_the_table_of_hashes_says(name):
    assert load_bundled(name).origin == ORIGINS[name]


@needs_files
def test_the_full_set_holds_the_bundled_one_and_the_test_split_holds_none_of_it():
    full, test, part = (
        {row.numpy().tobytes() for row in images.pixels}
        for images in (load_bundled("fashion-full"), fashion_test(), load_bundled("fashion"))
    )
    assert load_bundled("fashion-full").origin == ORIGINS["fashion-full"]
    assert fashion_test().origin == TEST_ORIGIN
    assert part <= full
    assert not part & test


def test_a_set_is_the_same_at_every_size_and_another_with_any_file_changed(folder):
    first = load_data(f"folder:{folder}", resolution=16)
    again = load_data(f"folder:{folder}", resolution=32, channels=1)
    assert first.origin == again.origin != ""
    assert first.subset(torch.arange(3)).origin == ""
    (folder / "007.png").unlink()
    assert load_data(f"folder:{folder}", resolution=16).origin != first.origin


def test_a_run_on_a_folder_has_seen_all_but_its_own_split(folder):
    images = load_data(f"folder:{folder}")
    unseen = unseen_images(trained_on(images).seen, images)
    numbered = replace(images, labels=torch.arange(len(images)))
    held_out = split_held_out(numbered)[1].labels
    assert unseen.kind == "own-split"
    assert unseen.rows.nonzero()[:, 0].tolist() == sorted(held_out.tolist())


def test_nothing_is_called_unseen_after_the_folder_has_changed(folder):
    run = trained_on(load_data(f"folder:{folder}"))
    (folder / "000.png").rename(folder / "999.png")  # the same pictures, split otherwise
    changed = load_data(f"folder:{folder}")
    assert unseen_images(run.seen, changed).kind == "other-data"
    assert not were_shown(run.seen, changed.origin)


def test_a_folder_called_fashion_is_not_fashion(folder):
    run = RunConfig(preset="fashion", data="fashion")
    stranger = load_data(f"folder:{folder}")
    assert stranger.name == "fashion"
    assert unseen_images(seen_by(run), stranger).kind == "other-data"


def test_a_fork_to_other_images_knows_of_none_that_its_parent_has_not_seen(folder):
    parent = trained_on(load_data(f"folder:{folder}"))
    (folder / "000.png").unlink()
    grown = load_data(f"folder:{folder}")
    fork = record(replace(parent, parent="a@1"), grown, before=parent)
    assert [s.count for s in fork.seen] == [40, 39]
    assert unseen_images(fork.seen, grown).kind == "unknown"
    assert not holds_out(fork.seen)
    same = record(replace(parent, parent="a@1"), load_data(f"folder:{folder}"), before=fork)
    assert same.seen == fork.seen


def test_the_curve_of_held_out_scores_is_left_out_where_a_parent_may_have_seen_them():
    images = load_data("digits")
    plain = resolve_widths(run_config("article", images.shape, data="digits"))
    forked = (SeenData(origin="a", count=9), SeenData(origin="b", count=9))
    assert len(Trainer(plain, images).held_out) == 89
    assert len(Trainer(replace(plain, seen=forked), images).held_out) == 0


def test_configs_of_old_runs_tell_bundled_data_and_nothing_of_folders_or_forks():
    old = RunConfig(preset="fashion", data="digits")
    assert unseen_images(seen_by(old), load_data("digits")).kind == "own-split"
    for unknown in (replace(old, parent="b@7"), replace(old, data="folder:/a")):
        assert unseen_images(seen_by(unknown), load_data("digits")).kind == "unknown"


@needs_files
def test_garments_are_held_beside_the_test_split_where_it_is():
    for data in ("fashion", "fashion-full"):
        unseen = unseen_images(
            seen_by(RunConfig(preset="fashion", data="fashion-full")), load_data(data)
        )
        assert unseen.kind == "test-split"
        assert unseen.extra is not None
        assert not unseen.rows.any()


def test_without_it_most_of_the_bundled_garments_were_seen_and_which_not_is_unknown(no_test_split):
    unseen = unseen_images(
        seen_by(RunConfig(preset="fashion", data="fashion-full")), load_data("fashion")
    )
    assert unseen.kind == "unknown"
    assert not unseen.rows.any()


@needs_files
def test_other_files_in_place_of_the_test_split_are_not_taken_for_it(tmp_path, monkeypatch):
    for file in DEBIAN_FASHION.glob("*.gz"):
        shutil.copy(file, tmp_path)
    target = tmp_path / "t10k-images-idx3-ubyte.gz"
    raw = bytearray(gzip.decompress(target.read_bytes()))
    raw[-400] ^= 1
    target.write_bytes(gzip.compress(bytes(raw), 1))
    monkeypatch.setenv("GAN_FASHION_DIR", str(tmp_path))
    fashion_test.cache_clear()
    try:
        seen = seen_by(RunConfig(preset="fashion", data="fashion-full"))
        assert unseen_images(seen, load_data("fashion")).kind == "unknown"
    finally:
        fashion_test.cache_clear()


def test_bundled_models_are_known_and_copies_of_them_are_not(tmp_path):
    here = checkpoint.load("fashion")
    assert [s.origin for s in here.seen] == [ORIGINS["fashion-full"]]
    copy = tmp_path / "copy"
    shutil.copytree(here.path, copy)  # the same bytes, as a model from elsewhere
    assert checkpoint.load(copy).seen == ()


def test_a_pushed_model_that_is_pulled_again_does_not_inherit_what_was_found_here(tmp_path):
    from gan.metrics.evaluate import evaluate
    from gan.metrics.results import Results

    here, digits = checkpoint.load("fashion-mlp"), load_data("digits")
    results = Results(tmp_path)
    seen = seen_by(RunConfig(preset="article", data="digits"))
    found = evaluate(
        here.generator, here.config, data=digits, count=200, revision=here.revision, seen=seen
    )
    assert found.unseen == "own-split"
    assert found["memorised"].value >= 0
    results.put(found, digits, count=200, seen=seen)
    assert results.get(here.revision, digits, count=200, seed=0, seen=seen) == found
    assert results.get(here.revision, digits, count=200, seed=0) is None
    (listed,) = results.of(here.revision)
    assert "memorised" not in [m.name for m in listed.metrics]
    assert (listed.unseen, listed.shown, listed.copying_z) == ("unknown", False, None)
