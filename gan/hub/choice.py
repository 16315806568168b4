"""Picks a repo's model file, and the small files beside it that describe its architecture."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import PurePosixPath

from gan.errors import HubChoice, HubError, suggest

SUFFIXES = (
    ".safetensors", ".bin", ".pt", ".pth", ".pretrained", ".ckpt", ".pkl", ".model", ".tar",
    ".onnx",
)  # fmt: skip  # .tar: .pth.tar
HINT_SUFFIXES = (".json", ".yaml", ".yml")
NO_MODELS = ("optimizer", "scheduler", "training_args", "rng_state", "encoder", "optim")
NO_WEIGHTS = (
    ".md", ".txt", ".json", ".yaml", ".yml", ".py", ".ipynb", ".png", ".jpg", ".jpeg", ".gif",
    ".csv", ".npz", ".zip",
)  # fmt: skip
MAX_CHOICES, MAX_HINTS = 200, 4
OURS = "model.safetensors"


def is_model(file: str) -> bool:
    """Whether a file may contain weights, by its name."""
    path = PurePosixPath(file)
    suffix = path.suffix.lower()
    if suffix == ".tar" and not path.stem.lower().endswith((".pth", ".pt")):
        return False
    return suffix in SUFFIXES and not path.stem.lower().startswith(NO_MODELS)


def choices(sizes: Mapping[str, int]) -> list[str]:
    """A repo's possible model files; safetensors first, at most 200."""
    found = [name for name, size in sizes.items() if is_model(name) and size > 0]
    critics = {critic_of(name, sizes) for name in found}
    found = [name for name in found if name not in critics]
    # an ONNX file is usually an export of another one, which has the discriminator beside it
    found = [name for name in found if not name.lower().endswith(".onnx")] or found
    return sorted(found, key=lambda n: (not n.endswith(SUFFIXES[0]), n))[:MAX_CHOICES]


def critic_of(file: str, sizes: Mapping[str, int]) -> str:
    """The discriminator's file beside a generator's, by its name; empty if there is none.

    netG.pth has netD.pth, generator.pt discriminator.pt, model=G-best.pth model=D-best.pth.
    """
    folder, slash, name = file.rpartition("/")
    named = re.sub(r"(?<![A-Za-z])(net_?)?G(?![A-Za-z])", r"\1D", name)
    named = re.sub("generator", "discriminator", named)
    named = re.sub("Generator", "Discriminator", named)
    other = f"{folder}{slash}{named}"
    return other if named != name and sizes.get(other, 0) > 0 and is_model(other) else ""


def choose(title: str, sizes: Mapping[str, int], file: str, prefer: str) -> str:
    """The file to pull: `file` if given, else our own format, `prefer`, or the only candidate.

    Raises HubError if there is none, HubChoice if there are several.
    """
    found = choices(sizes)
    if file:
        return _named(title, sizes, file, found)
    if OURS in found and "config.json" in sizes:
        return OURS
    if prefer in found:
        return prefer
    if len(found) == 1:
        return found[0]
    if not found:
        raise HubError(
            "no-file",
            f"{title} holds no model file ({', '.join(SUFFIXES)}), it has {_few(sizes)}; choose "
            f"another",
        )
    raise HubChoice(
        f"{title} holds {len(found)} models, name one with its file: {_few(found)}",
        tuple((name, sizes[name]) for name in found),
    )


def _named(title: str, sizes: Mapping[str, int], file: str, found: list[str]) -> str:
    if file not in sizes:
        near = suggest(file, found) if found else "it holds no model"
        raise HubError("no-file", f"{title} has no file {file[:120]!r}; {near[:400]}")
    # by content, not by name: an explicitly named file may have any uninformative extension
    if not is_model(file) and PurePosixPath(file).suffix.lower() in NO_WEIGHTS:
        raise HubError(
            "no-file", f"a model is one of {', '.join(SUFFIXES)}, got {file[:120]!r}; name another"
        )
    return file


def _few(names: Mapping[str, int] | list[str]) -> str:
    shown = [name[:80] for name in list(names)[:6]]
    return (", ".join(shown) or "nothing") + (", ..." if len(names) > 6 else "")


def hint_files(sizes: Mapping[str, int], file: str, max_bytes: int) -> list[str]:
    """Small JSON and YAML files in the model's folder and above it, nearest first."""
    folders = [str(folder) for folder in PurePosixPath(file).parents]
    found = [
        (folders.index(str(path.parent)), name)
        for name, size in sizes.items()
        if (path := PurePosixPath(name)).suffix.lower() in HINT_SUFFIXES
        and str(path.parent) in folders
        and 0 < size <= max_bytes
    ]
    found.sort(key=lambda entry: (entry[1] != "config.json", *entry))
    return [name for _, name in found[:MAX_HINTS]]
