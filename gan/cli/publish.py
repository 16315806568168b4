"""`deploy`: the app as a Space."""

from __future__ import annotations

from typing import Annotated

import typer

from gan.cli.console import app, errors, fail, say
from gan.errors import HubError
from gan.hub import deploy as deploying


def login_token() -> str:
    """The token of who is signed in at this terminal; raises HubError where nobody is."""
    from huggingface_hub import get_token  # noqa: PLC0415 - half a second, for these two alone

    if token := get_token():
        return str(token)
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
        many = len(plan.overwrites)
        if many and not confirmed(f"{space} is there; overwrite {many} of its files?", yes=yes):
            fail("nothing was sent")
        say(f"the Space is at {deploying.deploy(plan, token=token, overwrite=True)}")
