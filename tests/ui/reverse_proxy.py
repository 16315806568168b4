"""A reverse proxy on loopback that serves the app under a sub-path, as nginx or Traefik would."""

from __future__ import annotations

import contextlib
import http.client
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "te", "upgrade", "content-length"}
CHUNK = 64 * 2**10


@contextlib.contextmanager
def under(
    backend: str,
    prefix: str,
    *,
    strip: bool = True,
    told: bool = True,
    scheme: str = "http",
    visitor: str = "",
) -> Iterator[str]:
    """The app at `backend`, served as `http://127.0.0.1:PORT{prefix}/`; yields that address.

    `strip`: the backend gets paths without the prefix. `told`: it gets X-Forwarded-Host and -Proto,
    which is `scheme`, as where the proxy has the certificate, and the `visitor`'s address, if any,
    behind what the visitor claims.
    What lies outside the prefix is another site's: 418.
    """
    host = urlsplit(backend).netloc

    class Proxy(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None: ...

        def forward(self) -> None:
            if self.path != prefix and not self.path.startswith((prefix + "/", prefix + "?")):
                return self.send_error(418)
            path = (self.path.removeprefix(prefix) if strip else self.path) or "/"
            headers = {k: v for k, v in self.headers.items() if k.lower() not in HOP_BY_HOP}
            if told:
                headers |= {"X-Forwarded-Host": self.headers["Host"], "X-Forwarded-Proto": scheme}
                if visitor:
                    headers["X-Forwarded-For"] = f"198.51.100.1, {visitor}"
            else:
                headers["Host"] = host
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            with contextlib.closing(http.client.HTTPConnection(host)) as connection:
                connection.request(self.command, path, body or None, headers)
                reply = connection.getresponse()
                self.send_response(reply.status)
                for name, value in reply.getheaders():
                    if name.lower() not in HOP_BY_HOP:
                        self.send_header(name, value)
                self.end_headers()
                with contextlib.suppress(ConnectionError):
                    while part := reply.read1(CHUNK):
                        self.wfile.write(part)

        do_GET = do_POST = do_HEAD = do_DELETE = do_PUT = forward

    server = ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}{prefix}/"
    finally:
        server.shutdown()
        server.server_close()
