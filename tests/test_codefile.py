"""The file that `gan code` writes: it runs without us, and its losses are our training's."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import jsonschema
import pytest
import torch
from typer.testing import CliRunner

from gan.cli import app
from gan.codefile import CodeFile, code_file
from gan.config import RunConfig
from gan.data import ImageSet, load_data
from gan.errors import ConfigError
from gan.presets import PRESETS, fitted
from gan.runs.newrun import new_config
from gan.training import Trainer
from gan.training.adversarial import Adversarial

# one process for all files, since torch takes seconds to import; none of them can import us
DRIVER = """
import contextlib, importlib.abc, io, json, os, runpy, sys

class Alone(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("gan", "torchvision", "PIL", "scipy"):
            raise ImportError(f"the file must do without {name}")

sys.meta_path.insert(0, Alone())
os.environ["STEPS"] = sys.argv[1]
for path in sys.argv[2:]:
    with contextlib.redirect_stdout(io.StringIO()) as said:
        runpy.run_path(path, run_name="__main__")
    print(json.dumps(said.getvalue()), flush=True)
"""
IMPORTS = {"copy", "math", "os", "struct", "zlib", "pathlib", "numpy", "torch"}
STEPS = 10
NBFORMAT = Path(__file__).with_name("nbformat.v4.5.schema.json")  # Project Jupyter, BSD-3-Clause
LOSS = re.compile(r"loss (-?[\d.]+)")


class Case(NamedTuple):
    """A set-up."""

    preset: str
    data: str | None
    settings: dict[str, Any]
    kimg: float | None = None

    def prepared(self) -> tuple[RunConfig, ImageSet, CodeFile]:
        settings = {"precision": "fp32", **self.settings}
        config, images = new_config(self.preset, self.data, settings, seed=7)
        # what falls does so by a plan: without one our rates stay, and the file plans its own steps
        plan = self.kimg or (500.0 if config.train.follows_plan else None)
        config = replace(config, total_kimg=plan)
        return config, images, code_file(config, images, name="told")


def case(preset: str, data: str | None = None, **settings: Any) -> Case:
    return Case(preset, data, settings)


SMALLER = {  # as they are, ten steps take seconds or minutes
    "dcgan": {"width": 0.25, "batch_size": 4},
    **{name: {"batch_size": 4} for name in ("cats", "own", "emoji")},
}
ALL = [case(name, **SMALLER.get(name, {})) for name in PRESETS]
LOSSES = [
    case("ring-article", loss="minimax", optimizer="sgd", g_lr=0.01, d_lr=0.01),
    case("ring-article", loss="least-squares", optimizer="rmsprop", d_steps=3),
    case("digits", loss="hinge", optimizer="adamw", spectral_norm=True),
    case("fashion", loss="hinge", optimizer="muon", beta1=0.5, batch_size=8),
    case("ring", loss="wasserstein-gp", r1=0.0, r2=0.0, d_steps=2),
    case("digits", loss="wasserstein-gp", minibatch_std=True, batch_size=30, clip_norm=0.1),
]
PARTS = [
    case("digits", minibatch_std=True, shift_px=1, flip=True, r2=0.0, reg_every=1),
    case("digits", aux_classes=True, aux_weight=0.3),
    case("digits", aux_classes=True, minibatch_std=True, loss="wasserstein-gp", batch_size=30),
    case("dcgan-small", "digits", aux_classes=True, batch_size=16),
    case("digits", classes=0, ema_half_life_kimg=0.0, batch_size=2000),
    case("digits", resolution=36, batch_size=4, depth=1),
    case("dcgan-small", "digits", resolution=36, batch_size=4, depth=1),
    case("article", "digits", width=0.5, depth=1, batch_size=16),
    case("vae", "digits", warm_up_kimg=0.3, free_bits=0.1, clip_norm=0.5, batch_size=16),
    case("rnn", "digits", clip_norm=0.5, ema_half_life_kimg=0.0, batch_size=16),
    case("flow", "digits", batch_size=16, depth=1, classes=0, solver="midpoint", ode_steps=3),
    case("flow", "digits", batch_size=16, resolution=36, ema_half_life_kimg=0.0, clip_norm=0.0),
    case("ring-flow", classes=8, lr_schedule="constant", solver="euler"),
    case("digits-drift", batch_size=16, depth=1, classes=0, clip_norm=0.5),
    case("digits-drift", batch_size=16, resolution=36, ema_half_life_kimg=0.0, tau=0.1),
    case("ring-drift", classes=8, lr_schedule="constant"),
    case("digits", classes=0, modulation=True, depth=1, optimizer="muon"),
    case("vae", "digits", modulation=True, batch_size=16),
    case("digits-drift", modulation=True, batch_size=16, resolution=36),
    case("ring", classes=8),
    *(case("ring", data, batch_size=64) for data in ("spiral", "moons", "line", "letter:A")),
]


FALLING = [  # all within the ten steps that are compared
    case(
        "ring", lr_schedule="cosine", d_steps=2, reg_end=0.1, reg_every=2, fall_after=0.0
    )._replace(kimg=8 * 256 * 2 / 1000),
    case("ring-article", lr_schedule="linear", fall_after=0.3)._replace(kimg=9.5 * 64 / 1000),
    case("ring", reg_end=0.1, reg_every=1, fall_after=0.3)._replace(kimg=10 * 256 / 1000),
    case("digits", lr_schedule="linear", lr_end=0.2, fall_kimg=0.4, reg_end=0.1, reg_every=2),
    case("fashion", lr_schedule="cosine", lr_end=0.1, fall_after=0.5, fall_kimg=0.256),
    case("ring", lr_schedule="linear", lr_end=0.3, fall_kimg=1e-9),  # from the second step on
    case("vae", "digits", lr_schedule="cosine", fall_after=0.2, batch_size=16)._replace(kimg=0.16),
    case("rnn", "digits", lr_schedule="linear", batch_size=16)._replace(kimg=0.16),
    case("flow", "digits", batch_size=16)._replace(kimg=0.16),
    case("digits-drift", batch_size=16)._replace(kimg=0.16),
]


GROWING = [  # batches, within the ten steps that are compared
    case("ring", batch_growth=3, growth_kimg=1.0, lr_schedule="cosine", d_steps=2, reg_end=0.1)
    ._replace(kimg=6),
    case("digits", batch_growth=2, growth_kimg=0.1, flip=True, reg_end=0.1, fall_kimg=0.3),
    case("digits", batch_size=256, batch_growth=16, growth_kimg=1.0),  # more than there are
    case("digits", batch_growth=2, loss="wasserstein-gp", growth_kimg=0.16),
    case("article", "digits", batch_size=2, batch_growth=2, minibatch_std=True,
         loss="wasserstein-gp", d_steps=2),  # from the start
    case("vae", "digits", batch_size=8, batch_growth=2, growth_kimg=0.03, warm_up_kimg=0.1),
    case("rnn", "digits", batch_size=8, batch_growth=2, growth_kimg=0.03, lr_schedule="linear")
    ._replace(kimg=0.16),
    case("flow", "digits", batch_size=8, batch_growth=2, growth_kimg=0.0162),
    case("digits-drift", batch_size=8, batch_growth=2, growth_kimg=0.03),
]  # fmt: skip


def named(some: Case) -> str:
    changed = [f"{key}={value}" for key, value in some.settings.items()]
    return " ".join([some.preset, *([some.data] if some.data else []), *changed])


def printed(files: list[CodeFile], folder: Path) -> list[list[list[float]]]:
    """The losses of ten steps that each file prints, a row a step."""
    paths = []
    for i, file in enumerate(files):
        place = folder / str(i)
        place.mkdir()
        paths.append(place / "told.py")
        paths[-1].write_text(file.python(), "utf-8")
        if file.data_name:
            (place / file.data_name).write_bytes(file.data())
    ran = subprocess.run(
        [sys.executable, "-I", "-c", DRIVER, str(STEPS), *map(str, paths)],
        capture_output=True, text=True, check=False, cwd=folder,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    assert all((path.parent / "told-samples.png").stat().st_size > 100 for path in paths)
    return [
        [[float(n) for n in LOSS.findall(line)] for line in json.loads(said).splitlines()[:-1]]
        for said in ran.stdout.splitlines()
    ]


def trained(config: RunConfig, images: ImageSet) -> list[list[float]]:
    """The same of our own training."""
    trainer = Trainer(config, images)
    rows = []
    for _ in range(STEPS):
        trainer.step()
        method = trainer.method
        if isinstance(method, Adversarial):
            rows.append([float(method.last.loss_d), float(method.last.loss_g)])
        else:
            rows.append([method.last["loss"]])
    return rows


def check_losses(cases: list[Case], folder: Path) -> None:
    prepared = [some.prepared() for some in cases]
    every = printed([file for _, _, file in prepared], folder)
    for some, (config, images, _), theirs in zip(cases, prepared, every, strict=True):
        ours = trained(config, images)
        assert [len(row) for row in theirs] == [len(row) for row in ours], named(some)
        worst = (torch.tensor(theirs) - torch.tensor(ours)).abs().max()
        assert worst < 1e-5, named(some)


@pytest.mark.slow
def test_the_first_losses_of_an_article_are_our_trainings(tmp_path: Path) -> None:
    check_losses([case("ring-article"), *FALLING[:3]], tmp_path)


@pytest.mark.slow
def test_whatever_the_preset_and_settings_the_first_losses_are_our_trainings(
    tmp_path: Path,
) -> None:
    check_losses([*ALL, *LOSSES, *PARTS, *FALLING, *GROWING], tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("some", [*ALL, *LOSSES, *PARTS[:17], *FALLING, *GROWING], ids=named)
def test_the_file_is_python_of_torch_and_numpy_alone_and_as_wide_as_a_page(some: Case) -> None:
    text = some.prepared()[2].python()
    imported = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            imported |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add((node.module or "").partition(".")[0])
    assert imported <= IMPORTS
    assert all(text.count(f"{name}.") for name in imported - {"pathlib", "numpy"})
    assert "F." in text or "functional" not in text
    assert max(map(len, text.splitlines())) <= 100
    assert len(text.splitlines()) <= 290
    assert not re.search(r"\{[{%]|\n\n\n\n|[ \t]\n|^\n", text)


def run(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["code", *map(str, arguments)])
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result.exit_code, result.output


def test_the_notebook_has_the_scripts_code(tmp_path: Path) -> None:
    out = tmp_path / "a.ipynb"
    assert run("--preset", "ring", "--set", "g_lr=0.003", "--out", out)[0] == 0
    assert run("--preset", "ring", "--set", "g_lr=0.003", "--out", out.with_suffix(".py"))[0] == 0
    book = json.loads(out.read_text("utf-8"))
    assert (book["nbformat"], book["nbformat_minor"]) == (4, 5)
    assert book["metadata"]["kernelspec"]["name"] == "python3"
    assert len({cell["id"] for cell in book["cells"]}) == len(book["cells"]) > 5
    jsonschema.validate(book, json.loads(NBFORMAT.read_text("utf-8")))
    *sections, shown = ("".join(cell["source"]) for cell in book["cells"])
    script = out.with_suffix(".py").read_text("utf-8")
    assert "\n\n\n".join(sections) + "\n" == script
    assert "G_LR, D_LR = 0.003, 0.004" in script
    assert "Image(filename=str(PICTURE))" in shown


@pytest.mark.slow
def test_a_notebooks_training_can_be_run_again_and_is_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("STEPS", str(STEPS))
    settings = {"batch_size": 8, "batch_growth": 3, "growth_kimg": 0.03}
    file = case("ring", lr_schedule="linear", **settings)._replace(kimg=0.3).prepared()[2]
    names: dict[str, Any] = {"__file__": str(tmp_path / "told.py")}
    for section in file.sections:
        exec(section, names)
    once = capsys.readouterr().out
    exec(file.sections[-1], names)
    assert capsys.readouterr().out == once != ""


def test_pictures_lie_beside_the_file_and_it_says_so(tmp_path: Path) -> None:
    code, said = run("--preset", "digits", "--out", tmp_path / 'my "own" file.py')
    assert code == 0
    assert {path.name for path in tmp_path.iterdir()} == {
        "my -own- file-data.npz", 'my "own" file.py',
    }  # fmt: skip
    assert "my -own- file-data.npz" in said.replace("\n", " ")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--preset", "rings", "--out", "a.py"], "there is no preset 'rings'"),
        (["--out", "a.txt"], "--out must be FILE.py or FILE.ipynb"),
        (["--out", "nowhere/a.py"], "--out must be a file in a folder that exists"),
        (["--preset", "ring", "--set", "packing=2", "--out", "a.py"], "a training with packing=2"),
        (["--kimg", "1e30", "--out", "a.py"], "--kimg must be more than 0 and less than 1,000,000"),
    ],
)
def test_a_wrong_wish_is_one_sentence_and_no_file(
    arguments: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    code, output = run(*arguments)
    assert code == 1
    assert said in output.replace("\n", " ")
    assert output.count("error:") == 1
    assert not list(tmp_path.iterdir())


def test_what_lies_there_is_not_written_over(tmp_path: Path) -> None:
    out = tmp_path / "a.py"
    assert run("--preset", "digits", "--out", out)[0] == 0
    out.write_text("edited")
    code, said = run("--preset", "digits", "--out", out)
    assert (code, out.read_text()) == (1, "edited")
    assert "a.py' already exists" in said.replace("\n", " ")
    assert run("--preset", "digits", "--overwrite", "--out", out)[0] == 0
    assert out.read_text() != "edited"
    book, data = out.with_suffix(".ipynb"), (tmp_path / "a-data.npz").read_bytes()
    assert run("--preset", "digits", "--set", "classes=0", "--out", book)[0] == 1  # other data
    assert not book.exists()
    assert run("--preset", "digits", "--set", "g_lr=0.1", "--out", book)[0] == 0  # the same
    assert (tmp_path / "a-data.npz").read_bytes() == data


def test_what_it_cannot_tell_is_refused_by_name() -> None:
    with pytest.raises(ConfigError, match=r"d_count=2, d_scales=2, augment=ada"):
        case("digits", d_count=2, d_scales=2, augment="ada").prepared()


@pytest.mark.parametrize("kind", ["folder", "stacked:folder"])
def test_the_file_names_no_path_of_this_machine(kind: str, tmp_path: Path):
    spec = f"{kind}:{tmp_path / 'mine'}"
    config = fitted("digits", load_data("digits").shape, {}, data=spec, seed=0)
    text = code_file(config, load_data("digits"), name="digits").python()
    assert f"{kind}:mine" in text
    assert str(tmp_path) not in text


@pytest.mark.slow
@pytest.mark.parametrize(
    "some",
    [
        case("rnn", "digits", g_lr=1.0, clip_norm=0.0, batch_size=8),
        case("rnn", "digits", g_lr=1.0, clip_norm=0.0, batch_size=8, ema_half_life_kimg=0.0),
        case("vae", "digits", g_lr=1.0, clip_norm=0.0, batch_size=8),
        case("flow", "digits", g_lr=1.0, clip_norm=0.0, batch_size=8),
        case("ring-drift", optimizer="sgd", g_lr=1.0),
        case("ring", g_lr=1.0, d_lr=1.0),
        case("ring-article", optimizer="sgd", g_lr=1.0, d_lr=1.0),
        case("digits", optimizer="sgd", g_lr=1.0, d_lr=1.0, batch_size=8),
    ],
    ids=named,
)
def test_a_training_that_diverges_ends_in_one_sentence(some: Case, tmp_path: Path) -> None:
    file = some.prepared()[2]
    script = re.sub(r"\b((?:G_|D_)?LR(?:, D_LR)?) = [\d., ]+", _huge, file.python())
    (tmp_path / "told.py").write_text(script, "utf-8")
    if file.data_name:
        (tmp_path / file.data_name).write_bytes(file.data())
    ran = subprocess.run(
        [sys.executable, "-I", "told.py"], env={"STEPS": "30"},
        capture_output=True, text=True, check=False, cwd=tmp_path,
    )  # fmt: skip
    assert ran.returncode == 1
    sentence = "the training diverged: a loss or sample is no number; lower (LR|G_LR or D_LR)\n"
    assert re.fullmatch(sentence, ran.stderr), ran.stderr


def _huge(found: re.Match[str]) -> str:
    return f"{found[1]} = {', '.join(['1e25'] * (1 + found[1].count(',')))}"
