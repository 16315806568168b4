"""The web interface: the only part of the package that imports gradio, and only when it is
launched."""

from __future__ import annotations

from gan.ui.server.proxies import without_proxies


def main(
    host: str | None = None,
    port: int | None = None,
    *,
    open_browser: bool = False,
    mcp: bool = False,
) -> None:
    """Serve the app until it is interrupted."""
    with without_proxies():
        from gan.ui.app import serve  # noqa: PLC0415  gradio and torch load only when serving

    serve(host, port, open_browser=open_browser, mcp=mcp)
