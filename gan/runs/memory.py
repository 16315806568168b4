"""The memory that a training may take: a limit of its own process, and one sentence when it is
met."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from gan.checkpoint import weights_of_run
from gan.messages import Message
from gan.runs.folder import has_checkpoint

try:
    import resource
except ModuleNotFoundError:  # Windows
    resource = None  # type: ignore[assignment]

MEMORY_MB = "GAN_TRAINING_MEMORY_MB"  # environment variable: the limit of a training's process
# what torch (its allocator, oneDNN, CUDA) and C++ say where Python would raise MemoryError
SAID = ("can't allocate memory", "cannot allocate memory", "not enough memory", "out of memory",
        "bad_alloc", "bad allocation", "could not create a memory")  # fmt: skip

KEPT = (
    "the training needs more memory than {limit}; its last checkpoint is kept: fork it with a "
    "smaller batch_size"
)
WEIGHTS = (
    "the training needs more memory than {limit}; its last weights are kept: fork it with a "
    "smaller batch_size"
)
NOTHING = (
    "the training needs more memory than {limit}; start it again with a smaller batch_size or width"
)


def limit_memory() -> None:
    """Limit this process to what the environment says; beyond it an allocation fails here, and
    the machine's other processes keep theirs.

    RLIMIT_DATA counts what is written privately (the heap, tensors, stacks), from Linux 4.7 on
    (setrlimit(2)). RLIMIT_AS also counts libraries, mapped files and address space that is only
    reserved: 0.4 GB of torch without a tensor, with CUDA tens of GB. RLIMIT_RSS does nothing.
    """
    if resource is None or (limit := memory_mb()) is None:
        return
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    size = limit * 2**20
    if hard != resource.RLIM_INFINITY:
        size = min(size, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (size, hard))


def lift_limit() -> None:
    """Room again for this process's last words."""
    if resource is not None:
        _, hard = resource.getrlimit(resource.RLIMIT_DATA)
        resource.setrlimit(resource.RLIMIT_DATA, (hard, hard))


def memory_mb() -> int | None:
    """The limit in MB (2**20 bytes), None for none."""
    text = os.environ.get(MEMORY_MB, "")
    return int(text) if text.isascii() and text.isdigit() and int(text) > 0 else None


def is_no_memory(error: BaseException) -> bool:
    """Whether `error` means that memory was refused: torch raises a RuntimeError for it."""
    if isinstance(error, MemoryError) or getattr(error, "errno", None) == errno.ENOMEM:
        return True
    text = str(error).lower()
    return isinstance(error, RuntimeError) and any(part in text for part in SAID)


def no_memory(path: Path | None = None) -> Message:
    """What happened, what is kept of the run at `path`, and what to do."""
    limit = memory_mb()
    most = (
        Message("the {limit} MB that it may take here", limit=f"{limit:,}")
        if limit
        else Message("there is")
    )
    if path is not None and has_checkpoint(path):
        return Message(KEPT, limit=most)
    if path is not None and weights_of_run(path):
        return Message(WEIGHTS, limit=most)
    return Message(NOTHING, limit=most)
