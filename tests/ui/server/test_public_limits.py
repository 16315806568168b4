"""A public server takes what its machine can carry, and says what to lower."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gan.checkpoint import save_weights
from gan.config import SourceConfig, WeightsConfig
from gan.errors import ConfigError
from gan.files import pulled_root
from gan.models import build_generator
from gan.presets import PRESETS, resolve_widths
from gan.sampling import picture_seconds
from gan.settings import apply_settings
from gan.training.learner import GRID
from gan.ui.explore.directions import find
from gan.ui.explore.maps import draw_map
from gan.ui.server.pace import PUBLIC_S, check_pace
from gan.ui.server.profile import Profile
from gan.ui.server.public_limits import MOST_STEP_S, PUBLIC_MOST, check_cost, check_public
from gan.ui.server.routes import Context
from gan.ui.server.views import PageError
from gan.ui.train.start_form import fresh_config, read_wish

# each setting within its own limit; measured: 14 GB and no step in seven minutes
TOGETHER = {
    "batch_size": 256, "width": 2.0, "d_count": 3, "d_steps": 5, "packing": 4, "d_scales": 3,
    "loss": "wasserstein-gp",
}  # fmt: skip


@pytest.fixture
def public() -> Context:
    return Context(Profile(local=False))


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_may_be_trained_in_public(public, preset):
    check_cost(public, fresh_config(preset, PRESETS[preset].data))


def test_settings_that_are_allowed_one_by_one_are_refused_together(public):
    assert all(TOGETHER[key] <= most for key, most in PUBLIC_MOST.items() if key in TOGETHER)
    check_public(public, TOGETHER)
    config = apply_settings(fresh_config("dcgan", "fashion"), TOGETHER)
    with pytest.raises(ConfigError, match="GB of memory") as caught:
        check_cost(public, config, TOGETHER)
    assert caught.value.field in TOGETHER
    check_cost(Context(Profile(local=True)), config)


def test_the_pictures_of_a_flow_keep_nobody_waiting_longer_than_a_step(public):
    sampler = {"ode_steps": PUBLIC_MOST["ode_steps"], "solver": "midpoint"}
    costliest = sampler | {key: PUBLIC_MOST[key] for key in ("resolution", "width", "depth")}
    check_public(public, costliest)
    config = resolve_widths(apply_settings(fresh_config("flow", "fashion"), costliest))
    assert 0 < GRID * picture_seconds(build_generator(config.model)) <= MOST_STEP_S
    with pytest.raises(ConfigError) as caught:
        check_public(public, {"ode_steps": 200})
    assert caught.value.field == "ode_steps"


def test_a_pulled_flow_may_bring_200_steps_and_is_bounded_by_what_they_take(
    public, tmp_path, monkeypatch
):
    monkeypatch.setenv("GAN_HOME", str(tmp_path))
    steps = {"solver": "midpoint"} | {k: PUBLIC_MOST[k] for k in ("resolution", "width", "depth")}
    model = resolve_widths(apply_settings(fresh_config("flow", "fashion"), steps)).model
    model = replace(model, ode_steps=200)
    source = SourceConfig(repo="someone/flow", commit="0" * 40)
    config = WeightsConfig(name="someone/flow", source=source, model=model)
    save_weights(pulled_root() / "flow", config, build_generator(model))
    weights = public.models.get("hub:flow")
    one = replace(model, ode_steps=1, solver="euler")
    each_s = 2 * 200 * picture_seconds(build_generator(one))  # midpoint asks twice a step
    fits = int(PUBLIC_S / each_s)
    assert 0 < fits < 24  # the fewest pictures of a map
    check_pace(public, weights, fits)
    with pytest.raises(PageError) as caught:
        draw_map(public, weights, "pca", 1.0)
    assert caught.value.message.values["fits"] == fits
    kinds = {entry["kind"] for entry in find(public, weights)["directions"]}
    assert kinds == {"class"}  # the others are found in hundreds of pictures
    public.close()


def test_what_the_sentence_proposes_is_enough(public):
    asked = {"resolution": 64, "batch_size": 256, "d_count": 3, "loss": "wasserstein-gp"}
    config = apply_settings(fresh_config("emoji", "emoji"), asked)
    with pytest.raises(ConfigError) as caught:
        check_cost(public, config, asked)
    key, value = caught.value.field, caught.value.message.values["value"]
    check_cost(public, apply_settings(config, {key: type(asked[key])(value)}), asked)


def test_a_setting_that_the_visitor_has_changed_is_named_first(public):
    config = apply_settings(fresh_config("dcgan", "fashion"), {"d_steps": 5})
    with pytest.raises(ConfigError, match="a step would take") as caught:
        check_cost(public, config, ["d_steps"])
    assert caught.value.field == "d_steps"


def test_the_form_is_refused_at_the_field(public):
    texts = {key: str(int(v) if isinstance(v, float) else v) for key, v in TOGETHER.items()}
    form = {"preset": "dcgan", "data": "fashion", "settings": texts, "seconds": "60"}
    with pytest.raises(ConfigError) as caught:
        read_wish(public, form)
    assert caught.value.field == "batch_size"
    read_wish(public, form | {"settings": {}})
