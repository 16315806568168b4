"""The one change on top of a preset, and races among others' trainings."""

from __future__ import annotations

from pathlib import Path

import pytest

from gan.errors import ConfigError
from gan.kinds import kind_of
from gan.presets import PRESETS
from gan.races import READY, Race, change_in, changes_of, plan_race, settings_of
from gan.runs import Supervisor
from gan.runs.userpresets import UserPreset, save_preset


@pytest.mark.slow
@pytest.mark.parametrize("preset", PRESETS)
def test_every_change_of_a_preset_can_be_trained_and_is_found_again(preset: str):
    changes = changes_of(preset)
    is_gan = kind_of(PRESETS[preset].family) == "gan"
    assert any(change.startswith("loss=") for change in changes) is is_gan
    for change in ("optimizer=sgd", "optimizer=rmsprop"):
        assert change in changes
    assert ("remedy=clip-gradients" in changes) is (PRESETS[preset].clip_norm == 0)
    own = f"loss={PRESETS[preset].loss}"
    assert own not in changes  # what it has already is no change
    for change in ("", *changes):
        settings = settings_of(preset, change)
        assert change_in(preset, settings) == change
    parts = {change.partition("=")[2] for change in changes if change.startswith("part=")}
    assert ("modulation-off" in parts) is PRESETS[preset].modulation
    for part in ("modulation", "naming", "growth", "flips"):  # one of each pair, or none
        assert not {f"{part}-on", f"{part}-off"} <= parts
    typed = [f"2:{key}={value}" for key, value in changes["optimizer=sgd"].items()]
    plan = plan_race([preset, preset], data=PRESETS[preset].data, seconds=1, settings=typed)
    assert plan.configs[1].train.optimizer == "sgd"


def test_no_remedy_for_pictures_is_offered_for_points():
    assert "remedy=diffaug" in changes_of("fashion")
    assert not {"remedy=diffaug", "remedy=multi-scale"} & changes_of("ring").keys()
    assert "part=flips-on" in changes_of("fashion")
    assert "part=flips-on" not in changes_of("ring")
    assert "part=naming-on" in changes_of("cats")
    assert "part=naming-on" not in changes_of("own")  # without classes it would change nothing


def test_a_change_that_a_preset_does_not_have_is_refused_with_similar_ones():
    with pytest.raises(ConfigError, match=r"vae has no change 'loss=hinge'"):
        settings_of("vae", "loss=hinge")
    with pytest.raises(ConfigError, match="did you mean loss=hinge"):
        settings_of("ring", "loss=hing")
    assert change_in("ring", {"z_dim": 3}) is None


def test_a_change_on_top_of_a_preset_of_ones_own_is_of_what_that_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("GAN_HOME", str(tmp_path))

    def saved(name: str, base: str, **settings: str) -> None:
        save_preset(UserPreset(name, base, PRESETS[base].data, settings))

    saved("slow", "ring", optimizer="sgd", g_lr="0.05", d_lr="0.05")
    assert settings_of("slow", "optimizer=adam") == {
        "optimizer": "adam", "g_lr": 4e-3, "d_lr": 4e-3  # SGD's rates are no rates for Adam
    }  # fmt: skip
    saved("muon", "fashion", g_lr="0.001")
    assert settings_of("muon", "optimizer=adam") == {"optimizer": "adam"}
    saved("grows", "ring", batch_growth="4", growth_kimg="10")
    assert "part=growth-on" not in changes_of("grows")
    assert settings_of("grows", "part=growth-off") == {"batch_growth": 1}
    saved("nameless", "fashion", classes="0", aux_classes="false")
    assert "part=naming-on" not in changes_of("nameless")
    save_preset(UserPreset("named", "stacked-digits", "digits", {"aux_classes": "true"}))
    assert "part=naming-off" in changes_of("named")  # its base's data have no classes


@pytest.mark.parametrize("name", READY)
def test_a_ready_made_race_is_the_same_as_it_is_typed(name: str):
    plan = plan_race([], ready=name, seconds=5, settings=["2:g_lr=0.003"])
    again = plan_race(**plan.typed())
    assert (again.contestants, again.configs) == (plan.contestants, plan.configs)
    assert f"--ready {name}" in plan.command()  # one of them has more contestants than can be typed
    assert plan.command().count("--set") == 1


@pytest.mark.parametrize("name", READY)
def test_every_side_of_a_ready_made_race_is_a_preset_with_one_change(name: str):
    for side in plan_race([], ready=name, seconds=1).contestants:
        assert change_in(side.preset, side.settings) is not None


# ---- among others' trainings --------------------------------------------------------------------


class Desk(Supervisor):
    """Trainings that run for two looks, and one of somebody else's that goes on."""

    def __init__(self) -> None:
        super().__init__()
        self.left = {"somebody-else": 10**6}
        self.most = 0
        self.launched: list[str] = []
        self.sent: list[tuple[str, str]] = []

    def prepare(self) -> None: ...

    def launch(self, argv, run_dir: Path, **_) -> str:
        self.left[run_dir.name] = 2
        self.launched.append(run_dir.name)
        self.most = max(self.most, len(self.left) - 1)
        return run_dir.name

    def running(self) -> list[str]:
        self.left = {name: looks - 1 for name, looks in self.left.items() if looks > 0}
        return list(self.left)

    def shutdown(self) -> None:
        self.left.clear()

    def send(self, run_id: str, command) -> None:
        self.sent.append((run_id, command["command"]))
        self.left.pop(run_id, None)


@pytest.mark.parametrize(("at_once", "most"), [(None, 3), (1, 1), (2, 2)])
def test_no_more_train_at_once_than_there_is_room_for_and_others_go_on(
    at_once: int | None, most: int, tmp_path: Path
):
    desk = Desk()
    plan = plan_race(["ring", "ring", "grid"], data="ring", seconds=1, seeds=(0, 1))
    race = Race(plan, tmp_path, prefix="race-1-", supervisor=desk, at_once=at_once)
    list(race.run())
    assert desk.most == most
    assert desk.launched == [
        f"race-1-{side}-seed-{seed}"
        for seed in (0, 1)
        for side in ("1-ring-1", "2-ring-2", "3-grid")
    ]
    assert "somebody-else" in desk.left


def test_a_stop_ends_the_race_and_nobody_elses_training(tmp_path: Path):
    desk = Desk()
    plan = plan_race(["ring", "ring"], seconds=1, seeds=(0, 1))
    race = Race(plan, tmp_path, prefix="race-1-", supervisor=desk, at_once=1)
    for _ in race.run():
        race.stop()
    assert desk.launched == ["race-1-1-ring-1-seed-0"]
    assert ("somebody-else", "stop") not in desk.sent
    assert "somebody-else" in desk.left
