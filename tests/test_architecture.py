"""Imports go strictly downward, peers never import each other, and only ui knows gradio."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from tests.structure import (
    HEIGHT,
    ROOT,
    circles,
    page_violations,
    parsed,
    part_of,
    problems,
    unused_exports,
    violations,
)

MISSING = ("gradio", "huggingface_hub", "torchvision", "torch_fidelity", "torchmetrics")


@pytest.mark.slow
def test_no_rule_of_the_house_is_broken():
    assert problems(ROOT) == []


def test_every_part_of_the_library_has_a_layer():
    parts = {part_of(p, ROOT) for p in (ROOT / "gan").rglob("*.py")} - {"__init__"}
    assert parts <= HEIGHT.keys()


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("gan/losses.py", "import gan.runs"),  # upward
        ("gan/losses.py", "from gan.models import Generator"),  # sideways
        ("gan/training/x.py", "from gan.metrics.frechet import frechet_distance"),
        ("gan/cli/train.py", "from gan import ui"),
        ("gan/runs/x.py", "def f():\n    import gradio as gr"),  # lazily counts too
    ],
)
def test_a_planted_violation_is_found(tmp_path: Path, file: str, text: str):
    path = tmp_path / file
    path.parent.mkdir(parents=True)
    path.write_text(text)
    assert len(violations(tmp_path)) == 1


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("gan/ui/train/x.py", "from gan.ui.explore.films import film_of"),  # a tab of a tab
        ("gan/ui/train/x.py", "def f():\n    from gan.ui.hub import routes"),
        ("gan/ui/server/x.py", "from gan.ui.page import header"),  # upward
        ("gan/ui/page/x.py", "from gan.ui.explore.tab import TAB"),
        ("gan/ui/programs/x.py", "import gan.ui.evaluate.routes"),
        ("gan/ui/train/x.js", 'import { Tiles } from "../gallery/tiles.js";'),
        ("gan/ui/train/x.js", 'const load = () => import("../explore/walk.js");'),
        ("gan/ui/page/kit/x.js", 'import { mount } from "../header.js";'),
    ],
)
def test_a_planted_violation_of_the_page_is_found(tmp_path: Path, file: str, text: str):
    path = tmp_path / file
    path.parent.mkdir(parents=True)
    path.write_text(text)
    assert len(page_violations(tmp_path)) == 1


def test_a_planted_circle_and_an_unused_export_are_found(tmp_path: Path):
    ui = tmp_path / "gan" / "ui" / "train"
    ui.mkdir(parents=True)
    (ui / "a.py").write_text("from gan.ui.train import b")
    (ui / "b.py").write_text("def f():\n    from gan.ui.train.a import x")
    (ui / "used.js").write_text("export const used = 1;\nexport function idle() {}\n")
    (ui / "board.js").write_text('import { used } from "./used.js";\nexport function mount() {}\n')
    assert len(circles(tmp_path)) == 1
    assert [found.split()[2] for found in unused_exports(tmp_path)] == ["idle,"]


@pytest.mark.slow
def test_all_but_the_app_imports_without_gradio_and_the_hubs_client_and_measures_without_more():
    modules = [
        ".".join(p.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for p in (ROOT / "gan").rglob("*.py")
        if part_of(p, ROOT) not in ("ui", "__init__")
    ]
    modules.remove("gan.hub.mixin")  # a class of the client's own: nobody else imports it
    script = (
        "import sys, importlib\n"
        f"for name in {MISSING!r}:\n"
        "    sys.modules[name] = None\n"
        f"for name in {['gan', *modules]!r}: importlib.import_module(name)\n"
        "import gan, torch\n"
        "gan.metrics.frechet.frechet_distance(torch.rand(9, 4), torch.rand(9, 4))\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT
    )
    assert result.returncode == 0, result.stderr


def test_presets_need_no_torch():
    script = "import sys, gan.presets; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], cwd=ROOT).returncode == 0


@pytest.mark.slow
def test_the_library_never_prints():
    printing = [
        str(path.relative_to(ROOT))
        for path in (ROOT / "gan").rglob("*.py")
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "print"
    ]
    assert printing == []
