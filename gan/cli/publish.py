"""`push` and `deploy`: a model as a repo on the Hub, the app as a Space."""

from __future__ import annotations

from typing import Annotated

import typer

from gan import export as exporting
from gan.cli.console import app, bytes_task, errors, fail, load_weights, say, use_threads
from gan.errors import HubError
from gan.hub import deploy as deploying
from gan.hub import push as pushing
from gan.hub.client import saved_token
from gan.hub.sending import SendPlan, Sent, send
from gan.metrics.card import known_scores


def login_token() -> str:
    """The token of who is signed in at this terminal; raises HubError where nobody is."""
    if token := saved_token():
        return token
    raise HubError(
        "sign-in", "pushing needs a token with write access, there is none; run `hf auth login`"
    )


def confirmed(question: str, *, yes: bool) -> bool:
    """Whether it may be done: said before, or asked now; in a pipe nobody can be asked."""
    if yes:
        return True
    try:
        return typer.confirm(question)
    except typer.Abort:
        fail("nothing was sent, since nobody said yes; add --yes")


def sent(plan: SendPlan, token: str, *, yes: bool) -> str:
    """Send a plan with a bar, after a yes where it overwrites; the repo's address."""
    many, url = len(plan.overwrites), ""
    if many and not confirmed(f"{plan.repo} is there; overwrite {many} of its files?", yes=yes):
        fail("nothing was sent")
    with bytes_task(f"sending {plan.repo}") as watch:
        for step in send(plan, token=token, overwrite=True):
            watch(step)
            url = step.url if isinstance(step, Sent) else url
    return url


def megabytes(count: int) -> str:
    return f"{count / 1e6:.1f} MB" if count >= 100_000 else f"{count / 1e3:.1f} kB"


@app.command()
def deploy(
    space: Annotated[str, typer.Argument(help="owner/name of the Space")],
    hardware: Annotated[
        str, typer.Option("--hardware", help="cpu-basic, zero-a10g, t4-small, …")
    ] = "cpu-basic",
    private: Annotated[bool, typer.Option("--private", help="seen by you alone")] = False,
    model: Annotated[
        list[str] | None,
        typer.Option("--model", help="owner/name@commit, fetched while the Space is built"),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="show what would be sent; nobody is asked")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="overwrite without asking")] = False,
) -> None:
    """Put the whole app on a Hugging Face Space: create it, send the files, in one commit.

    From a checkout. Runs, own images and tokens never go along.

    Example: `python -m gan deploy me/gan-atelier --dry-run`
    """
    with errors():
        token = None if dry_run else login_token()
        plan = deploying.plan(
            space,
            hardware=hardware,
            private=private,
            models=tuple(model or ()),
            token=token,
            ask=not dry_run,
        )
        if dry_run:
            for file in plan.files:
                say(f"{megabytes(len(file.data)):>10}  {file.path}")
            say(f"\n{plan.front}")
        say(f"{len(plan.files)} files, {megabytes(plan.size)}, for {space} on {hardware}")
        if dry_run or token is None:
            return
        say(f"the Space is at {sent(plan, token, yes=yes)}")


@app.command()
def push(
    ref: Annotated[
        str,
        typer.Argument(
            help="a bundled name, hub:NAME, a weights folder, RUN, RUN@NIMG or RUN~LENGTH"
        ),
    ],
    repo: Annotated[str, typer.Argument(help="owner/name on the Hub")],
    private: Annotated[bool, typer.Option("--private", help="seen by you alone")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="show what would be sent, and the card")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="overwrite without asking")] = False,
    onnx: Annotated[bool, typer.Option("--onnx", help="an ONNX file goes along")] = False,
    licence: Annotated[
        str, typer.Option("--license", help="of a model whose own nobody stated, as in mit")
    ] = "",
) -> None:
    """Put a model on the Hugging Face Hub, with samples, a walk and a card, in one commit.

    With the login of `hf auth login`. What is there already is overwritten only after a yes.

    Examples:

    `python -m gan push runs/a me/my-gan --dry-run`

    `python -m gan push fashion me/fashion --private`
    """
    with errors():
        use_threads(1)
        token = None if dry_run else login_token()
        weights = load_weights(ref)
        extra = {"model.onnx": exporting.export(weights, to="onnx").data} if onnx else None
        plan = pushing.plan(
            weights,
            repo,
            private=private,
            token=token,
            ask=not dry_run,
            licence=licence,
            scores=known_scores(weights.revision, seen=weights.seen),
            extra=extra,
        )
        for path, data in plan.files:
            say(f"{megabytes(len(data)):>10}  {path}")
        for warning in plan.warnings:
            say(f"note: {warning}")
        if dry_run or token is None:
            say(f"\n{plan.card}")
            return
        say(f"the model is at {sent(plan, token, yes=yes)}")
