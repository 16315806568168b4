"""Which of Gradio's scripts the page asks for ahead of time."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page

from gan.ui.page.gradio_scripts import FRONTEND, gradio_scripts

FILES = {
    "index.html": '<script type="module" crossorigin src="./assets/index-a.js"></script>',
    "assets/index-a.js": "import(`./Index-b.js`)",
    "assets/Index-b.js": 'import{a}from"./core-c.js";import(`./Blocks-d.js`);'
    "import(`./Login-e.js`)",
    "assets/Login-e.js": "",
    "assets/core-c.js": 'import"./index-a.js";'
    "t={chatbot:{base:()=>v(()=>import(`./Index-f.js`),[1])},"
    "html:{base:()=>v(()=>import(`./HTML-g.js`),[2])}}",
    "assets/Index-f.js": "",
    "assets/HTML-g.js": 'import"./core-c.js"',
    "assets/Blocks-d.js": 'import{b}from"./logo-h.js"',
    "assets/logo-h.js": "",
}


@pytest.fixture
def frontend(tmp_path: Path) -> Path:
    (tmp_path / "assets").mkdir()
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def test_what_the_entry_leads_to_is_found_and_no_component_that_the_page_lacks(frontend: Path):
    assert gradio_scripts(frontend) == tuple(
        f"assets/{name}.js" for name in ("Index-b", "core-c", "Blocks-d", "HTML-g", "logo-h")
    )


@pytest.mark.parametrize("gone", ["index.html", "assets/Blocks-d.js"])
def test_a_gradio_that_is_built_otherwise_is_waited_for_as_it_comes(frontend: Path, gone: str):
    (frontend / gone).unlink()
    assert gradio_scripts(frontend) == ()


def test_the_installed_gradio_is_read():
    names = [Path(path).name for path in gradio_scripts()]
    for kind in ("Blocks-", "HTML-", "core-"):
        assert sum(name.startswith(kind) for name in names) == 1, names
    assert all((FRONTEND / path).is_file() for path in gradio_scripts())


def test_each_script_of_gradio_comes_once(page: Page):
    loaded = page.evaluate("performance.getEntriesByType('resource').map((e) => e.name)")
    for path in gradio_scripts():  # twice where it was asked for with other credentials
        assert sum(name.endswith(f"/{path}") for name in loaded) == 1, path
