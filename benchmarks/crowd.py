"""Visitors of every kind, as HTTP clients: who watches, drags, starts, uploads, browses, opens the
page, reads slowly or never ends a request. Each has its own address and its own cookie.

A visitor counts what it was answered in a `Tally`. An error is no answer, one of 500 or more, a
refusal without a sentence, or a traceback; refusals that say what to do are counted apart.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import itertools
import json
import random
import ssl
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import httpx
import numpy as np

from gan.data.own import FILE_LENGTH, NAME_LENGTH
from gan.images import encode_png

# how often a page asks: gan/ui/page/kit/tick.js
EACH_S = 0.05
UPDATE_S, MOST_S = 0.35, 3.0  # for news of a training
STATE_S, MOST_STATE_S = 1.0, 4.0  # for what there is
DRAG_S = 1 / 30  # between two positions of a slider
TIMEOUT_S = 60.0
TILES = 32
FORM = {"preset": "digits", "data": "digits", "seed": "0", "kimg": "", "settings": {}}
# shared: httpx would read all certificates anew for each client, 30 ms, and none is used
PLAIN = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
_numbers = itertools.count(1)


@dataclass
class Tally:
    """What the visitors of one kind were answered."""

    kind: str
    times: list[float] = field(default_factory=list)  # seconds of what was served
    refused: Counter[int] = field(default_factory=Counter)  # by status, each with a sentence
    errors: list[str] = field(default_factory=list)

    def take(self, other: Tally) -> None:
        """Count what `other` counted, too."""
        self.times += other.times
        self.refused += other.refused
        self.errors += other.errors

    def percentile(self, share: float) -> float:
        """Seconds; NaN if nothing was served."""
        ordered = sorted(self.times)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else np.nan


class Visitor:
    """One browser: keeps its cookie and its connection."""

    def __init__(self, url: str, tally: Tally) -> None:
        number = next(_numbers)
        self.address = f"198.{18 + number // 65536 % 2}.{number // 256 % 256}.{number % 256}"
        self.tally = tally
        self.client = httpx.AsyncClient(
            base_url=url, timeout=TIMEOUT_S, headers={"x-forwarded-for": self.address},
            trust_env=False, verify=PLAIN,
        )  # fmt: skip

    async def ask(
        self, path: str, *, query: dict[str, Any] | None = None, form: object = None,
        body: bytes | None = None, tally: Tally | None = None,
    ) -> httpx.Response | None:  # fmt: skip
        """The answer, or None for an error or a refusal, which are counted; in `tally`, if that is
        not the visitor's own."""
        tally = tally or self.tally
        method = "GET" if form is None and body is None else "POST"
        content = body if form is None else json.dumps(form).encode()
        began = time.perf_counter()
        try:
            try:
                reply = await self.client.request(method, path, params=query, content=content)
            except (httpx.RemoteProtocolError, httpx.ReadError):
                # an idle connection that the server closed meanwhile; browsers ask again, too
                reply = await self.client.request(method, path, params=query, content=content)
        except httpx.HTTPError as error:
            tally.errors.append(f"{path}: {type(error).__name__}")
            return None
        took = time.perf_counter() - began
        if fault := fault_of(reply.status_code, reply.text if reply.status_code >= 400 else ""):
            tally.errors.append(f"{path}: {fault}")
            return None
        if reply.status_code >= 400:
            tally.refused[reply.status_code] += 1
            return None
        tally.times.append(took)
        return reply


def fault_of(status: int, text: str) -> str:
    """What is wrong with an answer, "" if nothing: it is a success, or says why not."""
    if status < 400:
        return ""
    if status >= 500 or "Traceback" in text:
        return f"{status} {text[:120]}"
    try:
        told = json.loads(text)
    except ValueError:
        return f"{status} without a sentence: {text[:120]}"
    return "" if isinstance(told, dict) and told.get("error") else f"{status} {text[:120]}"


@contextlib.asynccontextmanager
async def visiting(url: str, tally: Tally, *, page: bool = False) -> AsyncIterator[Visitor]:
    """page: an open page, which asks for the state as long as it is open."""
    visitor = Visitor(url, tally)
    polling = asyncio.ensure_future(_poll_state(visitor)) if page else None
    try:
        yield visitor
    finally:
        if polling is not None:
            polling.cancel()
            await asyncio.gather(polling, return_exceptions=True)
        await visitor.client.aclose()


async def _poll_state(visitor: Visitor) -> None:
    await asyncio.sleep(random.random() * STATE_S)
    while True:
        tally = Tally("state")
        reply = await visitor.ask("/_gan/state", tally=tally)
        visitor.tally.errors += tally.errors
        asking = reply.json().get("asking", 1) if reply else 1
        await asyncio.sleep(min(MOST_STATE_S, max(STATE_S, EACH_S * asking)))


Kind = Callable[[str, Tally, asyncio.Event], Awaitable[None]]


async def _pause(over: asyncio.Event, seconds: float) -> None:
    """Wait so long, or until it is over."""
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(over.wait(), max(0.001, seconds))


async def running(visitor: Visitor) -> str:
    """The id of a training that runs, "" if there is none."""
    reply = await visitor.ask("/_gan/runs", query={"state": "active", "limit": 1})
    rows = reply.json()["runs"] if reply else []
    return str(rows[0]["id"]) if rows else ""


async def watch(url: str, tally: Tally, over: asyncio.Event) -> None:
    """Train's page: what is new of the running training, and each new grid."""
    async with visiting(url, Tally("looking for a run"), page=True) as visitor:
        await _pause(over, random.random() * UPDATE_S)
        run = ""
        while not over.is_set():
            if not run:
                visitor.tally = Tally("looking for a run")
                run = await running(visitor)
                had = dict.fromkeys(("after", "seen", "measured", "events", "step", "mark"), -1)
                if not run:
                    await _pause(over, 1.0)
                    continue
                visitor.tally = tally
            began = time.perf_counter()
            reply = await visitor.ask("/_gan/run", query={"id": run, **had})
            news = reply.json() if reply else {}
            if news.get("snapshots"):
                had["seen"] = news["snapshots"][-1]
                await visitor.ask("/_gan/snapshot", query={"id": run, "nimg": had["seen"]})
            if news.get("rows"):
                had["after"] = news["rows"][-1]["nimg"]
            if news.get("measures"):
                had["measured"] = news["measures"][-1]["nimg"]
            if "history" in news:
                had["events"] = len(news["history"])
            if news.get("step"):
                had["step"] = news["step"]["number"]
            had["mark"] = news.get("mark", had["mark"])
            if not reply or news["status"]["state"] not in ("running", "starting", "paused"):
                run = ""
            pause_s = min(MOST_S, max(UPDATE_S, EACH_S * news.get("viewers", 1)))
            await _pause(over, pause_s - (time.perf_counter() - began))


async def drag(url: str, tally: Tally, over: asyncio.Event) -> None:
    """Explore drawn by the server: a slider moves on as soon as its picture has come."""
    async with visiting(url, tally, page=True) as visitor:
        draw = np.random.default_rng()
        z, weights = draw.standard_normal(64), np.eye(10)[draw.integers(10)]
        while not over.is_set():
            began = time.perf_counter()
            z[0] = 2.5 * np.sin(time.monotonic())
            row = np.concatenate([z, weights]).astype("<f4").tobytes()
            await visitor.ask("/_gan/latent", query={"ref": "fashion", "psi": 1}, body=row)
            await _pause(over, DRAG_S - (time.perf_counter() - began))


async def start(url: str, tally: Tally, over: asyncio.Event) -> None:
    """Press Start, wait in the queue, leave when all is over."""
    async with visiting(url, tally) as visitor:
        reply = await visitor.ask("/_gan/train/start", form=FORM | {"seconds": "5"})
        ticket = reply.json().get("ticket") if reply else None
        while ticket and not over.is_set():
            await _pause(over, 2.0)
            reply = await visitor.ask("/_gan/train/queue", query={"ticket": ticket})
            if not reply or reply.json().get("id") or reply.json().get("problem"):
                return
        if ticket:
            await visitor.ask("/_gan/train/queue/leave", form={"ticket": ticket})


@functools.cache
def pictures() -> bytes:
    """Twelve pictures of noise, framed as an upload; made once, since encoding takes a while."""
    draw = np.random.default_rng(0)
    files = []
    for number in range(12):
        name = f"{number}.png".encode()
        data = encode_png(draw.integers(0, 256, (48, 48, 3), dtype=np.uint8))
        files += [NAME_LENGTH.pack(len(name)), name, FILE_LENGTH.pack(len(data)), data]
    return b"".join(files)


async def upload(url: str, tally: Tally, over: asyncio.Event) -> None:
    """Pictures to train on; looked at, then deleted."""
    async with visiting(url, tally) as visitor:
        reply = await visitor.ask("/_gan/own/upload", query={"name": "noise"}, body=pictures())
        if reply and not over.is_set():
            own = reply.json()["id"]
            shape = {"id": own, "resolution": 32, "channels": 3}
            await visitor.ask("/_gan/own/preview", query=shape)
            await visitor.ask("/_gan/own/delete", form={"id": own})


async def browse(url: str, tally: Tally, over: asyncio.Event) -> None:
    """Gallery: pages of samples, one after the other at a reader's pace."""
    async with visiting(url, tally, page=True) as visitor:
        first = random.randrange(1 << 20)
        while not over.is_set():
            seeds = [*range(first, first + TILES)]
            form = {"ref": "fashion", "seeds": seeds, "labels": [-1] * TILES, "psis": [1] * TILES}
            await visitor.ask("/_gan/gallery", form=form)
            first += TILES
            await _pause(over, 1.0 + random.random())


async def open_page(url: str, tally: Tally, over: asyncio.Event) -> None:
    """Open the page: its HTML, what it boots with, the wall of the first screen."""
    while not over.is_set():
        async with visiting(url, tally) as visitor:
            await visitor.ask("/")
            await visitor.ask("/_gan/state")
            await visitor.ask("/_gan/wall", query={"ref": "fashion"})
        await _pause(over, 2.0 + random.random())


async def read_slowly(url: str, tally: Tally, over: asyncio.Event) -> None:
    """Ask for a file and read a kilobyte a second of it."""
    request = b"GET /_gan/model.onnx?ref=fashion HTTP/1.1\r\nHost: %b\r\n\r\n"
    await _hold(url, tally, over, request, read=1024)


async def half_open(url: str, tally: Tally, over: asyncio.Event) -> None:
    """Send half a header, and nothing more."""
    await _hold(url, tally, over, b"GET /_gan/state HTTP/1.1\r\nHost: %b\r\nX-A", read=0)


async def _hold(url: str, tally: Tally, over: asyncio.Event, request: bytes, *, read: int) -> None:
    """Hold a connection as long as the server lets us; a new one after that."""
    host = urlsplit(url)
    while not over.is_set():
        began = time.perf_counter()
        try:
            reader, writer = await asyncio.open_connection(host.hostname, host.port, limit=4096)
        except OSError as error:
            tally.errors.append(type(error).__name__)
            await _pause(over, 1.0)
            continue
        with contextlib.suppress(OSError):
            writer.write(request % host.netloc.encode())
            await writer.drain()
            while not over.is_set():
                with contextlib.suppress(TimeoutError):
                    if not await asyncio.wait_for(reader.read(read or 1024), 1.0):
                        break
                    await _pause(over, 1.0 if read else 0.01)
        tally.times.append(time.perf_counter() - began)
        writer.close()


KINDS: dict[str, Kind] = {
    "watch": watch, "drag": drag, "start": start, "upload": upload, "browse": browse,
    "open": open_page, "slow": read_slowly, "half": half_open,
}  # fmt: skip


async def crowd(
    url: str, counts: dict[str, int], seconds: float, *, probe: Tally | None = None
) -> dict[str, Tally]:
    """So many visitors of each kind for so many seconds; -> their tallies by kind.

    Those who do one thing and go (start, upload) arrive evenly over the time, the others come
    within its first tenth. probe: of one more visitor, who watches all along.
    """
    over = asyncio.Event()
    tallies = {kind: Tally(kind) for kind in counts}

    async def come(kind: str, after_s: float) -> None:
        await _pause(over, after_s)
        if not over.is_set():
            await KINDS[kind](url, tallies[kind], over)

    spans = {kind: 0.9 if kind in ("start", "upload") else 0.1 for kind in counts}
    tasks = [
        asyncio.ensure_future(come(kind, seconds * spans[kind] * i / count))
        for kind, count in counts.items()
        for i in range(count)
    ]
    if probe is not None:
        tasks.append(asyncio.ensure_future(watch(url, probe, over)))
    await asyncio.sleep(seconds)
    over.set()
    for done in await asyncio.gather(*tasks, return_exceptions=True):
        if isinstance(done, BaseException):
            next(iter(tallies.values()), Tally("")).errors.append(f"client: {done!r}")
    return tallies
