"""What the owner's page shows: numbers, never a visitor's name, word, picture or address."""

from __future__ import annotations

import threading
import time
from typing import Any

from cachetools import TTLCache

import gan
from gan.config import RunConfig
from gan.files import home_root
from gan.runs import RunStatus
from gan.runs.manage import KEEP_VISITORS, disk_use
from gan.ui.server import machine
from gan.ui.server.limits import RATES
from gan.ui.server.public_limits import MOST_STEP_S, PUBLIC_MOST
from gan.ui.server.routes import Context
from gan.ui.server.training_queue import MOST_WAITING, Turns
from gan.ui.server.uploads import MAX_UPLOAD, PUBLIC_KEEP_S, PUBLIC_UPLOAD, takes_uploads

SIZES_S = 30.0  # folders are added up no more often


class Sizes:
    """How much the folders hold, in MB. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: TTLCache[str, dict[str, float]] = TTLCache(1, SIZES_S)

    def look(self, context: Context) -> dict[str, float]:
        """Of the runs, and of what else is kept: uploads, drawings, pulled models."""
        with self._lock:
            if "all" not in self._known:
                self._known["all"] = {
                    "runs": disk_use(context.runs.root) / machine.MB,
                    "own": disk_use(home_root()) / machine.MB,
                }
            return self._known["all"]

    def forget(self) -> None:
        """Something was deleted."""
        with self._lock:
            self._known.clear()


def report(context: Context) -> dict[str, Any]:
    """Everything on the page; a fraction of a second, on a thread for slow work."""
    counters, turns = context.counters, context.part(Turns)
    return {
        "version": gan.__version__,
        "local": context.profile.local,
        "up_s": round(time.time() - counters.since),
        "running": _running_json(context),
        "waiting": len(turns.queue()),
        "places": MOST_WAITING,
        "memory": machine.memory_of_machine_mb() | machine.resident_mb(),
        "disk": machine.disk_mb(context.runs.root) | context.part(Sizes).look(context),
        "counts": {
            "visits": counters.total("visits"),
            "visitors": counters.total("visitors"),
            "started": context.supervisor.launched,
            "refused": counters.total("refused"),
        },
        "errors": [[code, count] for code, count in counters.of("errors").items()],
        "limits": limits_json(context),
    }


def _running_json(context: Context) -> list[dict[str, Any]]:
    known = {status.id: status for status in context.runs.statuses()}
    return [_run_json(context, i, known.get(i)) for i in context.supervisor.running()]


def _run_json(context: Context, run_id: str, status: RunStatus | None) -> dict[str, Any]:
    config: RunConfig | None = None if status is None else context.runs.config(run_id)
    return {
        "id": run_id,
        "state": status.state if status else "starting",
        "seconds": round(status.seconds) if status else 0,
        "of_s": config.total_seconds if config else None,
        "viewers": len(context.runs.watched(run_id).viewers) if status else 0,
    }


def limits_json(context: Context) -> dict[str, Any]:
    """The limits in force; at home there are only those of a single upload."""
    uploads = takes_uploads(context.profile)
    if context.profile.local:
        return {"uploads": uploads, "upload_mb": MAX_UPLOAD // machine.MB}
    return {
        "training_s": context.profile.limit_s,
        "step_s": round(MOST_STEP_S),
        "memory_mb": context.profile.memory_mb,
        "uploads": uploads,
        "upload_mb": PUBLIC_UPLOAD // machine.MB,
        "kept_h": PUBLIC_KEEP_S // 3600,
        "kept_runs": KEEP_VISITORS,
        "most": PUBLIC_MOST,
        "rates": {kind: [r.mine, r.address, r.all, r.window_s] for kind, r in RATES.items()},
    }
