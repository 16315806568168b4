"""Four API endpoints: list_models, sample, interpolate, evaluate. All others stay hidden.

They go through Gradio's queue, so that gradio_client, curl and agents work as usual. That queue
admits calls at once; who is served next is decided as among the page's visitors. Nothing is stored
between calls: pictures are data URIs inside the JSON.
"""

# no `from __future__ import annotations`: Gradio reads the types for its schema

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Generator, Iterator
from contextlib import aclosing, contextmanager
from typing import Any, Literal

import gradio as gr
from gradio.context import LocalContext
from gradio.events import api

from gan.checkpoint import Weights
from gan.film import FILM_TYPES, encode_film
from gan.images import Pixels, encode_png, encode_webp, to_pixels
from gan.latent.walk import (
    MAX_KEYFRAMES,
    MIN_KEYFRAMES,
    RENDER,
    Space,
    between,
    keyframes_of,
    pictures,
)
from gan.messages import Message
from gan.sampling import MAX_SEED, affordable
from gan.sampling import sample as draw
from gan.ui.programs.arguments import (
    HOME,
    PUBLIC,
    at_once,
    check_size,
    flag,
    label_of,
    one_of,
    question_of,
    real,
    seeds_of,
    sentences,
    weights_of,
    whole,
)
from gan.ui.programs.queue_guard import Opened, endpoint_of
from gan.ui.server import evaluations
from gan.ui.server.fair_queue import SLICE_S, Visitor
from gan.ui.server.in_turn import FairPlaces, HasLeft, in_slices_for
from gan.ui.server.pace import check_pace, paced, slow_first
from gan.ui.server.routes import Context, on
from gan.ui.server.state import class_names_for, state_models
from gan.ui.server.streams import Cancelled, line, lines
from gan.ui.server.views import MAX_PSI, PageError
from gan.ui.server.visitors import address_of

NAMES = ("list_models", "sample", "interpolate", "evaluate")
CALLS = 512  # that wait for their turn
LOOK_S = 0.05  # what a call may wait for: Gradio's own on Windows
PROGRESS_S = 1.0  # no endpoint tells of progress this way
WAITING = 32  # more of them, in Gradio's queue, in the order in which they came
SESSIONS = 16  # latest replies that Gradio keeps; nothing here reads them again
FETCHED_WITHIN_S = 300.0  # an unfetched reply is dropped after this
EVALUATIONS = 2  # at a time; the remaining slots are the page's
FRAME_S = 1 / 15
Slices = Generator[object, None, dict]
NO_SESSION = ""  # a program keeps no cookie, and so has nothing of its own


class EvaluationPlaces(FairPlaces):
    """Places for evaluations; pictures have a queue, `Context.program`."""

    def __init__(self) -> None:
        super().__init__(EVALUATIONS)


# ---- models and replies ----------------------------------------------------------------------


def data_uri(data: bytes, kind: str) -> str:
    """A file as a data URI."""
    return f"data:image/{kind};base64,{base64.b64encode(data).decode('ascii')}"


def pictured(pixels: Pixels, kind: str) -> str:
    """One picture (H, W, C), lossless."""
    return data_uri(encode_webp(pixels) if kind == "webp" else encode_png(pixels), kind)


def model_of(weights: Weights, ref: str) -> dict[str, Any]:
    """What every reply says about its model."""
    _, height, width = weights.image_shape
    return {"model": ref, "revision": weights.revision, "width": width, "height": height}


def class_name(names: tuple[str, ...], label: int) -> str:
    """The class's name, or its number."""
    return names[label] if label < len(names) else str(label)


def slice_of(weights: Weights) -> int:
    """How many pictures are drawn in one turn."""
    return affordable(weights.generator, SLICE_S, least=1, most=at_once(weights))


# ---- endpoints ----------------------------------------------------------------------------------


class Endpoints:
    """The functions behind the four names; programs and agents read their docstrings."""

    def __init__(self, context: Context, page: gr.Blocks) -> None:
        self._context, self._page = context, page
        self._bounds = HOME if context.profile.local else PUBLIC

    @contextmanager
    def _call(self, request: gr.Request) -> Iterator[None]:
        """Run a call with errors as sentences; its reply is dropped if nobody fetches it."""
        with sentences():
            try:
                yield
            finally:
                session, event = request.session_hash or "", LocalContext.event_id.get(None) or ""
                loop = asyncio.get_running_loop()
                loop.call_later(FETCHED_WITHIN_S, forget, self._page, session, event)

    def _spend(self, request: gr.Request, kind: str) -> None:
        """Count a valid call against the rate limit; raises PageError past it, in public."""
        assert request.request is not None  # of a call from outside, as all of these are
        self._context.spend_call(request.request, kind)

    def _visitor(self, request: gr.Request) -> Visitor:
        """A client by its session, which is made up: an address's share its turns."""
        assert request.request is not None
        return Visitor(address_of(request.request), request.session_hash or "")

    def _leaving(self) -> HasLeft:
        """Whether the client of this call has closed the stream of its replies."""
        event = LocalContext.event_id.get(None)

        async def has_left() -> bool:
            calls = [call for some in self._page._queue.active_jobs for call in some or ()]
            return any(call._id == event and not call.alive for call in calls)

        return has_left

    async def _made(self, request: gr.Request, work: Slices) -> dict:
        """Run `work` on checked arguments, in turn with other programs, until its client leaves."""
        self._spend(request, "picture")
        queue, visitor = self._context.program, self._visitor(request)
        return await in_slices_for(queue, visitor, work, self._leaving())

    async def list_models(self, request: gr.Request) -> list[dict]:
        """Every model that can be asked: its ref for the other endpoints, size and classes."""
        with self._call(request):
            self._spend(request, "list")
            return await self._listed()

    async def _listed(self) -> list[dict]:
        return await on(self._context.disk_thread, state_models, self._context, NO_SESSION)

    async def sample(
        self,
        request: gr.Request,
        model: str,
        count: int = 1,
        seed: int = 0,
        seeds: list[int] | None = None,
        psi: float = 1.0,
        label: int | None = None,
        format: Literal["png", "webp"] = "png",
    ) -> dict:
        """Pictures by seed; the same seed, psi and label always make the same picture.

        model: a ref from list_models, for example fashion. count and seed: so many pictures, of
        seed, seed + 1, ...; seeds: exactly these instead. psi: truncation from 0 (the average
        picture) to 2; 1 is none. label: the class, left out it goes by the seed. format: of the
        pictures, both without loss. Returns a list of samples: seed, label, class and image, a
        data URI.
        """
        with self._call(request):
            number = whole("count", count, low=1, high=self._bounds.pictures)
            first = whole("seed", seed, low=0, high=MAX_SEED + 1 - number)
            chosen = list(range(first, first + number))
            if seeds is not None:
                chosen = seeds_of(seeds, least=1, most=self._bounds.pictures)
            work = self._sample(
                ref=model,
                seeds=chosen,
                psi=real("psi", psi, low=0, high=MAX_PSI),
                label=label_of(label),
                kind=one_of("format", format, ("png", "webp")),
            )
            return await self._made(request, work)

    def _sample(
        self, *, ref: str, seeds: list[int], psi: float, label: int | None, kind: str
    ) -> Slices:
        context, weights = self._context, weights_of(self._context, ref)
        check_size(weights, len(seeds), self._bounds)
        check_pace(context, weights, len(seeds))
        yield from slow_first(context, weights)
        names = class_names_for(context, NO_SESSION, ref, weights.config)
        samples, step = [], slice_of(weights)
        for start in range(0, len(seeds), step):
            some = seeds[start : start + step]
            check_pace(context, weights, len(seeds) - start)  # what was measured meanwhile counts
            with paced(context, weights, len(some)):
                drawn = draw(weights.generator, some, psi=psi, label=label, batch_size=step)
            for i, seed in enumerate(some):
                row: dict[str, Any] = {"seed": seed, "label": None, "class": None}
                if drawn.labels is not None:
                    row["label"] = int(drawn.labels[i])
                    row["class"] = class_name(names, row["label"])
                samples.append(row | {"image": pictured(drawn.pixels[i], kind)})
            yield None
        return model_of(weights, ref) | {"psi": psi, "samples": samples}

    async def interpolate(
        self,
        request: gr.Request,
        model: str,
        seeds: list[int],
        steps: int = 16,
        space: Literal["z", "w"] = "z",
        loop: bool = False,
        psi: float = 1.0,
        label: int | None = None,
        format: Literal["frames", "webp"] = "webp",
        own_classes: bool = False,
    ) -> dict:
        """A walk through 2 to 8 seeds, as one animated picture or as its frames.

        model: a ref from list_models. steps: from one seed to the next. space: z goes along the
        sphere that noise lies on, w straight through the mapped space. loop: back to the first
        seed. psi as in sample. label: the class of all; left out it is the first seed's.
        own_classes: every seed in its own class instead, dissolving between them. format: webp
        gives image, a data URI of an animated WebP at 15 frames a second; frames gives frames, a
        list of PNG data URIs.
        """
        with self._call(request):
            work = self._interpolate(
                ref=model,
                seeds=seeds_of(seeds, least=MIN_KEYFRAMES, most=MAX_KEYFRAMES),
                steps=whole("steps", steps, low=1, high=self._bounds.pictures),
                space=one_of("space", space, ("z", "w")),
                loop=flag("loop", loop),
                psi=real("psi", psi, low=0, high=MAX_PSI),
                label=label_of(label),
                kind=one_of("format", format, ("frames", "webp")),
                own_classes=flag("own_classes", own_classes),
            )
            return await self._made(request, work)

    def _interpolate(
        self,
        *,
        ref: str,
        seeds: list[int],
        steps: int,
        space: str,
        loop: bool,
        psi: float,
        label: int | None,
        kind: str,
        own_classes: bool,
    ) -> Slices:
        context, weights = self._context, weights_of(self._context, ref)
        g = weights.generator
        stretches = len(seeds) if loop else len(seeds) - 1
        left = stretches * steps + (0 if loop else 1)
        check_size(weights, left, self._bounds)
        check_pace(context, weights, left)
        yield from slow_first(context, weights)
        keyframes = keyframes_of(g, seeds, label=label, own_classes=own_classes)
        straight: Space = "w" if space == "w" else "z"
        path = between(keyframes, steps, space=straight, loop=loop)
        drawn = pictures(g, path, psi=psi, batch_size=slice_of(weights), render=RENDER[straight])
        frames: list[Pixels] = []
        while left:
            check_pace(context, weights, left)  # what was measured meanwhile counts
            with paced(context, weights, min(slice_of(weights), left)):
                some = to_pixels(next(drawn))
            frames += [*some]
            left -= len(some)
            yield None
        reply = model_of(weights, ref) | {
            "seeds": seeds, "steps": steps, "space": space, "loop": loop, "psi": psi,
            "count": len(frames),
        }  # fmt: skip
        if kind == "frames":
            return reply | {"frames": [pictured(frame, "png") for frame in frames]}
        film = encode_film(frames, format="webp", seconds_per_frame=FRAME_S)
        return reply | {"image": data_uri(film, FILM_TYPES["webp"].removeprefix("image/"))}

    async def evaluate(
        self,
        request: gr.Request,
        model: str,
        data: str,
        count: int = 2000,
        seed: int = 0,
        judge: Literal["own", "imagenet"] = "own",
    ) -> AsyncIterator[dict]:
        """How good a model is, measured against images; it takes seconds to minutes.

        model: a ref from list_models. data: digits, fashion, emoji or another set that Evaluate
        offers. count: samples to draw, at least 130. judge: whose features compare the images, own
        or, where it is installed, imagenet, a network of others for colour. Streams
        {"fraction": ...} while it measures; the last reply is the evaluation, each metric with its
        floor, interval and grade. What was measured before comes at once.
        """
        with self._call(request):
            context, judges = self._context, self._context.part(evaluations.Judge)
            question = question_of(context, model, data, count, seed, judge)
            self._spend(request, "evaluate")
            visitor = self._visitor(request)

            def work(cancelled: Cancelled) -> Iterator[bytes]:
                weights_of(context, model)
                for told in evaluations.answers(context, judges, question, cancelled):
                    yield line(told)

            # without a session, whose new evaluation would end its last one
            someone = visitor._replace(session=NO_SESSION)
            async with (
                context.part(EvaluationPlaces).taken(visitor, self._leaving()),
                aclosing(lines(judges, someone, work)) as told,
            ):
                async for reply in replies(told):
                    yield reply


async def replies(told: AsyncIterator[bytes]) -> AsyncIterator[dict]:
    """An evaluation's stream for API clients; raises PageError on its error line."""
    async for text in told:
        news = json.loads(text)
        if problem := Message.from_json(news):
            raise PageError.of(problem)
        if "evaluation" in news:
            yield news["evaluation"] | {"nimg": news["nimg"]}
        elif "fraction" in news:
            yield {"fraction": round(news["fraction"], 3)}


def forget(page: gr.Blocks, session: str, event: str) -> None:
    """Drop what Gradio's queue still holds for a client that never fetched it."""
    queue = page._queue
    waiting = queue.pending_event_ids_session.get(session)
    if waiting is not None and (not waiting or event in waiting):
        queue.pending_event_ids_session.pop(session, None)
        queue.pending_messages_per_session.pop(session, None)


def build(context: Context, page: gr.Blocks) -> Opened:
    """Add the four endpoints to `page`; they are the only public part of Gradio's queue."""
    endpoints = Endpoints(context, page)
    by_number = {}
    with page:
        for name in NAMES:
            function = getattr(endpoints, name)
            added = api(function, api_name=name, concurrency_limit=None)
            by_number[added["id"]] = endpoint_of(name, function, gr.Request)
    page.queue(api_open=False, max_size=WAITING)
    # by itself it looks a thousand times a second whether a call has come: 6 % of a core, always
    page._queue.sleep_when_free = LOOK_S
    page._queue.progress_update_sleep_when_free = PROGRESS_S
    return Opened(by_number, lambda: page._queue)
