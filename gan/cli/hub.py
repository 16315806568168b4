"""`pull`, `search` and `models`: what the Hub has, and what is here."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import Annotated, Literal

import typer

from gan.checkpoint import PULLED, bundled
from gan.cli.console import app, bytes_task, errors, say
from gan.errors import ConfigError, HubChoice
from gan.files import expanded
from gan.hub import library, readings
from gan.hub import search as hub_search
from gan.hub.client import saved_token
from gan.hub.index import index, missing
from gan.hub.known import KNOWN, known_of
from gan.hub.layouts.settings import check_answers
from gan.hub.own import take
from gan.hub.pull import LIMIT_S, Pulled, PullProgress
from gan.hub.pull import pull as pull_model

MAX_LINES = 40


@app.command()
def pull(
    repo: Annotated[
        str,
        typer.Argument(
            metavar="OWNER/NAME|FILE", help="or the address of its page, or a file of weights"
        ),
    ],
    revision: Annotated[
        str, typer.Option("--revision", help="a branch, tag or commit; the main branch if left out")
    ] = "",
    file: Annotated[
        str | None, typer.Option("--file", help="which model, where the repo holds several")
    ] = None,
    activation: Annotated[
        str, typer.Option("--activation", help="relu, leaky, ... where the file does not tell")
    ] = "",
    read: Annotated[
        list[str] | None,
        typer.Option(
            "--read",
            metavar="KEY=VALUE",
            help="likewise: output, eps, upsample, noise, labels, size; may be repeated",
        ),
    ] = None,
    use_token: Annotated[
        bool, typer.Option("--use-token", help="sign in as `hf auth login` did, or with HF_TOKEN")
    ] = False,
    limit_seconds: Annotated[
        float, typer.Option("--limit-seconds", min=1, max=86400, help="give up after that")
    ] = LIMIT_S,
) -> None:
    """Bring a model from the Hugging Face Hub, or a file of weights that is here; what is not in
    our format is converted once.

    Examples:

    `python -m gan pull nateraw/cryptopunks-gan`

    `python -m gan pull owner/name --revision v1 --file netG.pth`

    `python -m gan pull netG_epoch_24.pth --activation leaky`
    """
    with errors():
        answers = _answers(activation, read or [])
        token = _token() if use_token else False
        with bytes_task(f"pulling {repo}") as watch:
            try:
                for step in _steps(repo, revision, file, answers, token, limit_seconds):
                    watch(step)
            except HubChoice as error:
                raise _choice(repo, error) from None
        if isinstance(step, Pulled):
            ref = readings.settle(step.ref, answers) if answers else step.ref
            _say_pulled(step._replace(ref=ref))


def _answers(activation: str, read: list[str]) -> dict[str, str]:
    answers = {"activation": activation} if activation else {}
    for text in read:
        key, equals, value = text.partition("=")
        if not equals:
            raise ConfigError(
                "--read must be key=value, got {got}; for example output=sigmoid", got=repr(text)
            )
        answers[key.strip()] = value.strip()
    check_answers(answers)
    return answers


def _steps(
    repo: str,
    revision: str,
    file: str | None,
    answers: dict[str, str],
    token: str | Literal[False],
    limit_s: float,
) -> Iterator[PullProgress | Pulled]:
    path = expanded(repo)
    if path.is_file():
        return take(path, answers=answers)
    return pull_model(
        repo, revision=revision, file=file, token=token, limit_s=limit_s, answers=answers
    )


def _token() -> str | Literal[False]:
    token = saved_token()
    if not token:
        raise ConfigError("--use-token needs a token, there is none; run: hf auth login")
    return token


def _choice(repo: str, error: HubChoice) -> ConfigError:
    lines = [f"  {size / 1e6:8.1f} MB  {_plain(name)}" for name, size in error.files[:MAX_LINES]]
    more = [f"  and {len(error.files) - MAX_LINES} more"] if len(error.files) > MAX_LINES else []
    return ConfigError(
        "{repo} holds several models, choose one with --file:\n{files}",
        repo=repo,
        files="\n".join([*lines, *more]),
    )


def _say_pulled(pulled: Pulled) -> None:
    if pulled.warning:
        say(f"cached, {pulled.warning}")
    how = "was here already (cached)" if pulled.cached else "is here"
    where = f" of {pulled.repo} at {pulled.commit[:12]}" if pulled.repo else ""
    say(f"{_plain(pulled.name)}{where} {how}: {pulled.ref}")
    _say_assumed(pulled.ref)
    say(f"sample it with: python -m gan sample --weights {shlex.quote(pulled.ref)} --out a.png")


def _say_assumed(ref: str) -> None:
    """What the file did not tell, and how to have the other reading."""
    options = readings.options_of(ref)
    for key, value in options[0].answers.items() if options else ():
        others = {o.answers[key] for o in options} - {value}
        flag = "--activation" if key == "activation" else f"--read {key}="
        other = " or ".join(f"{flag}{'' if flag.endswith('=') else ' '}{o}" for o in sorted(others))
        say(f"assumed: {key} {value}, which the file does not tell; if it looks wrong: {other}")


@app.command()
def search(
    text: Annotated[str, typer.Argument(help="part of a name; known repos if left out")] = "",
    tag: Annotated[str, typer.Option("--tag", help="for example gan; any if left out")] = "",
    limit: Annotated[int, typer.Option("--limit", min=1, max=hub_search.MAX_FOUND)] = 20,
) -> None:
    """Search the Hub's models by name, the most liked first; a star marks a layout we know.

    Examples:

    `python -m gan search cryptopunks`

    `python -m gan search --tag gan`
    """
    with errors():
        if not text and not tag:
            for row in KNOWN:
                size = f"{row.resolution} px" if row.resolution else ""
                say(f"{row.repo:48}  {size:>7}  {row.layout:18}  {row.note}")
            return
        found = hub_search.search(text, tag=tag, limit=limit)
        if not found:
            say("nothing was found; try another part of the name")
        for result in found:
            star = "*" if known_of(result.repo) else " "
            say(
                f"{star} {_plain(result.repo):48}  {result.likes:6,} likes  "
                f"{result.size / 1e6:10,.1f} MB  {result.updated}"
            )


@app.command()
def models(
    delete: Annotated[
        str | None, typer.Option("--delete", help="remove a pulled model, hub:NAME")
    ] = None,
) -> None:
    """List the models that are here: bundled ones and those pulled from the Hub.

    Examples:

    `python -m gan models`

    `python -m gan models --delete hub:NAME`
    """
    with errors():
        if delete is not None:
            library.delete(delete if delete.startswith(PULLED) else f"{PULLED}{delete}")
            say(f"{delete} is removed")
            return
        for name in bundled():
            say(f"bundled  {name}")
        for name in missing():
            row = index()[name]
            state = "not here, it comes when used" if row.revision else "not here, not published"
            say(f"{state}  {name}  {row.repo}")
        for entry in library.listed():
            licence = _plain(entry.source.licence) or "no licence stated"
            size = f"{entry.size / 1e6:.1f} MB"
            say(f"pulled   {entry.ref}  {_plain(entry.source.repo)}  {size}  {licence}")


def _plain(text: str) -> str:
    """What others wrote, without what a terminal would obey."""
    return "".join(c for c in text if c.isprintable())[:200]
