"""Agents (MCP): a reply is JSON with its pictures as image content instead of text, and a call ends
when its agent leaves."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from typing import Any

import gradio as gr
from anyio.to_thread import run_sync

from gan.ui.server.in_turn import LOOK_S

PICTURE = re.compile(r"data:(image/\w+);base64,([A-Za-z0-9+/=]+)")
Waiting = Callable[..., Awaitable[Any]]


def serve_agents(page: gr.Blocks) -> None:
    """Correct the MCP server of `page`, if there is one.

    Gradio's own conversion shows a picture only if a reply names a file it may serve, and keeps it;
    and it waits for the result of a call whose agent has left.
    """
    server = page.mcp_server_obj
    if server is not None:
        corrected = {
            "postprocess_output_data": _postprocessed,
            "_execute_tool_without_progress": _until_left(page, _result),
            "_execute_tool_with_progress": _until_left(page, server._execute_tool_with_progress),
        }
        vars(server).update(corrected)


# ---- an agent that leaves -----------------------------------------------------------------------


async def _result(job: Any) -> list[Any]:
    return [await run_sync(job.result, abandon_on_cancel=True)]


def _until_left(page: gr.Blocks, wait: Waiting) -> Waiting:
    """`wait` for a job of Gradio's client; where it is cancelled, which is what the MCP server does
    as its agent leaves, the call behind the job is given up too."""
    leaving = set[asyncio.Task[None]]()  # a task that nobody holds may be collected

    async def waited(job: Any, *more: Any) -> Any:
        try:
            return await wait(job, *more)
        except asyncio.CancelledError:
            task = asyncio.ensure_future(_give_up(page, job))
            leaving.add(task)
            task.add_done_callback(leaving.discard)
            raise

    return waited


async def _give_up(page: gr.Blocks, job: Any) -> None:
    """Mark the call as one whose client has left, as soon as it is under way, until it is over."""
    while not job.done():
        for call in [call for some in page._queue.active_jobs for call in some or ()]:
            if call._id == job.communicator.event_id:
                call.alive = False
        await asyncio.sleep(LOOK_S)


# ---- results ------------------------------------------------------------------------------------


def _postprocessed(data: list[Any], _root_url: str) -> list[Any]:
    return [content for reply in data for content in contents(reply)]


def contents(reply: Any) -> list[Any]:
    """A reply as MCP content: its JSON with each picture replaced by a number, then the
    pictures."""
    from mcp import types  # noqa: PLC0415 - there where agents are served only

    pictures: list[Any] = []

    def taken(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: taken(inner) for key, inner in value.items()}
        if isinstance(value, list | tuple):
            return [taken(inner) for inner in value]
        if isinstance(value, str) and (found := PICTURE.fullmatch(value)):
            pictures.append(types.ImageContent(type="image", mimeType=found[1], data=found[2]))
            return f"picture {len(pictures)}, below"
        return value

    text = json.dumps(taken(reply), ensure_ascii=False)
    return [types.TextContent(type="text", text=text), *pictures]
