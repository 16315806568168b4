"""Tool results for agents: JSON, with its pictures as image content instead of text."""

from __future__ import annotations

import json
import re
from typing import Any

import gradio as gr

PICTURE = re.compile(r"data:(image/\w+);base64,([A-Za-z0-9+/=]+)")


def show_pictures(page: gr.Blocks) -> None:
    """Make the MCP server of `page`, if any, convert our replies with `contents`.

    Gradio's own conversion shows a picture only if a reply names a file it may serve, and keeps it.
    """
    if page.mcp_server_obj is not None:
        setattr(page.mcp_server_obj, "postprocess_output_data", _postprocessed)  # noqa: B010


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
