"""Each detector sees its fault, and only that; healthy trainings hear nothing."""

from __future__ import annotations

import gzip
import json
import math
import random
from dataclasses import replace
from pathlib import Path

import pytest

from gan.config import RunConfig
from gan.data.bundled import BUNDLED
from gan.kinds import PLANE, kind_of
from gan.metrics.diagnosis import FINDING_KINDS, FINDS, REMEDY_NAMES, assess, diagnose
from gan.metrics.findings import Finding, Past
from gan.metrics.remedies import CHOICES, MOST, ORDER, remedies
from gan.metrics.story import DRAW, kept, times_floor
from gan.presets import PRESETS, DataShape, resolve_widths, run_config
from gan.schema import from_json
from gan.settings import apply_settings

BATCH = 64
HEALTHY_SCORES = {"score_real": 0.6, "score_fake": -0.2, "score_held_out": 0.55}
# what D's loss is at a good balance, of each family's draw
AT_BALANCE = 0.75


def config(loss: str = "nonsaturating", **settings) -> RunConfig:
    names = tuple("0123456789")
    made = run_config("fashion", DataShape(28, 1, names), data="fashion")
    return resolve_widths(
        apply_settings(made, {"aux_classes": False, "loss": loss, "batch_size": BATCH, **settings})
    )


def row(i: int, loss: str = "nonsaturating", **changed) -> dict:
    """The i-th quarter second of a healthy training, thirty steps each."""
    noise = random.Random(i).uniform(0.8, 1.2)
    return {
        "nimg": (i + 1) * 30 * BATCH,
        "seconds": (i + 1) * 0.25,
        "images_per_s": 7680.0,
        "loss_g": 1.0 * noise,
        "loss_d": AT_BALANCE * DRAW.get(loss, 1.0) * noise,
        **HEALTHY_SCORES,
        "grad_norm_g": 0.6 * noise,
        "grad_norm_d": 0.9 * noise,
        "g_lr": 2e-3,
        "d_lr": 2e-3,
        **changed,
    }


def look(i: int, **changed) -> dict:
    """The look at the samples beside the i-th row, nearer to the reals each time."""
    return {
        "nimg": (i + 1) * 30 * BATCH,
        "seconds": (i + 1) * 0.25,
        "count": 512,
        "fd": 40.0 / (1 + i / 10),
        "fd_floor": 1.0,
        "modes": 10,
        "classes": 10,
        "mode_kind": "class",
        "histogram": [0.1] * 10,
        "largest": 0.13,
        "spread": 0.85,
        "variety": 0.8,
        "nearest": 1.2,
        "memorised": 0.01,
        **changed,
    }


def rows(count: int = 80, loss: str = "nonsaturating", **changed) -> list[dict]:
    return [row(i, loss, **changed) for i in range(count)]


def looks(count: int = 8, every: int = 10, **changed) -> list[dict]:
    return [look(i * every + every - 1, **changed) for i in range(count)]


def kinds(found: tuple[Finding, ...]) -> set[str]:
    return {finding.kind for finding in found}


def only(found: tuple[Finding, ...]) -> Finding:
    assert len(found) == 1, kinds(found)
    return found[0]


# -- recorded trainings ---------------------------------------------------------------------------

FIXTURE = Path(__file__).parent / "runs.json.gz"
RECORDED = json.loads(gzip.decompress(FIXTURE.read_bytes())) if FIXTURE.exists() else []


def found_on_the_way(run: dict) -> set[str]:
    """Every kind that a viewer would have been told of, looking every few seconds."""
    rows, made = run["rows"], from_json(RunConfig, run["config"])
    found: set[str] = set()
    for end in {*range(16, len(rows), 12), len(rows)}:
        now = rows[end - 1]["nimg"]
        found |= kinds(diagnose(rows[:end], [m for m in run["measures"] if m["nimg"] <= now], made))
    return found


def test_every_kind_and_good_health_were_recorded():
    assert {run["expected"] for run in RECORDED} == {*FINDING_KINDS, None}


@pytest.mark.parametrize("run", RECORDED, ids=lambda run: run["name"])
def test_a_recorded_training_is_diagnosed_as_what_it_was_made_for(run):
    found = found_on_the_way(run)
    assert found == set() if run["expected"] is None else run["expected"] in found


@pytest.mark.parametrize("run", RECORDED, ids=lambda run: run["name"])
def test_the_first_moments_of_any_training_alarm_nobody(run):
    some = from_json(RunConfig, run["config"])
    for end in range(16):
        assert diagnose(run["rows"][:end], run["measures"], some) == ()


# measured of `article`, seed 1, in its first steps: (step, fd, classes, spread, variety, nearest);
# by 60 s of a core two seeds, by 48 s the third, showed nine kinds of garment
FIRST_OF_ARTICLE = [
    (83, 98.2, 1, 0.118, 0.226, 3.16),
    (173, 108.1, 3, 0.089, 0.164, 3.45),
    (344, 112.9, 1, 0.102, 0.195, 3.74),
]


def test_grey_noise_in_the_first_steps_is_neither_a_collapse_nor_a_win_of_d():
    keys = ("fd", "modes", "spread", "variety", "nearest")
    sure = {"score_real": 6.5, "score_fake": -3.0}

    def told(per_step: float, **changed) -> set[str]:
        """At a step of so many of those steps."""
        nimg = [round(per_step * step * BATCH) for step, *_ in FIRST_OF_ARTICLE]
        looks = [
            look(0, **dict(zip(keys, rest, strict=True)), largest=0.99) | {"nimg": n} | changed
            for n, (_, *rest) in zip(nimg, FIRST_OF_ARTICLE, strict=True)
        ]
        rows = [row(i, **sure) | {"nimg": round((i + 1) * nimg[-1] / 60)} for i in range(60)]
        return kinds(diagnose(rows, looks, config()))

    assert told(1) == set()
    assert told(3) >= {"mode-collapse", "d-winning"}  # a thousand steps of it are
    assert "mode-collapse" in told(1, spread=0.04)  # and so is a single image
    assert "mode-collapse" in told(1, nearest=1.3)  # or garments, of one kind


# measured of `ring`, seed 0, within its first 330 steps: far, and no nearer for a while, although
# the same training has all eight modes after 15 s
FIRST_FDS = [26.0, 24.1, 15.3, 4.8, 9.0, 11.6, 12.2, 9.9, 8.4, 6.9]
LOSS_OF_POINTS = {"velocity_error": 0.9, "drift_size": 0.3}


def of_points(steps: int, preset: str = "ring") -> tuple[list[dict], list[dict], RunConfig]:
    """The first `steps` of a training on points, in 40 rows and ten looks at two of eight modes."""
    made = resolve_widths(run_config(preset, DataShape(1, 2, ()), data="ring"))
    each = steps * made.train.batch_size / 40
    some = [row(i, nimg=round((i + 1) * each), **LOSS_OF_POINTS) for i in range(40)]
    seen = [
        look(4 * i + 3, nimg=some[4 * i + 3]["nimg"], fd=fd, fd_floor=0.3, modes=2, classes=8)
        for i, fd in enumerate(FIRST_FDS)
    ]
    return some, seen, made


@pytest.mark.parametrize("preset", ["ring", "ring-flow", "ring-drift"])
def test_a_few_hundred_steps_of_points_are_too_short_to_tell_and_nothing_else(preset):
    some, seen, made = of_points(330, preset)
    assert diagnose(some, seen, made) == ()
    assert standing(some, seen, made, is_over=True) == ("early", "short")
    assert "mode-collapse" in kinds(diagnose(*of_points(3300, preset)))  # as poor, ten times later
    wild = [one | {"grad_norm_g": 1e5} for one in some]  # what explodes is told at once
    assert kinds(diagnose(wild, seen, made)) == {"divergence"}


# share of high quality at the looks of `ring`, seed 0, whose rates were raised after 1,560 steps
LOST = [0.0, 0.08, 0.53, 0.85, 0.93, 0.95, 0.0]
# of seed 0 left alone, to 4,000 steps, and of `grid`: they go up and down too
KEPT = [[0.03, 0.37, 0.67, 0.81, 0.95, 0.78, 0.93], [0.01, 0.04, 0.01, 0.23, 0.42, 0.57, 0.5],
        [0.0, 0.7, 0.0, 0.1, 0.3, 0.2, 0.1]]  # fmt: skip


@pytest.mark.parametrize("steps", [700, 1777])
def test_points_that_were_good_and_are_no_more_are_told_of_after_one_look(steps):
    """The distance does not tell it: five times the floor is where points lie a little beside."""

    def found(qualities: list[float]) -> tuple[Finding, ...]:
        some, _, made = of_points(steps)
        return diagnose(some, [
            look(0, nimg=some[5 * i + 4]["nimg"], fd=1.9, fd_floor=0.32, modes=8, classes=8,
                 high_quality=share)
            for i, share in enumerate(qualities)
        ], made)  # fmt: skip

    lost = only(found(LOST))
    assert (lost.kind, lost.evidence["sign"]) == ("divergence", "quality")
    assert (lost.evidence["high_quality_before"], lost.evidence["high_quality"]) == (0.93, 0.0)
    assert "lower-rates" in [remedy.name for remedy in lost.remedies]
    assert found([*LOST[:-1], 0.3]) == ()  # one look at less is no loss yet
    assert kinds(found([*LOST[:-1], 0.3, 0.3])) == {"divergence"}
    assert found([*LOST, 0.9]) == ()  # it has come back
    assert all(found(kept) == () for kept in KEPT)


# FD at the looks of `ring` on the moons, seed 11, around its 1,000th step: it jumps, and comes back
JUMPED = [2.23, 0.21, 0.29, 0.21, 0.19, 0.26, 0.24, 0.28, 0.71, 0.9, 3.2]


def test_points_that_jump_away_for_a_moment_do_not_stand_still():
    some, _, made = of_points(1100)
    seen = [
        look(0, nimg=some[3 * i + 9]["nimg"], fd=fd, fd_floor=0.3, modes=8, classes=8)
        for i, fd in enumerate(JUMPED)
    ]
    assert diagnose(some, seen, made) == ()


def test_pictures_that_still_change_do_not_stand_still_in_their_first_steps():
    """As `article` on garments, seed 0, which was told so at 278 steps."""

    def found(steps: int, *fds: float) -> set[str]:
        each = steps * BATCH / 20
        some = [row(i, nimg=round((i + 1) * each)) for i in range(20)]
        return kinds(diagnose(some, [
            look(0, nimg=some[4 * i + 3]["nimg"], fd=fd) for i, fd in enumerate(fds)
        ], config()))  # fmt: skip

    wandering = (40.0, 52.0, 61.0, 58.0, 55.0)
    assert found(330, *wandering) == set()
    assert found(900, *wandering) == {"stagnation"}
    assert found(330, *[60.0] * 5) == {"stagnation"}  # G does not move at all


# -- faults planted one by one --------------------------------------------------------------------


@pytest.mark.parametrize("loss", ["wasserstein-gp", *DRAW])
def test_a_healthy_training_hears_nothing(loss):
    assert diagnose(rows(loss=loss), looks(), config(loss)) == ()
    assert diagnose(rows(loss=loss), [], config(loss)) == ()


@pytest.mark.parametrize("loss", DRAW)
def test_a_saturated_d_is_winning_whatever_the_scale_of_its_loss(loss):
    won = rows(40, loss) + [row(i, loss, loss_d=0.01 * DRAW[loss]) for i in range(40, 80)]
    found = only(diagnose(won, looks(), config(loss)))
    assert (found.kind, found.evidence["sign"]) == ("d-winning", "scores")
    assert found.evidence["saturated"] == pytest.approx(0.99)
    assert found.evidence["seconds"] == pytest.approx(10, abs=2.1)


def test_a_nearly_saturated_d_counts_only_while_samples_get_no_better():
    ahead = rows(80, loss_d=0.06 * DRAW["nonsaturating"])
    assert diagnose(ahead, looks(), config()) == ()
    assert "d-winning" in kinds(diagnose(ahead, looks(fd=30.0), config()))


def test_a_vanished_gradient_of_g_is_d_winning_where_scores_have_no_bound():
    gone = rows(40, "wasserstein-gp") + [
        row(i, "wasserstein-gp", grad_norm_g=1e-4, score_real=50.0, score_held_out=49.0)
        for i in range(40, 80)
    ]
    found = only(diagnose(gone, looks(4, fd=30.0), config("wasserstein-gp")))
    assert (found.kind, found.evidence["sign"]) == ("d-winning", "gradient")
    assert found.evidence["grad_norm_g"] < 0.01 * found.evidence["grad_norm_g_before"]


@pytest.mark.parametrize("loss", ["wasserstein-gp", *DRAW])
def test_a_d_that_prefers_fakes_is_losing(loss):
    changed = {"loss_d": 1.5 * DRAW.get(loss, 1.0), "score_fake": 2.0}
    lost = rows(50, loss) + [row(i, loss, **changed) for i in range(50, 80)]
    found = only(diagnose(lost, looks(), config(loss)))
    assert (found.kind, found.evidence["sign"]) == ("d-losing", "reversed")


def test_a_blind_d_is_losing_only_before_poor_samples():
    blind = rows(80, loss_d=DRAW["nonsaturating"], score_fake=0.59)
    poor = [*looks(), look(75, fd=60.0), look(79, fd=61.0)]
    assert "d-losing" in kinds(diagnose(blind, poor, config()))
    assert diagnose(blind, looks(fd=1.5), config()) == ()


@pytest.mark.parametrize(
    ("sign", "changed"),
    [
        ("modes", {"modes": 3}),
        ("histogram", {"largest": 0.7}),
        ("spread", {"spread": 0.2, "modes": None, "classes": None}),
        ("variety", {"variety": 0.1}),
    ],
)
def test_each_sign_of_a_collapse_is_seen_after_the_second_look(sign, changed):
    once, twice = [*looks(7), look(79, **changed)], looks(6) + looks(8, **changed)[6:]
    assert diagnose(rows(), once, config()) == ()
    found = only(diagnose(rows(), twice, config()))
    assert (found.kind, found.evidence["sign"]) == ("mode-collapse", sign)
    assert found.evidence["mode_kind"] == "class"


def test_samples_that_are_still_coming_apart_are_no_collapse():
    growing = [look(20, spread=0.1, fd=39.0), look(50, spread=0.15, fd=30.0),
               look(79, spread=0.25, fd=21.0)]  # fmt: skip
    assert diagnose(rows(), growing, config()) == ()


def test_a_generator_that_never_began_stagnates_and_has_not_collapsed():
    same = looks(8, spread=0.2, modes=2, fd=90.0)
    assert kinds(diagnose(rows(), same, config())) == {"stagnation"}


def test_held_out_images_that_drift_to_the_fakes_tell_of_memorising():
    def drifting(i: int, reach: float) -> dict:
        return row(i, score_real=3.0, score_fake=-3.0, score_held_out=3.0 - 6 * reach, loss_d=0.4)

    learned = [drifting(i, 0.05 if i < 40 else 0.9) for i in range(100)]
    found = only(diagnose(learned, looks(10), config()))
    assert (found.kind, found.evidence["sign"]) == ("memorising", "held-out")
    assert found.evidence["drift"] == pytest.approx(0.9)
    always_odd = [drifting(i, 0.7) for i in range(100)]
    assert diagnose(always_odd, looks(10), config()) == ()


def test_drift_of_a_d_that_hardly_tells_anything_means_nothing():
    faint = [row(i, score_real=0.02, score_fake=0.0, score_held_out=0.0) for i in range(100)]
    assert diagnose(faint, looks(10), config()) == ()


def test_copies_of_real_images_tell_of_memorising():
    copied = looks(6) + looks(8, memorised=0.6)[6:]
    found = only(diagnose(rows(), copied, config()))
    assert (found.kind, found.evidence["sign"]) == ("memorising", "copies")
    assert found.evidence["memorised"] == 0.6


@pytest.mark.parametrize(
    ("loss", "what", "value", "sign"),
    [
        ("nonsaturating", "loss_g", 80.0, "loss"),
        ("hinge", "loss_d", 1e4, "loss"),
        ("wasserstein-gp", "loss_d", -5e4, "loss"),
        ("relativistic", "grad_norm_d", 1e5, "gradient"),
        ("least-squares", "grad_norm_g", math.nan, "gradient"),
    ],
)
def test_what_explodes_is_divergence(loss, what, value, sign):
    wild = rows(50, loss) + [row(i, loss, **{what: value}) for i in range(50, 80)]
    found = diagnose(wild, looks(), config(loss))
    assert found[0].kind == "divergence"
    assert (found[0].evidence["what"], found[0].evidence["sign"]) == (what, sign)


def test_a_critics_free_scale_is_no_divergence():
    large = rows(80, "wasserstein-gp", loss_d=-150.0, loss_g=-300.0, score_real=400.0)
    assert diagnose(large, looks(), config("wasserstein-gp")) == ()


def test_samples_that_fall_apart_are_divergence():
    apart = [*looks(6), look(70, fd=60.0), look(79, fd=62.0)]
    found = diagnose(rows(), apart, config())
    assert ("divergence", "fd") in {
        (f.kind, f.evidence["sign"]) for f in found if "sign" in f.evidence
    }


@pytest.mark.parametrize(("fds", "is_lost"), [
    ([40, 9, 4, 3, 13, 14], True),  # several times the best, and far
    ([40, 9, 4, 3, 13, 4], False),  # one look
    ([40, 9, 4, 3, 9, 9], False),  # not far
    ([40, 36, 40, 39, 42, 41], False),  # it never had anything
])  # fmt: skip
def test_a_distance_of_several_times_the_best_is_divergence_in_a_short_run_too(fds, is_lost):
    seen = [look(4 * i + 3, fd=float(fd)) for i, fd in enumerate(fds)]
    assert ("divergence" in kinds(diagnose(rows(24), seen, config()))) == is_lost


# FD and points outside, of 512, of `ring-drift --set g_lr=10`: the drift's size stays below 2
FLOWN = [(1.385e23, 512), (8.046e8, 512), (17050.0, 512), (250800.0, 512), (435000.0, 512)]


def test_points_that_leave_the_picture_are_divergence_and_its_remedy_a_lower_rate():
    made = run_config("ring-drift", BUNDLED["ring"].shape, data="ring")
    high = resolve_widths(apply_settings(made, {"g_lr": 10.0, "batch_size": BATCH}))
    drifts = rows(drift_size=1.99, loss_g=None, loss_d=None)
    for least in (0, 1):  # from the start, and after it had learned
        seen = [look(i * 10 + 9, fd=fd, outside=out if i >= least else 3, modes=0, classes=8)
                for i, (fd, out) in enumerate(FLOWN)]  # fmt: skip
        first = diagnose(drifts, seen, high)[0]
        assert (first.kind, first.evidence["sign"], first.evidence["outside"]) == (
            "divergence", "outside", 1.0,
        )  # fmt: skip
        assert first.remedies[0].settings["g_lr"] < 0.1
    for few in (0, 100):
        fine = [look(i * 10 + 9, outside=few) for i in range(5)]
        assert "divergence" not in {f.kind for f in diagnose(drifts, fine, high)}


# FD of 512 samples at every sixth look of `fashion --set width=1.5 --seed 1` on 60,000 garments
# (floor 0.976), whose D died after 170 thousand images, and of its fork at a quarter of the rates
WORSENED = [6.645, 3.893, 2.755, 2.452, 2.333, 2.094, 2.256, 2.053, 2.291, 2.343, 2.568, 2.651,
            2.631, 3.106, 3.437, 3.666, 3.61]  # fmt: skip
WENT_ON = [*WORSENED[:7], 2.141, 2.082, 2.089, 2.138, 2.081, 2.113, 2.079, 2.075, 2.074]


def of_garments(fds: list[float]) -> list[dict]:
    return [look(4 * i + 4, fd=fd, fd_floor=0.976) for i, fd in enumerate(fds)]


def test_samples_that_get_worse_near_the_floor_are_divergence_too():
    found = only(diagnose(rows(), of_garments(WORSENED), config()))
    assert (found.kind, found.evidence["sign"]) == ("divergence", "fd")
    assert found.evidence["before"] == 2.094  # 2.053 is one lucky look
    assert found.evidence["value"] == 3.61
    assert "lower-rates" in [remedy.name for remedy in found.remedies]
    assert diagnose(rows(), of_garments(WENT_ON), config()) == ()
    assert diagnose(rows(), of_garments(WORSENED[:9]), config()) == ()


def test_a_distance_that_stays_far_from_its_floor_is_stagnation():
    stuck = [look(i, fd=40 - i if i < 20 else 20.5) for i in range(9, 80, 10)]
    found = only(diagnose(rows(), stuck, config()))
    assert found.kind == "stagnation"
    assert found.evidence["times_floor"] == pytest.approx(20.5)
    assert found.evidence["images"] > 0


def test_a_distance_that_stays_near_its_floor_is_success():
    assert diagnose(rows(), looks(fd=2.0), config()) == ()


# -- what was green and should not have been ---------------------------------------------------


def standing(some, seen, made=None, **more) -> tuple[str, str]:
    found = assess(some, seen, made or config(), **more)
    return found.state, str(found.evidence.get("sign", ""))


def test_nothing_looks_wrong_is_said_only_of_samples_measured_near_real_ones():
    assert standing(rows(6), looks()) == ("early", "rows")
    assert standing(rows(), []) == ("early", "first")
    assert standing(rows(), looks(1, 60)) == ("early", "second")
    assert standing(rows(), looks(1, 60), is_over=True) == ("early", "never")
    assert standing(rows(), looks(fd=45.0)) == ("far", "still")
    assert standing(rows(), looks(2)) == ("far", "nearing")
    assert standing(rows(), looks(fd=2.0)) == ("healthy", "")
    assert standing(rows(), looks(fd=2.0, spread=0.5)) == ("alike", "")
    assert standing(rows(), looks(fd=None, fd_floor=None)) == ("unjudged", "distance")
    no_numbers = looks(fd=None, spread=None, modes=None, nearest=None)
    assert standing(rows(), no_numbers) == ("early", "first")


def test_sure_scores_beside_samples_that_are_alike_are_d_winning_whatever_the_loss_says():
    # scores in eval mode, losses in training mode: augmentation keeps the loss up
    sure = rows(score_real=5.5, score_fake=-5.5, score_held_out=5.4)
    found = diagnose(sure, looks(fd=30.0, spread=0.45), config())
    assert ("d-winning", "apart") in {(f.kind, f.evidence.get("sign")) for f in found}
    assert diagnose(sure, looks(), config()) == ()
    assert standing(sure, looks(2, 30, spread=0.4)) == ("alike", "scores")


def test_three_measurements_of_very_far_samples_that_do_not_get_nearer_are_stagnation():
    third = [look(i, fd=fd, spread=0.7) for i, fd in ((26, 45.0), (53, 47.0), (79, 46.0))]
    assert "stagnation" in kinds(diagnose(rows(), third, config()))
    falling = [look(i, fd=fd, spread=0.7) for i, fd in ((26, 60.0), (53, 50.0), (79, 42.0))]
    assert diagnose(rows(), falling, config()) == ()


def test_a_distance_that_swings_without_falling_is_stagnation():
    swinging = [look(i * 8 + 7, fd=45.0 if i % 2 else 30.0 + 0.1 * i) for i in range(10)]
    swinging[7]["fd"] = 27.0  # one lucky moment is no progress
    assert "stagnation" in kinds(diagnose(rows(), swinging, config()))


def test_a_spread_that_swings_below_real_is_a_collapse_at_its_crests_too():
    swinging = [look(i * 10 + 9, spread=0.1 if i % 2 else 0.06, modes=None) for i in range(8)]
    assert "mode-collapse" in kinds(diagnose(rows(), swinging, config()))


@pytest.mark.parametrize("fd", [1.58, 1.1])
def test_what_is_said_of_the_floor_is_what_the_chart_shows(fd):
    shown = {"fd": fd, "fd_floor": 0.445, "fd_count": 128}
    said = assess(rows(), looks(**shown), config())
    assert said.state == ("far" if fd > 1.5 else "healthy")  # judged as 512 images would read
    assert (said.evidence["fd"], said.evidence["fd_floor"]) == (fd, 0.445)
    assert said.evidence["times_floor"] == pytest.approx(fd / 0.445, abs=0.01)
    blind = rows(80, loss_d=DRAW["nonsaturating"], score_fake=0.59)
    for some in (rows(), blind):
        for finding in diagnose(some, looks(**(shown | {"fd": 1.58})), config()):
            assert finding.evidence["times_floor"] == pytest.approx(3.55, abs=0.01)


def test_few_samples_say_as_many_floors_as_many_do():
    # Of the same true distance 20 with bias 0.9 * 512 / N: the floor is the bias itself.
    for count in (512, 256, 128):
        bias = 0.9 * 512 / count
        row = {"fd": 20 + bias, "fd_floor": bias, "fd_count": count}
        assert times_floor(row) == pytest.approx(1 + 20 / 0.9)


# -- the way back -------------------------------------------------------------------------------


def exploding(at: int = 50) -> list[dict]:
    return rows(at) + [row(i, loss_g=80.0) for i in range(at, 80)]


def remedy(some, made, past):
    return only(diagnose(some, looks(fd=2.0), made, past)).remedies[0]


def test_a_divergence_after_a_change_goes_back_to_before_the_change_with_the_former_values():
    changed, kept = row(48)["nimg"], [row(i)["nimg"] for i in (10, 40, 48, 60)]
    events = [
        {"event": "set", "nimg": row(20)["nimg"], "key": "r1", "old": 0.2, "new": 0.4},
        {"event": "set", "nimg": changed, "key": "g_lr", "old": 2e-3, "new": 0.05},
        {"event": "set", "nimg": changed, "key": "g_lr", "old": 0.05, "new": 0.1},
    ]
    found = remedy(exploding(), config(g_lr=0.1, r1=0.4), Past(events, kept))
    assert (found.name, found.fork_nimg) == ("fork-before", changed)
    assert found.settings == {"g_lr": 2e-3}


def test_a_divergence_that_no_change_led_to_goes_back_with_lower_rates():
    kept = [row(i)["nimg"] for i in (10, 30, 49, 60)]
    found = remedy(exploding(), config(g_lr=0.1, d_lr=0.1), Past((), kept))
    assert (found.name, found.fork_nimg) == ("fork-before", kept[1])
    assert found.settings == {"g_lr": 2e-3, "d_lr": 2e-3}


def test_a_divergence_that_nothing_is_kept_from_before_starts_again():
    found = remedy(exploding(), config(g_lr=0.1), Past((), [row(70)["nimg"]]))
    assert (found.name, found.fork_nimg, found.settings["g_lr"]) == ("start-over", None, 2e-3)


def test_a_loss_that_is_no_number_is_a_divergence_however_young_the_run():
    past = Past([{"event": "diverged", "nimg": 640, "key": ""}], [])
    found = only(diagnose(rows(1), [], config(g_lr=0.5), past))
    assert (found.kind, found.evidence["sign"]) == ("divergence", "no-number")
    assert found.remedies[0].name == "start-over"
    resumed = Past([*past.events, {"event": "resume", "nimg": 640}], [])
    assert diagnose(rows(1), [], config(), resumed) == ()


# -- robustness -----------------------------------------------------------------------------------


def test_one_wild_row_or_look_alarms_nobody():
    some, seen = rows(), looks()
    some[60] |= {"loss_d": 1e9, "loss_g": -1e9, "grad_norm_g": 1e9, "score_fake": 1e6}
    seen[5] |= {"modes": 1, "largest": 1.0, "spread": 0.0, "variety": 0.0, "memorised": 1.0}
    assert diagnose(some, seen, config()) == ()


def test_a_long_run_is_judged_like_its_last_rows():
    won = rows(3000) + [row(i, loss_d=0.001) for i in range(3000, 3400)]
    assert kinds(diagnose(won, [], config())) == {"d-winning"}
    assert len(kept(won)) <= 1600
    assert kept(won)[-1] is won[-1]


ODD = (None, True, math.nan, math.inf, -math.inf, 0, -1, 10**40, 1e300, "x", [1], {})


def test_rows_of_any_content_are_survived():
    for seed in range(60):
        draw = random.Random(seed)
        spoiled, seen = rows(24), looks(3, 8)
        for one in (*spoiled, *seen):
            for key in draw.sample(sorted(one.keys() - {"nimg"}), draw.randrange(6)):
                one[key] = draw.choice(ODD)
        for finding in diagnose(spoiled, seen, config(draw.choice(["wasserstein-gp", *DRAW]))):
            json.dumps(finding.to_json(), allow_nan=False)


# -- remedies -------------------------------------------------------------------------------------


@pytest.mark.parametrize("preset", PRESETS)
def test_every_finding_has_remedies_that_this_run_may_set(preset):
    points = PRESETS[preset].family in PLANE
    side = PRESETS[preset].resolution or 32
    shape = DataShape(1, 2, ()) if points else DataShape(side, 3, ("a", "b"))
    start = run_config(preset, shape, data=PRESETS[preset].data)
    for kind in FINDS[kind_of(start.model.family)]:
        found = remedies(kind, start, {})
        assert 1 <= len(found) <= MOST, kind
        for remedy in found:
            assert remedy.name in REMEDY_NAMES
            assert apply_settings(start, remedy.settings) != start, (kind, remedy)


@pytest.mark.parametrize("name", ["minibatch-std", "packing", "diffaug", "ada", "spectral-norm",
                                  "second-discriminator", "multi-scale", "aux-classes",
                                  "clip-gradients", "use-sgd"])  # fmt: skip
def test_what_is_on_already_is_not_proposed_again(name):
    before = config(augment="none")
    settings = CHOICES[name](before.model, before.train, {})
    after = apply_settings(before, settings)
    assert not CHOICES[name](after.model, after.train, {})


def test_what_is_on_is_raised_and_not_added():
    without, little = config(r1=0.0), config(r1=0.2, r2=0.2)
    names = {kind: [r.name for r in remedies(kind, little, {})] for kind in FINDING_KINDS}
    assert all("add-r1" not in found for found in names.values())
    raised = next(r for r in remedies("d-winning", little, {}) if r.name == "raise-r1")
    assert raised.settings == {"r1": 0.6, "r2": 0.6}
    assert "add-r1" in [r.name for r in remedies("d-winning", without, {})]


@pytest.mark.parametrize("kind", ["divergence", "mode-collapse"])
def test_a_rate_many_times_the_other_is_lowered_first_and_alone(kind):
    fast_g, fast_d = config(g_lr=0.02, d_lr=2e-3), config(g_lr=2e-3, d_lr=0.02)
    first = [remedies(kind, some, {})[0] for some in (fast_g, fast_d)]
    assert [(r.name, r.settings) for r in first] == [
        ("lower-g-rate", {"g_lr": 2e-3}), ("lower-d-rate", {"d_lr": 2e-3}),
    ]  # fmt: skip
    both = [r for r in remedies(kind, config(), {}) if r.name.endswith("rates")]
    assert all(r.settings.keys() == {"g_lr", "d_lr"} for r in both)
    names = [r.name for some in (fast_g, fast_d) for r in remedies(kind, some, {})]
    assert "lower-rates" not in names


def test_a_large_r1_is_not_raised_without_end():
    now = config(r1=0.0, r2=0.0)
    weights = []
    while settings := CHOICES["raise-r1" if weights else "add-r1"](now.model, now.train, {}):
        now = apply_settings(now, settings)
        weights.append(now.train.r1)
    assert weights == [0.2, 0.6, 1.8]


def test_auxiliary_classes_need_classes():
    plain = config()
    plain = replace(plain, model=replace(plain.model, classes=0), class_names=())
    names = {r.name for kind in FINDING_KINDS for r in remedies(kind, plain, {})}
    assert "aux-classes" not in names


def test_rates_move_the_right_way():
    fast_d = config(d_lr=8e-3, g_lr=2e-3)
    assert CHOICES["lower-d-rate"](fast_d.model, fast_d.train, {}) == {"d_lr": 2e-3}
    assert remedies("d-winning", config(d_lr=1e-2, g_lr=2e-4), {})[0].settings == {"d_lr": 2e-4}
    slow_d = config(d_lr=2e-6, g_lr=2e-3)
    assert CHOICES["raise-d-rate"](slow_d.model, slow_d.train, {}) == {"d_lr": 2e-3}
    wild = config(d_lr=0.5, g_lr=0.5)
    assert CHOICES["lower-rates"](wild.model, wild.train, {}) == {"g_lr": 2e-3, "d_lr": 2e-3}
    asleep = config(g_lr=0.0)
    assert CHOICES["raise-g-rate"](asleep.model, asleep.train, {})["g_lr"] == 2e-3


def test_every_remedy_is_offered_somewhere():
    # the first two are chosen by gan.metrics.wayback, the last beside ORDER
    others = {"fork-before", "start-over", "lower-g-rate"}
    assert {name for names in ORDER.values() for name in names} == set(REMEDY_NAMES) - others


def test_points_get_the_weight_of_r1_that_was_measured_on_points():
    """benchmarks/collapse.py: 0.1 caught 7 of 8 modes on average, 0.5 (of colour pictures) none."""
    config = resolve_widths(run_config("ring-article", DataShape(1, 2, ()), data="ring"))
    found = next(r for r in remedies("mode-collapse", config, {}) if r.name == "add-r1")
    assert found.settings == {"r1": 0.1, "r2": 0.1}


def test_points_are_offered_nothing_that_is_done_to_pictures():
    of_pictures = {"augment", "flip", "shift_px", "d_scales", "resolution", "modulation"}
    ring = resolve_widths(run_config("ring-article", DataShape(1, 2, ()), data="ring"))

    def offered(made: RunConfig) -> set[str]:
        return {key for kind in ORDER for r in remedies(kind, made, {}) for key in r.settings}

    assert not offered(ring) & of_pictures
    assert {"augment", "d_scales"} <= offered(config())
