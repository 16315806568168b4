"""Strangers' pictures decoded in a process of limited processor time and memory.

A decoder is native code that a crafted file may keep busy, or break. What comes back is bytes of a
known shape or a sentence as data, never an object.
"""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection, Pipe
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import numpy as np

from gan.data.limits import DECODE_BYTES, PUBLIC
from gan.data.pictures import read_picture, shrink_picture
from gan.errors import DataError
from gan.images import Pixels
from gan.messages import Message
from gan.runs import prefork

PICTURE_S = 1.0  # of processor time: honest ones took 0.5 at most, `benchmarks.decoding`
UPLOAD_S = 60.0  # of all pictures of one upload
HUNG_S = 60.0  # of waiting: a machine may be busy, and a process may stand still
MORE_BYTES = 2 * DECODE_BYTES + 2**26  # than it has as it begins
DONE, REFUSED = b"+", b"-"
HERE = (
    "a picture may take {seconds} s of a processor to be decoded here, this one takes longer; save "
    "it as a plain JPEG"
)
BEYOND = "the images of one upload may take {seconds} s of a processor; send fewer of them"
AWAY = "images cannot be decoded here at the moment; try again in a minute"


class Decoder:
    """One process for the pictures of one upload; begun with the first, and anew after one that
    took too long. Not thread-safe.

    picture_s, total_s: processor time of a picture and of all.
    """

    def __init__(self, *, picture_s: float = PICTURE_S, total_s: float = UPLOAD_S) -> None:
        self._picture_s, self._total_s = picture_s, total_s
        self._used_s = 0.0
        self._hung = False
        self._process: BaseProcess | None = None
        self._ours: Connection | None = None

    def __enter__(self) -> Decoder:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def read(self, data: bytes, *, resolution: int, channels: int) -> Pixels:
        """As `gan.data.pictures.read_picture` in public; raises DataError past the limits too."""
        options = {"resolution": resolution, "channels": channels}
        raw = self._asked("read", data, options)
        pixels = np.frombuffer(raw, np.uint8)
        return pixels.reshape(resolution, resolution, channels).copy()

    def shrink(self, data: bytes, *, side: int) -> bytes:
        """As `gan.data.pictures.shrink_picture` in public; raises DataError past the limits too."""
        return self._asked("shrink", data, {"side": side})

    def close(self) -> None:
        """End the process."""
        if self._ours is not None:
            self._ours.close()
        if self._process is not None:
            self._process.kill()
            self._process.join(HUNG_S)
            with suppress(ValueError):  # it has not ended yet
                self._process.close()
        self._process = self._ours = None

    def _asked(self, what: str, data: bytes, options: dict[str, int]) -> bytes:
        if len(data) > PUBLIC.file_bytes:  # not worth sending
            raise DataError(
                "a picture may have {file_bytes} MB, this one has more; shrink it",
                file_bytes=PUBLIC.file_bytes // 2**20,
            )
        if not prefork.FORKS:
            return bytes(WORK[what](data, **options))
        if self._hung:  # once is enough: each picture of the upload would wait as long
            raise DataError(AWAY)
        left_s = self._total_s - self._used_s
        if left_s <= 0:
            raise DataError(BEYOND, seconds=f"{self._total_s:g}")
        most_s = min(self._picture_s, left_s)
        channel = self._begun()
        try:
            channel.send_bytes(json.dumps([what, most_s, options]).encode())
            channel.send_bytes(data)
            if not channel.poll(HUNG_S):
                self._hung = True
                raise EOFError
            reply, used_s = channel.recv_bytes(), float(channel.recv_bytes())
        except (OSError, EOFError, ValueError):  # killed by its limit, or broken by the file
            self._used_s += most_s
            self.close()
            if self._hung:
                raise DataError(AWAY) from None
            raise DataError(HERE, seconds=f"{self._picture_s:g}") from None
        self._used_s += max(0.0, used_s)
        if reply[:1] == REFUSED:
            raise _refusal(reply[1:])
        return reply[1:]

    def _begun(self) -> Connection:
        if self._ours is None:
            self._ours, its = Pipe()
            try:
                with its:
                    self._process = prefork.forked(_serve, its)
            except (OSError, EOFError) as error:  # after minutes if torch is not loaded in time
                self._hung = True
                self.close()
                raise DataError(AWAY) from error
        return self._ours


def _refusal(data: bytes) -> DataError:
    try:
        message = Message.from_json(json.loads(data))
    except ValueError:
        message = None
    return DataError.of(message) if message else DataError(AWAY)


# ---- the process ------------------------------------------------------------------------------

WORK: dict[str, Callable[..., Any]] = {"read": read_picture, "shrink": shrink_picture}


def _serve(channel: Connection) -> None:
    """Decode until the other end is closed; each picture ends this process past its time."""
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    _limit_memory()
    with suppress(OSError, EOFError):
        while True:
            what, most_s, options = json.loads(channel.recv_bytes())
            data = channel.recv_bytes()
            began = time.process_time()
            signal.setitimer(signal.ITIMER_PROF, most_s)
            try:
                reply = DONE + bytes(WORK[what](data, **options))
            except DataError as error:
                reply = REFUSED + json.dumps(error.message.to_json()).encode()
            finally:
                signal.setitimer(signal.ITIMER_PROF, 0)
            channel.send_bytes(reply)
            channel.send_bytes(str(time.process_time() - began).encode())


def _limit_memory() -> None:
    """What decoding may take beside what is here, see `gan.runs.memory.limit_memory`."""
    import resource  # noqa: PLC0415 - not on Windows

    with suppress(OSError, ValueError, StopIteration):
        rows = Path("/proc/self/status").read_text().splitlines()
        here = 1024 * int(next(row for row in rows if row.startswith("VmData:")).split()[1])
        _, hard = resource.getrlimit(resource.RLIMIT_DATA)
        resource.setrlimit(resource.RLIMIT_DATA, (here + MORE_BYTES, hard))
