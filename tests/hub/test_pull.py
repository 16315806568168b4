"""Pulling with the real client from a stand-in Hub: what comes, is kept, and is never sent."""

from __future__ import annotations

import json
import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import torch

from gan import checkpoint
from gan.errors import ConfigError, GanError, HubChoice, HubError, WeightsError
from gan.files import pulled_root
from gan.hub import client, library
from gan.hub import pull as pulling
from gan.hub.fetch import CHUNK
from gan.hub.names import parse_repo
from gan.hub.pull import Pulled, PullProgress, pull
from gan.hub_environment import environment
from gan.sampling import sample
from tests.hub.conftest import OWNER_TOKEN
from tests.hub.server import Hub

FASHION = checkpoint.weights_dir() / "fashion"
OURS = {name: (FASHION / name).read_bytes() for name in ("config.json", "model.safetensors")}
REPO = "ann/shoes"


def pulled(ref: str = REPO, **options: object) -> Pulled:
    *_, last = pull(ref, **{"limit_s": 120.0, **options})
    assert isinstance(last, Pulled)
    return last


def refused(ref: str = REPO, **options: object) -> HubError:
    with pytest.raises(HubError) as caught:
        pulled(ref, **options)
    return caught.value


def left() -> list[str]:
    """What lies in the folder of pulled models, but for the cache of fetched files."""
    return sorted(p.name for p in pulled_root().glob("*") if p.name != library.CACHE)


def test_our_own_format_is_pulled_without_a_token_checked_and_sampled_from(hub: Hub):
    sha = hub.add(REPO, OURS, card={"license": "mit"})
    found = pulled()
    assert hub.requests
    assert not hub.sent(OWNER_TOKEN)
    assert not any("authorization" in r.headers for r in hub.requests)
    assert found == Pulled(f"hub:ann--shoes--{sha[:12]}", "fashion", REPO, sha, cached=False)
    model, bundled = checkpoint.load(found.ref), checkpoint.load("fashion")
    torch.testing.assert_close(
        sample(model.generator, [1]).pixels, sample(bundled.generator, [1]).pixels
    )
    source = model.config.source
    assert (source.repo, source.commit, source.licence) == (REPO, sha, "mit")
    card = (model.path / "README.md").read_text("utf-8")
    assert all(text in card for text in (REPO, sha, "mit", source.sha256))


def test_a_given_token_goes_to_the_hub_and_to_no_other_host(hub: Hub):
    hub.add(REPO, OURS, private=True)
    hub.cdn = True
    assert refused().kind == "not-found"
    pulled(token="hf_visitor")
    assert hub.sent("hf_visitor")
    away = [r for r in hub.requests if f":{r.port}" in hub.other_url]
    assert away
    assert not any("hf_visitor" in repr(r) for r in away)


def test_children_get_no_secrets_of_ours(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HF_TOKEN", OWNER_TOKEN)
    monkeypatch.setenv("SOME_SECRET", "s3cret")
    assert not {"s3cret", OWNER_TOKEN} & {*environment().values()}


def test_progress_counts_the_bytes_and_public_takes_our_own_format(hub: Hub):
    hub.add(REPO, OURS)
    steps = [item for item in pull(REPO, local=False) if isinstance(item, PullProgress)]
    size = len(OURS["model.safetensors"])
    assert steps[0].stage == "asking"
    assert steps[-1].stage == "checking"
    assert max(step.done for step in steps) == size


def test_a_pinned_commit_that_is_there_needs_no_request(hub: Hub):
    sha = hub.add(REPO, OURS)
    first = pulled(f"{REPO}@{sha}")
    hub.requests.clear()
    assert pulled(f"{REPO}@{sha}") == first._replace(cached=True)
    assert not hub.requests


def test_a_warm_pull_asks_once_and_fetches_nothing(hub: Hub):
    hub.add(REPO, OURS)
    pulled()
    hub.requests.clear()
    assert pulled().cached
    assert [r.path for r in hub.requests] == [f"/api/models/{REPO}?blobs=true"]


def test_a_moved_branch_is_followed_and_the_old_commit_stays(hub: Hub):
    old = pulled_commit = hub.add(REPO, OURS)
    assert pulled().commit == old
    new = hub.add(REPO, {**OURS, "more.txt": b"x"})
    assert pulled().commit == new
    assert pulled(f"{REPO}@{pulled_commit}").cached


@pytest.mark.slow
@pytest.mark.parametrize("how", ["stopped", "offline", "stalled"])
def test_without_the_hub_a_former_pull_will_do(hub: Hub, how: str, monkeypatch: pytest.MonkeyPatch):
    hub.add(REPO, OURS)
    first = pulled()
    if how == "offline":
        monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    elif how == "stopped":
        hub.stop()
    else:
        hub.fail("", "stall")
    again = pulled(limit_s=1.5 if how == "stalled" else 120.0)
    assert again.cached
    assert again.ref == first.ref
    assert again.warning
    assert "not pulled before" not in str(again.warning)


def test_of_another_branch_a_former_pull_will_not_do(hub: Hub, monkeypatch: pytest.MonkeyPatch):
    hub.add(REPO, OURS)
    pulled()
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    hub.requests.clear()
    error = refused(f"{REPO}@other")
    assert error.kind == "offline"
    assert not hub.requests


FILE = r"/resolve/.*model\.safetensors"
FAILURES = [
    ("/api/", "401", "not-found", "401"),
    ("/api/", "403", "no-access", "403"),
    ("/api/", "404", "not-found", "404"),
    ("/api/", "429", "rate", "too many requests"),
    ("/api/", "500", "server", "500"),
    ("/api/", "refused", "unreachable", "broke off"),
    ("/api/", "stall", "slow", "too slow"),
    ("/api/", "drip", "slow", "too slow"),
    ("/api/", "garbage", "server", "no sense"),
    ("/api/", "redirect", "redirect", "another host"),
    (FILE, "500", "server", "500"),
    (FILE, "short", "damaged", "fewer or more bytes"),
    (FILE, "wrong-bytes", "damaged", "other bytes"),
    (FILE, "drip", "slow", "too slow"),
    (FILE, "redirect", "redirect", "not the Hub"),
]


@pytest.mark.slow
@pytest.mark.parametrize(("path", "failure", "kind", "words"), FAILURES)
def test_each_failure_has_its_sentence_and_leaves_nothing(
    hub: Hub, path: str, failure: str, kind: str, words: str
):
    hub.add(REPO, OURS)
    hub.fail(path, failure)
    slow = kind == "slow"
    error = refused(limit_s=1.5 if slow else 120.0)
    assert (error.kind, words in str(error)) == (kind, True), error
    assert left() == []
    assert not hub.sent(OWNER_TOKEN)


def test_a_gated_repo_says_what_to_do(hub: Hub):
    hub.add(REPO, OURS, gated=True)
    error = refused()
    assert error.kind == "gated"
    assert "ask for access" in str(error)


def test_a_dead_hub_is_told_apart_from_a_missing_repo(hub: Hub):
    hub.stop()
    assert refused().kind == "unreachable"


@pytest.mark.slow
def test_a_missing_revision_and_a_missing_file_are_told_apart(hub: Hub):
    hub.add(REPO, OURS)
    assert refused(f"{REPO}@nope").kind == "no-revision"
    assert refused(file="nope.safetensors").kind == "no-file"
    assert refused(file="config.json").kind == "no-file"


@pytest.mark.slow
def test_a_download_that_breaks_off_is_resumed_and_given_up_when_no_more_comes(hub: Hub):
    hub.add(REPO, OURS)
    hub.fail(FILE, "truncated", method="GET")
    error = refused()
    assert (error.kind, "broke off" in str(error)) == ("unreachable", True)
    ranges = [r.headers["range"] for r in hub.requests if "range" in r.headers]
    came = len(OURS["model.safetensors"]) // 2 // CHUNK * CHUNK  # of the half, in whole pieces
    assert ranges[0] == f"bytes={came}-"  # what is left


def test_wrong_bytes_are_not_taken_from_the_cache_the_next_time(hub: Hub):
    hub.add(REPO, OURS)
    hub.fail(FILE, "wrong-bytes")
    refused()
    hub.heal()
    assert not pulled().cached


def test_size_is_judged_before_a_byte_is_fetched(hub: Hub, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("gan.hub.pull.MAX_LOCAL_BYTES", 1_000_000)
    hub.add(REPO, OURS)
    error = refused()
    assert error.kind == "too-large"
    assert not any("resolve" in p for p in hub.paths())


def test_a_repo_of_several_models_asks_which(hub: Hub):
    many = {"a/model.pt": b"x" * 10, "b/model.pt": b"x" * 20, "notes.txt": b"x"}
    hub.add(REPO, many)
    error = refused()
    assert isinstance(error, HubChoice)
    assert error.files == (("a/model.pt", 10), ("b/model.pt", 20))
    assert error.kind == "choice"


def test_cancelling_ends_the_child_and_leaves_nothing(hub: Hub):
    hub.add(REPO, OURS)
    hub.fail(FILE, "drip", method="GET")
    error = refused(cancelled=lambda: any("model" in p for p in hub.paths("GET")[1:]))
    assert error.kind == "cancelled"
    assert left() == []
    assert [p for p in library.cache_of(parse_repo(REPO)).rglob("blobs")]  # it had begun
    assert not [p for p in pulled_root().rglob("*") if p.name.endswith(".incomplete")]


def test_two_who_pull_one_repo_at_once_both_get_it(hub: Hub, monkeypatch: pytest.MonkeyPatch):
    hub.add(REPO, OURS)
    (first, found), waits, takes = (pull(REPO), []), threading.Event(), pulling._takes
    monkeypatch.setattr(pulling, "_takes", lambda title: takes(title) or waits.set() or False)
    while next(first).stage != "checking":
        pass
    other = threading.Thread(target=lambda: found.append(pulled()))
    other.start()
    assert waits.wait(60)  # and does not remove what the first is about to check
    *_, last = first
    other.join()
    assert isinstance(last, Pulled)
    assert [p.ref for p in found] == [last.ref]


def test_names_are_remembered_by_many_at_once(hub: Hub):
    hub.add(REPO, OURS)
    folder = pulled().ref.removeprefix(checkpoint.PULLED)
    repos = [parse_repo(f"{REPO}@v{i}") for i in range(40)]
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda repo: library.remember(repo, folder), repos))
    assert all(library.recall(repo) for repo in repos)


def test_who_breaks_off_in_public_leaves_nothing_that_was_fetched(hub: Hub):
    hub.add(REPO, OURS)
    hub.fail(FILE, "drip", method="GET")
    error = refused(local=False, cancelled=lambda: any("model" in p for p in hub.paths("GET")[1:]))
    assert error.kind == "cancelled"
    assert not [p for p in pulled_root().rglob("*") if p.is_file()]


def test_names_in_a_strangers_config_are_short_and_plain(hub: Hub):
    config = json.loads(OURS["config.json"])
    config |= {"name": "x\ud800\u202e\x1b[2Jy" + "z" * 20_000, "class_names": ["\udfff" * 99, "ok"]}
    hub.add(REPO, {**OURS, "config.json": json.dumps(config).encode()})
    found = pulled(local=False)
    assert found.name == "x[2Jy" + "z" * 95
    assert checkpoint.load(found.ref).config.class_names == ("", "ok")


def test_closing_the_iterator_ends_the_child(hub: Hub, monkeypatch: pytest.MonkeyPatch):
    ended = []
    end = client._end
    monkeypatch.setattr(client, "_end", lambda process: (end(process), ended.append(process)))
    hub.add(REPO, OURS)
    hub.fail("/api/", "stall")
    steps = pull(REPO)
    next(steps)
    steps.close()  # before anything was asked: nothing to end
    steps = client.ask(
        {"do": "details", "repo": REPO, "kind": "model"}, title=REPO, limit_s=0.5, token=False
    )
    with pytest.raises(HubError):
        next(steps)
    assert [p.poll() is not None for p in ended] == [True]


def test_weights_that_do_not_fit_their_config_are_not_kept(hub: Hub):
    config = json.loads(OURS["config.json"])
    config["model"]["z_dim"] = 32
    hub.add(REPO, {**OURS, "config.json": json.dumps(config).encode()})
    with pytest.raises((WeightsError, ConfigError)):
        pulled()
    assert left() == []


def test_a_config_of_another_schema_is_not_kept(hub: Hub):
    config = {**json.loads(OURS["config.json"]), "run_me": "now"}
    hub.add(REPO, {**OURS, "config.json": json.dumps(config).encode()})
    with pytest.raises(GanError, match="run_me"):
        pulled()
    assert left() == []


def test_a_renamed_folder_of_our_own_comes_from_the_clients_cache(hub: Hub, tmp_path: Path):
    """A Space's build may have put it there: then nothing but the repo's state is asked."""
    from huggingface_hub import HfApi

    hub.add(REPO, OURS)
    for name in OURS:
        HfApi(endpoint=hub.url, token=False).hf_hub_download(
            REPO, name, cache_dir=tmp_path / "hf" / "hub"
        )
    hub.requests.clear()
    pulled()
    assert not any("resolve" in p for p in hub.paths())


def test_pulled_models_are_listed_and_deleted(hub: Hub):
    hub.add(REPO, OURS)
    ref = pulled().ref
    [entry] = library.listed()
    assert (entry.ref, entry.name, entry.source.repo) == (ref, "fashion", REPO)
    assert entry.size > len(OURS["model.safetensors"])
    library.delete(ref)
    assert library.listed() == []
    assert checkpoint.pulled() == []
    with pytest.raises(HubError, match="not among the pulled"):
        library.delete(ref)


def test_nothing_outside_the_folder_of_pulled_models_can_be_deleted(hub: Hub, tmp_path: Path):
    shutil.copytree(FASHION, tmp_path / "home" / "mine")
    for ref in ("hub:../mine", "hub:", "hub:.", "hub:../../home/mine"):
        with pytest.raises(HubError):
            library.delete(ref)
    assert (tmp_path / "home" / "mine" / "config.json").is_file()
