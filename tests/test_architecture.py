"""Imports go strictly downward, peers never import each other, and only ui knows gradio."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
# Lower never imports higher, and what shares a row never imports its neighbour.
LAYERS = [
    {"errors"},
    {"schema", "images", "files", "quantities"},
    {"config"},
    {"presets", "film", "tensors"},
    {"models", "losses", "data"},
    {"sampling", "checkpoint"},
    {"training", "latent", "metrics", "hub", "export"},
    {"runs"},
    {"ui", "cli"},
    {"__main__"},
    {"app"},
]
HEIGHT = {name: height for height, names in enumerate(LAYERS) for name in names}


def part_of(path: Path, root: Path) -> str:
    """The first-level part of gan/ that a file belongs to; app.py is `app`."""
    relative = path.relative_to(root)
    return relative.parts[1].removesuffix(".py") if relative.parts[0] == "gan" else "app"


def imports_of(path: Path) -> set[str]:
    """Dotted names that a file imports, `from gan import x` as gan.x, lazily imported ones too."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            deep = {f"{node.module}.{alias.name}" for alias in node.names}
            names |= deep if node.module == "gan" else {node.module}
    return names


def violations(root: Path) -> list[str]:
    """Every import that goes up, sideways, or to gradio outside ui."""
    found = []
    for path in [*sorted((root / "gan").rglob("*.py")), root / "app.py"]:
        if not path.is_file() or path == root / "gan" / "__init__.py":
            continue
        here = part_of(path, root)
        for name in sorted(imports_of(path)):
            pieces = name.split(".")
            if pieces[0] == "gradio" and here != "ui":
                found.append(f"{path.relative_to(root)} imports gradio")
            other = pieces[1] if pieces[0] == "gan" and len(pieces) > 1 else here
            if other != here and HEIGHT.get(other, -1) >= HEIGHT[here]:
                found.append(f"{path.relative_to(root)} imports {name}")
    return found


def test_imports_go_strictly_downward():
    assert violations(ROOT) == []


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


def test_all_but_the_app_imports_without_gradio_and_the_hubs_client_and_measures_without_more():
    modules = [
        ".".join(p.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for p in (ROOT / "gan").rglob("*.py")
        if part_of(p, ROOT) not in ("ui", "__init__")
    ]
    modules.remove("gan.hub.mixin")  # a class of the client's own: nobody else imports it
    script = (
        "import sys, importlib\n"
        "for name in ('gradio', 'huggingface_hub', 'torchvision', 'torch_fidelity'):\n"
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


def test_the_library_never_prints():
    printing = [
        str(path.relative_to(ROOT))
        for path in (ROOT / "gan").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "print"
    ]
    assert printing == []
