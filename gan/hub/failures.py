"""Translates exceptions of the Hub's client to one sentence each; never with a URL or a token."""

from __future__ import annotations

import errno

from gan.errors import HubError, HubErrorKind
from gan.messages import Message

DISK = {errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EPERM, errno.EROFS}
PROXY_ERRORS = {"ValueError", "ImportError", "UnsupportedProtocol"}  # httpx, by kind of error
SLOW = "the Hub was too slow with {repo}; nothing was kept, try again later"

Title = str | Message  # of a repo, or what else was asked for


def hub_error(error: BaseException, repo: Title, *, revision: str = "", file: str = "") -> HubError:
    """`error` as a HubError about `repo`; our own pass through.

    The client's types are matched by the names of all their base classes and causes: it raises its
    own, its HTTP library's (which changed twice) and the OS's.
    """
    if isinstance(error, HubError):
        return error
    for told in _chain(error):
        names = {kind.__name__ for kind in type(told).__mro__}
        found = _refused(names, told, repo, revision, file) or _failed(names, told, repo)
        if found is not None:
            return found
    return HubError(
        "server",
        "the Hub's answer about {repo} made no sense ({name}); try again later",
        repo=repo,
        name=type(error).__name__,
    )


def _chain(error: BaseException) -> list[BaseException]:
    found: list[BaseException] = []
    current: BaseException | None = error
    while current is not None and current not in found:
        found.append(current)
        current = current.__cause__ or current.__context__
    return found


def _refused(
    names: set[str], error: BaseException, repo: Title, revision: str, file: str
) -> HubError | None:
    """Refusals by the Hub, by exception name."""
    if "GatedRepoError" in names:
        return HubError(
            "gated",
            "{repo} is gated: its owner asks who takes it; ask for access on its page, then sign "
            "in or pull it with your token",
            repo=repo,
        )
    if "DisabledRepoError" in names:
        return HubError("no-access", "{repo} was disabled on the Hub; choose another", repo=repo)
    if "RevisionNotFoundError" in names:
        return HubError(
            "no-revision",
            "{repo} has no revision {revision}; choose a branch, tag or commit",
            repo=repo,
            revision=repr(revision),
        )
    if "RemoteEntryNotFoundError" in names:
        return HubError(
            "no-file",
            "{repo} has no file {file}; choose one that its page lists",
            repo=repo,
            file=repr(file),
        )
    status = getattr(getattr(error, "response", None), "status_code", 0)
    return status_error(status, repo) if status else None


STATUSES: dict[int, tuple[HubErrorKind, str]] = {
    401: (
        "not-found",
        "{repo} is not on the Hub, or it is private (401); check its name, or sign in as who may "
        "see it",
    ),
    403: ("no-access", "the Hub forbids this with {repo} (403); sign in as who may"),
    404: ("not-found", "there is no {repo} on the Hub (404); check its name"),
    429: ("rate", "the Hub has had too many requests from here (429); try again later"),
}


def status_error(status: int, repo: Title) -> HubError | None:
    """The sentence for an HTTP status; None for those that are not errors."""
    if status in STATUSES:
        return HubError(*STATUSES[status], repo=repo)
    if status >= 500:
        return HubError(
            "server", "the Hub itself is in trouble ({code}); try again later", code=status
        )
    if status >= 400:
        return HubError(
            "server", "the Hub refused what was asked about {repo} ({code})", repo=repo, code=status
        )
    return None


def _failed(names: set[str], error: BaseException, repo: Title) -> HubError | None:
    """Connection and other transport errors."""
    if "OfflineModeIsEnabled" in names:
        return HubError(
            "offline",
            "HF_HUB_OFFLINE is set and {repo} was not pulled before; unset it, or take a bundled "
            "model",
            repo=repo,
        )
    if _is_proxy_setting(names, error):
        return HubError(
            "unreachable",
            "a proxy must be an address such as http://host:8080, HTTP_PROXY, HTTPS_PROXY, "
            "ALL_PROXY or NO_PROXY holds none ({error}); correct or unset it",
            error=error,
        )
    if names & {"ConnectError", "ConnectTimeout", "ProxyError", "ConnectionRefusedError"}:
        return HubError(
            "unreachable", "the Hub cannot be reached; check the connection and try again"
        )
    if names & {"TimeoutException", "TimeoutError"}:
        return slow_error(repo)
    if names & {"RemoteProtocolError", "ReadError", "WriteError", "ConnectionResetError"}:
        return HubError(
            "unreachable", "the connection broke off amid {repo}; check it and try again", repo=repo
        )
    if "FileMetadataError" in names or "TooManyRedirects" in names:
        return HubError(
            "redirect",
            "what answered for {repo} is not the Hub, or sent us on in circles; check the "
            "connection and HF_ENDPOINT",
            repo=repo,
        )
    if isinstance(error, OSError):
        return _file_error(error, repo)
    return None


def _is_proxy_setting(names: set[str], error: BaseException) -> bool:
    """Whether the HTTP client could not be built because of the environment's proxy settings."""
    text = str(error)
    return "InvalidURL" in names or ("proxy" in text.lower() and bool(names & PROXY_ERRORS))


def _file_error(error: OSError, repo: Title) -> HubError | None:
    if "Consistency check failed" in str(error):
        return damaged_error(repo, Message("fewer or more bytes than the Hub states"))
    if error.errno in DISK:
        return HubError(
            "disk",
            "{repo} could not be written ({strerror}); free space or check rights",
            repo=repo,
            strerror=error.strerror,
        )
    return None


def damaged_error(repo: Title, what: Message) -> HubError:
    return HubError(
        "damaged",
        "what came of {repo} has {what}; nothing was kept, pull it again",
        repo=repo,
        what=what,
    )


def slow_error(repo: Title) -> HubError:
    return HubError("slow", SLOW, repo=repo)
