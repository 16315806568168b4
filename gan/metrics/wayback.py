"""The remedy that goes back: a fork from before the problem began, else a new run."""

from __future__ import annotations

from typing import Any

from gan.errors import ConfigError
from gan.metrics.findings import Evidence, FindingKind, Past, Remedy
from gan.metrics.remedies import lower_rates
from gan.metrics.story import Row, Story, number
from gan.settings import apply_settings

CLEARLY_BEFORE = 0.9  # of the images at which a divergence was detected: it began unnoticed


def way_back(kind: FindingKind, story: Story, evidence: Evidence, past: Past) -> Remedy | None:
    """A fork from before the change that led to a finding, or from before a divergence.

    With the earlier settings, or with smaller steps if nothing was changed. For a divergence with
    no saved state from before it, a new run. None for other findings that no change preceded.
    """
    began = _began(story, evidence)
    change = _change_before(past, began)
    if change is not None:
        limit, settings = change["nimg"], _as_before(story, past, change["nimg"])
    elif kind == "divergence":
        limit, settings = int(CLEARLY_BEFORE * began), lower_rates(story.config)
    else:
        return None
    moment = max((nimg for nimg in past.moments if 0 < nimg <= limit), default=None)
    if moment is not None:
        return Remedy("fork-before", settings, moment)
    return Remedy("start-over", settings) if kind == "divergence" and settings else None


def _began(story: Story, evidence: Evidence) -> int:
    """About when it began, in images."""
    since = evidence.get("since_nimg")
    if isinstance(since, int):
        return since
    last = story.rows[-1]
    start = (number(last, "seconds") or 0.0) - float(evidence.get("seconds") or 0.0)
    before = [row["nimg"] for row in story.rows if (number(row, "seconds") or 0.0) <= start]
    return int(before[-1]) if before else 0


def _change_before(past: Past, began: int) -> Row | None:
    """The last settings change before it began, since the run was last started or resumed."""
    changes = [e for e in past.events if e.get("event") == "set" and _is_at(e, began)]
    return changes[-1] if changes else None


def _is_at(event: Row, began: int) -> bool:
    nimg = event.get("nimg")
    return isinstance(nimg, int) and 0 < nimg <= began


def _as_before(story: Story, past: Past, nimg: int) -> dict[str, Any]:
    """The earlier values of settings changed from `nimg` on, if valid for this run."""
    found: dict[str, Any] = {}
    for event in past.events:
        key, at = event.get("key"), event.get("nimg")
        if (
            event.get("event") == "set"
            and isinstance(key, str)
            and isinstance(at, int)
            and at >= nimg
        ):
            found.setdefault(key, event.get("old"))
    return {key: old for key, old in found.items() if _may_be(story, key, old)}


def _may_be(story: Story, key: str, value: object) -> bool:
    try:
        return apply_settings(story.config, {key: value}) != story.config
    except ConfigError:
        return False
