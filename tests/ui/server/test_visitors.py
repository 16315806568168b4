"""Who a visitor is: addresses, what belongs to whom, and what one may ask of a public server."""

from __future__ import annotations

import asyncio
import errno
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.testclient import TestClient
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from gan.ui import app
from gan.ui.server.limits import RATES, TIDY_AT, RateLimits
from gan.ui.server.profile import Guard
from gan.ui.server.resources import ADDRESS_SHARE, DAY_S, Quota
from gan.ui.server.routes import Context, build_routes
from gan.ui.server.views import PageError
from gan.ui.server.visitors import PRIVATE, TRUSTED, Owners, address_of, trust_proxies
from gan.ui.train.tab import TAB as TRAIN
from tests.ui.loops import apart

A, B = "203.0.113.7", "198.51.100.9"  # RFC 5737: nobody's


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


# ---- addresses ----------------------------------------------------------------------------------


def address(peer: str, forwarded: str, trusted: str) -> str:
    """What uvicorn, which trusts `trusted`, and we make of a request."""
    found: list[str] = []

    async def end(scope, receive, send) -> None:
        found.append(address_of(Request(scope)))

    headers = [(b"x-forwarded-for", forwarded.encode())] if forwarded else []
    scope = {"type": "http", "headers": headers, "client": (peer, 5000)}
    apart(asyncio.run, ProxyHeadersMiddleware(end, trusted_hosts=trusted)(scope, None, None))
    return found[0]


@pytest.mark.parametrize(
    ("env", "peer", "forwarded", "who"),
    [
        ({}, A, "", A),
        ({}, A, "1.2.3.4", A),  # no proxy of ours: whatever it says of itself
        ({}, "127.0.0.1", f"1.2.3.4, {A}", A),  # a proxy on this machine: its own hop only
        ({"SPACE_ID": "me/app"}, "10.16.3.2", f"1.2.3.4, {A}", A),
        ({"SPACE_ID": "me/app"}, "10.16.3.2", f"1.2.3.4, {A}, 10.16.9.9", A),
        ({TRUSTED: "*"}, "10.16.3.2", f"1.2.3.4, {A}", A),  # uvicorn's * believes the first hop
        ({TRUSTED: "192.0.2.1"}, "192.0.2.1", f"1.2.3.4, {A}", A),
        ({TRUSTED: "192.0.2.1"}, "192.0.2.2", A, "192.0.2.2"),
        ({}, "2001:db8:1:2:aaaa::1", "", "2001:db8:1:2::/64"),
        ({}, "::ffff:203.0.113.7", "", A),
        ({}, "127.0.0.1", "who knows", ""),
    ],
)
def test_an_address_is_the_last_hop_of_a_trusted_proxy_and_nothing_a_visitor_says(
    env: dict, peer: str, forwarded: str, who: str
):
    trust_proxies(env)
    assert address(peer, forwarded, env.get(TRUSTED, "127.0.0.1,::1")) == who


def test_a_public_server_decides_whom_to_trust_before_it_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("GAN_DATA_DIR", str(tmp_path))
    monkeypatch.setenv(TRUSTED, "*")
    context = app.build_context("0.0.0.0")
    context.close()
    assert app.os.environ[TRUSTED] == PRIVATE


# ---- rates --------------------------------------------------------------------------------------


def is_refused(limits: RateLimits, kind: str, session: str, address: str) -> bool:
    try:
        limits.spend(kind, session=session, address=address)
    except PageError as error:
        return error.status == 429
    return False


@pytest.mark.parametrize("kind", RATES)
def test_a_visitor_gets_so_many_and_more_when_time_has_passed(kind: str):
    limits, rate = RateLimits(clock := Clock()), RATES[kind]
    for _ in range(rate.mine):
        limits.spend(kind, session="me", address=A)
    with pytest.raises(PageError) as refused:
        limits.spend(kind, session="me", address=A)
    assert refused.value.status == 429
    limits.spend(kind, session="them", address=B)  # others are not held up
    clock.now += refused.value.message.values["seconds"]
    limits.spend(kind, session="me", address=A)


@pytest.mark.parametrize("kind", RATES)
def test_a_flood_of_fresh_cookies_from_one_address_leaves_room_for_others(kind: str):
    limits, rate = RateLimits(Clock()), RATES[kind]
    passed = [not is_refused(limits, kind, f"fresh {i}", A) for i in range(2 * rate.all)]
    assert sum(passed) == rate.address <= rate.all / 2
    assert not is_refused(limits, kind, "me", B)


def test_many_addresses_do_not_lift_the_limit_for_all():
    limits, rate = RateLimits(Clock()), RATES["film"]
    assert not any(is_refused(limits, "film", f"s{i}", f"10.0.0.{i}") for i in range(rate.all))
    assert is_refused(limits, "film", "fresh", B)


def test_refused_requests_and_idle_counters_displace_nothing():
    limits, rate = RateLimits(clock := Clock()), RATES["start"]
    assert not any(is_refused(limits, "start", f"s{i}", f"10.0.0.{i}") for i in range(rate.all))
    held = len(limits._spent)
    assert all(is_refused(limits, "start", f"t{i}", f"10.1.0.{i}") for i in range(6000))
    assert len(limits._spent) == held
    for i in range(TIDY_AT):  # every one in a window of its own
        clock.now += 600
        limits.spend("start", session=f"u{i}", address=B)
    assert len(limits._spent) <= TIDY_AT


def test_a_start_is_counted_when_it_is_valid(tiny_run: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("GAN_RUNS_DIR", str(tiny_run.parent))
    context = Context(app.build_profile("0.0.0.0", env={}))
    routes = build_routes(context, TRAIN.routes)
    middleware = [Middleware(Guard, profile=context.profile)]
    client = TestClient(Starlette(routes=routes, middleware=middleware), base_url="http://10.0.0.7")
    try:
        replies = [client.post("/_gan/train/start", json={}).status_code for _ in range(80)]
        assert set(replies) == {400}
    finally:
        context.close()


# ---- uploads ------------------------------------------------------------------------------------


def test_uploads_are_counted_by_cookie_and_by_address_for_a_day():
    quota = Quota(most=50, clock=(clock := Clock()))
    quota.add("me", A, 30)
    assert quota.left("me", A) == 20
    assert quota.left("me", B) == 20
    for i in range(ADDRESS_SHARE * 2):
        quota.add(f"fresh {i}", A, min(25, quota.left(f"fresh {i}", A)))
    assert quota.left("one more", A) == 0
    assert quota.left("one more", B) == 50
    clock.now += DAY_S
    assert quota.left("me", A) == 50


# ---- owners -------------------------------------------------------------------------------------


def test_owners_know_their_own_only_and_are_bounded():
    owners = Owners(limit=8)
    owners.claim("a", "run-1")
    assert owners.owns("a", "run-1")
    assert not owners.owns("b", "run-1")
    assert not owners.owns("", "run-1")
    assert not owners.owns("a", "run-2")
    for i in range(100):
        owners.claim("c", f"more-{i}")
    assert owners.owns("c", "more-99")
    assert not owners.owns("a", "run-1")
    assert len(owners._owned) <= 8


def test_nobody_owns_a_run_that_was_claimed_without_a_session():
    owners = Owners()
    owners.claim("", "run-1")
    assert not owners.owns("", "run-1")


def test_owners_survive_a_restart_as_hashes(tmp_path: Path):
    kept = tmp_path / "own" / "owners.jsonl"
    before = Owners(kept=kept)
    before.claim("a" * 32, "run-1")
    before.claim("b" * 32, "run-2")
    before.claim("c" * 32, "run-2")  # its newest owner counts
    assert "a" * 32 not in kept.read_text()
    with kept.open("ab") as file:
        file.write(b'["run-3", "half wri')  # the server was killed
    after = Owners(kept=kept)
    assert after.owns("a" * 32, "run-1")
    assert after.owns("c" * 32, "run-2")
    assert not after.owns("b" * 32, "run-2")
    assert len(kept.read_text().splitlines()) == 2
    after.claim("a" * 32, "run-4")
    assert Owners(kept=kept).owns("a" * 32, "run-4")


def test_a_disk_that_cannot_be_written_costs_the_memory_only(tmp_path: Path, caplog):
    (tmp_path / "file").write_text("")
    owners = Owners(kept=tmp_path / "file" / "owners.jsonl")
    owners.claim("a", "run-1")
    assert owners.owns("a", "run-1")
    assert "forgotten" in caplog.text


def test_what_was_claimed_while_the_disk_was_full_is_kept_once_there_is_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    kept, real, is_full = tmp_path / "owners.jsonl", Path.open, []
    owners = Owners(kept=kept)
    owners.claim("a", "run-1")

    def limited(path: Path, mode: str = "r", *rest, **options):
        if is_full and mode != "r":
            with real(path, mode, *rest, **options) as file:
                file.write(b'["half a li')
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(path, mode, *rest, **options)

    monkeypatch.setattr(Path, "open", limited)
    is_full.append(True)
    owners.claim("a", "run-2")
    owners.claim("b", "run-3")
    is_full.clear()
    owners.claim("b", "run-4")
    after = Owners(kept=kept)
    assert [after.owns(who, f"run-{n}") for who, n in zip("aabb", range(1, 5), strict=True)] == [
        True
    ] * 4
