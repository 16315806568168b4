"""The set-up of a race: the form's choices, what was chosen as a checked plan, and a link's part by
part."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

from gan.data import default_resolution
from gan.data.bundled import BUNDLED
from gan.errors import GanError
from gan.presets import PRESETS, get_preset
from gan.races import READY, RacePlan, change_in, changes_of, plan_race, settings_of
from gan.races.measure import COUNT
from gan.races.plan import FEWEST, MOST, ready_contestants
from gan.races.ready import get_ready
from gan.runs.userpresets import expand_preset
from gan.sampling import MAX_SEED
from gan.settings import setting_text
from gan.ui.server import evaluations
from gan.ui.server.profile import Profile
from gan.ui.server.public_limits import check_cost, check_public
from gan.ui.server.routes import Context
from gan.ui.server.views import PageError, error_json, whole_number

LONGEST_S = 24 * 3600  # for each training
MOST_SEEDS = 5
PUBLIC_COUNT = 1000  # samples that a public server measures each contestant with
USUAL = {"seconds": "30", "seeds": "0"}
LEFT_OUT = ("own",)  # a preset for images that no race here can name
PRESETS_HERE = tuple(name for name in PRESETS if name not in LEFT_OUT)
READY_NAMES = frozenset(c.name for name in READY for c in ready_contestants(name))
PLANE = 1  # pixels a side: points of the plane
T = TypeVar("T")


def options(profile: Profile) -> dict[str, Any]:
    """The form's choices."""
    return {
        "presets": {name: {"plane": is_plane(get_preset(name).data)} for name in PRESETS_HERE},
        "changes": {name: list(changes_of(name)) for name in PRESETS_HERE},
        "data": {name: {"plane": is_plane(name)} for name in _data_here(profile)},
        "ready": {name: form_of_ready(name) for name in READY},
        "usual": USUAL,
        "fewest": FEWEST,
        "most": MOST,
    }


def _data_here(profile: Profile) -> list[str]:
    return list(evaluations.options(local=profile.local)["data"])


def is_plane(data: str) -> bool:
    """Whether a bundled data set has points of the plane."""
    return data in BUNDLED and default_resolution(data) == PLANE


def _plane_of(preset: str) -> bool:
    """Whether a preset, built in or the user's own, is for points of the plane."""
    return is_plane(get_preset(expand_preset(preset, None, {})[0]).data)


def form_of_ready(name: str) -> dict[str, Any]:
    """A ready-made race as the form's values."""
    sides = [
        {"name": c.name, "preset": c.preset, "change": change_in(c.preset, c.settings) or ""}
        for c in ready_contestants(name)
    ]
    return {"ready": name, "data": get_ready(name).data, "sides": sides}


def count_for(profile: Profile) -> int:
    """Samples to measure each contestant with."""
    return COUNT if profile.local else PUBLIC_COUNT


# ---- the form -----------------------------------------------------------------------------------


def plan_of(context: Context, form: dict[str, Any]) -> RacePlan:
    """The form as a checked race; raises GanError, in one sentence, for what cannot be raced.

    ready: a ready-made race, whose contestants keep their names; else sides, a list of
    {preset, change}.
    """
    how: dict[str, Any] = {
        "data": _data(context, form.get("data")),
        "seconds": _seconds(form.get("seconds")),
        "seeds": _seeds(form.get("seeds")),
    }
    if ready := str(form.get("ready") or ""):
        plan = plan_race([], ready=ready, **how)
    else:
        plan = _plan_of_sides(context, form.get("sides"), how)
    for contestant, config in zip(plan.contestants, plan.configs, strict=True):
        check_public(context, contestant.settings)
        check_cost(context, config, contestant.settings)
    _check_length(context, plan)
    return plan


def kept_form(form: dict[str, Any], plan: RacePlan) -> dict[str, Any]:
    """What of a form that `plan_of` took is shown to all who look at the race: numbers as they were
    read, since a megabyte of blanks or commas is a number too."""
    ready = str(form.get("ready") or "")
    sides = [] if ready else form["sides"]  # a ready-made race has its own
    return {
        "ready": ready,
        "sides": [
            {key: str(side.get(key) or "") for key in ("preset", "change")} for side in sides
        ],
        "data": plan.data,
        "seconds": f"{plan.seconds:g}",
        "seeds": ", ".join(map(str, plan.seeds)),
    }


def _plan_of_sides(context: Context, sides: object, how: dict[str, Any]) -> RacePlan:
    if not isinstance(sides, list) or not all(isinstance(side, dict) for side in sides):
        raise PageError("gan_error_request")
    named, settings = [], []
    for number, side in enumerate(sides[: MOST + 1], 1):
        preset, change = _side(context, str(side.get("preset", "")), str(side.get("change") or ""))
        name = " · ".join(filter(None, [_called(preset), change.partition("=")[2]]))
        named.append(f"{name}={preset}")
        for key, value in settings_of(preset, change).items():
            settings.append(f"{number}:{key}={setting_text(value)}")
    return plan_race(named, settings=settings, **how)


def _called(preset: str) -> str:
    """What a contestant is called by: a number would be taken for another contestant's in a
    setting, and a ready-made race's names are translated."""
    is_taken = preset.isdigit() or (preset not in PRESETS and preset in READY_NAMES)
    return f"preset {preset}" if is_taken else preset


def _side(context: Context, preset: str, change: str) -> tuple[str, str]:
    """A checked side; a preset of the user's own is one at home alone."""
    get_preset(expand_preset(preset, None, {})[0] if context.profile.local else preset)
    if preset in LEFT_OUT:
        raise PageError("gan_race_error_preset", preset=preset)
    changes_of(preset)  # refuses what can no longer be trained
    settings_of(preset, change)
    return preset, change


def _data(context: Context, name: object) -> str:
    if name not in _data_here(context.profile):
        raise PageError("gan_race_error_data", data=str(name)[:60])
    return str(name)


def _seconds(text: object) -> float:
    try:
        value = float(str(text))
    except ValueError:
        value = 0.0
    if not 1 <= value <= LONGEST_S:
        raise PageError("gan_race_error_seconds", most=f"{LONGEST_S:,}", got=str(text)[:20])
    return value


def _seeds(text: object) -> list[int]:
    parts = [part for part in str(text).replace("，", ",").split(",") if part.strip()]
    if not 1 <= len(parts) <= MOST_SEEDS:
        raise PageError("gan_race_error_seeds", most=MOST_SEEDS, got=len(parts))
    return [whole_number("seed", part, low=0, high=MAX_SEED) for part in parts]


def _check_length(context: Context, plan: RacePlan) -> None:
    """In public a race may take as long as one training, all of its trainings together."""
    limit, trainings = context.profile.limit_s, len(plan.contestants) * len(plan.seeds)
    if limit is not None and plan.seconds * trainings > limit:
        raise PageError(
            "gan_race_error_long", limit=limit, trainings=trainings, each=limit // trainings
        )


# ---- a link -------------------------------------------------------------------------------------


class Link:
    """What was taken of a link, part by part; a part that cannot be is named and left out.

    body: texts. race: a ready-made one; sides: PRESET or PRESET:KIND:NAME with commas; on: data;
    for: seconds; seeds.
    """

    def __init__(self, context: Context, body: dict[str, Any]) -> None:
        self.context, self.body = context, body
        self.problems: list[dict[str, Any]] = []

    def form(self) -> dict[str, Any]:
        """The values of the form; what the link does not say is as usual."""
        ready = self.take(lambda: self._ready(), "")
        made = form_of_ready(ready or next(iter(READY)))
        sides = made["sides"] if ready else self._sides()
        if not ready and not sides:
            ready, sides = made["ready"], made["sides"]
        plane = _plane_of(sides[0]["preset"])
        usual = made["data"] if ready else self._data_of(sides[0]["preset"])
        data = self.take(lambda: self._fitting(plane), usual) if self.text("on") else usual
        return {
            "ready": ready,
            "sides": sides,
            "data": data,
            "seconds": self._number("for", "seconds", _seconds),
            "seeds": self._number("seeds", "seeds", _seeds),
        }

    def text(self, key: str) -> str:
        """A part of the link, without the spaces around it."""
        return str(self.body.get(key) or "").strip()[:400]

    def take(self, read: Callable[[], T], otherwise: T) -> T:
        """`read()`, or `otherwise` where that is refused."""
        try:
            return read()
        except GanError as error:
            self.problems.append(error_json(error))
            return otherwise

    def _ready(self) -> str:
        name = self.text("race")
        if name:
            get_ready(name)
        return name

    def _sides(self) -> list[dict[str, Any]]:
        """At least two, or none: who is alone gets a second one of the kind."""
        found: list[dict[str, Any]] = []
        for part in filter(None, (p.strip() for p in self.text("sides").split(","))):
            side = self.take(partial(self._one, part, found), None)
            found += [side] if side else []
        if len(found) == 1:
            alone = found[0]["preset"]
            kin = (n for n in PRESETS_HERE if _plane_of(n) == _plane_of(alone))
            other = next(n for n in kin if n != alone)
            found.append({"preset": other, "change": ""})
        return found

    def _one(self, part: str, before: list[dict[str, Any]]) -> dict[str, Any]:
        preset, _, change = part.partition(":")
        change = change.replace(":", "=", 1)
        _side(self.context, preset, "")
        if len(before) == MOST:
            raise PageError("gan_race_error_many", most=MOST, name=part[:60])
        if before and _plane_of(preset) != _plane_of(before[0]["preset"]):
            raise PageError("gan_race_error_kinds", name=preset, other=before[0]["preset"])
        return {
            "preset": preset,
            "change": self.take(lambda: _side(self.context, preset, change)[1], ""),
        }

    def _data_of(self, preset: str) -> str:
        """The data of a preset; of one of the user's own for other images, that of its base."""
        base, data, _ = expand_preset(preset, None, {})
        return data if data in _data_here(self.context.profile) else get_preset(base).data

    def _fitting(self, plane: bool) -> str:
        data = _data(self.context, self.text("on"))
        if is_plane(data) != plane:
            raise PageError("gan_race_error_fit", data=data)
        return data

    def _number(self, key: str, name: str, read: Callable[[str], object]) -> str:
        text = self.text(key)
        if not text or self.take(lambda: read(text), None) is None:
            return USUAL[name]
        return text
