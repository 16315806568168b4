"""Training queue of a public server: one run at a time, a short queue, and pauses without
viewers."""

from __future__ import annotations

import contextlib
import logging
import secrets
import threading
import time
from collections.abc import Callable
from concurrent.futures import CancelledError, Executor
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from gan.errors import GanError
from gan.runs import Supervisor
from gan.runs.killing import STOP_TIMEOUT_S
from gan.ui.server.logs import identified
from gan.ui.server.profile import PUBLIC_LIMIT_S
from gan.ui.server.routes import NEVER, Context, Handler, is_same, json_of, session_of
from gan.ui.server.views import PageError, error_json

log = logging.getLogger(__name__)
MOST_WAITING = 10
UNWATCHED_S = 60.0  # an unwatched training pauses; whoever stops polling leaves the queue
HELD_S = 60.0  # a paused training holds its slot no longer than this while others wait
WALL_S = 900.0  # ten minutes of training plus pauses; then it is stopped
OVERTIME_S = 10.0  # past its limit; one that ends by itself may have told its seconds a while ago
KEPT_S = 120.0  # how long a ticket is remembered after its turn
TICK_S = 1.0
STUCK_S = 120.0  # a tick takes as long as a start is prepared
TRAINING = "training"  # what is waited for; a race of several has a name of its own


@dataclass(eq=False)
class Waiting:
    """A queued request to train."""

    ticket: str
    session: str
    begin: Callable[[], str]  # starts the training and returns its id
    seen_at: float
    what: str = TRAINING
    end: Callable[[str], None] | None = None  # ends what `begin` started; None: a stop to its run
    run_id: str | None = None
    problem: dict[str, Any] | None = None
    lasts_s: float = PUBLIC_LIMIT_S  # at most, once it has begun

    @property
    def over(self) -> bool:
        """Whether its turn has come."""
        return self.run_id is not None or self.problem is not None


class Turns:
    """The running training and the queue. Thread-safe; `tick` is called once a second."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.RLock()
        self._waiting: list[Waiting] = []
        self._watched: dict[str, float] = {}
        self._paused: dict[str, float] = {}
        self._begun: dict[str, float] = {}
        self._ending: set[str] = set()  # past their time
        self._holders: set[str] = set()
        self._free_at = 0.0  # when the turn is free at the latest, pauses apart
        self._ended = threading.Event()
        self._ticker: threading.Thread | None = None
        self._ticked_at = 0.0

    # ---- the queue ------------------------------------------------------------------------------

    def queue(self) -> list[str]:
        """Waiting tickets, the next one first."""
        with self._lock:
            return [w.ticket for w in self._waiting if not w.over]

    def ask(
        self,
        session: str,
        begin: Callable[[], str],
        *,
        what: str = TRAINING,
        end: Callable[[str], None] | None = None,
        lasts_s: float = PUBLIC_LIMIT_S,
    ) -> Waiting:
        """Join the queue; a visitor already waiting for such keeps the position, with the new
        request.

        Raises PageError if ten are waiting.
        """
        with self._lock:
            for waiting in self._waiting:
                if waiting.session == session and waiting.what == what and not waiting.over:
                    waiting.begin, waiting.seen_at = begin, self._clock()
                    waiting.lasts_s = lasts_s
                    return waiting
            if len(self.queue()) >= MOST_WAITING:
                raise PageError("gan_error_queue_full", status=429, most=MOST_WAITING)
            waiting = Waiting(
                secrets.token_hex(16), session, begin, self._clock(), what, end, lasts_s=lasts_s
            )
            self._waiting.append(waiting)
            return waiting

    def look(self, ticket: str, session: str) -> dict[str, Any]:
        """A ticket's status: its position from 1 on, the seconds until its turn if all before it
        take their whole time without pauses, and whether the one that runs is past its time and is
        being ended; or its outcome."""
        with self._lock:
            waiting = self._find(ticket, session)
            waiting.seen_at = self._clock()
            if waiting.over:
                return {"ticket": ticket, "id": waiting.run_id, "problem": waiting.problem}
            queue = [w for w in self._waiting if not w.over]
            before = queue[: queue.index(waiting)]
            left_s = max(0.0, self._free_at - self._clock()) + sum(w.lasts_s for w in before)
            return {
                "ticket": ticket, "position": len(before) + 1, "of": len(queue),
                "wait_s": round(left_s), "ending": bool(self._ending),
            }  # fmt: skip

    def place_of(self, session: str, what: str = TRAINING) -> dict[str, Any]:
        """A visitor's ticket status, for a reloaded page; empty without a ticket."""
        with self._lock:
            tickets = [
                w.ticket
                for w in self._waiting
                if w.session == session and w.what == what and not w.over
            ]
            return self.look(tickets[0], session) if tickets else {}

    def leave(self, ticket: str, session: str, supervisor: Supervisor) -> None:
        """Leave the queue; a training that has started with the ticket meanwhile is stopped."""
        with self._lock:
            waiting = self._find(ticket, session)
            self._waiting.remove(waiting)
        _end(waiting, supervisor)

    def clear(self) -> int:
        """Send all who wait away, with a sentence; returns how many."""
        with self._lock:
            waiting = [w for w in self._waiting if not w.over]
            for each in waiting:
                each.problem = error_json(PageError("gan_error_queue_cleared"))
            return len(waiting)

    def _find(self, ticket: str, session: str) -> Waiting:
        """Unknown and foreign look the same."""
        for waiting in self._waiting:
            if is_same(waiting.ticket, ticket) and waiting.session == session:
                return waiting
        raise PageError("gan_error_no_ticket", status=404)

    # ---- the training ---------------------------------------------------------------------------

    def hold(self, name: str) -> None:
        """Keep the turn until `release`, whether a training runs or not: between those of a race,
        and while it is measured."""
        with self._lock:
            self._holders.add(name)

    def release(self, name: str) -> None:
        """Give the turn back."""
        with self._lock:
            self._holders.discard(name)

    def began(self, lasts_s: float) -> None:
        """Something has its turn, for `lasts_s` at most."""
        with self._lock:
            self._free_at = self._clock() + lasts_s

    def is_taken(self, supervisor: Supervisor) -> bool:
        """Whether somebody else would have to wait."""
        return bool(supervisor.running() or self._holders or self.queue())

    def watched(self, run_id: str) -> None:
        """A run has a viewer."""
        with self._lock:
            self._watched[run_id] = self._clock()

    def tick(self, supervisor: Supervisor) -> None:
        """Pause unwatched trainings, stop those that hold the slot too long, start the next one."""
        with self._lock:
            now = self._clock()
            self._waiting = [w for w in self._waiting if not self._is_gone(w, now)]
            running = supervisor.running()
            for run_id in running:
                self._keep(supervisor, run_id, now)
            for known in (self._watched, self._paused, self._begun):
                for run_id in known.keys() - set(running):
                    del known[run_id]
            self._ending &= set(running)
            following = next((w for w in self._waiting if not w.over), None)
            is_free = not running and not self._holders
        if is_free and following is not None:
            self._begin(following, supervisor)

    def _is_gone(self, waiting: Waiting, now: float) -> bool:
        return now - waiting.seen_at > (KEPT_S if waiting.over else UNWATCHED_S)

    def _keep(self, supervisor: Supervisor, run_id: str, now: float) -> None:
        unwatched = now - self._watched.setdefault(run_id, now) > UNWATCHED_S
        begun = self._begun.setdefault(run_id, now)
        held = now - self._paused.get(run_id, now)
        over = supervisor.overtime_s(run_id)
        is_out = now - begun > WALL_S or over > OVERTIME_S
        if not (over or is_out):
            self._ending.discard(run_id)  # it waits for room on the disk, say
        elif run_id not in self._ending:
            self._ending.add(run_id)  # at the latest by being killed
            grace_s = 0.0 if is_out else OVERTIME_S - over
            self._free_at = max(self._free_at, now + grace_s + STOP_TIMEOUT_S)
        try:
            if is_out or (held > HELD_S and self.queue()):
                supervisor.send(run_id, {"command": "stop"})
            elif unwatched and run_id not in self._paused:
                supervisor.send(run_id, {"command": "pause"})
                self._paused[run_id] = now
            elif not unwatched and run_id in self._paused:
                del self._paused[run_id]
                supervisor.send(run_id, {"command": "resume"})
        except GanError:
            return  # it has just ended

    def _begin(self, waiting: Waiting, supervisor: Supervisor) -> None:
        """Start the next training, unless its visitor has left; a visitor who leaves meanwhile gets
        none."""
        with self._lock:
            if waiting not in self._waiting:
                return
            begin = waiting.begin
        run_id, problem = None, None
        try:
            run_id = begin()
        except Exception as error:
            with identified():
                problem = error_json(error)
                if not isinstance(error, GanError):
                    log.exception("a training from the queue did not begin")
        with self._lock:
            waiting.run_id, waiting.problem = run_id, problem
            if run_id is not None:
                self.began(waiting.lasts_s)
            has_left = waiting not in self._waiting
        if has_left:
            _end(waiting, supervisor)

    # ---- timer ----------------------------------------------------------------------------------

    def start(self, supervisor: Supervisor, thread: Executor) -> None:
        """Tick once a second on the thread that starts trainings, until closed."""
        with self._lock:
            if self._ticker is not None:
                return

            def run() -> None:
                while not self._ended.wait(TICK_S):
                    try:
                        turn = thread.submit(self.tick, supervisor)
                    except RuntimeError:
                        return  # the server is closing
                    try:
                        turn.result()
                    except CancelledError:
                        return
                    except Exception:  # else nobody would ever get a turn again
                        log.exception("a tick of the queue failed")
                    self._ticked_at = self._clock()

            self._ticked_at = self._clock()
            self._ticker = threading.Thread(target=run, name="turns", daemon=True)
            self._ticker.start()

    def is_alive(self) -> bool:
        """Whether the next one in the queue will get a turn."""
        with self._lock:
            if self._ticker is None:
                return True  # nobody has waited yet
            return self._ticker.is_alive() and self._clock() - self._ticked_at <= STUCK_S

    def close(self) -> None:
        """No more ticks."""
        self._ended.set()


def _end(waiting: Waiting, supervisor: Supervisor) -> None:
    """End what was started for a visitor who has left."""
    if waiting.run_id is None:
        return
    with contextlib.suppress(GanError):  # it has just ended
        if waiting.end is not None:
            waiting.end(waiting.run_id)
        else:
            supervisor.send(waiting.run_id, {"command": "stop"})


def begin_or_wait(
    context: Context,
    session: str,
    begin: Callable[[], str],
    *,
    what: str = TRAINING,
    end: Callable[[str], None] | None = None,
    lasts_s: float = PUBLIC_LIMIT_S,
) -> dict[str, Any]:
    """Start now, or queue if something is running; call it on the thread that starts trainings.

    At home everything starts immediately. what, end, lasts_s: as in `Turns.ask`.
    """
    if context.profile.local:
        return {"id": begin()}
    turns = context.part(Turns)
    turns.start(context.supervisor, context.train_thread)
    if turns.is_taken(context.supervisor):
        return turns.look(
            turns.ask(session, begin, what=what, end=end, lasts_s=lasts_s).ticket, session
        )
    run_id = begin()
    turns.began(lasts_s)
    turns.watched(run_id)
    return {"id": run_id}


def note_viewer(context: Context, run_id: str) -> None:
    """A run has a viewer, so it need not pause."""
    if not context.profile.local:
        context.part(Turns).watched(run_id)


async def look(context: Context, request: Request) -> Response:
    """A ticket's status; without an id, that of this visitor's ticket for `what`."""
    turns, session = context.part(Turns), session_of(request)
    ticket, what = request.query_params.get("ticket"), request.query_params.get("what", TRAINING)
    found = turns.place_of(session, what) if ticket is None else turns.look(ticket, session)
    return JSONResponse(found, headers=NEVER)


async def leave(context: Context, request: Request) -> Response:
    """Leave the queue."""
    ticket = str((await json_of(request)).get("ticket", ""))
    context.part(Turns).leave(ticket, session_of(request), context.supervisor)
    return JSONResponse({}, headers=NEVER)


ROUTES: tuple[tuple[str, str, Handler], ...] = (
    ("GET", "/_gan/train/queue", look),
    ("POST", "/_gan/train/queue/leave", leave),
)
