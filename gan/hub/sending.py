"""All writes to the Hub and the queries before them, in a child process that can be killed.

A stalled Hub blocks its client for minutes; a child has a timeout. The token is passed through its
standard input, never as an argument or in the environment, and appears in no reply. Run as a module
it is that child, which gives one reply.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple

import gan
from gan.errors import HubError, HubErrorKind
from gan.hub.child import Reply, Token, say, serve
from gan.hub.client import ask, never
from gan.hub.meter import Meter
from gan.messages import Message

MESSAGE = f"GAN Atelier {gan.__version__}"
NAMED = 4  # files listed per sentence
Kind = Literal["model", "space"]
LOOK_LIMIT_S = 30.0
SEND_LIMIT_S, SLOWEST_BYTES_PER_S = 25.0, 100_000.0  # of a whole push: so much, and for its bytes
LOST: Mapping[HubErrorKind, str] = {
    "cancelled": "it was cancelled; what had not arrived was not written",
    "slow": "the Hub must answer within {limit_s} s, it did not; try again later",
    "server": "the Hub's client ended without a word; try again later",
}


class Look(NamedTuple):
    """The Hub's view of a repo that is about to be written."""

    exists: bool
    commit: str  # empty where there is none
    files: frozenset[str]
    account: str  # account of the token, empty without one
    groups: frozenset[str] = frozenset()  # organisations of that account


@dataclass(frozen=True, kw_only=True)
class SendPlan:
    """A repo as it would be written, in one commit."""

    repo: str
    kind: Kind
    files: tuple[tuple[str, bytes], ...]
    found: Look | None  # None if the Hub was not queried
    private: bool = False
    hardware: str | None = None  # of a Space; None leaves it

    @property
    def size(self) -> int:
        """Total bytes."""
        return sum(len(data) for _, data in self.files)

    @property
    def exists(self) -> bool | None:
        """Whether the repo exists; None if the Hub was not queried."""
        return self.found.exists if self.found else None

    @property
    def overwrites(self) -> tuple[str, ...]:
        """Existing files of the repo that would be replaced."""
        there = self.found.files if self.found else frozenset()
        return tuple(path for path, _ in self.files if path in there)


SendStage = Literal["sending", "writing"]


class SendProgress(NamedTuple):
    """Progress of an upload: bytes sent, of the total.

    Large files go one by one ("sending"), small ones along with the commit ("writing"). So `done`
    does not reach `of` if there are small ones, or large ones that the Hub has already.
    """

    stage: SendStage
    done: int
    of: int


class Sent(NamedTuple):
    """A completed upload."""

    url: str


def look(
    repo: str,
    kind: Kind,
    *,
    token: str | None,
    limit_s: float = LOOK_LIMIT_S,
    cancelled: Callable[[], bool] = never,
) -> Look:
    """Whether `repo` exists, and its contents; raises HubError."""
    answer = _ask({"do": "look", "repo": repo, "kind": kind}, token, limit_s, cancelled)
    return Look(
        answer["exists"],
        answer["commit"],
        frozenset(answer["files"]),
        answer["account"],
        frozenset(answer["groups"]),
    )


def account_of(token: str, *, limit_s: float = LOOK_LIMIT_S) -> str:
    """A token's account; raises HubError if the Hub rejects it."""
    answer = _ask({"do": "account", "repo": "", "kind": "model"}, token, limit_s, never)
    return str(answer["account"])


def send(
    plan: SendPlan,
    *,
    token: str,
    overwrite: bool = False,
    limit_s: float | None = None,
    cancelled: Callable[[], bool] = never,
) -> Iterator[SendProgress | Sent]:
    """Create or update the repo as planned, in one commit; the last item is a Sent.

    Raises HubError, of kind "exists" if files would be overwritten and `overwrite` is False, of
    kind "conflict" if somebody wrote since the plan was made; then nothing was written, but a new,
    empty repo may exist.
    """
    if plan.found is None:
        raise HubError("refused", "the Hub was not asked what is there; plan with ask=True")
    if plan.overwrites and not overwrite:
        raise HubError(
            "exists",
            "{repo} holds {files} already, which would be overwritten; say so, or take "
            "another name",
            repo=plan.repo,
            files=_listed(plan.overwrites),
        )
    limit = SEND_LIMIT_S + plan.size / SLOWEST_BYTES_PER_S if limit_s is None else limit_s
    with tempfile.TemporaryDirectory(prefix="gan-push-") as folder:
        for path, data in plan.files:
            file = Path(folder) / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)
        job = {
            "do": "send", "repo": plan.repo, "kind": plan.kind, "private": plan.private,
            "hardware": plan.hardware, "message": MESSAGE, "create": not plan.found.exists,
            "parent": plan.found.commit, "folder": folder,
            "files": [path for path, _ in plan.files],
        }  # fmt: skip
        yield SendProgress("sending", 0, plan.size)
        for told in _replies(job, token, limit, cancelled):
            yield Sent(told["url"]) if "url" in told else SendProgress(**told)


def _listed(paths: tuple[str, ...]) -> list[str] | Message:
    named, more = [*paths[:NAMED]], len(paths) - NAMED
    return Message("{files} and {count} more files", files=named, count=more) if more > 0 else named


def _replies(
    job: Mapping[str, Any], token: str | None, limit_s: float, cancelled: Callable[[], bool]
) -> Iterator[Reply]:
    return ask(
        job, title=job["repo"], token=token or False, limit_s=limit_s, patience_s=limit_s,
        cancelled=cancelled, module="gan.hub.sending", lost=LOST,
    )  # fmt: skip


def _ask(
    job: Mapping[str, Any], token: str | None, limit_s: float, cancelled: Callable[[], bool]
) -> Reply:
    [answer] = _replies(job, token, limit_s, cancelled)
    return answer


# ---- the child ----------------------------------------------------------------------------------


def _look(api: Any, job: Mapping[str, Any]) -> Reply:
    from huggingface_hub.errors import RepositoryNotFoundError  # noqa: PLC0415 - child alone

    who = _account(api, job)
    try:
        info = api.repo_info(job["repo"], repo_type=job["kind"])
    except RepositoryNotFoundError:
        return {"exists": False, "commit": "", "files": [], **who}
    files = [sibling.rfilename for sibling in info.siblings or []]
    return {"exists": True, "commit": info.sha or "", "files": files, **who}


def _account(api: Any, _: Mapping[str, Any]) -> Reply:
    if not api.token:
        return {"account": "", "groups": []}
    who = api.whoami()
    return {"account": str(who["name"]), "groups": [str(o["name"]) for o in who.get("orgs", [])]}


def _send(api: Any, job: Mapping[str, Any]) -> Reply:
    repo, kind = job["repo"], job["kind"]
    is_space = kind == "space"
    if job["create"]:
        options = {"space_sdk": "gradio", "space_hardware": job["hardware"]} if is_space else {}
        api.create_repo(repo, repo_type=kind, private=job["private"], **options)
    elif is_space and job["hardware"]:
        api.request_space_hardware(repo, job["hardware"])
    folder = Path(job["folder"])
    meter = Meter({path: (folder / path).stat().st_size for path in job["files"]}, say)
    api.create_commit(
        repo,
        [meter.addition(path, folder / path) for path in job["files"]],
        repo_type=kind,
        commit_message=job["message"],
        parent_commit=job["parent"] or None,
    )
    return {"url": f"{api.endpoint}/{'spaces/' if is_space else ''}{repo}"}


REFUSALS: dict[int, tuple[HubErrorKind, str]] = {  # of the Hub: kind, and what to say of a repo
    400: ("refused", "the Hub must take the files of {repo}, it does not ({said}); correct them"),
    401: ("sign-in", "the Hub must know the token, it does not take it; sign in again"),
    402: ("no-access", "the Hub asks for payment for {repo} ({said}); choose other hardware"),
    403: (
        "no-access",
        "the token may not write {repo}; take a name of your own, or a token with write access",
    ),
    404: ("not-found", "there is no {repo} that the token may write; check the name"),
    409: ("conflict", "{repo} has just been made or written by another; plan again"),
    412: ("conflict", "{repo} was written by another since it was looked at; plan again"),
    413: ("too-large", "the files are too large for {repo}; send fewer"),
    429: ("rate", "the Hub takes no more requests for now; wait a few minutes and try again"),
}


def explained(error: Exception, repo: str, token: Token) -> HubError:
    """An exception of the Hub's client as a HubError; never with a token in it."""
    from huggingface_hub.errors import OfflineModeIsEnabled  # noqa: PLC0415 - child alone

    if isinstance(error, OfflineModeIsEnabled):
        return HubError(
            "offline", "HF_HUB_OFFLINE is set, so nothing can be sent; unset it and try again"
        )
    response = getattr(error, "response", None)
    status = getattr(response, "status_code", None)
    if status in REFUSALS:
        return HubError(*REFUSALS[status], repo=repo, said=_said(error, token))
    if status is not None:
        return HubError(
            "server", "the Hub has a problem of its own ({code}); try again later", code=status
        )
    if isinstance(error, json.JSONDecodeError):
        return HubError(
            "server", "what answered is not the Hub; check the connection, or HF_ENDPOINT"
        )
    if isinstance(error, ValueError):  # the client refused before it asked: front matter, names
        return HubError(
            "refused",
            "the Hub does not take {repo} ({said}); correct it",
            repo=repo,
            said=_said(error, token),
        )
    return HubError("unreachable", "the Hub cannot be reached; check the connection and try again")


def _said(error: Exception, token: Token) -> str:
    """The Hub's own message: one line, short, plain, without URLs, without the token."""
    text = str(getattr(error, "server_message", None) or error)
    words = [w for w in text.replace(token or "\0", "…").split() if "://" not in w]
    return "".join(c for c in " ".join(words)[:160] if c.isprintable())


def _work(job: dict[str, Any], token: Token) -> Iterator[Reply]:
    from huggingface_hub import HfApi  # noqa: PLC0415 - half a second, the child's alone

    do = {"account": _account, "look": _look, "send": _send}[job["do"]]
    yield do(HfApi(token=token), job)


def _told(error: Exception, job: Mapping[str, Any], token: Token) -> HubError:
    return explained(error, job["repo"], token)


if __name__ == "__main__":
    serve(_work, _told)
