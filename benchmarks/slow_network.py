"""A proxy on this machine that keeps every byte for a while, as a network does."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Iterator


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, delay_s: float) -> None:
    """Everything from one side to the other, in its order, each part `delay_s` later."""
    loop = asyncio.get_running_loop()
    parts: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()

    async def forward() -> None:
        while True:
            due, data = await parts.get()
            await asyncio.sleep(max(0.0, due - loop.time()))
            if not data:
                break
            writer.write(data)
            await writer.drain()
        writer.close()

    task = asyncio.create_task(forward())
    with contextlib.suppress(OSError):
        while data := await reader.read(2**16):
            parts.put_nowait((loop.time() + delay_s, data))
    parts.put_nowait((loop.time() + delay_s, b""))
    with contextlib.suppress(OSError):
        await task


@contextlib.contextmanager
def slow_network(port: int, *, added_ms: float) -> Iterator[int]:
    """A port that leads to `port`, with `added_ms` more for the way there and back."""
    loop = asyncio.new_event_loop()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            writer.close()
            return
        half = added_ms / 2000
        ways = _pipe(reader, far_writer, half), _pipe(far_reader, writer, half)
        with contextlib.suppress(asyncio.CancelledError):  # the end
            await asyncio.gather(*ways)

    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()  # a loop of its own: Playwright's runs in the caller's thread
    starting = asyncio.start_server(serve, "127.0.0.1", 0)
    server = asyncio.run_coroutine_threadsafe(starting, loop).result(10)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        loop.call_soon_threadsafe(_end, loop)
        thread.join(5)


def _end(loop: asyncio.AbstractEventLoop) -> None:
    for task in asyncio.all_tasks(loop):
        task.cancel()
    loop.call_later(0.1, loop.stop)
