"""What is installed is what is in the repo."""

from __future__ import annotations

import ast
import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def test_every_package_is_installed():
    here = {".".join(p.parent.relative_to(ROOT).parts) for p in ROOT.glob("gan/**/__init__.py")}
    assert set(PROJECT["tool"]["setuptools"]["packages"]) == here | {"gan.weights"}


def test_files_that_are_no_python_go_along():
    data = PROJECT["tool"]["setuptools"]["package-data"]
    kept = {p for package, globs in data.items() for g in globs for p in _folder(package).glob(g)}
    strangers = {
        p for top in ("gan", "weights") for p in (ROOT / top).rglob("*")
        if p.is_file() and p.suffix not in (".py", ".pyc") and not p.name.startswith(".")
    }  # fmt: skip
    assert strangers <= kept


def _folder(package: str) -> Path:
    inside = PROJECT["tool"]["setuptools"]["package-dir"].get(package)
    return ROOT / (inside or package.replace(".", "/"))


def test_every_requirement_is_pinned():
    for name in ("requirements.txt", "requirements-dev.txt", "tests/requirements-reference.txt"):
        for line in (ROOT / name).read_text().splitlines():
            if line.strip() and not line.startswith(("#", "-r")):
                assert "==" in line, line


def test_the_space_runs_what_the_requirements_pin():
    head = (ROOT / "README.md").read_text("utf-8").split("---\n")[1]
    gradio = next(x for x in (ROOT / "requirements.txt").read_text().split() if "gradio==" in x)
    assert f"sdk_version: {gradio.removeprefix('gradio==')}\n" in head
    for line in ("sdk: gradio\n", 'python_version: "3.11"\n', "app_file: app.py\n"):
        assert line in head
    ast.parse((ROOT / "app.py").read_text("utf-8"))
