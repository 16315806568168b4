"""What this server takes of its machine: memory and disk, in MB; None where that is unknown."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from gan.runs.manage import disk_of

MB = 2**20
PROC, LIMITS = Path("/proc"), (
    Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
)  # fmt: skip


def resident_mb() -> dict[str, int | None]:
    """Memory of the server's process, and of all that it started, trainings above all."""
    if not PROC.is_dir():
        return {"server": None, "children": None}
    parents, sizes = {}, {}
    for entry in PROC.glob("[0-9]*"):
        with suppress(OSError, ValueError, IndexError):  # it has just ended
            after_name = (entry / "stat").read_text().rpartition(")")[2].split()
            pid = int(entry.name)
            parents[pid], sizes[pid] = int(after_name[1]), int(after_name[21])
    page_bytes, me = os.sysconf("SC_PAGE_SIZE"), os.getpid()
    ours = {me}
    while more := {pid for pid, parent in parents.items() if parent in ours} - ours:
        ours |= more
    pages = sum(sizes[pid] for pid in ours - {me} if pid in sizes)
    return {"server": sizes.get(me, 0) * page_bytes // MB, "children": pages * page_bytes // MB}


def memory_kb() -> dict[str, int]:
    """What the kernel says of the machine's memory, by its names; empty where it says nothing."""
    found: dict[str, int] = {}
    with suppress(OSError, ValueError):
        for line in (PROC / "meminfo").read_text().splitlines():
            name, _, rest = line.partition(":")
            found[name] = int(rest.split()[0])
    return found


def memory_of_machine_mb() -> dict[str, int | None]:
    """The memory there is, a container's limit if it has one, and what is free by the kernel."""
    found = {name: kb // 1024 for name, kb in memory_kb().items()}
    total = found.get("MemTotal")
    for file in LIMITS:
        with suppress(OSError, ValueError):  # "max": none
            limit = int(file.read_text()) // MB
            total = limit if total is None else min(total, limit)
    return {"total": total, "free": found.get("MemAvailable")}


def disk_mb(folder: Path) -> dict[str, int | None]:
    """Size and free space of the disk that holds `folder`, or where it would be made."""
    try:
        found = disk_of(folder)
    except OSError:
        return {"total": None, "free": None}
    return {"total": found.total // MB, "free": found.free // MB}
