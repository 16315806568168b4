"""Pure functions that turn data into the page's text, JSON or bytes. No gradio, no files."""

from __future__ import annotations

import errno
import html
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, TypeGuard

import numpy as np
from numpy.typing import NDArray

from gan.config import PLANE_SHAPE, ModelConfig, PortedConfig
from gan.errors import ConfigError, GanError, HubError, number_text
from gan.files import NO_SPACE
from gan.kinds import kind_of
from gan.messages import Message
from gan.metrics.features import CLASSIFIERS, features_for
from gan.metrics.findings import REMEDY_NAMES, Finding, Health
from gan.models import PICTURE_SHAPE
from gan.ui.server.i18n import SOURCE, catalogues, words
from gan.ui.server.logs import request_id
from gan.ui.server.settings import as_text

NOT_WRITABLE = NO_SPACE | {errno.EACCES, errno.EPERM}
MAX_LATENT = 10.0  # a latent further out is an error, not a picture
MAX_PSI = 2.0
MAX_DIGITS = 12  # digits accepted; int() fails on a few thousand with an error of its own
CURVES = (
    "seconds", "images_per_s", "loss_g", "loss_d", "score_real", "score_held_out", "score_fake",
    "grad_norm_g", "grad_norm_d", "g_lr", "d_lr", "penalty", "augment_p",
    "bits", "bits_held_out", "reconstruction", "kl", "used", "kl_weight", "grad_norm_e",
    "velocity_error", "velocity_error_held_out", "drift_size", "drift_floor",
)  # fmt: skip
MEASURES = (
    "seconds", "fd", "fd_floor", "fd_count", "modes", "classes", "largest", "spread", "variety",
    "nearest", "memorised", "high_quality", "mode_kl", "js",
)  # fmt: skip


class PageError(GanError):
    """A refusal whose sentence stands in the page's own catalogues under `key`, `gan_...`.

    status: of the HTTP reply.
    """

    def __init__(self, key: str, /, *, status: int = 400, **values: Any) -> None:
        super().__init__(key, **values)
        self.status = status

    def __str__(self) -> str:
        key, values = self.message.key, self.message.values
        return str(Message(words(SOURCE).get(key, key), **values))


def ending() -> PageError:
    """Of what was asked for as the server ends."""
    return PageError("gan_error_ending", status=503)


def escape(text: object) -> str:
    """Escape untrusted text for HTML content and quoted attributes."""
    return html.escape(str(text), quote=True)


def script_json(data: str) -> str:
    """JSON that is safe inside a <script>: nothing in it can close the element."""
    return data.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def cannot_write(error: Exception) -> bool:
    """Whether this is the disk's or the rights' doing: full, read-only, somebody else's."""
    return isinstance(error, OSError) and error.errno in NOT_WRITABLE


def error_json(error: Exception, *, labels: bool = True) -> dict[str, Any]:
    """An error as data for the page (`key`, `values`, `field`) and in English for programs
    (`error`); never a traceback.

    labels: the page calls settings by their fields' labels; otherwise by their keys, if keys were
    typed.
    """
    if cannot_write(error):
        error = PageError("gan_error_disk", status=507)
    elif not isinstance(error, GanError):
        error = PageError("gan_error_server", status=500, request=request_id() or "–")
    found = {"error": str(error), "field": error.field} | error.message.to_json()
    if not labels:
        found["typed"] = True
    return found | ({"kind": error.kind} if isinstance(error, HubError) else {})


def reply_json(error: Exception) -> dict[str, Any]:
    """`error_json` in the reply to the request that failed, with its id in the log."""
    return error_json(error) | {"request": request_id()}


def code_of(error: Exception) -> str:
    """What an error is counted and logged as: its sentence's template, where that is one of ours
    and so holds nothing that a visitor wrote; else its type."""
    key = error_json(error)["key"]
    return key if any(key in texts for texts in catalogues().values()) else type(error).__name__


# ---- models and runs --------------------------------------------------------------------------


def model_json(
    ref: str,
    kind: str,
    name: str,
    model: ModelConfig | PortedConfig,
    class_names: Sequence[str],
    *,
    nimg: int,
    data: str = "",
    fd: float | None = None,
    state: str = "",
) -> dict[str, Any]:
    """One row of the model selector. Unnamed classes get their number."""
    names = [*class_names][: model.classes]
    channels, resolution = model.channels, model.resolution
    plane = (channels, resolution, resolution) == PLANE_SHAPE
    if plane:  # shown as pictures of points
        channels, resolution, _ = PICTURE_SHAPE
    names += [str(i) for i in range(len(names), model.classes)]
    return {
        "ref": ref, "kind": kind, "name": name, "resolution": resolution,
        "channels": channels, "z_dim": model.z_dim, "class_names": names,
        "nimg": nimg, "fd": fd, "state": state,
        "classified": features_for(data, model.channels) in CLASSIFIERS,
        "of": "gan" if isinstance(model, PortedConfig) else kind_of(model.family), "plane": plane,
    }  # fmt: skip


def run_json(
    status: Any, *, steerable: bool, resumable: bool, forkable: bool = False
) -> dict[str, Any]:
    """A run's status for the page; `steerable` is the visitor's right, not the run's ability."""
    return {
        "id": status.id, "state": status.state, "nimg": status.nimg,
        "seconds": finite(status.seconds), "images_per_s": finite(status.images_per_s) or 0.0,
        "fraction": finite(status.fraction),
        "message": status.message.to_json() if status.message else None,
        "preset": status.preset, "data": status.data, "steps_per_s": finite(status.steps_per_s),
        "steerable": steerable, "resumable": resumable, "forkable": forkable,
        "since": int(finite(status.started_at) or 0),  # tells it from a deleted run of that name
    }  # fmt: skip


def is_number(value: object) -> TypeGuard[int | float]:
    """Whether `value` is a number; a bool is not."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def finite(value: float | None) -> float | None:
    """`value` if finite, else None: JSON has no NaN or infinity."""
    return None if value is None or not math.isfinite(value) else value


def row_json(row: Mapping[str, Any], keys: Sequence[str] = CURVES) -> dict[str, float]:
    """The part of a .jsonl row that the curves need: its finite numbers."""
    found: dict[str, float] = {"nimg": row["nimg"]}
    for key in keys:
        value = row.get(key)
        if is_number(value) and math.isfinite(value):
            found[key] = value
    return found


def thin(rows: Sequence[dict[str, float]], limit: int) -> list[dict[str, float]]:
    """At most `limit` rows that keep every curve's extremes, so that no spike is lost.

    Two rows represent each bucket of equal nimg range, with the minimum and maximum of each number
    in their original order; a spike moves by less than a bucket. The last row is kept unchanged.
    Thinning already thinned rows preserves all of this.
    """
    if len(rows) <= limit:
        return list(rows)
    first, last = rows[0]["nimg"], rows[-1]
    stretches = max(1, (limit - 1) // 2)
    width = max(1, last["nimg"] - first) / stretches
    parts: dict[int, list[dict[str, float]]] = {}
    for row in rows[:-1]:
        parts.setdefault(min(int((row["nimg"] - first) / width), stretches - 1), []).append(row)
    thinned = [row for _, part in sorted(parts.items()) for row in _envelope(part)]
    return [*thinned, last]


def _envelope(part: Sequence[dict[str, float]]) -> list[dict[str, float]]:
    """The two rows that represent a bucket; one for a bucket of one."""
    if len(part) < 3:
        return list(part)
    ends = ({"nimg": part[0]["nimg"]}, {"nimg": part[-1]["nimg"]})
    for key in {key for row in part for key in row} - {"nimg"}:
        having = [row for row in part if key in row]
        least, most = (pick(having, key=lambda row: row[key]) for pick in (min, max))
        pair = (least, most) if least["nimg"] <= most["nimg"] else (most, least)
        for end, row in zip(ends, pair, strict=True):
            end[key] = row[key]
    return [*ends]


EVENT_KEYS = ("event", "key", "old", "new")


def event_json(event: Mapping[str, Any]) -> dict[str, Any]:
    """A line of history.jsonl for the page: numbers finite, texts short."""
    found = {"nimg": event["nimg"], "seconds": event.get("seconds"), "time": event.get("time")}
    found = {k: finite(v) if isinstance(v, int | float) else None for k, v in found.items()}
    for key in EVENT_KEYS:
        if event.get(key) is not None:
            found[key] = as_text(event[key])[:80]
    if event.get("note") in REMEDY_NAMES:
        found["remedy"] = event["note"]
    return found


def finding_json(finding: Finding) -> dict[str, Any]:
    """A finding with finite numbers and its remedies' settings as text."""
    evidence = {k: v if isinstance(v, str) else finite(v) for k, v in finding.evidence.items()}
    remedies = [
        {"name": r.name, "settings": {k: as_text(v) for k, v in r.settings.items()}}
        | ({} if r.fork_nimg is None else {"nimg": r.fork_nimg})
        for r in finding.remedies
    ]
    return {
        "kind": finding.kind, "severity": finding.severity, "nimg": finding.nimg,
        "evidence": evidence, "remedies": remedies,
    }  # fmt: skip


def health_json(health: Health) -> dict[str, Any]:
    """The health of a run without findings, with finite numbers."""
    evidence = {k: v if isinstance(v, str) else finite(v) for k, v in health.evidence.items()}
    return {"state": health.state, "evidence": evidence}


STEP_NUMBERS = ("losses", "grad_norms", "loss", "grad_norm", "lr")
STEP_SCORES = ("scores_before", "scores_after")
STEP_TILES = ("fake_scores_before", "fake_scores_after")
MAX_TILES = 64


def step_json(step: Mapping[str, Any]) -> dict[str, Any]:
    """The effect of one single step; every number finite, every list bounded."""

    def numbers(value: object) -> dict[str, float | None]:
        """A number, or numbers by name: a step of both networks has two of each."""
        pairs = value.items() if isinstance(value, Mapping) else [("", value)]
        return {str(k)[:16]: _number(v) for k, v in [*pairs][:8]}

    found: dict[str, Any] = {"number": step.get("number"), "nimg": step.get("nimg")}
    found["what"] = str(step.get("what", ""))[:8]
    found |= {key: numbers(step.get(key)) for key in (*STEP_NUMBERS, *STEP_SCORES)}
    for key in STEP_TILES:
        scores = step.get(key)
        found[key] = [_number(v) for v in scores[:MAX_TILES]] if isinstance(scores, list) else []
    return found


def _number(value: object) -> float | None:
    return finite(value) if is_number(value) else None


# ---- evaluations ------------------------------------------------------------------------------


def evaluation_json(found: Any, verdicts: Iterable[Any]) -> dict[str, Any]:
    """An evaluation for the page: each metric with its grade, numbers finite."""
    graded = {v.metric: v for v in verdicts}
    return {
        "data": found.data, "features": found.features, "count": found.count, "seed": found.seed,
        "unseen": found.unseen, "shown": found.shown,
        "seconds": finite(found.seconds), "copying_z": finite(found.copying_z),
        "metrics": [
            {
                "name": m.name, "value": finite(m.value), "floor": finite(m.floor),
                "low": finite(m.low), "high": finite(m.high), "count": m.count,
                "lower_is_better": m.lower_is_better, "grade": graded[m.name].grade,
                "ratio": finite(graded[m.name].ratio),
            }
            for m in found.metrics
        ],
        "classes": [
            {"name": name, "fraction": fraction}
            for name, fraction in (found.class_histogram or {}).items()
        ],
        "covered": found.classes_covered,
        "groups": found.groups,
        "missing": [{"real": m.real, "samples": m.samples} for m in found.missing],
        "nearest": [{"seed": n.seed, "ratio": finite(n.ratio)} for n in found.nearest],
    }  # fmt: skip


# ---- form input -------------------------------------------------------------------------------


def whole_number(name: str, text: object, *, low: int, high: int) -> int:
    """An integer from form input; raises ConfigError that names the field."""
    plain = str(text).strip()
    digits = plain.removeprefix("-")
    is_number = digits.isascii() and digits.isdigit() and len(digits) <= MAX_DIGITS
    if not is_number or not low <= int(plain) <= high:
        raise ConfigError(
            "{field} must be a whole number from {low} to {high}, got {got}; correct it",
            field=name,
            low=number_text(low),
            high=number_text(high),
            got=repr(plain[:20]),
        )
    return int(plain)


def real_number(name: str, text: object, *, low: float, high: float) -> float:
    """A finite number from form input; raises ConfigError that names the field."""
    try:
        value = float(str(text))
    except ValueError:
        value = math.nan
    if not low <= value <= high:
        raise ConfigError(
            "{field} must be a number from {low} to {high}, got {got}; correct it",
            field=name,
            low=number_text(low),
            high=number_text(high),
            got=repr(str(text)[:20]),
        )
    return value


# ---- latents and pixels -----------------------------------------------------------------------


class Rows(NamedTuple):
    """Latents as sent by the board."""

    z: NDArray[np.float32]  # (N, z_dim)
    weights: NDArray[np.float32] | None  # (N, classes), if a mixture was sent


def rows_from_bytes(body: bytes, *, z_dim: int, classes: int, most: int) -> Rows:
    """1 to `most` rows of little-endian float32: z, and in a model with classes their weights.

    A single row may omit the weights. Raises PageError for anything else, NaN and infinity
    included; out-of-range values are clipped.
    """
    plain = len(body) == 4 * z_dim
    width = z_dim if plain else z_dim + classes
    count, rest = divmod(len(body), 4 * width)
    if rest or not 1 <= count <= most:
        raise PageError("gan_error_request")
    rows = np.frombuffer(body, dtype="<f4").astype(np.float32).reshape(count, width)
    if not np.isfinite(rows).all():
        raise PageError("gan_error_request")
    rows = rows.clip(-MAX_LATENT, MAX_LATENT)
    return Rows(rows[:, :z_dim], rows[:, z_dim:] if width > z_dim else None)


def joined(values: Iterable[object]) -> str:
    """Comma-separated values for a header."""
    return ",".join(str(v) for v in values)
