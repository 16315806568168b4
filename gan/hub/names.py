"""Parses repo names and derives folder names; nothing here opens a connection."""

from __future__ import annotations

import hashlib
import os
import re
from typing import Literal, NamedTuple
from urllib.parse import unquote, urlsplit

from gan.errors import HubError

Kind = Literal["model", "space"]

HOSTS = ("huggingface.co", "www.huggingface.co", "hf.co")
SPACES = "spaces/"
PART = re.compile(r"(?!.*(?:--|\.\.))\w(?:[\w.-]{0,94}\w)?", re.ASCII)
REVISION = re.compile(r"(?!.*\.\.)\w[\w./-]{0,99}", re.ASCII)
COMMIT = re.compile(r"[0-9a-f]{40}")
MAX_TEXT = 500
COMMIT_LETTERS, SLUG_LETTERS = 12, 40  # of a folder's name


class Repo(NamedTuple):
    """A requested repo: `revision` and `file` are empty if not given."""

    owner: str
    name: str
    kind: Kind = "model"
    revision: str = ""
    file: str = ""

    @property
    def id(self) -> str:
        """owner/name, as the Hub's client takes it."""
        return f"{self.owner}/{self.name}"

    @property
    def title(self) -> str:
        """owner/name, marked if it is a Space."""
        return f"{SPACES if self.kind == 'space' else ''}{self.id}"

    @property
    def is_pinned(self) -> bool:
        """Whether it names a commit, which never changes."""
        return COMMIT.fullmatch(self.revision) is not None


def parse_repo(text: str, *, revision: str = "", file: str = "") -> Repo:
    """Parse `owner/name[@revision]`, `spaces/owner/name[@revision]` or the URL of a Hub page.

    `revision` and `file` override the text. Raises HubError of kind "id".
    """
    text = text.strip()
    if len(text) > MAX_TEXT:
        raise HubError(
            "id", "a repo is owner/name, got {got} letters; shorten it", got=f"{len(text):,}"
        )
    repo = _of_address(text) if _is_address(text) else _of_name(text)
    repo = repo._replace(revision=revision or repo.revision, file=file or repo.file)
    for part in (repo.owner, repo.name):
        if not PART.fullmatch(part) or part.endswith(".git"):
            raise _no_repo(text)
    if repo.revision and not REVISION.fullmatch(repo.revision):
        raise HubError(
            "id",
            "a revision is a branch, a tag or a commit, got {got}; for example {id}@main",
            got=repr(repo.revision[:80]),
            id=repo.id,
        )
    return repo


def names_a_repo(text: str) -> bool:
    """Whether `text` could name a repo; the Hub is not contacted."""
    try:
        parse_repo(text)
    except HubError:
        return False
    return True


def _is_address(text: str) -> bool:
    return "://" in text or text.split("/")[0].lower() in _hosts()


def _hosts() -> set[str]:
    mirror = urlsplit(os.environ.get("HF_ENDPOINT", "")).netloc
    return {*HOSTS, *([mirror.lower()] if mirror else [])}


def _of_name(text: str) -> Repo:
    path, _, revision = text.partition("@")
    kind: Kind = "space" if path.startswith(SPACES) else "model"
    parts = path.removeprefix(SPACES).split("/")
    if len(parts) != 2:
        raise _no_repo(text)
    return Repo(parts[0], parts[1], kind, revision)


def _of_address(text: str) -> Repo:
    """huggingface.co/[spaces/]owner/name[/tree|blob|resolve/revision[/file]]."""
    url = urlsplit(text if "://" in text else f"https://{text}")
    if url.netloc.lower() not in _hosts() or url.scheme not in ("http", "https"):
        raise HubError(
            "id",
            "a model is taken from huggingface.co alone, got {got}; give owner/name",
            got=repr(url.netloc[:80]),
        )
    parts = [unquote(part) for part in url.path.split("/") if part]
    kind: Kind = "space" if parts[:1] == ["spaces"] else "model"
    parts = parts[1:] if kind == "space" else parts
    if len(parts) < 2 or parts[0] in ("datasets", "models", "api", "docs"):
        raise _no_repo(text)
    revision, file = "", ""
    if len(parts) > 3 and parts[2] in ("tree", "blob", "resolve"):
        revision = parts[3]
        file = "/".join(parts[4:]) if parts[2] != "tree" else ""
    return Repo(parts[0], parts[1], kind, revision, file)


def _no_repo(text: str) -> HubError:
    return HubError(
        "id",
        "a model on the Hub is owner/name[@revision], got {got}; correct it",
        got=repr(text[:80]),
    )


def folder_name(repo: Repo, commit: str, *, file: str = "") -> str:
    """The folder of a pulled model; `file` distinguishes the models of one repo."""
    prefix = f"{repo_prefix(repo)}{commit[:COMMIT_LETTERS]}"
    return f"{prefix}--{_slug(file)}" if file else prefix


def repo_prefix(repo: Repo) -> str:
    """Common prefix of the folders of a repo's models; a repo's name never contains `--`."""
    return repo.title.replace("/", "--") + "--"


def _slug(file: str) -> str:
    """Files that differ only in their extensions are different models, too."""
    stem = file.rsplit(".", 1)[0]
    slug = re.sub(r"[^A-Za-z0-9]+", "-", stem).strip("-")[-SLUG_LETTERS:].strip("-")
    return f"{slug}-{hashlib.sha256(file.encode()).hexdigest()[:6]}"
