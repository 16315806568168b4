"""What comes from others: pinned by hash, audited, and listed with its licence."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import re
from pathlib import Path
from types import ModuleType

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parent.parent
LOCK = ROOT / "requirements.lock"
LICENCES = ROOT / "gan" / "data" / "files" / "LICENSES.md"
HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}\b")
HOST = re.compile(r"https?://|--(?:extra-)?index-url (?!\W*$)|--find-links")


def named(text: str) -> dict[str, list[str]]:
    """{name: its lines} of a lock: each entry begins at the margin."""
    found: dict[str, list[str]] = {}
    for line in text.splitlines():
        if line.startswith("#") or not line.strip():
            continue
        if not line.startswith(" "):
            requirement = Requirement(line.rstrip("\\").strip())
            found[canonicalize_name(requirement.name)] = []
        [*found.values()][-1].append(line)
    return found


def pinned() -> dict[str, str]:
    """{name: version} of requirements.txt."""
    lines = (ROOT / "requirements.txt").read_text("utf-8").splitlines()
    requirements = [Requirement(line) for line in lines if line and not line.startswith("#")]
    return {canonicalize_name(r.name): next(iter(r.specifier)).version for r in requirements}


def locked() -> dict[str, str]:
    return {
        name: next(iter(Requirement(lines[0].rstrip("\\").strip()).specifier)).version
        for name, lines in named(LOCK.read_text("utf-8")).items()
    }


def test_the_lock_has_what_the_requirements_pin():
    assert {name: locked().get(name) for name in pinned()} == pinned()


def test_each_file_in_the_lock_has_a_hash_and_no_host_is_named():
    for name, lines in named(LOCK.read_text("utf-8")).items():
        assert sum(bool(HASH.search(line)) for line in lines) >= 1, name
        assert "==" in lines[0], name
    commands = [line for line in LOCK.read_text("utf-8").splitlines() if "uv pip" not in line]
    assert not [line for line in commands if HOST.search(line)]


def test_all_that_the_installed_packages_need_is_locked():
    """By the packages' own metadata, which the tool that wrote the lock did not make."""
    known, seen, todo, missing = locked(), set(), [(name, "") for name in pinned()], []
    while todo:
        name, extra = todo.pop()
        if (name, extra) in seen:
            continue
        seen.add((name, extra))
        try:
            found = importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError:
            continue  # of another system
        if Version(found.version).public != known.get(name):
            continue  # a newer one than was locked, which may need something else
        for text in found.requires or ():
            needed = Requirement(text)
            if needed.marker and not needed.marker.evaluate({"extra": extra}):
                continue
            other = canonicalize_name(needed.name)
            if other not in known:
                missing.append(f"{name} needs {other}")
            todo += [(other, e) for e in ("", *needed.extras)]
    assert len(seen) > 40
    assert missing == []


@pytest.fixture(scope="module")
def audit() -> ModuleType:
    spec = importlib.util.spec_from_file_location("audit", ROOT / ".ci" / "audit.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


GOOD = {"name": "a", "version": "1", "vulns": []}
UNKNOWN = {"name": "b", "skip_reason": "not found"}
BAD = {"name": "c", "version": "2", "vulns": [{"id": "CVE-1", "fix_versions": ["3"]}]}


@pytest.mark.parametrize(
    ("packages", "status", "words"),
    [
        ([GOOD, GOOD], 0, "2 packages without"),
        ([GOOD, UNKNOWN], 0, "1 that the database does not know"),
        ([UNKNOWN, UNKNOWN], 0, "reached no database"),
        ([], 0, "reached no database"),
        ([UNKNOWN, BAD], 1, "c 2: CVE-1, mended in 3"),
    ],
)
def test_an_audit_fails_for_a_vulnerability_and_says_where_it_knew_nothing(
    audit, packages: list, status: int, words: str
):
    found = audit.judge(json.dumps({"dependencies": packages, "fixes": []}))
    assert found[0] == status
    assert words in found[1]


@pytest.mark.parametrize("reply", ["", "Traceback", "[]", "{}"])
def test_an_audit_without_an_answer_says_so(audit, reply: str):
    status, said = audit.judge(reply)
    assert status == 0
    assert "were not looked for" in said


FOREIGN = re.compile(r"as published on npm|its licence is in")


def is_foreign(path: Path) -> bool:
    """Whether others made it: compressed as it came, or by what its head says."""
    if path.suffix not in (".js", ".css"):
        return path.suffix == ".br"
    return bool(FOREIGN.search(path.read_text("utf-8")[:400]))


def test_every_file_of_others_stands_in_the_table_of_licences():
    table = LICENCES.read_text("utf-8")
    rows = dict(re.findall(r"^\| `([^`/]+/[^`]*)` \|.*?\| ([^|]+) \|$", table, re.M))
    others = [
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "gan").rglob("*.*")
        if is_foreign(path)
    ]
    others += [p.relative_to(ROOT).as_posix() for p in (ROOT / "gan/data/files").glob("*.[!m]*")]
    others += [f"weights/{p.name}/" for p in (ROOT / "weights").iterdir() if p.is_dir()]
    assert len(others) > 12
    for path in others:
        assert any(path.startswith(row.rstrip("*")) for row in rows), path
    for row in rows:
        assert [*ROOT.glob(row.rstrip("/"))], row
    for name in ("uplot", "uqr", "katex"):
        (file,) = ROOT.glob(f"gan/ui/**/{name}.js")
        version = re.search(r"(\d+\.\d+\.\d+)", file.read_text("utf-8")[:100])[1]
        assert version in table


def test_the_table_names_the_licence_of_each_requirement():
    table = LICENCES.read_text("utf-8")
    rows = dict(re.findall(r"^\| ([a-z0-9-]+) \| ([^|]+) \|$", table, re.M))
    assert rows.keys() - {"package"} == pinned().keys()
