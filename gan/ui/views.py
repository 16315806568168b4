"""What the page shows, as pure functions: data in; text, JSON or bytes out. No gradio, no files."""

from __future__ import annotations

import html
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gan.config import ModelConfig, RunConfig, TrainConfig, parse_setting
from gan.errors import ConfigError, GanError

SETTINGS = (
    "g_lr", "d_lr", "batch_size", "loss", "optimizer", "clip_norm", "r1", "r2",
    "ema_half_life_kimg",
)  # fmt: skip
MAX_LATENT = 10.0  # a latent further out is a mistake, not a picture
MAX_PSI = 2.0
MAX_DIGITS = 12  # as typed; int() refuses a few thousand with an error of its own
CURVES = ("loss_g", "loss_d", "score_real", "score_fake", "score_held_out")


class PageError(GanError):
    """A refusal that the page can say in its own language: a key of gan.ui.i18n."""

    def __init__(self, key: str, *, status: int = 400, **values: Any) -> None:
        super().__init__(key)
        self.key, self.status, self.values = key, status, values


def escape(text: object) -> str:
    """Whatever came from outside, safe inside HTML text and quoted attributes."""
    return html.escape(str(text), quote=True)


def script_json(data: str) -> str:
    """JSON that may stand inside a <script>: nothing in it can end the element."""
    return data.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def error_json(error: Exception) -> dict[str, Any]:
    """One sentence, or a key for one; never a traceback."""
    if isinstance(error, PageError):
        return {"key": error.key, "values": error.values}
    if isinstance(error, GanError):
        return {"error": str(error), "field": field_of(str(error))}
    return {"key": "gan_error_server"}


def field_of(sentence: str) -> str | None:
    """The form field that an error sentence is about: our sentences begin with its name."""
    first = sentence.split(" ", 1)[0]
    return first if first in {*SETTINGS, "seed", "seconds"} else None


# ---- models and runs --------------------------------------------------------------------------


def model_json(
    ref: str,
    kind: str,
    name: str,
    model: ModelConfig,
    class_names: Sequence[str],
    *,
    nimg: int,
    fd: float | None = None,
    state: str = "",
) -> dict[str, Any]:
    """One row of the model selector. Classes without a name get their number."""
    names = [*class_names][: model.classes]
    names += [str(i) for i in range(len(names), model.classes)]
    return {
        "ref": ref, "kind": kind, "name": name, "resolution": model.resolution,
        "channels": model.channels, "z_dim": model.z_dim, "class_names": names,
        "nimg": nimg, "fd": fd, "state": state,
    }  # fmt: skip


def run_json(status: Any, *, steerable: bool, resumable: bool) -> dict[str, Any]:
    """A run's status for the page; `steerable` is the visitor's right, not the run's ability."""
    return {
        "id": status.id, "state": status.state, "nimg": status.nimg,
        "seconds": finite(status.seconds), "images_per_s": finite(status.images_per_s) or 0.0,
        "fraction": finite(status.fraction), "message": status.message,
        "preset": status.preset, "data": status.data,
        "steerable": steerable, "resumable": resumable,
    }  # fmt: skip


def finite(value: float | None) -> float | None:
    """JSON has no NaN and no infinity."""
    return None if value is None or not math.isfinite(value) else value


def row_json(row: Mapping[str, Any]) -> dict[str, float | None]:
    """What the curves need of one line of progress.jsonl."""
    return {"nimg": row["nimg"]} | {key: finite(row.get(key)) for key in CURVES}


def thin(rows: Sequence[Mapping[str, Any]], limit: int) -> list[Mapping[str, Any]]:
    """At most `limit` rows; each stretch keeps its extremes, so that no spike is lost."""
    if len(rows) <= limit:
        return list(rows)
    stretches = max(1, (limit - 1) // 4)
    size = math.ceil(len(rows) / stretches)
    kept: dict[int, Mapping[str, Any]] = {len(rows) - 1: rows[-1]}
    for start in range(0, len(rows), size):
        part = range(start, min(start + size, len(rows)))
        for key in ("loss_g", "score_fake"):
            for pick in (min, max):
                best = pick(part, key=lambda i: finite(rows[i].get(key)) or 0.0)
                kept[best] = rows[best]
    return [kept[i] for i in sorted(kept)][-limit:]


# ---- evaluations ------------------------------------------------------------------------------


def evaluation_json(found: Any, verdicts: Iterable[Any]) -> dict[str, Any]:
    """An evaluation for the page: each metric with its grade, numbers finite."""
    graded = {v.metric: v for v in verdicts}
    return {
        "data": found.data, "features": found.features, "count": found.count, "seed": found.seed,
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
        "nearest": [{"seed": n.seed, "ratio": finite(n.ratio)} for n in found.nearest],
    }  # fmt: skip


# ---- the training form ------------------------------------------------------------------------


def changed_settings(form: Mapping[str, Any], base: RunConfig) -> dict[str, Any]:
    """The settings of a form that differ from the preset's, typed and checked.

    Raises ConfigError for one that makes no sense.
    """
    changed: dict[str, Any] = {}
    for key, text in form.items():
        if key not in SETTINGS:
            raise ConfigError(f"there is no setting {key!r} here; reload the page")
        if not isinstance(text, str) or not text.strip():
            raise ConfigError(f"{key} must have a value, got nothing; enter one")
        _, value = parse_setting(f"{key}={text}")
        if value != getattr(base.train, key):
            changed[key] = value
    return changed


def whole_number(name: str, text: object, *, low: int, high: int) -> int:
    """A whole number as typed; raises ConfigError that names the field."""
    plain = str(text).strip()
    digits = plain.removeprefix("-")
    is_number = digits.isascii() and digits.isdigit() and len(digits) <= MAX_DIGITS
    if not is_number or not low <= int(plain) <= high:
        raise ConfigError(
            f"{name} must be a whole number from {low} to {high}, got {plain[:20]!r}; correct it"
        )
    return int(plain)


def real_number(name: str, text: object, *, low: float, high: float) -> float:
    """A finite number as typed; raises ConfigError that names the field."""
    try:
        value = float(str(text))
    except ValueError:
        value = math.nan
    if not low <= value <= high:
        raise ConfigError(
            f"{name} must be a number from {low:g} to {high:g}, got {str(text)[:20]!r}; correct it"
        )
    return value


def train_json(config: TrainConfig) -> dict[str, str]:
    """A preset's settings as the form shows them."""
    values = {key: getattr(config, key) for key in SETTINGS}
    return {k: f"{v:g}" if isinstance(v, float) else str(v) for k, v in values.items()}


# ---- latents and pixels -----------------------------------------------------------------------


class Rows(NamedTuple):
    """Latents as the board sends them."""

    z: NDArray[np.float32]  # (N, z_dim)
    weights: NDArray[np.float32] | None  # (N, classes), where a mixture was sent


def rows_from_bytes(body: bytes, *, z_dim: int, classes: int, most: int) -> Rows:
    """1 to `most` rows of little-endian float32: z, and in a model with classes their weights.

    A single row may go without the weights. Raises PageError for anything else, NaN and infinity
    included; far values are clipped.
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
    """A header's list."""
    return ",".join(str(v) for v in values)
