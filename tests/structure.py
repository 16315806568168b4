"""The rules of the house, checked without running it: `python -m tests.structure` in `make lint`.

Imports of the library go strictly downward, and peers never import each other. Below gan/ui a tab
imports page/ and server/ and never another tab, in Python and in its scripts; page/ stands on
server/ and server/ on nothing of the page. No two modules of gan/ui import each other in a circle.
"""

from __future__ import annotations

import ast
import gc
import posixpath
import re
import sys
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

from gan import errors
from gan.ui.server.i18n import SOURCE, catalogues

ROOT = Path(__file__).parent.parent
# Lower never imports higher, and what shares a row never imports its neighbour.
LAYERS = [
    {"messages"},
    {"errors"},
    {"schema", "images", "files", "quantities", "kinds", "averaging", "hub_environment"},
    {"config"},
    {"families", "settings"},
    {"presets", "film", "tensors"},
    {"models", "losses", "data"},
    {"sampling", "checkpoint"},
    {"training", "latent", "metrics", "hub", "export", "codefile"},
    {"runs"},
    {"races"},
    {"ui", "cli"},
    {"__main__"},
    {"app"},
]
HEIGHT = {name: height for height, names in enumerate(LAYERS) for name in names}


def parsed(path: Path) -> ast.Module:
    """A file's syntax tree, without a collection of garbage in between.

    What is collected may warn, a warning's traceback parses the line that it shows, and Python
    3.11 does not bear one parse within another ("AST constructor recursion depth mismatch").
    """
    collects = gc.isenabled()
    gc.disable()
    try:
        return ast.parse(path.read_text("utf-8"))
    finally:
        if collects:
            gc.enable()


def part_of(path: Path, root: Path) -> str:
    """The first-level part of gan/ that a file belongs to; app.py is `app`."""
    relative = path.relative_to(root)
    return relative.parts[1].removesuffix(".py") if relative.parts[0] == "gan" else "app"


def imports_of(path: Path) -> set[str]:
    """Dotted names that a file imports, `from gan import x` as gan.x, lazily imported ones too."""
    names: set[str] = set()
    for node in ast.walk(parsed(path)):
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


# ---- the page ---------------------------------------------------------------------------------

# What each folder of gan/ui may import beside itself; a folder that is not here is a tab.
PAGE_LAYERS = {"server": set(), "page": {"server"}, "programs": {"server", "page"}}
TAB_MAY = {"server", "page"}
SCRIPT_IMPORT = re.compile(r"""(?:from|import)\s*\(?\s*["'](\.{1,2}/[^"']+)["']""")
BLANK = re.compile(r"\{\w+\}")
IS_KEY = re.compile(r"gan_[\w.-]+$")  # of a text of the page; a sentence is its own key
TEMPLATE = re.compile(r"\{[a-z]\w*\}")
COUNTED = re.compile(r"^\{count\} ")  # a reason, after how often it applied
EXPORTED = re.compile(
    r"^export (?:async )?(?:const|let|function\*?|class) (\w+)|^export \{ ([\w, ]+) \}", re.M
)


def folder_of(path: Path, ui: Path) -> str | None:
    """The folder of gan/ui that a file is in; None of app.py and __init__.py, which see all."""
    parts = path.relative_to(ui).parts
    return parts[0] if len(parts) > 1 else None


def page_violations(root: Path) -> list[str]:
    """Every import between folders of gan/ui that its layers do not allow, scripts included."""
    ui = root / "gan" / "ui"
    found = []
    for path in sorted([*ui.rglob("*.py"), *ui.rglob("*.js")]):
        here = folder_of(path, ui)
        if here is None:
            continue
        for name in sorted(page_imports(path, ui)):
            other = name.split("/")[0]
            if other != here and other not in PAGE_LAYERS.get(here, TAB_MAY):
                found.append(f"{path.relative_to(root)} imports {name}")
        if here == "page" and path.parent.name == "kit" and path.suffix == ".js":
            for name in page_imports(path, ui):
                if not name.startswith("page/kit/"):
                    found.append(
                        f"{path.relative_to(root)} imports {name}; the kit is below boards"
                    )
    return found


def page_imports(path: Path, ui: Path) -> set[str]:
    """Paths below gan/ui that a Python file or a script imports."""
    if path.suffix == ".js":
        folder = path.parent.relative_to(ui).as_posix()
        names = SCRIPT_IMPORT.findall(path.read_text("utf-8"))
        return {posixpath.normpath(f"{folder}/{name}") for name in names}
    names = {name for name in deep_imports_of(path) if name.startswith("gan.ui.")}
    return {name.removeprefix("gan.ui.").replace(".", "/") for name in names}


def deep_imports_of(path: Path) -> set[str]:
    """Dotted names that a file imports, `from a.b import c` as a.b.c."""
    names: set[str] = set()
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def circles(root: Path) -> list[str]:
    """Files of gan/ui that import each other, directly or by others."""
    ui = root / "gan" / "ui"
    files = {p.relative_to(ui).with_suffix("").as_posix(): p for p in ui.rglob("*.py")}
    graph = {
        name: {module_of(other, files) for other in page_imports(path, ui)} - {None, name}
        for name, path in files.items()
    }
    try:
        tuple(TopologicalSorter(graph).static_order())
    except CycleError as error:
        return [f"a circle of imports: {' -> '.join(map(str, error.args[1]))}"]
    return []


def module_of(name: str, files: dict[str, Path]) -> str | None:
    """The file that `server/routes/Context` or `server/routes` is of."""
    return next((n for n in (name, name.rpartition("/")[0]) if n in files), None)


def unused_exports(root: Path) -> list[str]:
    """Names that a script exports and nothing uses: no other script, and no test.

    A board's `mount` is for Gradio.
    """
    scripts = sorted((root / "gan" / "ui").rglob("*.js"))
    tests = [*(root / "tests" / "ui").rglob("*.py"), *(root / "tests" / "ui").rglob("*.js")]
    texts = {path: path.read_text("utf-8") for path in [*scripts, *tests]}
    found = []
    for path in scripts:
        text = texts[path]
        exported = [n.strip() for pair in EXPORTED.findall(text) for n in ",".join(pair).split(",")]
        for name in filter(None, exported):
            others = (t for p, t in texts.items() if p != path)
            if name != "mount" and not any(re.search(rf"\b{name}\b", t) for t in others):
                found.append(f"{path.relative_to(root)} exports {name}, which nothing imports")
    return found


ERRORS = {name for name, kind in vars(errors).items() if isinstance(kind, type)}
TERMINAL = ("cli/", "__main__.py", "ui/app.py")  # what is raised there is read in a terminal
WORD = re.compile(r"[a-z]{2}")


def sentences(root: Path = ROOT) -> dict[str, str]:
    """{key: where} of every sentence that can reach the page: the texts of errors and messages, and
    the one-line help of settings, which errors quote."""
    found: dict[str, str] = {}
    for path in sorted((root / "gan").rglob("*.py")):
        if path.relative_to(root / "gan").as_posix().startswith(TERMINAL):
            continue
        tree = parsed(path)
        constants = {
            node.targets[0].id: node.value
            for node in tree.body
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
        }
        formatted = {
            id(part)
            for node in ast.walk(tree)
            if isinstance(node, ast.JoinedStr)
            for part in node.values
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and (argument := _sentence(node)) is not None:
                keys = _texts(argument, constants)
            else:  # a template in a table, or one that a function of ours makes an error of
                keys = [key for key in _texts(node, {}) if " " in key and TEMPLATE.search(key)]
                keys = [] if id(node) in formatted or "\n" in "".join(keys) else keys
            for key in keys:
                if WORD.search(BLANK.sub("", key)) and not IS_KEY.match(key):
                    found.setdefault(key, f"{path.relative_to(root)}:{node.lineno}")
    return found


def _sentence(call: ast.Call) -> ast.expr | None:
    """The argument that is shown, if `call` makes an error, a message or the option of a number."""
    name = getattr(call.func, "id", getattr(call.func, "attr", ""))
    ranged = any(keyword.arg in ("low", "high") for keyword in call.keywords)
    if name in {*ERRORS, "Message"} or (name == "option" and ranged):
        place = 1 if name in ("HubError", "option") else 0  # after the kind, or the default
        return call.args[place] if len(call.args) > place else None
    return None


def _texts(node: ast.expr, constants: dict[str, ast.expr]) -> list[str]:
    """What a literal, a choice of two, or a constant of the module can be."""
    if isinstance(node, ast.Constant):
        return [node.value] if isinstance(node.value, str) else []
    if isinstance(node, ast.IfExp):
        return _texts(node.body, constants) + _texts(node.orelse, constants)
    if isinstance(node, ast.Name) and isinstance(constants.get(node.id), ast.Constant):
        return _texts(constants[node.id], {})
    return []


def unsaid(root: Path = ROOT) -> list[str]:
    """Sentences that a language lacks, has though nothing says them, or fills in otherwise."""
    said, found = sentences(root), []
    literals = {
        node.value
        for path in (root / "gan").rglob("*.py")
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    for language, texts in catalogues().items():
        if language == SOURCE:
            continue
        found += [f"{at}: {language} lacks {key!r}" for key, at in said.items() if key not in texts]
        for key, text in texts.items():
            if IS_KEY.match(key):
                continue
            if key not in literals and COUNTED.sub("", key) not in literals:
                found.append(f"{language} has {key!r}, which nothing says")
            if not {*BLANK.findall(text)} <= {*BLANK.findall(key)}:
                found.append(f"{key!r} has blanks in {language} that are not filled")
    return sorted(found)


def untranslated() -> list[str]:
    """Texts that a language lacks, has beside those there are, or fills in otherwise."""
    found = []
    source = catalogues()[SOURCE]
    for language, every in catalogues().items():
        texts = {key: text for key, text in every.items() if IS_KEY.match(key)}
        found += [f"{language} lacks {key}" for key in source.keys() - texts.keys()]
        found += [
            f"{language} has {key}, which nothing says" for key in texts.keys() - source.keys()
        ]
        for key in texts.keys() & source.keys():
            if {*BLANK.findall(source[key])} != {*BLANK.findall(texts[key])}:
                found.append(f"{key} has other blanks in {language} than in {SOURCE}")
    return sorted(found)


def problems(root: Path = ROOT) -> list[str]:
    """All that breaks a rule, a sentence each."""
    return [
        *violations(root),
        *page_violations(root),
        *circles(root),
        *unused_exports(root),
        *untranslated(),
        *unsaid(root),
    ]


if __name__ == "__main__":
    sys.exit("\n".join(problems()) or 0)
