"""The server's log: one line an event, as key=value or as JSON, and an id for each request.

A line holds no token, no whole address and nothing that a visitor wrote: events have fixed names
and fields, in public an unexpected error is logged as its type and its place in the code, and what
still looks like a token or an address is cut out of every value.
"""

from __future__ import annotations

import ipaddress
import json
import logging
import os
import re
import secrets
import sys
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from datetime import UTC, datetime
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any

from uvicorn.config import LOGGING_CONFIG

from gan.errors import ConfigError

FORMAT, FORMATS = "GAN_LOG_FORMAT", ("keyvalue", "json")
FILE = "server.log"  # at home beside a terminal, which gets sentences only
FILE_BYTES = 2**20
MOST = 300  # characters of a value; a traceback may be longer
MOST_TRACEBACK = 8000
PLAIN = re.compile(r"[\w.,:/@%+{}-]+")
TOKEN = re.compile(
    r"\bhf_\w{4,}|\b[0-9A-Za-z]{32,}\b|\bBearer\s+\S+|(?<=[?&])\w*(?:token|key|hash)\w*=[^\s&]+",
    re.IGNORECASE,
)
ADDRESS = re.compile(
    r"(?:\b\d{1,3}(?:\.\d{1,3}){3}\b|(?<![\w:])[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7}(?!:?\w|\.\d))"
    r"(?:/\d+\b)?",
    re.IGNORECASE,
)
UNSEEN = re.compile(
    r"[\x7f-\x9f\u2028-\u202e\u2066-\u2069]"
)  # more ends of lines, terminals' codes
REQUEST: ContextVar[str] = ContextVar("request", default="")


# ---- requests ---------------------------------------------------------------------------------


def request_id() -> str:
    """The id of the request that this code works for; empty outside of any."""
    return REQUEST.get()


@contextmanager
def identified(known: str = "") -> Iterator[str]:
    """An id inside the block: `known`, the present one, or a new one, never a visitor's."""
    found = known or request_id() or secrets.token_hex(6)
    before = REQUEST.set(found)
    try:
        yield found
    finally:
        REQUEST.reset(before)


def event(log: logging.Logger, level: int, name: str, **fields: Any) -> None:
    """Log an event; its name and its fields' names are fixed, values are short."""
    log.log(level, name, extra={"fields": fields})


# ---- what must not be told --------------------------------------------------------------------


def network_of(address: str) -> str:
    """An address or a network without the part that names one subscriber: its /24, or the /48 of
    IPv6."""
    try:
        found = ipaddress.ip_interface(address.partition("%")[0]).network
    except ValueError:
        return ""
    if found.is_loopback or found.is_unspecified:
        return str(found.network_address)
    width = 24 if found.version == 4 else 48
    return str(found if found.prefixlen <= width else found.supernet(new_prefix=width))


def cleaned(text: str) -> str:
    """`text` without what looks like a token, a session or a whole address."""
    text = TOKEN.sub("…", text)
    return ADDRESS.sub(lambda m: network_of(m[0]) or m[0], text)


def place_of(error: BaseException, *, quoted: bool) -> str:
    """An error and its causes: types and places in the code; with `quoted` what they say, too.

    On a public server they don't say it: it may quote what a visitor sent.
    """
    parts: list[str] = []
    seen: set[int] = set()
    now: BaseException | None = error
    while now is not None and id(now) not in seen:
        seen.add(id(now))
        said = traceback.format_exception_only(now) if quoted else [f"{type(now).__name__}\n"]
        parts.append("".join([*traceback.format_tb(now.__traceback__), *said]))
        now = now.__cause__ or (None if now.__suppress_context__ else now.__context__)
    return "from\n".join(parts)[:MOST_TRACEBACK].strip()


# ---- lines ------------------------------------------------------------------------------------


class Lines(logging.Formatter):
    """A record as one line of JSON, or of key=value pairs (logfmt)."""

    def __init__(self, *, as_json: bool, quoted: bool) -> None:
        super().__init__()
        self._as_json, self._quoted = as_json, quoted

    def format(self, record: logging.LogRecord) -> str:
        fields = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "event": self._said(record),
            "logger": record.name,
        }
        if known := request_id():
            fields["request"] = known
        fields |= getattr(record, "fields", {})
        told = {k: _short(v) for k, v in fields.items() if v not in (None, "")}
        if record.exc_info and record.exc_info[1] is not None:
            told["traceback"] = cleaned(place_of(record.exc_info[1], quoted=self._quoted))
        if self._as_json:
            return _quoted(told)
        return " ".join(f"{k}={_value(v)}" for k, v in told.items())

    def _said(self, record: logging.LogRecord) -> str:
        """Others' messages in public without what is put in: it may come from a visitor."""
        if self._quoted or record.name.partition(".")[0] == "gan":
            return record.getMessage()
        return str(record.msg) if record.args else "a message of a library"


def _short(value: Any) -> Any:
    return cleaned(value)[:MOST] if isinstance(value, str) else value


def _value(value: Any) -> str:
    text = f"{value}"
    return text if PLAIN.fullmatch(text) else _quoted(text)


def _quoted(value: object) -> str:
    """JSON that is one line everywhere and that a terminal shows as it is."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return UNSEEN.sub(lambda m: f"\\u{ord(m[0]):04x}", text)


class Sentences(logging.Formatter):
    """For a terminal: what is said, never a traceback, and the id that finds it in the file."""

    def format(self, record: logging.LogRecord) -> str:
        said, known = record.getMessage(), request_id()
        return f"{said} (request {known})" if known else said


# ---- where it goes ----------------------------------------------------------------------------


def set_up(
    folder: Path, *, local: bool, terminal: bool | None = None, env: Mapping[str, str] = os.environ
) -> None:
    """Send every log of this process to standard error as lines.

    At home in front of a terminal that gets warnings as sentences, and the lines go to `folder`.
    Raises ConfigError for a format that there is not.
    """
    form = env.get(FORMAT) or FORMATS[0]
    if form not in FORMATS:
        raise ConfigError(
            "{field} must be one of {choices}, got {got}; choose one",
            field=FORMAT, choices=", ".join(FORMATS), got=form[:20],
        )  # fmt: skip
    lines = Lines(as_json=form == "json", quoted=local)
    shown = logging.StreamHandler()
    handlers: list[logging.Handler] = [shown]
    shown.setFormatter(lines)
    if local and (sys.stderr.isatty() if terminal is None else terminal):
        shown.setFormatter(Sentences())
        shown.setLevel(logging.WARNING)
        with suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True)
            kept = RotatingFileHandler(
                folder / FILE, maxBytes=FILE_BYTES, backupCount=1, encoding="utf-8"
            )
            kept.setFormatter(lines)
            handlers.append(kept)
    logging.raiseExceptions = False  # a full disk is no reason for a traceback on the terminal
    root = logging.getLogger()
    root.handlers[:] = handlers
    root.setLevel(logging.WARNING)
    logging.getLogger("gan").setLevel(logging.INFO)
    # uvicorn has handlers of its own, with tracebacks; Gradio passes no settings on to it
    LOGGING_CONFIG["loggers"] = {"uvicorn": {"level": "WARNING"}}
