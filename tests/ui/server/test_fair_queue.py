"""Drawing in turns: nobody waits for all of another's, and a command to a training for nobody."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.testclient import TestClient

from gan.ui.evaluate import routes as evaluate
from gan.ui.evaluate import tab as evaluate_tab
from gan.ui.gallery import downloads
from gan.ui.gallery import routes as gallery
from gan.ui.gallery import tab as gallery_tab
from gan.ui.gallery.downloads import Cap, Downloads
from gan.ui.server import state as header
from gan.ui.server.fair_queue import FairQueue, Job, Later, Slow, Visitor, Waiting
from gan.ui.server.profile import Guard
from gan.ui.server.routes import Context, build_routes
from gan.ui.server.views import PageError
from gan.ui.train import tab as train_tab
from tests.ui.server.test_routes import FORM, context_for

MANY = {"ref": "run:tiny", "seeds": [*range(100)], "labels": [-1] * 100, "psis": [1] * 100}


def until(holds: Callable[[], object]) -> None:
    deadline = time.monotonic() + 120
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.fixture
def queue() -> Iterator[FairQueue]:
    queue = FairQueue("test")
    yield queue
    queue.close()


@pytest.fixture
def home(tiny_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Context]:
    monkeypatch.setenv("GAN_RUNS_DIR", str(tiny_run.parent))
    monkeypatch.setenv("GAN_CACHE_DIR", str(tmp_path / "cache"))
    context = context_for("127.0.0.1", tiny_run.parent)
    yield context
    context.close()


def client_for(context: Context) -> TestClient:
    tables = (header.ROUTES, *(tab.TAB.routes for tab in (train_tab, gallery_tab, evaluate_tab)))
    app = Starlette(
        routes=build_routes(context, *tables),
        middleware=[Middleware(Guard, profile=context.profile)],
    )
    client = TestClient(app, base_url="http://127.0.0.1")
    client.get("/_gan/state")  # a first look brings the session
    return client


# ---- the queue ----------------------------------------------------------------------------------


def steps(told: list[str], name: str, count: int, gate: threading.Event | None = None):
    for i in range(count):
        if gate is not None:
            gate.wait(60)
        told.append(f"{name}{i}")
        yield


def test_long_jobs_take_turns_and_an_urgent_one_comes_before_their_next_slice(queue):
    told, gate = [], threading.Event()
    jobs = [queue.submit(steps(told, name, 3, gate)) for name in "ab"]
    until(lambda: not queue._long or len(queue._long) < 2)  # the first slice waits at the gate
    jobs.append(queue.submit(steps(told, "u", 2), urgent=True))
    gate.set()
    for job in jobs:
        job.over.result(60)
    assert told == ["a0", "u0", "u1", "b0", "a1", "b1", "a2", "b2"]


def test_a_job_that_waits_holds_up_nobody_and_one_that_fails_only_itself(queue):
    told: list[str] = []

    def waits():
        yield Later(0.2)
        told.append("waited")

    def fails():
        yield
        raise ValueError("no")

    waiting, failing = queue.submit(waits()), queue.submit(fails())
    queue.submit(steps(told, "s", 2)).over.result(60)
    assert told == ["s0", "s1"]
    with pytest.raises(ValueError, match="no"):
        failing.over.result(60)
    waiting.over.result(60)
    assert told[-1] == "waited"


def test_what_is_cancelled_ends_after_the_slice_in_hand(queue):
    told, closed = [], threading.Event()

    def work():
        try:
            yield from steps(told, "w", 10**6)
        finally:
            closed.set()

    job = queue.submit(work())
    until(lambda: told)
    job.cancel()
    assert closed.wait(60)
    assert job.over.cancelled()
    assert len(told) < 10**6


def test_long_work_makes_way_for_pictures_but_not_for_ever(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("gan.ui.server.fair_queue.YIELD_S", 0.2)
    asked: list[float] = []
    queue = FairQueue("test", busy=lambda: asked.append(time.monotonic()) or True)
    queue.submit(steps([], "s", 1)).over.result(60)
    assert asked[-1] - asked[0] >= 0.1
    queue.close()


# ---- turns of visitors --------------------------------------------------------------------------


def held(queue: FairQueue) -> threading.Event:
    """Keeps the queue's thread busy until the event that it returns is set."""
    gate, begun = threading.Event(), threading.Event()

    def slices():
        begun.set()
        assert gate.wait(60)
        yield

    queue.submit(slices(), urgent=True)
    assert begun.wait(60)
    return gate


def test_visitors_take_turns_however_many_jobs_or_cookies_one_sends(queue):
    told: list[str] = []
    gate = held(queue)
    jobs = [
        queue.submit(steps(told, name, 1), urgent=True, visitor=Visitor(address, session))
        for name, address, session in (
            *((f"many{i}.", "a", "one") for i in range(3)),
            *((f"cookie{i}.", "b", f"made up {i}") for i in range(3)),
            ("quiet.", "c", "calm"),
            ("same roof.", "a", "other"),
        )
    ]
    gate.set()
    for job in jobs:
        job.over.result(60)
    # a turn for each address, within it for each visitor
    assert [name.split(".")[0] for name in told] == [
        "many0", "cookie0", "quiet", "same roof", "cookie1", "many1", "cookie2", "many2",
    ]  # fmt: skip


def test_a_visitor_s_oldest_request_makes_room_and_an_address_has_a_bound():
    queue = FairQueue("test", most=Waiting(visitor=2, address=3, all=4))
    gate = held(queue)

    def send(session: str, address: str = "a") -> Job:
        return queue.submit(steps([], "s", 1), urgent=True, visitor=Visitor(address, session))

    first, second, third = (send("one") for _ in range(3))
    with pytest.raises(PageError, match="oldest") as dropped:
        first.over.result(60)
    assert dropped.value.status == 429
    send("two")
    for session, address in (("three", "a"), ("four", "b")):
        if address == "b":
            send(session, address)
        with pytest.raises(PageError, match="Others are using"):  # of the address, then of all
            send("five", address if address == "a" else "c")
    gate.set()
    second.over.result(60)
    third.over.result(60)
    queue.close()


def test_a_job_without_short_slices_goes_on_beside_the_others():
    slow = FairQueue("slow")
    queue, told, gate = FairQueue("test", slow=slow), [], threading.Event()

    def heavy():
        told.append(threading.current_thread().name)
        yield Slow()
        told.append(threading.current_thread().name)
        assert gate.wait(60)
        yield

    job = queue.submit(heavy(), urgent=True)
    queue.submit(steps(told, "s", 1), urgent=True).over.result(60)
    until(lambda: len(told) == 3)
    gate.set()
    job.over.result(60)
    assert told[0] == "test"
    assert sorted(told[1:]) == ["s0", "slow"]
    queue.close()
    slow.close()


# ---- control never waits behind work ------------------------------------------------------------


def test_pause_is_answered_while_a_start_a_download_and_the_leaderboard_hang(
    home: Context, monkeypatch: pytest.MonkeyPatch
):
    """Each of the three is held at a gate that opens only after Pause was answered."""
    gate, entered, order = threading.Event(), threading.Semaphore(0), []

    def held(work: Callable) -> Callable:
        def hold(*arguments, **options):
            entered.release()
            assert gate.wait(120)
            return work(*arguments, **options)

        return hold

    supervisor = home.supervisor
    supervisor.live.append("mine")
    monkeypatch.setattr(supervisor, "launch", held(supervisor.launch))
    monkeypatch.setattr(downloads, "draw", held(downloads.draw))
    monkeypatch.setattr(evaluate, "sha256", held(evaluate.sha256))
    client = client_for(home)

    def ask(name: str, method: str, path: str, **body) -> threading.Thread:
        def run() -> None:
            assert client.request(method, path, **body).status_code == 200
            order.append(name)

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        return thread

    busy = [
        ask("start", "POST", "/_gan/train/start", json=FORM),
        ask("download", "POST", "/_gan/gallery/download", json=MANY | {"kind": "zip"}),
        ask("board", "GET", "/_gan/leaderboard"),
    ]
    for _ in busy:
        assert entered.acquire(timeout=120)
    for command in ("pause", "set", "step", "stop"):
        wish = {"id": "mine", "command": command, "what": "g", "settings": {}}
        if command == "set":
            continue  # checks against the run's own config: below
        ask(command, "POST", "/_gan/train/steer", json=wish).join(120)
    ask("state", "GET", "/_gan/state").join(120)
    assert order == ["pause", "step", "stop", "state"]
    gate.set()
    for thread in busy:
        thread.join(120)
    assert sorted(order[4:]) == ["board", "download", "start"]


def test_a_gallery_page_is_drawn_between_the_slices_of_a_download(
    home: Context, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(gallery, "MOST_AT_ONCE", 2)
    drawn, client, gate = [], client_for(home), threading.Event()

    def spy(module, name: str) -> None:
        draw = module.draw

        def noted(weights, tiles, **options):
            drawn.append(name)
            if name == "download":
                gate.wait(120) if len(drawn) == 2 else None
            return draw(weights, tiles, **options)

        monkeypatch.setattr(module, "draw", noted)

    spy(downloads, "download")
    spy(gallery, "page")
    body = MANY | {"kind": "zip"}
    long = threading.Thread(
        target=lambda: client.post("/_gan/gallery/download", json=body), daemon=True
    )
    long.start()
    until(lambda: len(drawn) == 2)
    few = {key: value[:4] if isinstance(value, list) else value for key, value in MANY.items()}
    page = threading.Thread(target=lambda: client.post("/_gan/gallery", json=few), daemon=True)
    page.start()
    until(lambda: home.drawing._urgent)
    gate.set()
    page.join(120)
    long.join(120)
    assert drawn[:4] == ["download", "download", "page", "page"]
    assert drawn.count("download") == 50


# ---- what a download may cost -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cap", "key"),
    [(Cap(0, 2**40), "gan_error_download_long"), (Cap(10**9, 640), "gan_error_download_large")],
)
def test_too_much_is_refused_with_the_number_that_passes(
    home: Context, monkeypatch: pytest.MonkeyPatch, cap: Cap, key: str
):
    monkeypatch.setattr(downloads, "HOME", cap)  # 640 bytes are ten pictures of 8 x 8
    client = client_for(home)

    def last(count: int) -> dict:
        form = {k: v[:count] if isinstance(v, list) else v for k, v in MANY.items()}
        reply = client.post("/_gan/gallery/download", json=form | {"kind": "zip"})
        return json.loads(reply.text.splitlines()[-1])

    told = last(100)
    assert told["key"] == key
    fits = told["values"]["fits"]
    assert fits == (1 if cap.seconds == 0 else 10)
    assert last(fits + 1)["key"] == key
    assert "file" in last(fits)


def test_a_download_is_given_up_and_leaves_no_file(home: Context, monkeypatch):
    monkeypatch.setattr(gallery, "MOST_AT_ONCE", 1)
    client = client_for(home)
    folder = Path(home.part(Downloads)._folder.name)
    with client.stream("POST", "/_gan/gallery/download", json=MANY | {"kind": "zip"}) as reply:
        next(reply.iter_lines())
    until(lambda: not any(folder.iterdir()) or home.part(Downloads)._finished)
    body = MANY | {"kind": "sheet"}
    told = json.loads(client.post("/_gan/gallery/download", json=body).text.splitlines()[-1])
    assert client.get("/_gan/gallery/file", params={"id": told["file"]}).status_code == 200
    other = client_for(home)
    assert other.get("/_gan/gallery/file", params={"id": told["file"]}).status_code == 404
    assert len(list(folder.iterdir())) == 1  # a visitor's last file makes room


def test_closing_waits_for_the_slice_under_way(queue):
    """A thread in torch as the interpreter ends aborts the process: a stop at the start was 134."""
    begun, ended = threading.Event(), []

    def slices():
        begun.set()
        time.sleep(0.5)
        ended.append(1)
        yield

    queue.submit(slices())
    assert begun.wait(60)
    queue.close()
    assert ended == [1]
