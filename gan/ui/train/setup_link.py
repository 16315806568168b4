"""A set-up that came in a link: what of it can be taken, and what is wrong with the rest."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from gan.config import RunConfig
from gan.data import check_spec, is_shared
from gan.errors import ConfigError, GanError
from gan.presets import PRESETS, get_preset
from gan.sampling import MAX_SEED
from gan.settings import apply_settings, parse_setting, setting_of
from gan.ui.server.public_limits import check_cost, check_public
from gan.ui.server.routes import NEVER, Context, Handler, json_of, on
from gan.ui.server.settings import SETTINGS, as_text
from gan.ui.server.views import PageError, error_json, whole_number
from gan.ui.train import start_form

OWN = "own"  # images of somebody's own computer: a link never names a folder
MOST_SETTINGS = 100
T = TypeVar("T")


class Setup:
    """What was taken, part by part; a part that cannot be is named and left out."""

    def __init__(self, context: Context, body: dict[str, Any]) -> None:
        self.context = context
        self.body = body
        self.problems: list[dict[str, Any]] = []

    def text(self, key: str) -> str:
        """A part of the link, without the spaces around it."""
        return str(self.body.get(key) or "").strip()

    def take(self, read: Callable[[], T], otherwise: T) -> T:
        """`read()`, or `otherwise` where that is refused."""
        try:
            return read()
        except GanError as error:
            self.problems.append(error_json(error))
            return otherwise

    def form(self) -> dict[str, Any]:
        """The values of the form."""
        usual = self._usual()
        preset = self.take(lambda: _preset(self.text("preset") or usual), usual)
        data = self.take(lambda: self._data(preset), get_preset(preset).data)
        settings, other = self._settings(preset, data)
        seed = self.take(
            lambda: whole_number("seed", self.text("init") or "0", low=0, high=MAX_SEED), 0
        )
        return {
            "preset": preset,
            "data": data,
            "settings": settings,
            "other": " ".join(other),
            "seed": str(seed),
            "seconds": self._number("seconds", start_form.read_seconds),
            "kimg": self._number("kimg", lambda _, text: start_form.read_kimg(text)),
        }

    def _usual(self) -> str:
        """The preset of a link that names none: the one for its data, or the first."""
        data = self.text("data")
        if data in PRESETS:
            return data
        fitting = (name for name, preset in PRESETS.items() if preset.data == data)
        return next(fitting, next(iter(PRESETS)))

    def _number(self, key: str, read: Callable[[Context, str], float | None]) -> str:
        text = self.text(key)
        found = self.take(lambda: read(self.context, text), None) if text else None
        return "" if found is None else as_text(float(found)).removesuffix(".0")

    def _data(self, preset: str) -> str:
        data = self.text("data") or get_preset(preset).data
        if data == OWN:
            return data
        if not self.context.profile.local and not is_shared(data):
            raise PageError("gan_error_public_data")
        check_spec(data)
        try:
            start_form.fresh_config(preset, data)
        except ConfigError as error:
            raise PageError(
                "gan_link_error_data", data=data, preset=preset, instead=get_preset(preset).data
            ) from error
        return data

    def _settings(self, preset: str, data: str) -> tuple[dict[str, str], list[str]]:
        """Those with a field, and others as KEY=VALUE; each is checked with those before it."""
        wished = self.body.get("settings")
        if not isinstance(wished, dict) or len(wished) > MOST_SETTINGS:
            return {}, []
        named = get_preset(preset).data if data == OWN else data
        base = start_form.fresh_config(preset, named)
        found: dict[str, str] = {}
        other: list[str] = []
        for key, text in wished.items():
            now = base
            base = self.take(partial(self._changed, now, key, text), now)
            if base is now:
                continue
            if key in SETTINGS:
                found[key] = as_text(setting_of(base, key))
            else:
                other.append(f"{key}={text}")
        return found, other

    def _changed(self, config: RunConfig, key: str, text: object) -> RunConfig:
        if not isinstance(text, str) or not text.strip():
            raise ConfigError("{field} must have a value, got nothing; enter one", field=key)
        setting = dict([parse_setting(f"{key}={text}")])
        if key not in SETTINGS and not self.context.profile.local:
            raise PageError("gan_error_public_other")
        check_public(self.context, setting)
        changed = apply_settings(config, setting)
        check_cost(self.context, changed, setting)
        return changed


def _preset(name: str) -> str:
    get_preset(name)
    return name


async def setup(context: Context, request: Request) -> Response:
    """The set-up of a link as values of the form, with a sentence for all that was left out."""
    body = await json_of(request)

    def read() -> dict[str, Any]:
        link = Setup(context, body)
        form = link.form()
        run = link.text("run")
        known = bool(run) and link.take(lambda: context.runs.status(run).id == run, False)
        return {"form": form, "run": known, "problems": link.problems}

    return JSONResponse(await on(context.form_thread, read), headers=NEVER)


ROUTES: tuple[tuple[str, str, Handler], ...] = (("POST", "/_gan/train/setup", setup),)
