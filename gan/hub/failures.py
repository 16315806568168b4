"""Translates exceptions of the Hub's client to one sentence each; never with a URL or a token."""

from __future__ import annotations

import errno

from gan.errors import HubError, HubErrorKind

DISK = {errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EPERM, errno.EROFS}
PROXY_ERRORS = {"ValueError", "ImportError", "UnsupportedProtocol"}  # httpx, by kind of error
LATER = "try again later"
SLOW = f"the Hub was too slow with {{title}}; nothing was kept, {LATER}"


def hub_error(error: BaseException, repo: str, *, revision: str = "", file: str = "") -> HubError:
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
        "server", f"the Hub's answer about {repo} made no sense ({type(error).__name__}); {LATER}"
    )


def _chain(error: BaseException) -> list[BaseException]:
    found: list[BaseException] = []
    current: BaseException | None = error
    while current is not None and current not in found:
        found.append(current)
        current = current.__cause__ or current.__context__
    return found


def _refused(
    names: set[str], error: BaseException, repo: str, revision: str, file: str
) -> HubError | None:
    """Refusals by the Hub, by exception name."""
    if "GatedRepoError" in names:
        return HubError(
            "gated",
            f"{repo} is gated: its owner asks who takes it; ask for access on its page, then sign "
            f"in or pull it with your token",
        )
    if "DisabledRepoError" in names:
        return HubError("no-access", f"{repo} was disabled on the Hub; choose another")
    if "RevisionNotFoundError" in names:
        return HubError(
            "no-revision", f"{repo} has no revision {revision!r}; choose a branch, tag or commit"
        )
    if "RemoteEntryNotFoundError" in names:
        return HubError("no-file", f"{repo} has no file {file!r}; choose one that its page lists")
    status = getattr(getattr(error, "response", None), "status_code", 0)
    return status_error(status, repo) if status else None


def status_error(status: int, repo: str) -> HubError | None:
    """The sentence for an HTTP status; None for those that are not errors."""
    sentences: dict[int, tuple[HubErrorKind, str]] = {
        401: (
            "not-found",
            f"{repo} is not on the Hub, or it is private (401); check its name, or sign in as "
            f"who may see it",
        ),
        403: ("no-access", f"the Hub forbids this with {repo} (403); sign in as who may"),
        404: ("not-found", f"there is no {repo} on the Hub (404); check its name"),
        429: ("rate", f"the Hub has had too many requests from here (429); {LATER}"),
    }
    if status in sentences:
        return HubError(*sentences[status])
    if status >= 500:
        return HubError("server", f"the Hub itself is in trouble ({status}); {LATER}")
    if status >= 400:
        return HubError("server", f"the Hub refused what was asked about {repo} ({status})")
    return None


def _failed(names: set[str], error: BaseException, repo: str) -> HubError | None:
    """Connection and other transport errors."""
    if "OfflineModeIsEnabled" in names:
        return HubError(
            "offline",
            f"HF_HUB_OFFLINE is set and {repo} was not pulled before; unset it, or take a bundled "
            f"model",
        )
    if _is_proxy_setting(names, error):
        return HubError(
            "unreachable",
            f"a proxy must be an address such as http://host:8080, HTTP_PROXY, HTTPS_PROXY, "
            f"ALL_PROXY or NO_PROXY holds none ({error}); correct or unset it",
        )
    if names & {"ConnectError", "ConnectTimeout", "ProxyError", "ConnectionRefusedError"}:
        return HubError(
            "unreachable", "the Hub cannot be reached; check the connection and try again"
        )
    if names & {"TimeoutException", "TimeoutError"}:
        return slow_error(repo)
    if names & {"RemoteProtocolError", "ReadError", "WriteError", "ConnectionResetError"}:
        return HubError(
            "unreachable", f"the connection broke off amid {repo}; check it and try again"
        )
    if "FileMetadataError" in names or "TooManyRedirects" in names:
        return HubError(
            "redirect",
            f"what answered for {repo} is not the Hub, or sent us on in circles; check the "
            f"connection and HF_ENDPOINT",
        )
    if isinstance(error, OSError):
        return _file_error(error, repo)
    return None


def _is_proxy_setting(names: set[str], error: BaseException) -> bool:
    """Whether the HTTP client could not be built because of the environment's proxy settings."""
    text = str(error)
    return "InvalidURL" in names or ("proxy" in text.lower() and bool(names & PROXY_ERRORS))


def _file_error(error: OSError, repo: str) -> HubError | None:
    if "Consistency check failed" in str(error):
        return damaged_error(repo, "fewer or more bytes than the Hub states")
    if error.errno in DISK:
        return HubError(
            "disk", f"{repo} could not be written ({error.strerror}); free space or check rights"
        )
    return None


def damaged_error(repo: str, what: str) -> HubError:
    return HubError("damaged", f"what came of {repo} has {what}; nothing was kept, pull it again")


def slow_error(repo: str) -> HubError:
    return HubError("slow", SLOW.format(title=repo))
