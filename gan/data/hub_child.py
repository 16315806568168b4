"""`python -m gan.data.hub_child`: downloads a dataset of the Hub, as a process that can be killed.

The task arrives as JSON in the first argument; the reply on standard output is where the table
lies, {"files", "builder"}, or an error's message, {"error"}. Of a stream it is a part of the table,
where that begins, {"place"}, and where the next one does, {"after"}.
"""

from __future__ import annotations

import json
import os
import random
import sys
import tarfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

from gan.errors import DataError
from gan.messages import Message

ANSWER_S = 20.0  # for a connection, or the next bytes
LOOK_S = 2.0  # whether the parent is there
LEAST = 2  # images of a set
FEW_FILES = 16  # with fewer, each is split into its row groups, so that a part is a better mix
ORDER_SEED = 0  # of a stream's shards: a place names its images


def main() -> None:
    """Do the task and reply."""
    task = json.loads(sys.argv[1])
    threading.Thread(target=_end_with, args=[os.getppid()], daemon=True).start()
    try:
        _guard(task["repo"], task["most_bytes"])
        which = task["repo"], task["revision"], task["split"]
        reply = streamed(*which, **task["part"]) if task["part"] else fetched(*which)
    except Exception as error:  # the process boundary: every exception becomes a sentence
        reply = {"error": told(error, task["repo"]).message.to_json()}
    sys.stdout.write(json.dumps(reply))


def _end_with(parent: int) -> None:
    """A training that is killed must not leave its next part behind it, being downloaded."""
    while os.getppid() == parent:
        time.sleep(LOOK_S)
    os._exit(1)


def fetched(repo: str, revision: str | None, split: str) -> dict[str, Any]:
    """Download and prepare it; the table lies in Arrow files of the library's own cache."""
    from datasets import load_dataset  # noqa: PLC0415 - two seconds to import

    table = load_dataset(repo, split=split, revision=revision, token=False)
    files = [found["filename"] for found in table.cache_files]
    return {"files": files, "builder": table.info.builder_name or ""}


def streamed(
    repo: str, revision: str | None, split: str, *, place: list[int], count: int, file: str
) -> dict[str, Any]:
    """At most `count` rows from `place` on, written to `file`; no more is downloaded than that.

    place: a shard in their order, and a row of it. A shard is a file; where there are few files, a
    row group of one. The rest of a damaged shard is left out. Where fewer than LEAST rows are left,
    it begins again at the first.
    """
    from datasets import Image, load_dataset  # noqa: PLC0415 - two seconds to import
    from datasets.arrow_writer import ArrowWriter  # noqa: PLC0415
    from pyarrow import ArrowInvalid  # noqa: PLC0415

    table = load_dataset(repo, split=split, revision=revision, token=False, streaming=True)
    if table.num_shards < FEW_FILES:  # looks into each file
        table = table.reshard()
    for name, feature in (table.features or {}).items():  # None: of a table of text
        if isinstance(feature, Image):
            table = table.cast_column(name, Image(decode=False))
    shards = table.num_shards
    order = random.Random(ORDER_SEED).sample(range(shards), shards)
    index, row = begun = place
    left = count
    with ArrowWriter(features=table.features, path=file) as writer:
        while index < shards and left:
            shard = table.shard(num_shards=shards, index=order[index])
            with suppress(ArrowInvalid, tarfile.TarError):
                for example in shard.skip(row).take(left):
                    writer.write(example)
                    left, row = left - 1, row + 1
            if left:
                index, row = index + 1, 0
        writer.finalize()
    if count - left < LEAST and begun != [0, 0]:
        return streamed(repo, revision, split, place=[0, 0], count=count, file=file)
    after = [index, row] if index < shards else [0, 0]
    return {"files": [file], "builder": "", "place": begun, "after": after}


def told(error: Exception, repo: str) -> DataError:
    """`error` as a sentence; our own, wherever the library wrapped it, as it is."""
    for found in _chain(error):
        if isinstance(found, DataError):
            return found
    reason = str(error).splitlines()[0][:160] if str(error) else Message("no reason given")
    return DataError(
        "the dataset {repo} could not be had from the Hub ({name}: {reason}); check its "
        "name and your connection, or use folder:PATH",
        repo=repo,
        name=type(error).__name__,
        reason=reason,
    )


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: list[BaseException] = []
    current: BaseException | None = error
    while current is not None and current not in seen:
        yield current
        seen.append(current)
        current = current.__cause__ or current.__context__


def _guard(repo: str, most_bytes: int) -> None:
    """Have the client fail at once instead of retrying for minutes, and count what comes.

    Every reply states its length before its bytes are read; one that does not is no file.
    """
    import huggingface_hub  # noqa: PLC0415 - in this process only
    from huggingface_hub.utils._http import default_client_factory  # noqa: PLC0415

    total = 0

    def after(response: Any) -> None:
        nonlocal total
        status = response.status_code
        if status == 429 or status >= 500:
            raise DataError(
                "the dataset {repo} could not be had, the Hub answered {status}; try again later",
                repo=repo,
                status=status,
            )
        reason = response.headers.get("x-error-code")
        if status in (401, 403) and reason == "GatedRepo":
            raise DataError(
                "the dataset {repo} is gated: whoever takes it must ask for access and sign in, "
                "and datasets are taken here without signing in; download it and use folder:PATH",
                repo=repo,
            )
        missing = reason == "RepoNotFound"
        if status in (401, 403) or missing:  # else 404 may be a file that few sets have
            raise DataError(
                "there is no dataset {repo} on the Hub, or it is not public ({status}); check its "
                "name, or use folder:PATH",
                repo=repo,
                status=status,
            )
        if response.request.method == "GET":
            total += int(response.headers.get("content-length") or 0)
        if total > most_bytes:
            raise DataError(
                "a dataset of the Hub may have {most} MB, {repo} has more; choose a smaller one",
                most=most_bytes // 2**20,
                repo=repo,
            )

    def client() -> Any:
        made = default_client_factory()
        made.event_hooks["response"] = [*made.event_hooks["response"], after]
        vars(made)["send"] = _impatient(made.send, repo)
        return made

    huggingface_hub.set_client_factory(client)


def _impatient(send: Callable[..., Any], repo: str) -> Callable[..., Any]:
    """`send` with a limit for each answer, and without another try after it."""

    def limited(request: Any, **options: Any) -> Any:
        limits = ("connect", "read", "write", "pool")
        request.extensions["timeout"] = dict.fromkeys(limits, ANSWER_S)
        try:
            return send(request, **options)
        except Exception as error:
            if "Timeout" in type(error).__name__:
                raise too_slow(repo) from error
            raise

    return limited


def too_slow(repo: str) -> DataError:
    """It stalled, or took too long in all."""
    return DataError(
        "the Hub was too slow with the dataset {repo}; try again later, or use folder:PATH",
        repo=repo,
    )


if __name__ == "__main__":
    main()
