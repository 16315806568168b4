"""The Hub's list, and what one repo holds."""

from __future__ import annotations

import pytest

from gan.errors import HubError
from gan.hub.search import details, search
from tests.hub.conftest import OWNER_TOKEN
from tests.hub.server import Hub


def test_models_are_found_by_name_and_tag_the_most_liked_first(hub: Hub):
    hub.add("ann/gan-a", {"g.pt": b"x"}, likes=1, tags=("gan", "art"))
    hub.add("bob/gan-b", {"README.md": b"x"}, likes=9, downloads=4, tags=("gan",))
    hub.add("bob/gan-c", {"g.pt": b"x"}, likes=5)
    found = search("gan", tag="gan")
    assert [(f.repo, f.likes, f.files) for f in found] == [
        ("bob/gan-b", 9, ()),
        ("ann/gan-a", 1, ("g.pt",)),
    ]
    assert found[1].tags == ("gan", "art")
    assert found[0].updated == "2026-11-01"
    assert search("gan", limit=1)[0].repo == "bob/gan-b"
    assert not hub.sent(OWNER_TOKEN)


def test_a_repos_models_are_told_with_their_sizes_and_licence(hub: Hub):
    sha = hub.add(
        "ann/m", {"g.pt": b"x" * 10, "README.md": b"y"}, card={"license": "mit"}, gated=True
    )
    found = details("ann/m")
    assert (found.commit, found.licence, found.gated) == (sha, "mit", True)
    assert found.files == (("g.pt", 10),)
    assert found.size == 11


def test_a_stalled_search_ends_in_time_with_a_sentence(hub: Hub):
    hub.fail("/api/", "stall")
    with pytest.raises(HubError) as caught:
        search("gan", timeout=1.0)
    assert caught.value.kind == "slow"
