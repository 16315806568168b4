"""The files of a Space from a checkout: an allow-list, and nothing else is uploaded."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from gan.errors import ConfigError
from gan.hub.space import join_front, pinned_version, problems, split_front

TOP = ("app.py", "README.md", "LICENSE", "CHANGELOG.md", "requirements.txt", "pyproject.toml")
TREES: dict[str, tuple[str, ...]] = {  # folder -> extensions to upload
    "gan": (
        ".py",
        ".js",
        ".mjs",
        ".css",
        ".html",
        ".toml",
        ".jinja",
        ".ts",
        ".br",
        ".md",
        ".json",
        ".npz",
        ".webp",
        ".txt",
    ),
    "weights": (".json", ".safetensors", ".md", ".png", ".webp"),
}
PLAIN_NAMES = ("LICENSE",)  # without an extension
PICTURE = re.compile(r"!\[[^\]]*\]\((?!https?:)([^)\s]+\.(?:png|webp|jpg|gif))\)")
MAX_FILE = 10 * 2**20  # of one file; ours have 9 MB at most
CPU_WHEELS = "https://download.pytorch.org/whl/cpu"  # PyPI's torch includes CUDA, gigabytes
ZERO = "zero-a10g"
ZERO_TORCH, ZERO_PYTHON, SPACES = "2.11.0", "3.12.12", "0.51.3"  # the newest that ZeroGPU supports
SECRET = re.compile(
    r"\bhf_[A-Za-z0-9]{20,}|\bapi_org_[A-Za-z0-9]{20,}"  # Hugging Face
    r"|\bgh[pousr]_[A-Za-z0-9]{30,}|\bgithub_pat_\w{30,}"
    r"|\b(?:AKIA|ASIA)[0-9A-Z]{16}\b|\bxox[abprs]-[A-Za-z0-9-]{10,}|\bsk-[A-Za-z0-9_-]{32,}"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----"
)


class StagedFile(NamedTuple):
    """A file as it will be on the Space."""

    path: str
    data: bytes


def stage(
    root: Path, repo: str, *, hardware: str = "cpu-basic", models: tuple[str, ...] = ()
) -> list[StagedFile]:
    """The files of Space `repo`, from the checkout at `root`; sorted by path.

    requirements.txt and the front matter are adapted to the hardware, and `models`
    (owner/name@commit) are fetched while it is built. Raises ConfigError if `root` is not a
    checkout, if the Hub would reject the front matter, or if a file contains what looks like a
    token.
    """
    paths = sorted({*_paths(root)})
    changed = {
        "README.md": lambda text: _readme(text, root, repo, hardware, models),
        "requirements.txt": lambda text: requirements_for(text, hardware),
    }
    staged = []
    for path in paths:
        data = (root / path).read_bytes()
        if path in changed:
            data = changed[path](data.decode("utf-8")).encode()
        staged.append(StagedFile(path, data))
    _refuse_secrets(staged)
    return staged


def _paths(root: Path) -> Iterator[str]:
    missing = [name for name in ("app.py", "README.md", "requirements.txt", "weights", "gan")
               if not (root / name).exists()]  # fmt: skip
    if missing:
        raise ConfigError(
            "deploy needs a checkout of GAN Atelier, {root} has no {missing}; clone the "
            "repository and deploy from there",
            root=repr(str(root)),
            missing=missing[0],
        )
    yield from (name for name in TOP if (root / name).is_file())
    for tree, endings in TREES.items():
        for file in (root / tree).rglob("*"):
            inside = file.relative_to(root)
            if _goes_along(root, inside, endings):
                yield inside.as_posix()
    for picture in PICTURE.findall((root / "README.md").read_text("utf-8")):
        file = root / picture
        if file.is_file() and file.resolve() == root.resolve() / picture:
            yield Path(picture).as_posix()


def _goes_along(root: Path, inside: Path, endings: tuple[str, ...]) -> bool:
    file = root / inside
    hidden = any(part.startswith((".", "__pycache__")) for part in inside.parts)
    outside = file.resolve() != root.resolve() / inside  # through a link, its own or a folder's
    if hidden or outside or not file.is_file() or file.stat().st_size > MAX_FILE:
        return False
    return file.suffix in endings or file.name in PLAIN_NAMES


def _readme(text: str, root: Path, repo: str, hardware: str, models: tuple[str, ...]) -> str:
    front, body = split_front(text)
    if found := problems(front, root=root):
        raise ConfigError(
            "the front matter of README.md does not fit: {found}", found="; ".join(found)
        )
    front = front_for(front, repo, hardware=hardware, models=models)
    if found := problems(front):
        raise ConfigError(
            "the front matter of the Space does not fit: {found}", found="; ".join(found)
        )
    return join_front(front, body)


def front_for(
    front: Mapping[str, Any], repo: str, *, hardware: str, models: tuple[str, ...] = ()
) -> dict[str, Any]:
    """A checkout's front matter adapted to the Space `repo` on that hardware."""
    made = dict(front) | {"suggested_hardware": hardware}
    if hardware == ZERO:
        made["python_version"] = ZERO_PYTHON
    if not str(made["thumbnail"]).startswith("https://"):
        made["thumbnail"] = f"https://huggingface.co/spaces/{repo}/resolve/main/{made['thumbnail']}"
    if models:
        named = [model.partition("@") for model in models]
        made["models"] = [*dict.fromkeys([*made["models"], *(name for name, _, _ in named)])]
        made["preload_from_hub"] = [
            f"{name} config.json,model.safetensors {commit}".rstrip() for name, _, commit in named
        ]
    return made


def requirements_for(text: str, hardware: str) -> str:
    """requirements.txt for a Space: without CUDA if there is no GPU, as ZeroGPU requires it there.

    Raises ConfigError if torch is not pinned.
    """
    torch = f"torch=={pinned_version('torch', text)}"
    if hardware == ZERO:
        return text.replace(torch, f"torch=={ZERO_TORCH}\nspaces=={SPACES}", 1)
    if hardware.startswith("cpu"):
        return f"--extra-index-url {CPU_WHEELS}\n" + text.replace(torch, f"{torch}+cpu", 1)
    return text


def _refuse_secrets(staged: list[StagedFile]) -> None:
    for file in staged:
        try:
            text = file.data.decode("utf-8")
        except UnicodeDecodeError:
            continue  # weights and pictures
        if found := SECRET.search(text):
            line = text.count("\n", 0, found.start()) + 1
            raise ConfigError(  # never the match itself
                "{path} must hold no secret, line {line} holds what looks like one; take it out, "
                "and revoke it if it is one",
                path=file.path,
                line=line,
            )
