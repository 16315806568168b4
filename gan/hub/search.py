"""Searches the Hub's models by name and tag, and inspects a repo; each in a child with a
timeout."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

from gan.errors import HubError
from gan.hub import client
from gan.hub.names import parse_repo
from gan.messages import Message

TIMEOUT_S = 15.0
MAX_FOUND, MAX_WORDS = 100, 200
MAX_TEXT, MAX_TAGS = 100, 30  # of what the Hub says, in what we pass on


class RepoFound(NamedTuple):
    """A search result, sorted by likes."""

    repo: str
    likes: int
    downloads: int
    tags: tuple[str, ...]
    updated: str  # ISO date
    size: int  # size of the whole repo, including its history
    gated: bool
    files: tuple[str, ...]  # possible model files; none: nothing to pull


class Details(NamedTuple):
    """A repo's current contents."""

    repo: str
    commit: str
    licence: str
    likes: int
    gated: bool
    tags: tuple[str, ...]
    files: tuple[tuple[str, int], ...]  # that may be models, with bytes
    size: int  # bytes of all files


def search(
    text: str,
    *,
    tag: str = "",
    limit: int = 20,
    timeout: float = TIMEOUT_S,
    token: str | Literal[False] = False,
) -> list[RepoFound]:
    """Models whose name contains `text`, most liked first; `tag` narrows it, for example "gan".

    Raises HubError; results are external text, bounded but not escaped.
    """
    if len(text) > MAX_WORDS or len(tag) > MAX_TEXT:
        raise HubError(
            "id", "a search may have {most} letters, got more; shorten it", most=MAX_WORDS
        )
    limit = max(1, min(limit, MAX_FOUND))
    task = {"do": "search", "text": text.strip(), "tag": tag.strip(), "limit": limit}
    rows = client.ask(task, title=Message("search"), token=token, limit_s=timeout)
    return [_found(row) for row in rows]


def _found(row: dict[str, Any]) -> RepoFound:
    return RepoFound(
        row["repo"],
        row["likes"],
        row["downloads"],
        _short(row["tags"]),
        row["updated"],
        row["size"],
        row["gated"],
        tuple(row["files"]),
    )


def _short(tags: list[str]) -> tuple[str, ...]:
    return tuple(str(tag)[:MAX_TEXT] for tag in tags[:MAX_TAGS])


def details(
    ref: str, *, timeout: float = TIMEOUT_S, token: str | Literal[False] = False
) -> Details:
    """Sizes, licence and files of `owner/name[@revision]`; one request. Raises HubError."""
    repo = parse_repo(ref)
    task = {"do": "details", "repo": repo.id, "kind": repo.kind, "revision": repo.revision}
    for row in client.ask(task, title=repo.title, token=token, limit_s=timeout):
        files = tuple((name, size) for name, size in row["files"])
        return Details(
            repo.title,
            row["commit"],
            row["licence"],
            row["likes"],
            row["gated"],
            _short(row["tags"]),
            files,
            row["size"],
        )
    raise HubError("server", "the Hub said nothing about {repo}; try again later", repo=repo.title)
