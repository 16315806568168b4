"""`--log tensorboard`: a run's output as event files for TensorBoard."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from gan.cli.display import Watcher
from gan.errors import ConfigError
from gan.images import tile
from gan.runs import RunStatus
from gan.training import Event, Progress, Snapshot

FOLDER = "tensorboard"
GRID_EVERY = 20  # snapshots: event files keep every image for ever
COLUMNS = 8


@contextmanager
def logging_to(log: str | None, run_dir: Path) -> Iterator[Watcher | None]:
    """A watcher that writes into run_dir/tensorboard, or None if no log is requested.

    Raises ConfigError if the package tensorboard is missing.
    """
    if log is None:
        yield None
        return
    writer = _writer(run_dir / FOLDER)
    try:
        yield _Log(writer)
    finally:
        writer.close()


class _Log:
    def __init__(self, writer: Any) -> None:
        self.writer, self.snapshots = writer, 0

    def __call__(self, event: Event, status: RunStatus) -> None:
        if isinstance(event, Progress):
            for name, value in event.row().items():
                if value is not None and name != "nimg":
                    self.writer.add_scalar(name, value, event.nimg)
        elif isinstance(event, Snapshot):
            if self.snapshots % GRID_EVERY == 0:
                sheet = tile(event.pixels, COLUMNS)
                self.writer.add_image("samples", sheet, event.nimg, dataformats="HWC")
            self.snapshots += 1


class _Late:
    """A SummaryWriter that creates its folder on the first write: a run starts empty."""

    def __init__(self, folder: Path, kind: Any) -> None:
        self.folder, self.kind = folder, kind
        self.inner: Any = None

    def __getattr__(self, name: str) -> Any:
        if self.inner is None:
            self.inner = self.kind(str(self.folder))
        return getattr(self.inner, name)

    def close(self) -> None:
        if self.inner is not None:
            self.inner.close()


def _writer(folder: Path) -> Any:
    try:
        from torch.utils.tensorboard import SummaryWriter  # noqa: PLC0415 - optional
    except ImportError:
        raise ConfigError(
            "--log tensorboard needs the package tensorboard, it is not installed; pip install "
            "tensorboard, or leave --log out"
        ) from None
    return _Late(folder, SummaryWriter)
