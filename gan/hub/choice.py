"""Picks a repo's model file, and the small files beside it that describe its architecture."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from pathlib import PurePosixPath

from gan.errors import HubChoice, HubError, suggest
from gan.messages import Message

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
NAMED, MAX_NAME = 6, 80  # files named in a sentence, and letters of each
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
            "{title} holds no model file ({suffixes}), it has {files}; choose another",
            title=title,
            suffixes=[*SUFFIXES],
            files=_few([*sizes]),
        )
    raise HubChoice(
        "{title} holds {count} models, name one with its file: {files}",
        tuple((name, sizes[name]) for name in found),
        title=title,
        count=len(found),
        files=_few(found),
    )


def _named(title: str, sizes: Mapping[str, int], file: str, found: list[str]) -> str:
    if file not in sizes:
        raise HubError(
            "no-file",
            "{title} has no file {file}; {hint}",
            title=title,
            file=repr(file[:120]),
            hint=_hint(file, found),
        )
    # by content, not by name: an explicitly named file may have any uninformative extension
    if not is_model(file) and PurePosixPath(file).suffix.lower() in NO_WEIGHTS:
        raise HubError(
            "no-file",
            "a model is one of {suffixes}, got {got}; name another",
            suffixes=[*SUFFIXES],
            got=repr(file[:120]),
        )
    return file


def _hint(file: str, found: list[str]) -> Message:
    """As `suggest`, of a list that may be long."""
    names = [name[:MAX_NAME] for name in found]
    near = difflib.get_close_matches(file, names, cutoff=0.5)
    return suggest(file, near or names[:NAMED]) if found else Message("it holds no model")


def _few(names: list[str]) -> list[str] | Message:
    shown = [name[:MAX_NAME] for name in names[:NAMED]]
    more = ["..."] if len(names) > NAMED else []
    return [*shown, *more] or Message("nothing")


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
