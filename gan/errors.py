"""One exception tree; every message says what was expected, what came and what to do next.

GanError
 ├── ConfigError      a setting, preset or name that makes no sense
 ├── DataError        images that cannot be found, read or used
 ├── WeightsError     weights that cannot be found or do not fit their config
 ├── RunError         a run folder that cannot be written, resumed or steered
 │    ├── CheckpointError   a checkpoint that is torn or belongs to other code
 │    └── DivergedError     a training that reached NaN or infinity
 ├── HubError         the Hugging Face Hub: what it does not have, give or let us do
 │    └── HubChoice        a repo with several models, of which one is to be named
 └── MetricError      a metric asked of too few or unsuitable images
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Literal, Self

from gan.messages import Message, literal


class GanError(Exception):
    """A user error, explained in one sentence that says what to do next.

    key: the sentence in English, with `{placeholders}` for `values` (gan.messages).
    field: the setting or form field that the sentence is about, `{field}` in it.
    """

    def __init__(self, key: str, /, *, field: str | None = None, **values: Any) -> None:
        super().__init__(key)
        named = {} if field is None else {"field": field}
        self.field, self.message = field, Message(key, **named, **values)

    @classmethod
    def of(cls, message: Message) -> Self:
        """An error that says a message which exists already."""
        error = cls(message.key)
        error.field, error.message = message.values.get("field"), message
        return error

    def __str__(self) -> str:
        return str(self.message)


class ConfigError(GanError):
    """A setting, preset or name that makes no sense."""


class DataError(GanError):
    """Images that cannot be found, read or used."""


class WeightsError(GanError):
    """Weights that cannot be found or do not fit their config."""


class RunError(GanError):
    """A run folder that cannot be written, resumed or steered."""


class CheckpointError(RunError):
    """A checkpoint that is torn or belongs to other code."""


class DivergedError(RunError):
    """A training that reached NaN or infinity."""


class MetricError(GanError):
    """A metric asked of too few or unsuitable images."""


HubErrorKind = Literal[
    "id",  # not a valid repo or revision name
    "not-found",  # no such repo, or it is private
    "gated",  # gated: its owner grants access individually
    "no-access",  # 401, 403: the token lacks permission
    "sign-in",  # a push needs a token, and there is none or the Hub rejects it
    "exists",  # a push would overwrite files without confirmation
    "conflict",  # 409, 412: a concurrent write
    "no-revision",
    "no-file",
    "choice",  # several models, see HubChoice
    "rate",  # 429
    "server",  # 5xx, or a response that is not from the Hub
    "redirect",  # redirected to a host outside the Hub
    "unreachable",  # no connection
    "offline",  # HF_HUB_OFFLINE is set
    "slow",  # timeout
    "cancelled",
    "too-large",
    "damaged",  # truncated, or content differs from what the Hub states
    "refused",  # by us: a pickle in public, a pickled module, ...
    "unknown-layout",
    "disk",  # no space, no right to write
]


class HubError(GanError):
    """A Hugging Face Hub operation failed; `kind` says why."""

    def __init__(self, kind: HubErrorKind, key: str, /, **values: Any) -> None:
        super().__init__(key, **values)
        self.kind: HubErrorKind = kind

    @classmethod
    def of(cls, message: Message, kind: HubErrorKind = "server") -> Self:
        """An error of this kind that says a message which exists already."""
        error = cls(kind, message.key)
        error.message = message
        return error

    def to_json(self) -> dict[str, Any]:
        """For another process: {"kind", "message", and a HubChoice's "files"}."""
        return {"kind": self.kind, "message": self.message.to_json()}

    @staticmethod
    def from_json(found: Mapping[str, Any]) -> HubError:
        """The inverse of `to_json`."""
        message = Message.from_json(found["message"])
        if "files" not in found:
            return HubError.of(message, found["kind"])
        files = tuple((name, size) for name, size in found["files"])
        return HubChoice(message.key, files, **message.values)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.kind, *self.args), self.__dict__


class HubChoice(HubError):
    """A repo with several models: `files` (name, bytes) to choose from."""

    def __init__(self, key: str, files: tuple[tuple[str, int], ...], /, **values: Any) -> None:
        super().__init__("choice", key, **values)
        self.files = files

    def to_json(self) -> dict[str, Any]:
        return super().to_json() | {"files": self.files}

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (*self.args, self.files), self.__dict__


SHORTEST, LONGEST = 1e-9, 1e15  # within these bounds a number is written out


def number_text(value: float) -> str:
    """A number as people write it: 2,592,000 and 0.00002, not 2.592e+06 and 2e-05."""
    if not math.isfinite(value) or (value and not SHORTEST <= abs(value) < LONGEST):
        return str(value)
    text = f"{Decimal(repr(value)):,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def suggest(name: str, known: Iterable[str]) -> Message:
    """Suggestions for `name`: close matches if there are any, else all names."""
    names = sorted(known)
    near = difflib.get_close_matches(name, names, n=3, cutoff=0.5)
    return (
        Message("did you mean {names}?", names=either(near))
        if near
        else (Message("choose one of: {names}", names=names))
    )


def either(names: Sequence[str]) -> Message:
    """A choice of one or more names: "a or b or c"."""
    found = literal(names[0])
    for name in names[1:]:
        found = Message("{this} or {that}", this=found, that=name)
    return found
