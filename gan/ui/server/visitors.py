"""Visitors of a server: the address that one comes from, and what belongs to whom."""

from __future__ import annotations

import hashlib
import ipaddress
import json
import logging
import os
import secrets
import threading
from collections.abc import MutableMapping
from pathlib import Path

from cachetools import LRUCache
from starlette.requests import Request

log = logging.getLogger(__name__)
OWNED = 40_000  # remembered; a visitor's runs and pictures are deleted long before
TRUSTED = "FORWARDED_ALLOW_IPS"  # uvicorn's: proxies whose X-Forwarded-For is believed
LOOPBACK = "127.0.0.1,::1"
# a Space is reached through its own proxies only, and these have private addresses
PRIVATE = f"{LOOPBACK},10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,100.64.0.0/10,fc00::/7"


def trust_proxies(env: MutableMapping[str, str] = os.environ) -> None:
    """Decide, before the server starts, whose X-Forwarded-For is believed.

    uvicorn takes the last hop that is none of these proxies; `*` would take the first hop, which
    any visitor can write, so it is read as "the private networks".
    """
    trusted = env.get(TRUSTED, "").strip()
    if trusted == "*" or (not trusted and env.get("SPACE_ID")):
        env[TRUSTED] = PRIVATE


def address_of(request: Request) -> str:
    """The client's network address, to count by; an IPv6 client counts as its /64.

    Never read from a header here: uvicorn has already put in the last hop before a trusted proxy.
    """
    host = request.client.host if request.client else ""
    try:
        found = ipaddress.ip_address(host)
    except ValueError:
        return ""  # a socket without addresses, or a proxy that names no address: all are one
    if found.version == 6:
        if found.ipv4_mapped is not None:
            return str(found.ipv4_mapped)
        return str(ipaddress.ip_network((int(found) >> 64 << 64, 64)))
    return str(found)


class Owners:
    """Which session started which run; thread-safe.

    kept: a file that survives a restart. It holds hashes, from which no session can be made.
    """

    def __init__(self, *, limit: int = OWNED, kept: Path | None = None) -> None:
        # by use, not by age: who still steers a run keeps it
        self._owned: LRUCache[str, str] = LRUCache(limit)  # run -> hash of the session
        self._lock = threading.Lock()
        self._kept = kept
        self._is_whole = True  # the file has all of them
        if kept is not None:
            self._read(kept)

    def claim(self, session: str, run_id: str) -> None:
        """Record that `session` started `run_id`."""
        with self._lock:
            self._owned[run_id] = _hash(session)
            self._append(run_id)

    def owns(self, session: str, run_id: str) -> bool:
        """Whether `session` owns the run; unknown and foreign runs both give False."""
        with self._lock:
            owner = self._owned.get(run_id)
        return bool(session) and owner is not None and secrets.compare_digest(_hash(session), owner)

    def _read(self, kept: Path) -> None:
        """What was claimed before, rewritten without what was replaced or is damaged."""
        try:
            lines = kept.read_bytes().splitlines() if kept.exists() else []
        except OSError as error:
            self._warn(error)
            self._kept = None  # what cannot be read is not written over
            return
        self._owned.update(filter(None, map(_entry, lines)))
        try:
            self._rewrite(kept)
        except OSError as error:
            self._warn(error)

    def _rewrite(self, kept: Path) -> None:
        kept.parent.mkdir(parents=True, exist_ok=True)
        fresh = kept.with_suffix(".new")
        fresh.write_bytes(b"".join(_line(run, owner) for run, owner in self._owned.items()))
        fresh.replace(kept)
        self._is_whole = True

    def _append(self, run_id: str) -> None:
        if self._kept is None:
            return
        try:
            if not self._is_whole:  # there may be room again
                self._rewrite(self._kept)
                return
            with self._kept.open("ab") as file:
                file.write(_line(run_id, self._owned[run_id]))
        except OSError as error:
            self._warn(error)

    def _warn(self, error: OSError) -> None:
        if self._is_whole:
            log.warning("owners of runs are forgotten at the next restart: %s", error.strerror)
        self._is_whole = False


def _hash(session: str) -> str:
    return hashlib.sha256(session.encode()).hexdigest()


def _line(run_id: str, owner: str) -> bytes:
    return json.dumps([run_id, owner]).encode() + b"\n"


def _entry(line: bytes) -> tuple[str, str] | None:
    try:
        run_id, owner = json.loads(line)
    except (ValueError, TypeError, RecursionError):
        return None  # half written as the server was killed
    is_text = isinstance(run_id, str) and isinstance(owner, str) and owner.isascii()
    return (run_id, owner) if is_text else None
