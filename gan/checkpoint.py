"""Shared weights and resumable checkpoints: atomic, hashed, validated.

A weights folder is config.json + model.safetensors (keys `g_ema.*`, and `d.*` if D is included, or
`encoder.*` of a VAE). A checkpoint is a folder: model.safetensors, state.pt and a manifest.json
with their SHA-256; it appears under its final name only when all of it is on disk.
"""

from __future__ import annotations

import io
import json
import os
import shutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import nn

from gan.averaging import SECOND_G
from gan.config import ModelConfig, PortedConfig, RunConfig, WeightsConfig
from gan.data import Seen, points_behind, seen_by
from gan.errors import CheckpointError, WeightsError, suggest
from gan.files import (
    expanded,
    fsync_folder,
    is_moment,
    parse_json,
    pulled_root,
    read_json,
    sha256,
    write_atomic,
    write_json,
)
from gan.messages import Message
from gan.models import (
    Discriminator,
    Encoder,
    Generator,
    build_discriminator,
    build_encoder,
    build_generator,
    pictured,
)
from gan.models.shapes import shapes_only
from gan.schema import from_json, to_json
from gan.tensors import (
    check_specs,
    load_modules,
    read_header,
    read_state,
    save_modules,
    tensor_specs,
)

MODEL_FILE, CONFIG_FILE, STATE_FILE, MANIFEST_FILE = (
    "model.safetensors", "config.json", "state.pt", "manifest.json",
)  # fmt: skip
ASIDE = ".old"  # in the name of a checkpoint that is about to replace another of the same nimg
# what a file may hold beside the generator
SECOND: dict[str, Callable[[ModelConfig | PortedConfig], nn.Module]] = {
    "d": build_discriminator,
    "encoder": build_encoder,
    SECOND_G: build_generator,
}
PULLED = "hub:"  # prefix of the ref of a model from the Hub


@dataclass(frozen=True)
class Weights:
    """A trained model, ready to sample from."""

    ref: str
    path: Path
    config: WeightsConfig
    generator: Generator  # the EMA, in eval mode
    discriminator: Discriminator | None
    revision: str  # SHA-256 of the file
    # training data: known for our runs and bundled models; unknown for others, since anyone can
    # write anything into a config
    seen: Seen = ()
    encoder: Encoder | None = None  # a VAE's
    of_run: bool = False  # of this machine, whose config only we have written
    length: float | None = None  # of an average that was mixed afterwards, see gan.averaging

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """(C, H, W) of its images."""
        return self.generator.image_shape

    def pictured(self, *, own_data: bool = True) -> Weights:
        """The same; of points in the plane, pictures of them, which D does not know.

        own_data: real points from a file may lie behind those of a run of this machine.
        """
        own = own_data and self.of_run
        g = pictured(self.generator, behind=points_behind(self.config.data, own=own))
        return self if g is self.generator else replace(self, generator=g, discriminator=None)


def weights_dir() -> Path:
    """The bundled models: weights/ beside the package, or inside it where it was installed."""
    package = Path(__file__).parent
    beside = package.parent / "weights"
    return beside if beside.is_dir() else package / "weights"


def bundled() -> list[str]:
    """Names of the bundled generators, the default first."""
    names = [p.parent.name for p in sorted(weights_dir().glob(f"*/{CONFIG_FILE}"))]
    return sorted(
        (n for n in names if not n.startswith("features-")), key=lambda n: (n != "fashion", n)
    )


def pulled() -> list[str]:
    """Names of the models from the Hub, as folders below `pulled_root()`."""
    return sorted(p.parent.name for p in pulled_root().glob(f"[!.]*/{CONFIG_FILE}"))


def is_pulled(name: str) -> bool:
    """Whether `name` is one of `pulled()`, without listing all others."""
    is_plain = name != "" and Path(name).name == name and not name.startswith(".")
    return is_plain and (pulled_root() / name / CONFIG_FILE).is_file()


def load(ref: str | Path) -> Weights:
    """The model that `ref` names: a bundled name, `hub:NAME` (pulled), a weights folder or a run.

    For a run, its newest weights. Raises WeightsError if there is none, or if a file does not fit
    its config.
    """
    text = str(ref)
    if (folder := kept_folder(text)) is not None:
        loaded = _load_folder(text, folder)
        is_pulled_one = text.startswith(PULLED)
        seen = () if is_pulled_one else seen_by_bundled(loaded.config, loaded.revision)
        return replace(loaded, seen=seen)
    path = expanded(text)
    if (path / MODEL_FILE).is_file():
        return _load_folder(text, path)
    if (path / "weights").is_dir() and (path / CONFIG_FILE).is_file():
        newest = weights_of_run(path)
        if newest:
            return load_at(path, newest[-1])
        raise WeightsError(
            "the run {name} has no weights yet; let it train a few seconds", name=path.name
        )
    if path.is_dir():
        raise WeightsError(
            "{name} must hold {config_file} and {model_file}, or be a run with weights, it is "
            "neither; check the folder",
            name=repr(path.name),
            config_file=CONFIG_FILE,
            model_file=MODEL_FILE,
        )
    raise WeightsError(
        "there are no weights {text}; {hint}", text=repr(text), hint=suggest(text, bundled())
    )


def seen_by_bundled(config: WeightsConfig, revision: str) -> Seen:
    """Training data of a model in weights/; unknown for one that a user put there.

    revision: SHA-256 of its weights, which index.json lists for all bundled models.
    """
    index = weights_dir() / "index.json"
    rows = read_json(index) if index.is_file() else []
    if revision not in {row.get("sha256") for row in rows if isinstance(row, dict)}:
        return ()
    return seen_by(RunConfig(preset=config.preset, data=config.data))


def kept_folder(ref: str) -> Path | None:
    """The folder of a bundled or pulled model (`hub:NAME`); None if `ref` is neither.

    Raises WeightsError for a model that was not pulled.
    """
    if ref in bundled():
        return weights_dir() / ref
    if not ref.startswith(PULLED):
        return None
    name = ref.removeprefix(PULLED)
    if not is_pulled(name):
        raise WeightsError("{name} is not among the pulled models; pull it first", name=repr(name))
    return pulled_root() / name


def weights_of_run(run_dir: Path) -> list[int]:
    """The image counts (nimg) at which a run saved its weights."""
    files = (run_dir / "weights").glob("*.safetensors")
    return sorted(int(p.stem) for p in files if is_moment(p.stem))


def load_at(run_dir: Path, nimg: int) -> Weights:
    """A run's averaged generator as of `nimg` images."""
    file = run_dir / "weights" / f"{nimg:010d}.safetensors"
    run = config_at(run_dir, nimg)
    config = weights_config(run, name=run_dir.name, nimg=nimg)
    return replace(_load(str(run_dir), file, config), seen=seen_by(run), of_run=True)


def model_note(model: ModelConfig) -> dict[str, str]:
    """The model description in the header of a run's weights, for `config_at`."""
    return {"model": json.dumps(to_json(model))}


def config_at(run_dir: Path, nimg: int) -> RunConfig:
    """A run's config with the model of its weights at `nimg`: D may have changed since."""
    run = from_json(RunConfig, read_json(run_dir / CONFIG_FILE))
    text = read_header(run_dir / "weights" / f"{nimg:010d}.safetensors")[0].get("model")
    if text is None:
        return run
    try:
        return replace(run, model=from_json(ModelConfig, json.loads(text)))
    except (ValueError, RecursionError) as error:
        raise WeightsError(
            "the weights of {run_dir} at {nimg} are damaged; take another moment",
            run_dir=run_dir.name,
            nimg=f"{nimg:,}",
        ) from error


def weights_config(run: RunConfig, *, name: str, nimg: int, seconds: float = 0.0) -> WeightsConfig:
    """The config.json content for a run's weights."""
    return WeightsConfig(
        name=name,
        preset=run.preset,
        data=run.data,
        class_names=run.class_names,
        nimg=nimg,
        seconds=seconds,
        model=run.model,
    )


def _load_folder(ref: str, folder: Path) -> Weights:
    config = from_json(WeightsConfig, read_json(folder / CONFIG_FILE))
    return _load(ref, folder / MODEL_FILE, config)


def _load(ref: str, file: Path, config: WeightsConfig) -> Weights:
    held = {name.partition(".")[0] for name in tensor_specs(file)} & SECOND.keys()
    with shapes_only():  # a small config can request gigabytes that the file does not hold
        check_specs(file, _built(config.model, held))
    modules = _built(config.model, held)
    load_modules(file, modules)
    for module in modules.values():
        module.eval().requires_grad_(False)
    generator, discriminator, encoder = (modules.get(name) for name in ("g_ema", "d", "encoder"))
    assert isinstance(generator, Generator)
    assert discriminator is None or isinstance(discriminator, Discriminator)
    assert encoder is None or isinstance(encoder, Encoder)
    return Weights(
        ref, file.parent, config, generator, discriminator, sha256(file), encoder=encoder
    )


def _built(model: ModelConfig | PortedConfig, held: Iterable[str]) -> dict[str, nn.Module]:
    return {"g_ema": build_generator(model)} | {name: SECOND[name](model) for name in sorted(held)}


def save_weights(
    folder: Path,
    config: WeightsConfig,
    generator: Generator,
    discriminator: Discriminator | None = None,
    encoder: Encoder | None = None,
) -> None:
    """Write a weights folder: the layout that is loaded, bundled and pushed."""
    folder.mkdir(parents=True, exist_ok=True)
    second = {"d": discriminator, "encoder": encoder}
    present = {name: module for name, module in second.items() if module is not None}
    save_modules(folder / MODEL_FILE, {"g_ema": generator, **present})
    write_json(folder / CONFIG_FILE, to_json(config))


def save_checkpoint(
    folder: Path, nimg: int, modules: Mapping[str, nn.Module], state: Mapping[str, Any]
) -> Path:
    """Write `folder`/<nimg> atomically; `state` holds tensors, numbers, texts, lists, dicts.

    An existing one is moved aside until the new one has its name: whenever this process is killed,
    one of them is complete, and `sweep` finds it. Raises OSError, on a full disk too.
    """
    final = folder / f"{nimg:010d}"
    temporary = folder / f".{nimg:010d}.{os.getpid()}.tmp"
    aside = folder / f".{nimg:010d}.{os.getpid()}{ASIDE}.tmp"
    serialised = io.BytesIO()  # first: into a file on a full disk torch.save raises RuntimeError
    torch.save(dict(state), serialised)
    for leftover in (temporary, aside):
        shutil.rmtree(leftover, ignore_errors=True)
    try:
        temporary.mkdir(parents=True)
        save_modules(temporary / MODEL_FILE, modules)
        write_atomic(temporary / STATE_FILE, serialised.getbuffer())
        hashes = {name: sha256(temporary / name) for name in (MODEL_FILE, STATE_FILE)}
        write_json(temporary / MANIFEST_FILE, {"nimg": nimg, "sha256": hashes})
        _put_in_place(temporary, final, aside)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    fsync_folder(folder)
    shutil.rmtree(aside, ignore_errors=True)
    return final


def _put_in_place(new: Path, final: Path, aside: Path) -> None:
    """Rename `new` to `final`, moving the old one aside and back again if that fails."""
    if not final.exists():
        new.replace(final)
        return
    final.replace(aside)
    try:
        new.replace(final)
    except BaseException:
        aside.replace(final)
        raise


def checkpoints(folder: Path) -> list[Path]:
    """Checkpoints in `folder`, oldest first, valid or not."""
    return sorted(p for p in folder.glob("*") if is_moment(p.name) and p.is_dir())


class CheckpointFound(NamedTuple):
    """The newest valid checkpoint, and the newer invalid ones that were skipped."""

    path: Path
    skipped: tuple[str, ...]


def newest_checkpoint(folder: Path) -> CheckpointFound:
    """The newest checkpoint with valid hashes; raises CheckpointError if there is none."""
    skipped: list[str] = []
    for path in reversed(checkpoints(folder)):
        if is_valid(path):
            return CheckpointFound(path, tuple(skipped))
        skipped.append(path.name)
    raise CheckpointError(
        "{parent} must hold a whole checkpoint, got {got}; start a new run",
        parent=folder.parent.name,
        got=Message("{count} damaged", count=len(skipped)) if skipped else Message("none"),
    )


def is_valid(path: Path) -> bool:
    """Whether every file of a checkpoint has the hash stated in its manifest."""
    try:
        hashes = parse_json((path / MANIFEST_FILE).read_bytes())["sha256"]
        return all(sha256(path / name) == hashes[name] for name in (MODEL_FILE, STATE_FILE))
    except (OSError, ValueError, KeyError, TypeError):
        return False


def load_state(path: Path) -> dict[str, Any]:
    """A checkpoint's state without its weights; raises CheckpointError if it is from other code."""
    try:
        return read_state(path / STATE_FILE)
    except Exception as error:  # the hash matched, so it is intact: written by other code
        raise CheckpointError(
            "checkpoint {name} was written by another version and cannot be resumed ({why}); "
            "start a new run",
            name=path.name,
            why=type(error).__name__,
        ) from error


def sweep(folder: Path) -> None:
    """Clean up after a killed process: complete checkpoints get their names, other leftovers go."""
    for leftover, final in stranded(folder):
        if not final.exists():
            leftover.replace(final)
    for leftover in folder.glob(".*.tmp"):
        if leftover.is_dir():
            shutil.rmtree(leftover, ignore_errors=True)
        else:
            leftover.unlink(missing_ok=True)


def stranded(folder: Path) -> list[tuple[Path, Path]]:
    """(folder, final name) of complete checkpoints that were never renamed because of a kill.

    A new one comes before one that was moved aside for it.
    """
    found = []
    for path in sorted(folder.glob(".*.tmp"), key=lambda p: (ASIDE in p.name, p.name)):
        name = path.name.split(".")[1]
        if is_moment(name) and path.is_dir() and is_valid(path):
            found.append((path, folder / name))
    return found
