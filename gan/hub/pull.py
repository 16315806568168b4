"""Models of the Hub into our own folder, below `gan.files.pulled_root()`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Literal, NamedTuple

from gan.errors import HubError

LIMIT_S = 600.0  # of a whole pull; one that makes no progress ends far sooner

Stage = Literal["asking", "downloading", "converting", "checking"]


class PullProgress(NamedTuple):
    """How far a pull is: bytes while downloading, else 0 of 0."""

    stage: Stage
    done: int = 0
    of: int = 0


class Pulled(NamedTuple):
    """A model that is there now."""

    ref: str  # hub:FOLDER, as gan.checkpoint.load and the page take it
    name: str
    repo: str
    commit: str
    cached: bool  # it was there already, and where the Hub could not be asked it may be old
    choices: tuple[str, ...] = ()  # all models of that repo, by file, where it has several


def never() -> bool:
    return False


def pull(
    ref: str,
    *,
    revision: str = "",
    file: str | None = None,
    local: bool = True,
    token: str | Literal[False] = False,
    limit_s: float = LIMIT_S,
    cancelled: Callable[[], bool] = never,
) -> Iterator[PullProgress | Pulled]:
    """Fetch, check and keep the model of `owner/name[@revision]`; the last item is a Pulled.

    `ref` may be the address of its page. Public (`local=False`) takes only our own format.
    `cancelled` is asked several times a second; closing the iterator cancels too. Raises HubError,
    HubChoice where the repo holds several models and `file` names none, WeightsError where the
    file does not fit its config.
    """
    yield PullProgress("asking")
    raise HubError("unreachable", "pulling from the Hub comes with the next version; wait for it")
