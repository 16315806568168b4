"""What this server takes of its machine: memory and disk, in MB; None where that is unknown."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from gan.runs.manage import disk_of

MB = 2**20
PROC = Path("/proc")


class Group(NamedTuple):
    """A container's files: its limit, what it uses, and what of that can be had back at once."""

    limit: Path
    used: Path
    stat: Path
    cache: str  # in `stat`


V2, V1 = Path("/sys/fs/cgroup"), Path("/sys/fs/cgroup/memory")
GROUPS = (
    Group(V2 / "memory.max", V2 / "memory.current", V2 / "memory.stat", "inactive_file"),
    Group(
        V1 / "memory.limit_in_bytes", V1 / "memory.usage_in_bytes", V1 / "memory.stat",
        "total_inactive_file",
    ),
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
    """The memory there is and what of it is free, of a container if that has a limit."""
    found = {name: kb // 1024 for name, kb in memory_kb().items()}
    total, free = found.get("MemTotal"), found.get("MemAvailable")
    for group in GROUPS:
        with suppress(OSError, ValueError):  # "max": none
            limit = int(group.limit.read_text()) // MB
            if total is None or limit < total:
                total, free = limit, _least(free, _free_in(group, limit))
    return {"total": total, "free": free}


def _free_in(group: Group, limit: int) -> int | None:
    """What a container may still take, as `docker stats` counts it: files that were only read are
    no use of memory."""
    with suppress(OSError, ValueError):
        rows = (line.split() for line in group.stat.read_text().splitlines())
        cache = next((int(row[1]) for row in rows if row[0] == group.cache), 0)
        return max(0, limit - (int(group.used.read_text()) - cache) // MB)
    return None


def _least(*values: int | None) -> int | None:
    return min((value for value in values if value is not None), default=None)


def disk_mb(folder: Path) -> dict[str, int | None]:
    """Size and free space of the disk that holds `folder`, or where it would be made."""
    try:
        found = disk_of(folder)
    except OSError:
        return {"total": None, "free": None}
    return {"total": found.total // MB, "free": found.free // MB}
