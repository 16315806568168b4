"""Whatever is written to the Hub, and what is asked before: in a child process that can be killed.

A Hub that stalls holds its client for minutes; a child has a limit. The token goes to it through
its standard input, never by an argument or the environment, and comes back in no answer. Run as a
module it is that child: one job in JSON on standard input, one answer in JSON on standard output.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple

from gan.errors import HubError
from gan.hub.client import environment, never

Kind = Literal["model", "space"]
LOOK_LIMIT_S = 30.0
SEND_LIMIT_S, SLOWEST_BYTES_PER_S = 25.0, 100_000.0  # of a whole push: so much, and for its bytes
POLL_S = 0.1
OVERDUE_S = 5.0  # after its limit the child ends by itself, should nobody be left to kill it


class Look(NamedTuple):
    """What the Hub says of a repo that is to be written."""

    exists: bool
    commit: str  # empty where there is none
    files: frozenset[str]
    account: str  # whom the token belongs to, empty without one
    groups: frozenset[str] = frozenset()  # organisations of that account


def look(
    repo: str,
    kind: Kind,
    *,
    token: str | None,
    limit_s: float = LOOK_LIMIT_S,
    cancelled: Callable[[], bool] = never,
) -> Look:
    """Whether `repo` is there, and what it holds; raises HubError."""
    answer = _ask({"do": "look", "repo": repo, "kind": kind, "token": token}, limit_s, cancelled)
    return Look(
        answer["exists"],
        answer["commit"],
        frozenset(answer["files"]),
        answer["account"],
        frozenset(answer["groups"]),
    )


def account_of(token: str, *, limit_s: float = LOOK_LIMIT_S) -> str:
    """Whom a token belongs to; raises HubError where the Hub does not know it."""
    answer = _ask({"do": "account", "repo": "", "kind": "model", "token": token}, limit_s, never)
    return str(answer["account"])


def send(
    files: Iterable[tuple[str, bytes]],
    repo: str,
    kind: Kind,
    *,
    token: str,
    message: str,
    create: bool,
    private: bool = False,
    hardware: str | None = None,
    parent: str = "",
    limit_s: float | None = None,
    cancelled: Callable[[], bool] = never,
) -> str:
    """Write `files` to `repo` in one commit, and return the repo's address.

    create: make the repo, which must not be there; else nobody may have written since `parent`.
    Raises HubError; then nothing was written, but `repo` may be there, empty.
    """
    with tempfile.TemporaryDirectory(prefix="gan-push-") as folder:
        size = 0
        for path, data in files:
            file = Path(folder) / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)
            size += len(data)
        job = {
            "do": "send", "repo": repo, "kind": kind, "token": token, "folder": folder,
            "message": message, "create": create, "private": private, "hardware": hardware,
            "parent": parent,
        }  # fmt: skip
        limit = SEND_LIMIT_S + size / SLOWEST_BYTES_PER_S if limit_s is None else limit_s
        return str(_ask(job, limit, cancelled)["url"])


def _ask(job: Mapping[str, Any], limit_s: float, cancelled: Callable[[], bool]) -> dict[str, Any]:
    child = subprocess.Popen(
        [sys.executable, "-P", "-m", "gan.hub.sending"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment(),
    )
    try:
        answer = _answer(child, json.dumps({**job, "limit_s": limit_s}), limit_s, cancelled)
    finally:
        if child.poll() is None:
            child.kill()
        child.communicate()
    if "error" in answer:
        raise HubError(*answer["error"])
    return answer


def _answer(
    child: subprocess.Popen[bytes], job: str, limit_s: float, cancelled: Callable[[], bool]
) -> dict[str, Any]:
    deadline = time.monotonic() + limit_s
    question: bytes | None = job.encode()
    while True:
        try:
            said, _ = child.communicate(question, timeout=POLL_S)
        except subprocess.TimeoutExpired:
            question = None
            if cancelled():
                raise HubError(
                    "cancelled", "it was cancelled; what had not arrived was not written"
                ) from None
            if time.monotonic() > deadline:
                raise HubError(
                    "slow",
                    f"the Hub must answer within {limit_s:.0f} s, it did not; try again later",
                ) from None
            continue
        try:
            found = json.loads(said)
        except ValueError:
            raise HubError(
                "server", "the Hub's client ended without a word; try again later"
            ) from None
        return dict(found)


# ---- the child ----------------------------------------------------------------------------------


def _look(api: Any, job: Mapping[str, Any]) -> dict[str, Any]:
    from huggingface_hub.errors import RepositoryNotFoundError  # noqa: PLC0415 - child alone

    who = _account(api, job)
    try:
        info = api.repo_info(job["repo"], repo_type=job["kind"])
    except RepositoryNotFoundError:
        return {"exists": False, "commit": "", "files": [], **who}
    files = [sibling.rfilename for sibling in info.siblings or []]
    return {"exists": True, "commit": info.sha or "", "files": files, **who}


def _account(api: Any, job: Mapping[str, Any]) -> dict[str, Any]:
    if not job["token"]:
        return {"account": "", "groups": []}
    who = api.whoami()
    return {"account": str(who["name"]), "groups": [str(o["name"]) for o in who.get("orgs", [])]}


def _send(api: Any, job: Mapping[str, Any]) -> dict[str, Any]:
    repo, kind = job["repo"], job["kind"]
    is_space = kind == "space"
    if job["create"]:
        options = {"space_sdk": "gradio", "space_hardware": job["hardware"]} if is_space else {}
        api.create_repo(repo, repo_type=kind, private=job["private"], **options)
    elif is_space and job["hardware"]:
        api.request_space_hardware(repo, job["hardware"])
    api.upload_folder(
        repo_id=repo,
        repo_type=kind,
        folder_path=job["folder"],
        commit_message=job["message"],
        parent_commit=job["parent"] or None,
    )
    return {"url": f"{api.endpoint}/{'spaces/' if is_space else ''}{repo}"}


REFUSALS: dict[int, tuple[str, str]] = {  # of the Hub: kind, and what to say of a repo
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


def explained(error: Exception, *, repo: str, token: str | None) -> tuple[str, str]:
    """Kind and sentence of what the Hub's client raised; never with a token in it."""
    from huggingface_hub.errors import OfflineModeIsEnabled  # noqa: PLC0415 - child alone

    if isinstance(error, OfflineModeIsEnabled):
        return "offline", "HF_HUB_OFFLINE is set, so nothing can be sent; unset it and try again"
    response = getattr(error, "response", None)
    status = getattr(response, "status_code", None)
    if status in REFUSALS:
        kind, text = REFUSALS[status]
        return kind, text.format(repo=repo, said=_said(error, token))
    if status is not None:
        return "server", f"the Hub has a problem of its own ({status}); try again later"
    if isinstance(error, json.JSONDecodeError):
        return "server", "what answered is not the Hub; check the connection, or HF_ENDPOINT"
    if isinstance(error, ValueError):  # the client refused before it asked: front matter, names
        return "refused", f"the Hub does not take {repo} ({_said(error, token)}); correct it"
    return "unreachable", "the Hub cannot be reached; check the connection and try again"


def _said(error: Exception, token: str | None) -> str:
    """The Hub's own words: one line, short, plain, without addresses, without the token."""
    text = str(getattr(error, "server_message", None) or error)
    words = [w for w in text.replace(token or "\0", "…").split() if "://" not in w]
    return "".join(c for c in " ".join(words)[:160] if c.isprintable())


def _child() -> None:
    job = json.loads(sys.stdin.buffer.read())
    timer = threading.Timer(job["limit_s"] + OVERDUE_S, os._exit, [1])
    timer.daemon = True
    timer.start()
    token = job["token"]
    try:
        from huggingface_hub import HfApi  # noqa: PLC0415 - half a second, the child's alone

        api = HfApi(token=token or False)
        answer = {"account": _account, "look": _look, "send": _send}[job["do"]](api, job)
    except Exception as error:  # the process's edge: whatever it is becomes a sentence
        answer = {"error": explained(error, repo=job["repo"], token=token)}
    sys.stdout.write(json.dumps(answer))


if __name__ == "__main__":
    _child()
