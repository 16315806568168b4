"""A stranger's file into our folder: the right ones come through, each wrong one has its sentence
and leaves nothing behind."""

from __future__ import annotations

import io
import json
import os
import struct
import zipfile
from argparse import Namespace
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import torch

from gan.checkpoint import load
from gan.config import SourceConfig
from gan.errors import HubError
from gan.files import read_json, sha256
from gan.hub.card import escaped
from gan.hub.convert import PARTS, ConversionLimits, attempt, convert
from gan.hub.source import source_card
from gan.sampling import latents, render
from tests.hub.references import dcgan, dcgan_critic, drawn, maps

SOURCE = SourceConfig(repo="someone/faces", commit="c" * 40, file="netG.pth", licence="mit")
REAL = Path(__file__).parents[3] / "shared" / "data" / "dcgan24_rgba_100z.pth"


def saved(path: Path, data: object, **how: object) -> Path:
    torch.save(data, path, **how)
    return path


def small() -> dict[str, torch.Tensor]:
    return drawn(dcgan(width=2)).state_dict()


def converted(file: Path, out: Path, **more: object) -> Path:
    convert(file, out, name="faces", source=SOURCE, hints={}, **more)
    return out


@pytest.fixture
def here(monkeypatch):
    """What the child does, in this process and without limits: a child takes seconds to begin."""

    def run(work: Path, file: Path, limits: ConversionLimits, cancelled: object) -> int:
        attempt(work, read_json(work / "job.json"), bounded=True)
        return 0

    monkeypatch.setattr("gan.hub.convert._run", run)


def refused(file: Path, out: Path, **more: object) -> HubError:
    """Why a file was refused; checks that it was in one sentence and left nothing behind."""
    before = sorted(out.parent.iterdir())
    with pytest.raises(HubError) as caught:
        converted(file, out, **more)
    assert sorted(out.parent.iterdir()) == before
    text = str(caught.value)
    assert text.isprintable()
    assert len(text) < 1500
    assert not set("<>`") & set(text)
    return caught.value


# ---- what is right ------------------------------------------------------------------------------


@pytest.mark.slow
@torch.no_grad()
def test_a_pickle_becomes_a_folder_of_ours(tmp_path):
    g, d = drawn(dcgan(width=2)), drawn(dcgan_critic(width=2), 2)
    file = saved(
        tmp_path / "both.pth",
        {"netG": g.state_dict(), "netD": d.state_dict(), "epoch": 3, "args": {"lr": 2e-4}},
    )
    weights = load(converted(file, tmp_path / "out"))
    z = latents(100, range(3))
    x = g(maps(z))
    assert torch.allclose(render(weights.generator, z), x, atol=1e-6)
    assert weights.discriminator is not None
    assert torch.allclose(weights.discriminator(x), d(x).flatten(), atol=1e-5)
    source = replace(SOURCE, sha256=sha256(file), layout="dcgan", assumed=("activation=relu",))
    assert weights.config.source == source  # drawn statistics confirm no activation
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == sorted([*PARTS, "readings.json"])
    assert sorted(p.name for p in tmp_path.iterdir()) == ["both.pth", "out"]


@pytest.mark.slow
def test_safetensors_half_precision_and_the_old_format_are_read(here, tmp_path):
    half = {k: v.half() if v.is_floating_point() else v for k, v in small().items()}
    safetensors.torch.save_file(half, tmp_path / "model.safetensors")
    (tmp_path / "named.bin").write_bytes((tmp_path / "model.safetensors").read_bytes())
    saved(tmp_path / "old.pt", half, _use_new_zipfile_serialization=False)
    pictures = [
        render(load(converted(tmp_path / name, tmp_path / name[:3])).generator, latents(100, [1]))
        for name in ("model.safetensors", "named.bin", "old.pt")
    ]
    assert torch.equal(pictures[0], pictures[1])
    assert torch.equal(pictures[0], pictures[2])


@pytest.mark.parametrize("hints", [{"long": [1] * 10_000}, {"odd": "\ud800"}])
def test_long_lists_and_odd_letters_beside_a_model_do_no_harm(here, tmp_path, hints):
    file = saved(tmp_path / "g.pth", small())
    convert(file, tmp_path / "out", name="faces", source=SOURCE, hints=hints)
    load(tmp_path / "out")


def test_an_empty_folder_is_filled(here, tmp_path):
    out = tmp_path / "new"
    out.mkdir()
    converted(saved(tmp_path / "g.pth", small()), out)
    load(out)


def test_a_discriminator_may_be_a_file_of_its_own(here, tmp_path):
    file, d_file = saved(tmp_path / "netG.pth", small()), tmp_path / "netD.pth"
    saved(d_file, drawn(dcgan_critic(width=2)).state_dict())
    out = converted(file, tmp_path / "out", d_file=d_file)
    assert load(out).discriminator is not None


@pytest.mark.skipif(not REAL.is_file(), reason="the real file is not beside the checkout")
def test_a_real_model_draws_pictures_with_transparency(here, tmp_path):
    weights = load(converted(REAL, tmp_path / "out"))
    x = render(weights.generator, latents(100, range(64)))
    assert x.shape == (64, 4, 24, 24)
    assert float(x.min()) >= -1
    assert float(x.max()) <= 1
    alpha = x[:, 3]
    # a head in the middle, nothing in the upper corners, and not all alike
    assert (alpha[:, 12:, 10:14] > 0.5).float().mean() > 0.9
    assert (alpha[:, :4, :3] > 0).float().mean() < 0.1
    assert x[:, :3].std(0).mean() > 0.2
    assert weights.config.source.layout == "cryptopunks"
    assert weights.config.source.sha256 == sha256(REAL)


# ---- the card -----------------------------------------------------------------------------------


def test_the_card_names_where_it_comes_from(here, tmp_path):
    file = saved(tmp_path / "g.pth", {f"D/{k}": v for k, v in {}.items()} | small())
    text = (converted(file, tmp_path / "out") / "README.md").read_text()
    for part in ("someone/faces", "c" * 40, "netG.pth", sha256(file), "| licence | mit |", "dcgan"):
        assert part in text
    front = text.split("---\n")[1].splitlines()
    assert "pipeline_tag: unconditional-image-generation" in front
    assert 'license: "mit"' in front
    assert "gan sample" in text


def test_the_card_shows_what_comes_from_outside_as_plain_text(here, tmp_path):
    config = load(converted(saved(tmp_path / "g.pth", small()), tmp_path / "out")).config
    evil = "</td><script>alert(1)</script>\n---\n[x](javascript:1) | `![](http://e)` ]"
    source = replace(config.source, repo=evil, file=evil, licence=evil, commit=evil)
    card = source_card(replace(config, name=evil, source=source), notes=(evil,))
    body = card.split("---\n", 2)[2]
    assert "<" not in card
    assert "base_model" not in card
    assert "license:" not in card
    assert not [line for line in body.splitlines() if line == "---"]
    assert escaped("[x](y) `a`|b") == r"\[x\]\(y\) \`a\`\|b"
    assert escaped(evil).count("\n") == 0


# ---- what is wrong ------------------------------------------------------------------------------


class Runs:
    """Pickles as a call of os.mkdir."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __reduce__(self):
        return os.mkdir, (str(self.folder),)


@pytest.mark.slow
def test_a_pickle_that_runs_code_is_refused_and_does_not_run(tmp_path):
    file = saved(tmp_path / "evil.pth", {"G": small(), "x": Runs(tmp_path / "ran")})
    error = refused(file, tmp_path / "out")
    assert error.kind == "refused"
    assert "run code" in str(error)
    assert not (tmp_path / "ran").exists()


def test_a_pickled_module_gets_a_sentence_that_names_its_class(here, tmp_path):
    error = refused(saved(tmp_path / "ArtGAN.pt", dcgan(width=2)), tmp_path / "out")
    assert error.kind == "refused"
    assert "tests.hub.references.Named" in str(error)
    assert "state dict" in str(error)


@pytest.mark.filterwarnings("ignore")  # torch's tracer is on its way out
def test_a_torchscript_program_is_refused(here, tmp_path):
    traced = torch.jit.trace(torch.nn.Linear(2, 2), torch.ones(1, 2))
    torch.jit.save(traced, tmp_path / "a.pt")
    assert refused(tmp_path / "a.pt", tmp_path / "out").kind == "refused"


def bomb(path: Path, numel: int) -> Path:
    """A file in torch's old format whose tensor is far larger than the file."""
    buffer = io.BytesIO()
    torch.save({"main.0.weight": torch.zeros(16)}, buffer, _use_new_zipfile_serialization=False)
    data = buffer.getvalue()
    # the storage's count stands as a one-byte integer (K\x10) after its key and device
    assert data.count(b"cpuq") == 1 or b"cpu" in data
    at = data.index(b"K\x10", data.index(b"cpu"))
    large = b"J" + struct.pack("<i", numel)
    path.write_bytes(data[:at] + large + data[at + 2 :])
    return path


@pytest.mark.slow
def test_a_memory_bomb_is_refused(tmp_path):
    file = bomb(tmp_path / "bomb.pth", 2**29)  # 2 GiB of float32
    assert file.stat().st_size < 2000
    error = refused(file, tmp_path / "out")
    assert error.kind == "too-large"
    assert "memory" in str(error)


@pytest.mark.slow
def test_a_zip_that_inflates_is_refused(tmp_path):
    plain = saved(tmp_path / "plain.pth", {"main.0.weight": torch.zeros(2**25)})  # 128 MiB
    with (
        zipfile.ZipFile(plain) as was,
        zipfile.ZipFile(tmp_path / "zip.pth", "w", zipfile.ZIP_DEFLATED) as now,
    ):
        for name in was.namelist():
            with was.open(name) as source, now.open(name, "w") as target:
                while part := source.read(2**22):
                    target.write(part)
    plain.unlink()
    assert (tmp_path / "zip.pth").stat().st_size < 2**21
    error = refused(tmp_path / "zip.pth", tmp_path / "out", limits=ConversionLimits(memory_mib=64))
    assert error.kind == "too-large"


def test_a_tensor_larger_than_the_bytes_behind_it_is_refused(here, tmp_path):
    wide = torch.zeros(1).expand(2**20, 2**10)
    file = saved(tmp_path / "wide.pth", {"main.0.weight": wide})
    assert file.stat().st_size < 4000
    assert refused(file, tmp_path / "out").kind == "too-large"


@pytest.mark.parametrize("name", ["cut.pth", "cut.safetensors", "junk.bin", "empty.pth", "zip.pth"])
def test_what_is_no_whole_file_is_refused(here, tmp_path, name):
    saved(tmp_path / "whole.pth", small())
    safetensors.torch.save_file(small(), tmp_path / "whole.safetensors")
    with zipfile.ZipFile(tmp_path / "whole.zip", "w") as archive:
        archive.writestr("a.txt", "hello")
    whole = {suffix: (tmp_path / f"whole.{suffix}").read_bytes() for suffix in
             ("pth", "safetensors", "zip")}  # fmt: skip
    data = {
        "cut.pth": whole["pth"][: len(whole["pth"]) // 2],
        "cut.safetensors": whole["safetensors"][:-100],
        "junk.bin": np.random.default_rng(0).bytes(5000),
        "empty.pth": b"",
        "zip.pth": whole["zip"],
    }
    (tmp_path / name).write_bytes(data[name])
    error = refused(tmp_path / name, tmp_path / "out")
    assert error.kind == "damaged"


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_weights_that_are_not_finite_are_refused(here, tmp_path, value):
    tensors = small()
    tensors["main.4.weight"][1] = value
    error = refused(saved(tmp_path / "nan.pth", tensors), tmp_path / "out")
    assert error.kind == "damaged"
    assert "layers.4.weight holds NaN or infinity" in str(error)


def test_statistics_that_make_no_picture_are_refused(here, tmp_path):
    tensors = small()
    tensors["main.4.running_var"].fill_(-1.0)
    error = refused(saved(tmp_path / "var.pth", tensors), tmp_path / "out")
    assert "within -1 and 1" in str(error)


def test_an_unknown_layout_is_told_with_what_was_found(here, tmp_path):
    file = saved(tmp_path / "a.pth", {"encoder.attn": torch.ones(3, 4)})
    error = refused(file, tmp_path / "out")
    assert error.kind == "unknown-layout"
    assert "encoder.attn [3, 4]" in str(error)
    assert refused(saved(tmp_path / "b.pth", [1, 2]), tmp_path / "out").kind == "unknown-layout"


def test_a_file_that_is_not_the_one_that_the_hub_states_is_refused(tmp_path):
    file = saved(tmp_path / "g.pth", small())
    source = replace(SOURCE, sha256="0" * 64)
    with pytest.raises(HubError, match="other bytes"):
        convert(file, tmp_path / "out", name="a", source=source, hints={})


def test_a_conversion_that_takes_too_long_is_killed(tmp_path):
    file = saved(tmp_path / "g.pth", small())
    error = refused(file, tmp_path / "out", limits=ConversionLimits(wall_s=0.2))
    assert error.kind == "slow"  # else the model would be there: the file is a right one


def test_a_conversion_can_be_cancelled(tmp_path):
    file = saved(tmp_path / "g.pth", small())
    error = refused(file, tmp_path / "out", cancelled=lambda: True)
    assert error.kind == "cancelled"


def test_the_child_knows_no_token(tmp_path, monkeypatch):
    for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "SECRET"):
        monkeypatch.setenv(name, "hf_secret")
    seen = []

    class Child:
        """Takes note and has ended."""

        def __init__(self, argv: list[str], *, env: dict[str, str], **_: object) -> None:
            seen.append(env)

        def poll(self) -> int:
            return 1

        kill = wait = poll

    monkeypatch.setattr("gan.hub.convert.subprocess.Popen", Child)
    refused(saved(tmp_path / "g.pth", small()), tmp_path / "out")
    assert seen
    assert "hf_secret" not in json.dumps(seen)


@pytest.mark.parametrize(
    ("code", "kind"),
    [(-9, "too-large"), (-6, "too-large"), (-24, "slow"), (-14, "slow"), (1, "damaged")],
)
def test_a_child_that_dies_is_told_by_how(tmp_path, monkeypatch, code, kind):
    monkeypatch.setattr("gan.hub.convert._run", lambda *_: code)
    assert refused(saved(tmp_path / "g.pth", small()), tmp_path / "out").kind == kind


def test_where_a_system_has_no_limits_pickles_are_refused(tmp_path, monkeypatch):
    def run(work: Path, *_: object) -> int:
        attempt(work, read_json(work / "job.json"), bounded=False)
        return 0

    monkeypatch.setattr("gan.hub.convert._run", run)
    assert refused(saved(tmp_path / "g.pth", small()), tmp_path / "out").kind == "refused"
    safetensors.torch.save_file(small(), tmp_path / "model.safetensors")
    load(converted(tmp_path / "model.safetensors", tmp_path / "out"))


def test_scores_and_settings_beside_the_weights_do_not_matter(here, tmp_path):
    beside = {"best_fid": np.float64(3.2), "step": np.int64(4), "args": Namespace(lr=2e-4)}
    file = saved(tmp_path / "g.pth", {"state_dict": small(), **beside})
    assert load(converted(file, tmp_path / "out")).config.source.layout == "dcgan"
