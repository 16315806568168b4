"""What a race is: who trains on what, with which settings, seeds and seconds; checked before."""

from __future__ import annotations

import math
import re
import shlex
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gan.config import ModelConfig, RunConfig, TrainConfig
from gan.data import check_spec
from gan.errors import ConfigError, number_text, suggest
from gan.files import can_write
from gan.kinds import has_setting, kind_of
from gan.messages import Message
from gan.presets import get_preset
from gan.races.ready import get_ready
from gan.runs.newrun import new_config
from gan.runs.userpresets import expand_preset
from gan.settings import is_idle, parse_setting, setting_of, setting_text, setting_types

FEWEST, MOST = 2, 4
MOST_SEEDS = 20
MOST_SECONDS = 1e6
MAX_NAME = 80  # letters
NOT_IN_A_FOLDER = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True)
class Contestant:
    """One side of a race."""

    name: str  # as shown; any printable text
    preset: str  # a built-in one: of the user's own it has the settings
    folder: str  # of its runs: letters, digits and dashes
    settings: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class RacePlan:
    """A checked race: every contestant can be trained on the data."""

    contestants: tuple[Contestant, ...]
    data: str
    seconds: float  # of the processor, for each training
    seeds: tuple[int, ...] = (0,)
    title: str = ""
    configs: tuple[RunConfig, ...] = ()  # a contestant each, with the first seed
    ready: str | None = None  # the ready-made race that it is

    def run_name(self, contestant: Contestant, seed: int) -> str:
        """The name of its run folder."""
        return contestant.folder if len(self.seeds) == 1 else f"{contestant.folder}-seed-{seed}"

    def typed(self) -> dict[str, Any]:
        """The same race as arguments of `plan_race`, for JSON. It does not name
        presets of the user's own, which may have changed or be gone when it is read."""
        return {
            "named": [] if self.ready else [f"{c.name}={c.preset}" for c in self.contestants],
            "ready": self.ready,
            "data": self.data,
            "seconds": self.seconds,
            "seeds": [*self.seeds],
            "settings": self._typed_settings(),
        }

    def _typed_settings(self) -> list[str]:
        """CONTESTANT:key=value of all that a ready-made race does not have already."""
        made = ready_contestants(self.ready) if self.ready else ()
        had = [c.settings for c in made] or [{}] * len(self.contestants)
        return [
            f"{number}:{key}={setting_text(value)}"
            for number, (contestant, known) in enumerate(zip(self.contestants, had, strict=True), 1)
            for key, value in contestant.settings.items()
            if key not in known or known[key] != value
        ]

    def command(self) -> str:
        """What to type for the same race."""
        typed = self.typed()
        argv = ["python", "-m", "gan", "race", *typed["named"]]
        argv += ["--ready", self.ready] if self.ready else []
        argv += ["--data", self.data, "--seconds", f"{self.seconds:g}"]
        argv += ["--seeds", ",".join(map(str, self.seeds))] if self.seeds != (0,) else []
        for setting in typed["settings"]:
            argv += ["--set", setting]
        return shlex.join([*argv, "--out", "races/again"])

    def differences(self) -> dict[str, list[Any]]:
        """Settings in which the contestants differ: a value each, None where one has none, or where
        it has no effect beside the others.

        What is off wherever there is such a thing at all tells nothing and is left out.
        """
        keys = ["preset", *setting_types()]
        rows = {key: [_value(config, key) for config in self.configs] for key in keys}
        return {
            key: row
            for key, row in rows.items()
            if any(value != row[0] for value in row) and not _is_off(key, row)
        }

    def same_setups(self) -> list[list[str]]:
        """Names of contestants that differ in no setting: two or more in each list."""
        rows = self.differences().values()
        groups: dict[str, list[str]] = {}
        for number, contestant in enumerate(self.contestants):
            setup = repr([row[number] for row in rows])
            groups.setdefault(setup, []).append(contestant.name)
        return [names for names in groups.values() if len(names) > 1]


# settings whose default means that there is no such thing
OFF = (
    "d_count", "d_scales", "packing", "minibatch_std", "r1", "r2", "spectral_norm", "aux_classes",
    "augment", "shift_px", "d_steps", "free_bits", "warm_up_kimg", "clip_norm", "modulation",
)  # fmt: skip


def _is_off(key: str, row: list[Any]) -> bool:
    """Whether a row of `differences` says only that it is off wherever there is such a thing."""
    if key not in OFF:
        return False
    default = getattr(TrainConfig, key) if hasattr(TrainConfig, key) else getattr(ModelConfig, key)
    return all(value in (None, default) for value in row)


def _value(config: RunConfig, key: str) -> Any:
    if key == "preset":
        return config.preset
    has_effect = has_setting(kind_of(config.model.family), key) and not is_idle(config, key)
    return setting_of(config, key) if has_effect else None


def plan_race(
    named: Sequence[str],
    *,
    ready: str | None = None,
    data: str | None = None,
    seconds: float,
    seeds: Sequence[int] = (0,),
    settings: Sequence[str] = (),
) -> RacePlan:
    """A race as it is typed.

    named: PRESET or NAME=PRESET each, two to four; none with a ready-made race.
    data: None for that of the ready-made race, or of the first preset.
    settings: CONTESTANT:key=value for one contestant, by name or number from 1, or key=value for
    all. Raises ConfigError or DataError, in one sentence, for what cannot be raced.
    """
    _check_numbers(seconds, seeds)
    title = ""
    if ready is not None:
        if named:
            raise ConfigError(
                "a ready-made race has its own contestants, got {got} too; leave out one of both",
                got=[repr(name) for name in named],
            )
        made = get_ready(ready)
        named, data = made.contestants, data or made.data
        settings, title = [*made.settings, *settings], made.summary
    elif not FEWEST <= len(named) <= MOST:
        raise ConfigError(
            "a race needs {fewest} to {most} contestants, got {got}; name {hint}, for example "
            "fashion vae",
            fewest=FEWEST,
            most=MOST,
            got=len(named),
            hint=Message("another" if len(named) < FEWEST else "fewer"),
        )
    contestants = _with_settings(_named(named), settings)
    spec = data or _data_of(named[0])  # as typed: a report tells no path of a machine
    check_spec(spec)
    configs = tuple(new_config(c.preset, spec, c.settings, seed=seeds[0])[0] for c in contestants)
    return RacePlan(contestants, spec, float(seconds), tuple(seeds), title, configs, ready)


def ready_contestants(name: str) -> tuple[Contestant, ...]:
    """The contestants of a ready-made race, without a look at its data; raises ConfigError with
    similar names."""
    made = get_ready(name)
    return _with_settings(_named(made.contestants), made.settings)


def _check_numbers(seconds: float, seeds: Sequence[int]) -> None:
    if not (math.isfinite(seconds) and 0 < seconds <= MOST_SECONDS):
        raise ConfigError(
            "a race lasts more than 0 and up to {most} seconds, got {got}; give --seconds 60",
            most=number_text(MOST_SECONDS),
            got=number_text(seconds),
        )
    if not 1 <= len(seeds) <= MOST_SEEDS or len(set(seeds)) < len(seeds):
        raise ConfigError(
            "a race has 1 to {most} seeds, each once, got {got}; change --seeds",
            most=MOST_SEEDS,
            got=[*seeds][: MOST_SEEDS + 1],
        )


def _data_of(text: str) -> str:
    base, data, _ = expand_preset(_pair(text)[1], None, {})
    return data or get_preset(base).data


def _named(named: Sequence[str]) -> list[Contestant]:
    """Contestants with names of their own: a preset that is named twice gets numbers."""
    pairs = [_pair(text) for text in named]
    often, used = Counter(name for name, _ in pairs), Counter[str]()
    found: list[Contestant] = []
    for number, (name, preset) in enumerate(pairs, 1):
        used[name] += 1
        shown = f"{name} {used[name]}" if often[name] > 1 else name
        base, _, own = expand_preset(preset, None, {})
        found.append(Contestant(shown, base, f"{number}-{_folder_name(shown)}", own))
    if len({c.name for c in found}) < len(found):
        raise ConfigError(
            "contestants need names of their own, got {got}; rename one with NAME=PRESET",
            got=[c.name for c in found],
        )
    return found


def _pair(text: str) -> tuple[str, str]:
    name, equals, preset = text.rpartition("=")
    preset = preset.strip()
    base = expand_preset(preset, None, {})[0]
    get_preset(base)  # one of the user's own, or built in
    name = name.strip() if equals else preset
    # a number would be taken for another contestant's in --set
    if not 0 < len(name) <= MAX_NAME or not name.isprintable() or ":" in name or name.isdigit():
        raise ConfigError(
            "a contestant's name has 1 to {most} printable characters, no colon, and is no "
            "number, got {got}; choose another, as NAME=PRESET",
            most=MAX_NAME,
            got=repr(name[: MAX_NAME + 1]),
        )
    return name, preset


def _folder_name(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return NOT_IN_A_FOLDER.sub("-", plain).strip("-")[:32] or "contestant"


def _with_settings(contestants: list[Contestant], texts: Sequence[str]) -> tuple[Contestant, ...]:
    for text in texts:
        whom, colon, setting = text.partition(":")
        alone = colon and "=" not in whom
        chosen = [_whom(whom.strip(), contestants)] if alone else contestants
        key, value = parse_setting(setting if alone else text)
        for contestant in chosen:
            contestant.settings[key] = value
    return tuple(contestants)


def _whom(name: str, contestants: Sequence[Contestant]) -> Contestant:
    """The contestant that `name` is the name of, or the number."""
    known = {c.name: c for c in contestants}
    numbered = {str(i): c for i, c in enumerate(contestants, 1)}
    found = known.get(name) or numbered.get(name)
    if found is None:
        raise ConfigError(
            "there is no contestant {name}; {hint}",
            name=repr(name),
            hint=suggest(name, [*known, *numbered]),
        )
    return found


def check_out(out: Path) -> None:
    """Raises ConfigError unless `out` is a new or empty folder that can be written."""
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise ConfigError(
            "--out must be a new or empty folder, {path} is not; choose another, or --report of a "
            "race in it that was killed",
            path=repr(str(out)),
        )
    if not can_write(out):
        raise ConfigError("{path} cannot be written; choose another --out", path=repr(str(out)))
