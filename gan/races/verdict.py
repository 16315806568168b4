"""What a race came to, in sentences: who came nearest, how sure that is, how each side ended."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import Any

from gan.kinds import PLANE
from gan.messages import Message, literal


def same_text(names: Sequence[str]) -> Message:
    """What is to be known of contestants with the same set-up."""
    return Message(
        "{names} are the same set-up: what they differ by is chance.", names=_joined(names)
    )


def _joined(names: Sequence[str]) -> Message:
    return reduce(
        lambda first, then: Message("{first} and {then}", first=first, then=then),
        (literal(name) for name in names),
    )


def is_of_points(found: dict[str, Any]) -> bool:
    """Whether a race is one of points of the plane."""
    return any(c["family"] in PLANE for c in found["contestants"])


def verdict(found: dict[str, Any]) -> Message:
    """Who came nearest to the real data, and how sure that is; of points FD sees no more than mean
    and spread, as is said."""
    ranked = sorted(
        (c for c in found["contestants"] if "fd" in c["summary"]),
        key=lambda c: c["summary"]["fd"]["mean"],
    )
    if not ranked:
        return Message("No contestant could be measured.")
    told = fd_text(ranked[0]["summary"]["fd"]["mean"])
    first = [c["name"] for c in ranked if fd_text(c["summary"]["fd"]["mean"]) == told]
    nearest = _nearest(first, told, is_points=is_of_points(found))
    if len(ranked) == 1:
        return Message("{nearest}; no other could be measured.", nearest=nearest)
    if rest := ranked[len(first) :]:
        others = [f"{c['name']} {fd_text(c['summary']['fd']['mean'])}" for c in rest]
        nearest = Message("{nearest}, then {others}", nearest=nearest, others=others)
    return _with_certainty(nearest, ranked, is_tie=len(first) > 1)


def _nearest(names: Sequence[str], fd: str, *, is_points: bool) -> Message:
    if len(names) == 1 and is_points:
        return Message(
            "{name} came nearest to the real points in mean and spread: FD {fd}",
            name=names[0],
            fd=fd,
        )
    if is_points:
        return Message(
            "{names} came equally near to the real points in mean and spread: FD {fd}",
            names=_joined(names),
            fd=fd,
        )
    if len(names) == 1:
        return Message("{name} came nearest to the real data: FD {fd}", name=names[0], fd=fd)
    return Message(
        "{names} came equally near to the real data: FD {fd}", names=_joined(names), fd=fd
    )


def _with_certainty(nearest: Message, ranked: Sequence[dict[str, Any]], *, is_tie: bool) -> Message:
    first, second = (c["summary"]["fd"] for c in ranked[:2])
    seeds = min(first["of"], second["of"])  # who diverged on one was not measured there
    if seeds == 1:
        return Message("{nearest}. One seed: another may rank them differently.", nearest=nearest)
    if is_tie:
        return Message("{nearest}. These are means over the seeds.", nearest=nearest)
    if first["high"] >= second["low"]:
        return Message("{nearest}. The first two overlap over the seeds.", nearest=nearest)
    return Message(
        "{nearest}. On each of {seeds} seeds it was ahead of the second.",
        nearest=nearest,
        seeds=seeds,
    )


def fd_text(value: float) -> str:
    """A distance as a report writes it."""
    return f"{value:.3g}" if value < 1000 else f"{value:,.0f}"


# ---- how a contestant ended ---------------------------------------------------------------------


def outcome_of(contestant: dict[str, Any]) -> tuple[Message, list[Message], bool]:
    """How its trainings ended: in a word, a sentence for each that went wrong, whether all is
    well."""
    runs = contestant["runs"]
    ended = sum(run["state"] == "finished" for run in runs)
    reasons = [
        Message("seed {seed}: {reason}", seed=run["seed"], reason=reason)
        if len(runs) > 1
        else reason
        for run in runs
        for reason in _reasons(run)
    ]
    return _word(runs, ended), reasons, ended == len(runs)


def _word(runs: Sequence[dict[str, Any]], ended: int) -> Message:
    if ended == len(runs):
        return Message("finished")
    if len(runs) > 1 or ended:
        return Message("{ended} of {count} finished", ended=ended, count=len(runs))
    if runs[0]["state"] == "waiting":
        return Message("not begun")
    return Message("out") if runs[0]["state"] == "failed" else Message("ended early")


def _reasons(run: dict[str, Any]) -> list[Message]:
    found = []
    if run["state"] == "waiting":
        found.append(Message("not begun"))
    elif run["state"] != "finished":
        found.append(_end(run))
    if "unmeasured" in run:
        found.append(_told(run, "unmeasured"))
    return found


def _end(run: dict[str, Any]) -> Message:
    seconds, why = f"{run['process_seconds']:.1f}", _told(run, "reason")
    if run["state"] == "failed":
        if why:
            return Message("out after {seconds} s: {why}", seconds=seconds, why=why)
        return Message("out after {seconds} s", seconds=seconds)
    if why:
        return Message("ended early after {seconds} s: {why}", seconds=seconds, why=why)
    return Message("ended early after {seconds} s", seconds=seconds)


def _told(run: dict[str, Any], key: str) -> Message:
    """A sentence of a run's; older files have its English alone."""
    return Message.from_json(run.get(f"{key}_data")) or literal(run.get(key) or "")
