"""`python -m gan.hub.fetch`: all reads from the Hub, as a process that can be killed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from gan.errors import HubError
from gan.hub.child import Reply, Token, say, serve
from gan.hub.choice import OURS, choices, choose, critic_of, hint_files
from gan.hub.failures import Title, damaged_error, hub_error, status_error
from gan.hub.hints import MAX_HINT_BYTES, is_ours, parsed
from gan.messages import Message

ANSWER_S = 10.0  # timeout per response of the Hub
CHUNK = 256 * 2**10  # bytes between two progress messages
SEARCH = Message("search")  # what a search is called, where a repo has its name
TOO_LARGE = "{file} of {repo} has {size} MB, here a model may have {most} MB; choose another"
TOO_LARGE_HERE = (
    "{file} of {repo} has {size} MB, here a model may have {most} MB; choose another, or pull it "
    "at home with python -m gan pull"
)


def main() -> None:
    serve(_work, _told)


def _work(task: dict[str, Any], token: Token) -> Iterator[Reply]:
    _guard(token, _title(task))
    yield from TASKS[task["do"]](task, token)


def _told(error: Exception, task: Mapping[str, Any], _: Token) -> HubError:
    about = {"revision": task.get("revision", ""), "file": task.get("file", "")}
    return hub_error(error, _title(task), **about)


def _title(task: Mapping[str, Any]) -> Title:
    return SEARCH if task["do"] == "search" else str(task["title"])


def _guard(token: Token, repo: Title) -> None:
    """Make the client fail instead of wait, and send the token to the Hub only."""
    import huggingface_hub  # noqa: PLC0415 - in this process only, and after the input is read
    from huggingface_hub import constants  # noqa: PLC0415
    from huggingface_hub.utils._http import default_client_factory  # noqa: PLC0415

    home = _origin(constants.ENDPOINT)
    constants.DOWNLOAD_CHUNK_SIZE = CHUNK

    def before(request: Any) -> None:
        ours = token and _origin(str(request.url)) == home
        if not ours or request.headers.get("authorization") != f"Bearer {token}":
            request.headers.pop("authorization", None)

    def after(response: Any) -> None:
        status = response.status_code
        if status == 429 or status >= 500:  # the client would wait and retry for minutes
            raise status_error(status, repo) or AssertionError
        away = response.headers.get("location", "")
        if away and urlsplit(str(response.url)).path.startswith("/api/"):
            target = _origin(str(response.url.join(away)))
            if target != home:
                raise HubError(
                    "redirect",
                    "the Hub sent us to another host for {repo}, which is not asked; check the "
                    "connection and HF_ENDPOINT",
                    repo=repo,
                )

    def client() -> Any:
        made = default_client_factory()
        made.event_hooks = {
            "request": [*made.event_hooks["request"], before],
            "response": [*made.event_hooks["response"], after],
        }
        vars(made)["send"] = _once(made.send, repo)
        return made

    huggingface_hub.set_client_factory(client)


def _once(send: Callable[..., Any], repo: Title) -> Callable[..., Any]:
    """`send`, that has what is asked of the Hub fail at once; a file's next part is asked for."""

    def guarded(request: Any, **options: Any) -> Any:
        try:
            return send(request, **options)
        except Exception as error:
            if request.url.path.startswith("/api/"):
                raise hub_error(error, repo) from error
            raise

    return guarded


def _origin(url: str) -> tuple[str, str, int | None]:
    parts = urlsplit(url)
    port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    return parts.scheme, parts.hostname or "", port


def _info(task: Mapping[str, Any], token: Token) -> Any:
    """A repo's metadata, its files with sizes and hashes; one request."""
    from huggingface_hub import HfApi  # noqa: PLC0415

    return HfApi().repo_info(
        task["repo"],
        revision=task.get("revision") or None,
        repo_type=task["kind"],
        files_metadata=True,
        timeout=ANSWER_S,
        token=token,
    )


def _licence(info: Any) -> str:
    tagged = (t.removeprefix("license:") for t in info.tags or () if t.startswith("license:"))
    found = getattr(info.card_data, "license", None) or next(tagged, "")
    return ", ".join(map(str, found)) if isinstance(found, list) else str(found)


def _pull(task: dict[str, Any], token: Token) -> Iterator[Reply]:
    info = _info(task, token)
    files = {f.rfilename: f for f in info.siblings or ()}
    sizes = {name: f.size or 0 for name, f in files.items()}
    known = choices(sizes)
    file = choose(task["title"], sizes, task.get("file", ""), task.get("prefer", ""))
    yield {"commit": info.sha, "file": file, "size": sizes[file]}
    if [info.sha, file] in task["have"]:
        yield {"have": [info.sha, file], "choices": known}
        return
    if sizes[file] > task["max_bytes"]:
        raise HubError(
            "too-large",
            TOO_LARGE if task["local"] else TOO_LARGE_HERE,
            file=file,
            repo=task["title"],
            size=f"{sizes[file] / 1e6:,.0f}",
            most=f"{task['max_bytes'] / 1e6:,.0f}",
        )
    fetch = _fetcher(task, info.sha, files, token)
    beside = {name: fetch(name, None) for name in hint_files(sizes, file, MAX_HINT_BYTES)}
    hints = [data for name in beside if (data := parsed(beside[name]))]
    ours = file == OURS and is_ours(beside.get("config.json"))
    if not ours and not task["local"]:
        raise HubError(
            "refused",
            "{title} is not in GAN Atelier's own format, which alone is taken in public; convert "
            "it at home with python -m gan pull {title}, then push it",
            title=task["title"],
        )
    critic = "" if ours else critic_of(file, sizes)
    if sizes.get(critic, 0) > task["max_bytes"]:
        critic = ""  # the generator is useful without it
    first, size = sizes[file], sizes[file] + sizes.get(critic, 0)
    path = fetch(file, lambda done: say({"done": done, "of": size}))
    d_path = fetch(critic, lambda done: say({"done": first + done, "of": size})) if critic else ""
    yield {
        "path": str(path),
        "d_path": str(d_path),
        "commit": info.sha,
        "file": file,
        "size": sizes[file],
        "sha256": _sha256(path),
        "licence": _licence(info)[:100],
        "choices": known,
        "config": str(beside["config.json"]) if ours else "",
        "hints": {key: value for data in reversed(hints) for key, value in data.items()},
    }


Fetcher = Callable[[str, "Callable[[int], None] | None"], Path]


def _fetcher(
    task: Mapping[str, Any], commit: str, files: Mapping[str, Any], token: Token
) -> Fetcher:
    from huggingface_hub import hf_hub_download, try_to_load_from_cache  # noqa: PLC0415

    place = {"repo_id": task["repo"], "repo_type": task["kind"], "revision": commit}

    def fetch(name: str, told: Callable[[int], None] | None) -> Path:
        # a Space may have it from its build, in the client's own cache
        kept = try_to_load_from_cache(filename=name, **place)
        path = Path(kept) if isinstance(kept, str) else None
        if path is not None and not _amiss(path, files[name]):
            return path
        path = Path(
            hf_hub_download(
                filename=name,
                cache_dir=task["cache"],
                token=token,
                etag_timeout=ANSWER_S,
                tqdm_class=_meter(told),
                **place,
            )
        )
        if amiss := _amiss(path, files[name]):
            path.resolve().unlink(missing_ok=True)
            path.unlink(missing_ok=True)
            raise damaged_error(task["title"], amiss)
        return path

    return fetch


def _amiss(path: Path, stated: Any) -> Message:
    """How a file differs from what the Hub states; empty if it matches."""
    size = path.stat().st_size
    if size != stated.size:
        template = "{got} bytes instead of {stated}"
        return Message(template, got=f"{size:,}", stated=f"{stated.size:,}")
    if stated.lfs is not None:
        same = _sha256(path) == stated.lfs.sha256
    else:
        data = path.read_bytes()
        oid = hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()
        same = oid == stated.blob_id
    return Message() if same else Message("other bytes than the Hub states")


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _meter(told: Callable[[int], None] | None) -> Any:
    """A progress bar for the client that reports the number of bytes."""

    class Meter:
        def __init__(self, *_: Any, total: float = 0, initial: int = 0, **__: Any) -> None:
            self.total, self.n = total, initial
            self.update(0)  # tell whoever waits for the first bytes that the download has begun

        def update(self, count: float = 1) -> None:
            self.n += int(count)
            if told is not None:
                told(self.n)

        def __enter__(self) -> Meter:
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def close(self) -> None:
            pass

    return Meter


def _search(task: dict[str, Any], token: Token) -> Iterator[Reply]:
    from huggingface_hub import HfApi  # noqa: PLC0415

    found = HfApi().list_models(
        search=task["text"] or None,
        filter=task["tag"] or None,
        sort="likes",
        limit=task["limit"],
        expand=["likes", "downloads", "tags", "lastModified", "siblings", "usedStorage", "gated"],
        token=token,
    )
    for row in found:
        yield {
            "repo": row.id,
            "likes": row.likes or 0,
            "downloads": row.downloads or 0,
            "tags": [*(row.tags or ())],
            "updated": row.last_modified.date().isoformat() if row.last_modified else "",
            "size": row.used_storage or 0,
            "gated": bool(row.gated),
            "files": choices(dict.fromkeys((s.rfilename for s in row.siblings or ()), 1)),
        }


def _details(task: dict[str, Any], token: Token) -> Iterator[Reply]:
    info = _info(task, token)
    sizes = {f.rfilename: f.size or 0 for f in info.siblings or ()}
    yield {
        "commit": info.sha,
        "licence": _licence(info)[:100],
        "likes": info.likes or 0,
        "gated": bool(getattr(info, "gated", False)),
        "tags": [*(info.tags or ())],
        "files": [[name, sizes[name]] for name in choices(sizes)],
        "size": sum(sizes.values()),
    }


TASKS: dict[str, Callable[[dict[str, Any], Token], Iterator[Reply]]] = {
    "pull": _pull,
    "search": _search,
    "details": _details,
}

if __name__ == "__main__":
    main()
