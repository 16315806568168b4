"""A stand-in for the Hugging Face Hub that the real client talks to through HF_ENDPOINT.

It keeps model and Space repos in memory, speaks the calls of pulling and pushing, records every
request with its headers, and fails on demand. It listens twice: `url` is the Hub, `other_url` is
the host that redirects lead to.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import re
import socket
import struct
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit

LFS = (".safetensors", ".bin", ".pt", ".pth", ".pkl", ".png", ".webp", ".pretrained", ".npz")
STATUSES = ("401", "403", "404", "409", "412", "429", "500")
KINDS = (
    *STATUSES, "refused", "stall", "deaf", "truncated", "short", "wrong-bytes", "drip", "crawl",
    "redirect", "garbage",
)  # fmt: skip
DRIP_S = 0.05
CRAWL_BYTES = 2**14  # where a drip is one byte
SEGMENT_BYTES = 1400  # as on a line; how much the system takes from a sender follows from it


class Request(NamedTuple):
    """What a client sent; header names are lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    port: int

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Repo:
    """A repo with its history: files by commit, commits by the name of a branch or tag."""

    id: str
    kind: str = "model"  # or "space", "dataset"
    private: bool = False
    gated: bool = False
    likes: int = 0
    downloads: int = 0
    tags: tuple[str, ...] = ()
    card: dict[str, Any] = field(default_factory=dict)
    commits: dict[str, dict[str, bytes]] = field(default_factory=dict)
    refs: dict[str, str] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)  # what `create` was asked for

    def commit(self, files: dict[str, bytes], branch: str = "main") -> str:
        text = repr((self.id, len(self.commits), sorted(files), [*map(len, files.values())]))
        sha = hashlib.sha1(text.encode()).hexdigest()
        self.commits[sha] = dict(files)
        self.refs[branch] = sha
        return sha

    def find(self, revision: str) -> str | None:
        """The commit of a branch, tag or (possibly short) hash."""
        if revision in self.refs:
            return self.refs[revision]
        found = [sha for sha in self.commits if len(revision) >= 7 and sha.startswith(revision)]
        return found[0] if found else None

    def files(self, revision: str = "main") -> dict[str, bytes]:
        return self.commits[self.find(revision) or ""]


@dataclass
class Failure:
    pattern: re.Pattern[str]
    kind: str
    method: str
    left: float  # how often yet


class Hub:
    """What the stand-in holds, what it was asked, and how it is to fail."""

    def __init__(self) -> None:
        self.repos: dict[tuple[str, str], Repo] = {}
        self.requests: list[Request] = []
        self.lfs: dict[str, bytes] = {}
        self.tokens: dict[str, str] = {"hf_visitor": "visitor"}  # token -> who; may write
        self.part_bytes = 0  # large files are sent in parts of so much; whole where it is 0
        self.parts: dict[tuple[str, int], bytes] = {}
        self.cdn = False  # whether large files are redirected to the other host, as the Hub does
        self.url = self.other_url = ""
        self._failures: list[Failure] = []
        self._servers: list[ThreadingHTTPServer] = []
        self.stopped = threading.Event()

    def add(
        self,
        repo: str,
        files: dict[str, bytes],
        *,
        revision: str = "main",
        kind: str = "model",
        **about: Any,
    ) -> str:
        """Commit `files` (they replace what the branch held); the commit's hash."""
        found = self.repos.setdefault((kind, repo), Repo(repo, kind))
        for name, value in about.items():
            setattr(found, name, value)
        return found.commit(files, revision)

    def repo(self, name: str, kind: str = "model") -> Repo:
        return self.repos[kind, name]

    def fail(
        self, pattern: str, kind: str, *, method: str = "", times: float = float("inf")
    ) -> None:
        """From now on requests whose path holds `pattern` (a regular expression) fail so."""
        assert kind in KINDS, kind
        self._failures.append(Failure(re.compile(pattern), kind, method, times))

    def heal(self) -> None:
        """Nothing fails any more."""
        self._failures.clear()

    def failure(self, method: str, path: str) -> str:
        for failure in self._failures:
            matches = failure.pattern.search(path) and failure.method in ("", method)
            if matches and failure.left > 0:
                failure.left -= 1
                return failure.kind
        return ""

    def paths(self, method: str = "") -> list[str]:
        """`METHOD path` of what was asked, in order."""
        return [f"{r.method} {r.path}" for r in self.requests if method in ("", r.method)]

    def sent(self, text: str) -> list[Request]:
        """Requests that hold `text` anywhere: path, headers or body; for tokens that must not."""
        return [r for r in self.requests if text in repr((r.path, r.headers, r.body))]

    def start(self) -> None:
        for _ in range(2):
            server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
            # what crawls is not taken whole by the buffers of either side beforehand
            server.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, CRAWL_BYTES)
            server.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, SEGMENT_BYTES)
            server.daemon_threads = True
            server.block_on_close = False
            threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
            self._servers.append(server)
        self.url, self.other_url = (f"http://127.0.0.1:{s.server_port}" for s in self._servers)

    def stop(self) -> None:
        """From now on connections are refused."""
        self.stopped.set()
        while self._servers:
            server = self._servers.pop()
            server.shutdown()
            server.server_close()


@contextlib.contextmanager
def hub_server() -> Iterator[Hub]:
    hub = Hub()
    hub.start()
    try:
        yield hub
    finally:
        hub.stop()


REPO = r"(?P<repo>[^/]+/[^/]+?)"
BELOW = "(?:/(?P<folder>.*))?"
ROUTES = {
    ("GET", r"/api/(?P<kind>model|space|dataset)s"): "search",
    ("GET", rf"/api/(?P<kind>model|space|dataset)s/{REPO}(?:/revision/(?P<rev>[^/]+))?"): "info",
    ("GET", rf"/api/(?P<kind>model|space|dataset)s/{REPO}/tree/(?P<rev>[^/]+){BELOW}"): "tree",
    ("GET", rf"/api/(?P<kind>model|space|dataset)s/{REPO}/refs"): "refs",
    ("POST", rf"/api/(?P<kind>model|space|dataset)s/{REPO}/paths-info/(?P<rev>[^/]+)"): "paths",
    ("HEAD", rf"(?:/(?P<kind>space|dataset)s)?/{REPO}/resolve/(?P<rev>[^/]+)/(?P<file>.+)"): "file",
    ("GET", rf"(?:/(?P<kind>space|dataset)s)?/{REPO}/resolve/(?P<rev>[^/]+)/(?P<file>.+)"): "file",
    ("GET", r"/cdn/(?P<oid>[0-9a-f]{64})"): "blob",
    ("GET", r"/api/whoami-v2"): "whoami",
    ("POST", r"/api/repos/create"): "create",
    ("DELETE", r"/api/repos/delete"): "delete",
    ("POST", r"/api/validate-yaml"): "validate",
    ("POST", rf"/api/(?P<kind>model|space|dataset)s/{REPO}/preupload/(?P<rev>[^/]+)"): "preupload",
    ("POST", rf"(?:/(?P<kind>space|dataset)s)?/{REPO}\.git/info/lfs/objects/batch"): "batch",
    ("PUT", r"/lfs/(?P<oid>[0-9a-f]{64})"): "upload",
    ("PUT", r"/lfs/(?P<oid>[0-9a-f]{64})/(?P<part>[0-9]+)"): "part",
    ("POST", r"/lfs/(?P<oid>[0-9a-f]{64})/whole"): "whole",
    ("POST", r"/lfs/verify"): "verify",
    ("POST", rf"/api/(?P<kind>model|space|dataset)s/{REPO}/commit/(?P<rev>[^/]+)"): "commit",
    ("POST", rf"/api/(?P<kind>space)s/{REPO}/(?P<what>hardware|secrets|variables)"): "setting",
    ("GET", rf"/api/(?P<kind>space)s/{REPO}/(?P<what>runtime)"): "runtime",
}  # fmt: skip
_ROUTES = [(method, re.compile(pattern), name) for (method, pattern), name in ROUTES.items()]


class Refusal(Exception):
    """An answer other than 200."""

    def __init__(self, status: int, code: str = "", text: str = "") -> None:
        super().__init__(text)
        self.status, self.code, self.text = status, code, text or code


def _handler(hub: Hub) -> type[BaseHTTPRequestHandler]:
    return type("Handler", (_Handler,), {"hub": hub})


class _Handler(BaseHTTPRequestHandler):
    hub: Hub
    protocol_version = "HTTP/1.1"
    fault = ""  # of the request being answered

    def log_message(self, *args: Any) -> None:
        pass

    def _serve(self) -> None:
        self.fault = self.hub.failure(self.command, self.path)
        length = int(self.headers.get("Content-Length") or 0)
        self.body = b"" if self.fault == "deaf" else self._taken(length)
        if "chunked" in self.headers.get("Transfer-Encoding", ""):
            self.body = self._chunks()
        headers = {k.lower(): v for k, v in self.headers.items()}
        port = self.server.server_address[1]
        self.hub.requests.append(Request(self.command, self.path, headers, self.body, port))
        with contextlib.suppress(OSError):
            if not self._broken():
                self._answer()

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = _serve

    def _taken(self, length: int) -> bytes:
        if self.fault != "crawl":
            return self.rfile.read(length)
        taken = b""
        while len(taken) < length and not self.hub.stopped.wait(DRIP_S):
            if not (part := self.rfile.read(min(CRAWL_BYTES, length - len(taken)))):
                break  # the client is gone
            taken += part
        return taken

    def _chunks(self) -> bytes:
        parts = []
        while size := int(self.rfile.readline(), 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def _broken(self) -> bool:
        """Failures that need not know what was asked for."""
        if self.fault in STATUSES:
            self._json({"error": f"made to answer {self.fault}"}, int(self.fault))
        elif self.fault == "refused":
            # an RST instead of an answer
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close_connection = True
        elif self.fault in ("stall", "deaf"):  # no answer; the latter takes nothing either
            self.hub.stopped.wait(120)
            self.close_connection = True
        elif self.fault == "redirect" and self.server.server_address[1] == _port(self.hub.url):
            self._send(302, b"", {"Location": self.hub.other_url + self.path})
        elif self.fault == "garbage":
            self._send(200, b"<html>not the Hub</html>", {"Content-Type": "text/html"})
        else:
            return False
        return True

    def _answer(self) -> None:
        url = urlsplit(self.path)
        path = url.path
        self.query = parse_qs(url.query)
        for method, pattern, name in _ROUTES:
            if method == self.command and (found := pattern.fullmatch(path)):
                try:
                    given = {k: v and unquote(v) for k, v in found.groupdict().items()}
                    getattr(self, f"_{name}")(**given)
                except Refusal as refusal:
                    code = {"X-Error-Code": refusal.code} if refusal.code else {}
                    message = {"X-Error-Message": refusal.text}
                    self._json({"error": refusal.text}, refusal.status, code | message)
                return
        self._json({"error": "no such path"}, 404)

    # answers

    def _json(self, data: Any, status: int = 200, headers: dict[str, str] | None = None) -> None:
        plain = {"Content-Type": "application/json"}
        self._send(status, json.dumps(data).encode(), plain | (headers or {}))

    def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        length = str(len(body)) if self.fault != "short" or status != 200 else str(len(body) // 2)
        self.send_response(status)
        for name, value in ({"Content-Length": length} | headers).items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "HEAD":
            return
        if self.fault in ("drip", "crawl"):
            self._drip(body, 1 if self.fault == "drip" else CRAWL_BYTES)
        elif self.fault in ("truncated", "short"):
            # never a byte beyond the half, however often it is asked
            start = int(headers.get("X-Start", 0))
            self.wfile.write(body[: max(0, (start + len(body)) // 2 - start)])
            self.close_connection = True
        else:
            self.wfile.write(body)

    def _drip(self, body: bytes, step: int) -> None:
        for i in range(0, len(body), step):
            if self.hub.stopped.is_set():
                break
            self.wfile.write(body[i : i + step])
            self.wfile.flush()
            time.sleep(DRIP_S)
        self.close_connection = True

    # who asks, and for what

    def _who(self) -> str:
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        return self.hub.tokens.get(token, "")

    def _writer(self) -> str:
        if not (who := self._who()):
            raise Refusal(401, text="Invalid username or password.")
        return who

    def _repo(self, repo: str, kind: str | None) -> Repo:
        found = self.hub.repos.get((kind or "model", repo))
        if found is None or (found.private and not self._who()):
            raise Refusal(404 if self._who() else 401, "RepoNotFound", "Repository not found")
        return found

    def _tree_at(self, repo: Repo, revision: str) -> tuple[str, dict[str, bytes]]:
        sha = repo.find(revision or "main")
        if sha is None:
            raise Refusal(404, "RevisionNotFound", f"Invalid rev id: {revision}")
        return sha, repo.commits[sha]

    # reading

    def _search(self, kind: str) -> None:
        asked = self.query
        words = " ".join(asked.get("search", [])).lower()
        found = [
            r for r in self.hub.repos.values()
            if r.kind == kind and not r.private and words in r.id.lower()
            and {*asked.get("filter", [])} <= {*r.tags}
        ]  # fmt: skip
        found.sort(key=lambda r: -r.likes)
        limit = int(asked.get("limit", ["1000"])[0])
        rows = [{**_summary(r), "siblings": _siblings(r.files(), False)} for r in found[:limit]]
        self._json(rows if "full" in asked or "siblings" in asked.get("expand", []) else [
            {k: v for k, v in row.items() if k != "siblings"} for row in rows
        ])  # fmt: skip

    def _info(self, kind: str, repo: str, rev: str | None) -> None:
        found = self._repo(repo, kind)
        sha, files = self._tree_at(found, rev or "main")
        blobs = "blobs" in self.query
        self._json({**_summary(found), "sha": sha, "siblings": _siblings(files, blobs)})

    def _tree(self, kind: str, repo: str, rev: str, folder: str | None) -> None:
        found = self._repo(repo, kind)
        _, files = self._tree_at(found, rev)
        above = f"{folder}/" if folder else ""
        inside = {path: data for path, data in sorted(files.items()) if path.startswith(above)}
        if folder and not inside:
            raise Refusal(404, "EntryNotFound", "Entry not found")
        if self.query.get("recursive") != ["false"]:
            self._json([_entry(path, data) for path, data in inside.items()])
            return
        direct = [_entry(p, data) for p, data in inside.items() if "/" not in p[len(above) :]]
        folders = {above + p[len(above) :].split("/")[0] for p in inside} - inside.keys()
        self._json([*direct, *({"type": "directory", "path": p, "oid": "0" * 40, "size": 0}
                               for p in sorted(folders))])  # fmt: skip

    def _paths(self, kind: str, repo: str, rev: str) -> None:
        found = self._repo(repo, kind)
        _, files = self._tree_at(found, rev)
        asked = (
            json.loads(self.body)["paths"]
            if self.body[:1] == b"{"
            else parse_qs(self.body.decode())["paths"]
        )
        self._json([_entry(path, files[path]) for path in asked if path in files])

    def _refs(self, kind: str, repo: str) -> None:
        found = self._repo(repo, kind)
        branches = [
            {"name": name, "ref": f"refs/heads/{name}", "targetCommit": sha}
            for name, sha in found.refs.items()
        ]
        self._json({"branches": branches, "tags": [], "converts": []})

    def _file(self, kind: str | None, repo: str, rev: str, file: str) -> None:
        found = self._repo(repo, kind)
        if found.gated and not self._who():
            raise Refusal(401, "GatedRepo", f"Access to model {repo} is restricted.")
        sha, files = self._tree_at(found, rev)
        if file not in files:
            raise Refusal(404, "EntryNotFound", "Entry not found")
        data, headers = files[file], {"X-Repo-Commit": sha, "Accept-Ranges": "bytes"}
        oid = hashlib.sha256(data).hexdigest()
        if _is_lfs(file):
            linked = {"X-Linked-Etag": f'"{oid}"', "X-Linked-Size": str(len(data))}
            headers |= linked | {"ETag": f'"{oid}"'}
            if self.hub.cdn:
                self.hub.lfs[oid] = data
                away = {"Location": f"{self.hub.other_url}/cdn/{oid}"}
                self._send(302, b"", headers | away)
                return
        else:
            headers["ETag"] = f'"{_git_oid(data)}"'
        self._bytes(data, headers)

    def _blob(self, oid: str) -> None:
        self._bytes(self.hub.lfs[oid], {"ETag": f'"{oid}"', "Accept-Ranges": "bytes"})

    def _bytes(self, data: bytes, headers: dict[str, str]) -> None:
        if self.fault == "wrong-bytes":
            data = data[:-64] + bytes(b ^ 0x55 for b in data[-64:])
        if self.command == "GET" and (asked := self.headers.get("Range", "")):
            start, end = asked.removeprefix("bytes=").split("-")
            stop = min(int(end or len(data)) + 1, len(data))
            place = {"Content-Range": f"bytes {start}-{stop - 1}/{len(data)}"}
            self._send(206, data[int(start) : stop], headers | place | {"X-Start": start})
            return
        self._send(200, data, headers)

    def _whoami(self) -> None:
        who = self._writer()
        auth = {"accessToken": {"role": "write", "displayName": "test"}}
        self._json({"type": "user", "name": who, "orgs": [], "auth": auth})

    # writing

    def _create(self) -> None:
        who, asked = self._writer(), json.loads(self.body)
        owner, kind = asked.get("organization") or who, asked.get("type") or "model"
        name = f"{owner}/{asked['name']}"
        prefix = "" if kind == "model" else f"{kind}s/"
        url = {"url": f"{self.hub.url}/{prefix}{name}"}
        if owner != who:
            raise Refusal(403, text="You don't have the rights to create a repo here")
        if (kind, name) in self.hub.repos:
            self._json(url | {"error": "You already created this repo"}, 409)
            return
        private = asked.get("visibility") == "private" or bool(asked.get("private"))
        self.hub.add(name, {}, kind=kind, private=private, settings=asked)
        self._json(url)

    def _delete(self) -> None:
        who, asked = self._writer(), json.loads(self.body)
        name = f"{asked.get('organization') or who}/{asked['name']}"
        self.hub.repos.pop((asked.get("type") or "model", name), None)
        self._json({})

    def _validate(self) -> None:
        content = json.loads(self.body)["content"]
        bad = [] if content.startswith("---\n") else [{"message": "no front matter"}]
        self._json({"errors": [], "warnings": bad})

    def _preupload(self, kind: str, repo: str, rev: str) -> None:
        self._writer()
        files = self._repo(repo, kind).files(rev)
        rows = []
        for asked in json.loads(self.body)["files"]:
            mode = "lfs" if _is_lfs(path := asked["path"]) else "regular"
            known = {"oid": _oid(path, files[path])} if path in files else {}
            rows.append({"path": path, "uploadMode": mode, "shouldIgnore": False, **known})
        self._json({"files": rows})

    def _batch(self, kind: str | None, repo: str) -> None:
        self._writer()
        self._repo(repo, kind)
        objects = json.loads(self.body)["objects"]
        upload = [
            {**o, "actions": {"upload": self._way(o["oid"], o["size"])}}
            if o["oid"] not in self.hub.lfs else o
            for o in objects
        ]  # fmt: skip
        self._json({"transfer": "basic", "objects": upload})

    def _way(self, oid: str, size: int) -> dict[str, Any]:
        href = f"{self.hub.url}/lfs/{oid}"
        if not (part := self.hub.part_bytes):
            return {"href": href}
        parts = {f"{i + 1:05}": f"{href}/{i + 1}" for i in range(-(-size // part))}
        return {"href": f"{href}/whole", "header": {"chunk_size": str(part), **parts}}

    def _part(self, oid: str, part: str) -> None:
        self.hub.parts[oid, int(part)] = self.body
        self._send(200, b"", {"ETag": f'"{part}"'})

    def _whole(self, oid: str) -> None:
        numbers = [row["partNumber"] for row in json.loads(self.body)["parts"]]
        self.body = b"".join(self.hub.parts[oid, number] for number in numbers)
        self._upload(oid)

    def _upload(self, oid: str) -> None:
        if hashlib.sha256(self.body).hexdigest() != oid:
            raise Refusal(400, text="the bytes do not have this sha256")
        self.hub.lfs[oid] = self.body
        self._json({})

    def _verify(self) -> None:
        self._json({})

    def _commit(self, kind: str, repo: str, rev: str) -> None:
        self._writer()
        found = self._repo(repo, kind)
        files = dict(found.files(rev))
        for line in self.body.splitlines():
            step = json.loads(line)
            value = step["value"]
            if step["key"] == "file":
                files[value["path"]] = base64.b64decode(value["content"])
            elif step["key"] == "lfsFile":
                files[value["path"]] = self.hub.lfs[value["oid"]]
            elif step["key"] == "deletedFile":
                files.pop(value["path"], None)
            elif step["key"] == "deletedFolder":
                files = {k: v for k, v in files.items() if not k.startswith(value["path"])}
        sha = found.commit(files, rev)
        prefix = "" if kind == "model" else f"{kind}s/"
        url = f"{self.hub.url}/{prefix}{repo}/commit/{sha}"
        self._json({"success": True, "commitOid": sha, "commitUrl": url, "hookOutput": ""})

    def _setting(self, kind: str, repo: str, what: str) -> None:
        self._writer()
        self._repo(repo, kind).settings[what] = json.loads(self.body)
        self._runtime(kind, repo, what)

    def _runtime(self, kind: str, repo: str, what: str) -> None:
        hardware = {"current": "cpu-basic", "requested": "cpu-basic"}
        self._json({"stage": "RUNNING", "hardware": hardware, "storage": None, "gcTimeout": None})


def _port(url: str) -> int:
    return urlsplit(url).port or 0


def _is_lfs(path: str) -> bool:
    return path.endswith(LFS)


def _git_oid(data: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


def _oid(path: str, data: bytes) -> str:
    return hashlib.sha256(data).hexdigest() if _is_lfs(path) else _git_oid(data)


def _entry(path: str, data: bytes) -> dict[str, Any]:
    entry = {"type": "file", "path": path, "size": len(data), "oid": _git_oid(data)}
    if _is_lfs(path):
        entry["lfs"] = {"oid": _oid(path, data), "size": len(data), "pointerSize": 134}
    return entry


def _siblings(files: dict[str, bytes], blobs: bool) -> list[dict[str, Any]]:
    if not blobs:
        return [{"rfilename": path} for path in sorted(files)]
    rows = []
    for path, data in sorted(files.items()):
        row = {"rfilename": path, "size": len(data), "blobId": _git_oid(data)}
        if _is_lfs(path):
            row["lfs"] = {"sha256": _oid(path, data), "size": len(data), "pointerSize": 134}
        rows.append(row)
    return rows


def _summary(repo: Repo) -> dict[str, Any]:
    return {
        "_id": hashlib.sha1(repo.id.encode()).hexdigest()[:24],
        "id": repo.id,
        "modelId": repo.id,
        "author": repo.id.split("/")[0],
        "sha": repo.refs.get("main", ""),
        "private": repo.private,
        "gated": "auto" if repo.gated else False,
        "disabled": False,
        "likes": repo.likes,
        "downloads": repo.downloads,
        "tags": [*repo.tags],
        "cardData": repo.card,
        "lastModified": "2026-11-01T12:00:00.000Z",
        "createdAt": "2026-10-01T12:00:00.000Z",
        "spaces": [],
        "usedStorage": sum(len(d) for files in repo.commits.values() for d in files.values()),
    }
