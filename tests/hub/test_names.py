"""How a repo may be called, and that nothing but the Hub is ever meant."""

from __future__ import annotations

import pytest

from gan.errors import HubError
from gan.hub.known import KNOWN, known_of
from gan.hub.layouts import LAYOUTS
from gan.hub.layouts.repositories import REPOSITORIES
from gan.hub.names import Repo, folder_name, names_a_repo, parse_repo, repo_prefix

SHA = "0123456789abcdef0123456789abcdef01234567"


@pytest.mark.parametrize(
    ("text", "repo"),
    [
        ("ann/shoes", Repo("ann", "shoes")),
        (" ann/shoes@v1 ", Repo("ann", "shoes", revision="v1")),
        ("ann/shoes@refs/pr/1", Repo("ann", "shoes", revision="refs/pr/1")),
        ("spaces/ann/app", Repo("ann", "app", "space")),
        ("https://huggingface.co/ann/shoes", Repo("ann", "shoes")),
        ("huggingface.co/ann/shoes/", Repo("ann", "shoes")),
        ("https://hf.co/ann/shoes?x=1#y", Repo("ann", "shoes")),
        ("https://huggingface.co/ann/shoes/tree/v1", Repo("ann", "shoes", revision="v1")),
        (
            "https://huggingface.co/ann/shoes/tree/refs%2Fpr%2F1",
            Repo("ann", "shoes", revision="refs/pr/1"),
        ),
        (
            "https://huggingface.co/ann/shoes/blob/main/a/g.pt",
            Repo("ann", "shoes", revision="main", file="a/g.pt"),
        ),
        ("https://huggingface.co/spaces/ann/app/tree/main", Repo("ann", "app", "space", "main")),
    ],
)
def test_names_and_addresses_of_pages_are_understood(text: str, repo: Repo):
    assert parse_repo(text) == repo


@pytest.mark.parametrize(
    "text",
    [
        "", "shoes", "ann/", "/shoes", "ann/shoes/x", "ann/..", "../ann/shoes", "ann/sh oes",
        "ann--b/shoes", "ann/-shoes", "ann/shoes.git", "ann/shoes@../x", "ann/shoes@-x",
        "-x/shoes", ".ann/shoes", "ann/<b>", "ann/shöes", "ann/shoes@a b", "ann/" + "s" * 97,
        "https://evil.example/ann/shoes", "http://127.0.0.1:80/ann/shoes", "file:///etc/passwd",
        "https://huggingface.co.evil.example/ann/shoes", "https://huggingface.co@evil.example/a/b",
        "https://huggingface.co/datasets/ann/shoes", "https://huggingface.co/ann", "a/b" * 200,
        "https://huggingface.co:1/ann/shoes", "ftp://huggingface.co/ann/shoes",
    ],
)  # fmt: skip
def test_anything_else_is_refused(text: str):
    with pytest.raises(HubError) as caught:
        parse_repo(text)
    assert caught.value.kind == "id"
    assert not names_a_repo(text)


def test_what_was_said_beside_the_name_goes_first():
    assert parse_repo("ann/shoes@v1", revision="v2", file="g.pt") == Repo(
        "ann", "shoes", revision="v2", file="g.pt"
    )


def test_models_of_one_repo_have_a_folder_each():
    repo = parse_repo("ann/shoes")
    names = {folder_name(repo, SHA, file=f) for f in ("", "a/g.pt", "a-g.pt", "g.pt", "g.pth")}
    assert len(names) == 5
    assert all(n.startswith("ann--shoes--0123456789ab") and "/" not in n for n in names)
    assert repo_prefix(parse_repo("ann/shoe")) != repo_prefix(repo)[: len("ann--shoe--")]


def test_known_repos_can_be_asked_for_by_their_names():
    for row in KNOWN:
        assert parse_repo(row.repo).title == row.repo
        assert known_of(row.repo) == row


def test_layouts_of_known_repos_are_ours():
    names = {layout.name for layout in LAYOUTS} | {row.layout for row in REPOSITORIES}
    assert {row.layout for row in KNOWN} <= names
