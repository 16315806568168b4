"""Commands that a run obeys: pause, resume, stop, set, step, slow, frames."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from gan.errors import ConfigError, number_text
from gan.messages import Message
from gan.runs.folder import STEPS
from gan.settings import setting_of
from gan.training import checked_change, single_step

if TYPE_CHECKING:
    from gan.runs.session import Session

MAX_STEPS_PER_S = 1000.0
MAX_FRAMES_PER_S, FRAMES_S = 30.0, 5.0
LOOKS_PER_S = 4.0  # in slow motion a viewer sees at most this many steps a second

Command = dict[str, Any]


def _stop(session: Session, command: Command) -> None:
    session.end("stopped")


def _interrupt(session: Session, command: Command) -> None:
    session.end("interrupted", Message("resume goes on from here"))


def _pause(session: Session, command: Command) -> None:
    session.held = True
    if not session.paused:
        session.pause()


def _resume(session: Session, command: Command) -> None:
    if session.paused:
        session.paused = False
        session.note("resume")
        session.writer.report("running")


def _set(session: Session, command: Command) -> None:
    """Change settings atomically; an invalid one changes nothing, and the run reports it."""
    settings = command.get("settings", {command.get("key"): command.get("value")})
    try:
        change(session, settings, why=str(command.get("remedy", ""))[:40])
    except ConfigError as error:
        shown = settings if isinstance(settings, dict) else {}
        session.note("refused", ",".join(map(str, shown))[:200], note=str(error))
        session.writer.say(error.message)


def change(session: Session, settings: Any, *, why: str = "") -> None:
    """Change training settings and log old and new values; raises ConfigError.

    why: the remedy that proposed it, if any, for the history.
    """
    if not isinstance(settings, Mapping) or not all(isinstance(k, str) for k in settings):
        raise ConfigError("settings must be names and values, got something else; send an object")
    before = session.trainer.config
    changed = checked_change(before, settings)
    with suppress(OSError):  # a full disk is reported by the next write
        session.checkpoint()  # a way back, should the change turn out badly
    # disk first: if it is full, nothing has changed
    session.writer.reconfigure(changed)
    note = session.trainer.change(settings)
    for key in settings:
        old, new = setting_of(before, key), setting_of(session.trainer.config, key)
        if old != new:
            session.note("set", key, old, new, why or str(note))
    if note:
        session.saved_nimg = -1  # a checkpoint of this very step no longer fits
    session.writer.say(note)


def _step(session: Session, command: Command) -> None:
    """One update of D, of G or of both, and its effect; a running run pauses first."""
    if not session.paused:
        session.pause(then=command)
        return
    what = command.get("what", "both")
    if what not in STEPS:
        session.writer.say(
            Message(
                "a step must be of d, g or both, got {got}; choose one", got=repr(str(what)[:20])
            )
        )
        return
    begin = session.trainer.work_time.now()
    done = single_step(session.trainer, what)
    elapsed = session.trainer.work_time.since(begin)
    session.trainer.seconds += elapsed
    session.writer.single_step(done)
    session.note("step", new=what)
    speed = session.trainer.per_update() / elapsed
    session.handle(session.trainer.progress(speed))
    session.handle(session.trainer.snapshot())
    if time.monotonic() < session.frames_until:
        session.handle(session.trainer.frame())


def _slow(session: Session, command: Command) -> None:
    """Limit to so many steps a second, each shown; 0 is full speed again."""
    wish = command.get("steps_per_s")
    is_number = isinstance(wish, int | float) and not isinstance(wish, bool) and math.isfinite(wish)
    if not is_number or not 0 <= float(wish or 0) <= MAX_STEPS_PER_S:
        session.writer.say(
            Message(
                "steps_per_s must be from 0 to {most}, got {got}; correct it",
                most=number_text(MAX_STEPS_PER_S),
                got=repr(str(wish)[:20]),
            )
        )
        return
    old, new = session.steps_per_s, float(wish or 0)
    session.steps_per_s = new
    session.trainer.pace = max(1, round(new / LOOKS_PER_S)) if new else 0
    if old != new:
        session.note("slow", "steps_per_s", old, new)
    session.writer.report(session.writer.status.state, steps_per_s=new)


def _frames(session: Session, command: Command) -> None:
    """Frames of the plane, so many a second, for FRAMES_S: who watches on asks again.

    A paused run writes one at once. Of pictures there are none.
    """
    wish = command.get("per_s")
    if not session.trainer.config.model.is_plane or not isinstance(wish, int | float):
        return
    session.trainer.frames_per_s = min(max(float(wish), 0.0), MAX_FRAMES_PER_S)
    session.frames_until = time.monotonic() + FRAMES_S
    if session.paused:
        session.writer.frame(session.trainer.frame())


COMMANDS: dict[str, Callable[[Session, Command], None]] = {
    "stop": _stop,
    "interrupt": _interrupt,
    "pause": _pause,
    "resume": _resume,
    "set": _set,
    "step": _step,
    "slow": _slow,
    "frames": _frames,
}
