"""A Space from a checkout: its front matter, what goes along, and what never does."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from gan.errors import ConfigError, HubError
from gan.hub import deploy, stage
from gan.hub.space import join_front, problems, split_front

ROOT = Path(__file__).parents[2]
TOKEN_LIKE = "hf_" + "aB3dE6gH9jK2mN5pQ8sT1vW4"
FRONT, BODY = split_front((ROOT / "README.md").read_text("utf-8"))


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """The least that is a checkout."""
    for name, text in {
        "app.py": "", "LICENSE": "MIT", "gan/__init__.py": "", "gan/data/files/a.npz": "",
        "weights/fashion/config.json": "{}",
        "requirements.txt": f"torch==2.13.0\ngradio=={FRONT['sdk_version']}\n",
        "README.md": join_front(FRONT | {"thumbnail": "https://example.com/a.png"}, BODY),
    }.items():  # fmt: skip
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    return tmp_path


def staged(root: Path, **options) -> dict[str, str]:
    return {
        f.path: f.data.decode("utf-8", "replace") for f in stage.stage(root, "me/app", **options)
    }


# ---- front matter -------------------------------------------------------------------------------


def test_the_front_matter_of_this_checkout_is_what_the_hub_takes():
    assert problems(FRONT, root=ROOT) == []


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("short_description", "x" * 61),
        ("colorFrom", "teal"),
        ("python_version", 3.11),
        ("sdk_version", "6.0.0"),
        ("app_file", "main.py"),
        ("thumbnail", "no/such.png"),
        ("hf_oauth_scopes", ["read-repos"]),
        ("hf_oauth_scopes", ["write-repos", "manage-repos", "root"]),
        ("hf_oauth_expiration_minutes", 50_000),
        ("suggested_hardware", "cpu-huge"),
        ("startup_duration_timeout", "soon"),
        ("models", ["fashion"]),
        ("preload_from_hub", ["a/b config.json, model.safetensors"]),
        ("preload_from_hub", ["a/b config.json main"]),
        ("hf_oauth", "yes"),
        ("secrets", "none"),
    ],
)
def test_what_the_hub_would_not_take_is_named(key: str, value: object):
    found = problems(FRONT | {key: value}, root=ROOT)
    assert [p for p in found if p.startswith(key)], found


def test_every_needed_key_is_missed():
    assert len(problems({})) >= 18


def test_front_matter_that_is_none_is_refused():
    for text in ("# no front matter", "---\n- a list\n---\n", "---\na: [\n---\n"):
        with pytest.raises(ConfigError, match="front matter"):
            split_front(text)


def test_a_version_stays_a_text():
    front, body = split_front(join_front(FRONT, BODY))
    assert (front, body) == (FRONT, BODY)


# ---- what goes along ----------------------------------------------------------------------------


def test_every_file_of_ours_goes_along_and_nothing_else_but_the_readmes_pictures():
    listed = subprocess.run(
        ["git", "ls-files", "gan", "weights"], cwd=ROOT, capture_output=True, text=True
    )
    if listed.returncode:
        pytest.skip("not a git checkout, so there is no list of its files")
    paths = {f.path for f in stage.stage(ROOT, "me/app")}
    assert {*listed.stdout.split()} <= paths
    assert not [p for p in paths if p.startswith(("runs", "own", "benchmarks", "tests"))]
    hidden = [p for p in paths if p.startswith(".")]
    assert hidden
    assert {str(Path(p).parent) for p in hidden} == {".github/pictures"}


@pytest.mark.parametrize(
    "path",
    [
        ".env", ".git/config", "runs/a/config.json", "own/presets.json", "gan/.env", "gan/.x/a.py",
        "gan/__pycache__/a.pyc", "gan/notes.log", "weights/a/state.pt", "weights/.DS_Store",
        "token", "notes.txt", "tests/a.py",
    ],
)  # fmt: skip
def test_nothing_else_goes_along(checkout: Path, path: str):
    (checkout / path).parent.mkdir(parents=True, exist_ok=True)
    (checkout / path).write_text("{}")
    assert path not in staged(checkout)


def test_a_link_leads_nowhere(checkout: Path, tmp_path_factory: pytest.TempPathFactory):
    outside = tmp_path_factory.mktemp("outside")
    (outside / "secret.py").write_text("")
    (outside / "a.png").write_text("")
    (checkout / "gan" / "secret.py").symlink_to(outside / "secret.py")
    (checkout / "gan" / "folder").symlink_to(outside)
    readme = checkout / "README.md"
    readme.write_text(f"{readme.read_text()}\n![a](../{outside.name}/a.png)\n")
    assert not [
        p for p in staged(checkout) if "secret" in p or "folder" in p or p.endswith("a.png")
    ]


def test_a_checkout_below_a_link_is_one(checkout: Path, tmp_path_factory: pytest.TempPathFactory):
    link = tmp_path_factory.mktemp("link") / "here"
    link.symlink_to(checkout)
    assert staged(link).keys() == staged(checkout).keys()


@pytest.mark.parametrize(
    "secret",
    [
        TOKEN_LIKE,
        "ghp_" + "a1B2" * 9,
        "AKIA" + "ABCDEFGH12345678",
        "-----BEGIN OPENSSH PRIVATE KEY-----",
    ],
)
@pytest.mark.parametrize("path", ["gan/__init__.py", "requirements.txt"])
def test_what_looks_like_a_token_stops_it_and_is_not_repeated(
    checkout: Path, path: str, secret: str
):
    text = (checkout / path).read_text()
    (checkout / path).write_text(f"{text}# one\n# {secret}\n")
    with pytest.raises(ConfigError, match="secret") as caught:
        stage.stage(checkout, "me/app")
    assert secret not in str(caught.value)
    assert path in str(caught.value)


@pytest.mark.parametrize("missing", ["app.py", "README.md"])
def test_what_is_no_checkout_is_told(checkout: Path, missing: str):
    (checkout / missing).unlink()
    with pytest.raises(ConfigError, match="checkout"):
        stage.stage(checkout, "me/app")


def test_front_matter_that_does_not_fit_stops_it(checkout: Path):
    (checkout / "README.md").write_text(join_front(FRONT | {"emoji": "x"}, BODY), "utf-8")
    with pytest.raises(ConfigError, match="emoji"):
        stage.stage(checkout, "me/app")


# ---- made to fit the hardware -------------------------------------------------------------------


def test_without_a_gpu_torch_comes_without_cuda(checkout: Path):
    lines = staged(checkout, hardware="cpu-basic")["requirements.txt"].splitlines()
    assert lines[0] == "--extra-index-url https://download.pytorch.org/whl/cpu"
    assert "torch==2.13.0+cpu" in lines
    assert "torch==2.13.0\n" in (checkout / "requirements.txt").read_text()  # that stays


def test_with_a_gpu_torch_is_as_pinned(checkout: Path):
    text = staged(checkout, hardware="t4-small")["requirements.txt"]
    assert text == (checkout / "requirements.txt").read_text()


def test_zerogpu_gets_the_versions_that_it_takes(checkout: Path):
    files = staged(checkout, hardware="zero-a10g")
    front, _ = split_front(files["README.md"])
    assert (front["python_version"], front["suggested_hardware"]) == ("3.12.12", "zero-a10g")
    lines = files["requirements.txt"].splitlines()
    assert "torch==2.11.0" in lines
    assert [x for x in lines if x.startswith("spaces==")]


def test_the_thumbnail_is_the_spaces_own_and_models_are_fetched_at_their_commit():
    made = stage.front_for(FRONT, "me/app", hardware="cpu-basic", models=(f"a/b@{'0' * 40}", "c/d"))
    assert made["thumbnail"].startswith("https://huggingface.co/spaces/me/app/resolve/main/")
    assert made["models"][-2:] == ["a/b", "c/d"]
    assert made["preload_from_hub"] == [
        f"a/b config.json,model.safetensors {'0' * 40}", "c/d config.json,model.safetensors",
    ]  # fmt: skip
    assert problems(made) == []


@pytest.mark.parametrize(
    ("repo", "options"),
    [
        ("app", {}),
        ("a/b/c", {}),
        ("../x", {}),
        ("me/app", {"hardware": "cpu-huge"}),
        ("me/app", {"models": ("fashion",)}),
        ("me/app", {"models": ("a/b@main",)}),
    ],
)
def test_nonsense_is_refused_before_anything_is_asked(repo: str, options: dict):
    with pytest.raises((ConfigError, HubError)):
        deploy.plan(repo, ask=False, **options)


def test_front_matter_that_merges_itself_without_end_is_refused():
    levels = "".join(f"a{n}: &a{n} {{<<: [*a{n - 1}, *a{n - 1}]}}\n" for n in range(1, 40))
    with pytest.raises(ConfigError, match="front matter"):
        split_front(f"---\na0: &a0 {{x: 1}}\n{levels}---\ntext")
