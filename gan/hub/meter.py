"""Upload progress of a push, counted as the Hub's client reads its input."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any


class Meter:
    """Bytes sent of each file.

    Reported values only increase, even while a part is sent again, and never exceed the total.
    """

    def __init__(self, sizes: Mapping[str, int], say: Callable[[dict[str, Any]], None]) -> None:
        self._of, self._say = sum(sizes.values()), say
        self._sizes = sizes
        self._sent = dict.fromkeys(sizes, 0)
        self._told = 0
        self._writes = False
        self._lock = threading.Lock()  # the client sends several files at a time

    def sent(self, path: str, count: int) -> None:
        """The first `count` bytes of a file have been sent."""
        with self._lock:
            self._sent[path] = count
            done = sum(self._sent.values())
            if done > self._told:
                self._tell("sending", done)

    def writes(self) -> None:
        """All large files are uploaded, the commit with the small ones is next."""
        with self._lock:
            if not self._writes:
                self._writes = True
                self._tell("writing", sum(self._sent.values()))

    def _tell(self, stage: str, done: int) -> None:
        self._told = done
        self._say({"stage": stage, "done": done, "of": self._of})

    def addition(self, path: str, file: Path) -> Any:
        """A file for the client's `create_commit` that is counted here when sent."""
        # in the child alone, which has the client already
        from huggingface_hub import CommitOperationAdd  # noqa: PLC0415

        meter = self

        class Counted(CommitOperationAdd):
            @contextmanager
            def as_file(self, with_tqdm: bool = False) -> Iterator[Any]:
                if not with_tqdm:  # read to be looked at
                    with super().as_file() as stream:
                        yield stream
                    return
                with _Stream(file, lambda count: meter.sent(path, count)) as stream:
                    yield stream
                meter.sent(path, meter._sizes[path])

            def b64content(self) -> bytes:
                meter.writes()
                return super().b64content()

        return Counted(path_in_repo=path, path_or_fileobj=file)


class _Stream(io.FileIO):
    """A file object that reports, on each read, how much has been consumed."""

    def __init__(self, file: Path, told: Callable[[int], None]) -> None:
        super().__init__(file)
        self._told = told

    def read(self, size: int | None = -1, /) -> bytes:
        self._told(self.tell())
        return super().read(size)
