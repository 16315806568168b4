"""The whole app as a Space of Hugging Face: what would be sent, and sending it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import gan
from gan.errors import ConfigError, HubError, suggest
from gan.hub.client import never
from gan.hub.sending import Look, look, send
from gan.hub.space import HARDWARE, PRELOADED, REPO_ID, split_front
from gan.hub.stage import StagedFile, stage

MESSAGE = f"GAN Atelier {gan.__version__}"


class DeployPlan(NamedTuple):
    """A Space as it would be sent."""

    repo: str
    hardware: str
    private: bool
    files: tuple[StagedFile, ...]
    found: Look | None  # None where the Hub was not asked

    @property
    def size(self) -> int:
        """Bytes in all."""
        return sum(len(file.data) for file in self.files)

    @property
    def front(self) -> str:
        """The front matter that it would have."""
        readme = next(f.data.decode() for f in self.files if f.path == "README.md")
        return readme[: len(readme) - len(split_front(readme)[1])]

    @property
    def overwrites(self) -> list[str]:
        """Files of the Space that others would take the place of."""
        there = self.found.files if self.found else frozenset()
        return [file.path for file in self.files if file.path in there]


def plan(
    repo: str,
    *,
    hardware: str = "cpu-basic",
    private: bool = False,
    models: tuple[str, ...] = (),
    token: str | None = None,
    ask: bool = True,
    root: Path | None = None,
) -> DeployPlan:
    """What would be sent to the Space `repo`; with `ask` also what is there already.

    models: owner/name@commit, fetched while the Space is built. Raises ConfigError for what makes
    no Space, HubError where the Hub says no.
    """
    if not REPO_ID.fullmatch(repo):
        raise HubError("id", f"a Space is owner/name, got {repo[:80]!r}; correct it")
    if hardware not in HARDWARE:
        raise ConfigError(
            f"--hardware must be one of the Hub's, got {hardware[:40]!r}; "
            f"{suggest(hardware, HARDWARE)}"
        )
    for model in models:
        if not PRELOADED.fullmatch(model.replace("@", " model.safetensors ")):
            raise ConfigError(
                f"--model must be owner/name or owner/name@ and a whole commit, got "
                f"{model[:80]!r}; correct it"
            )
    files = tuple(stage(root or checkout(), repo, hardware=hardware, models=models))
    found = look(repo, "space", token=token) if ask else None
    return DeployPlan(repo, hardware, private, files, found)


def checkout() -> Path:
    """The folder that this package was checked out in."""
    return Path(gan.__file__).parent.parent


def deploy(
    plan: DeployPlan,
    *,
    token: str,
    overwrite: bool = False,
    cancelled: Callable[[], bool] = never,
) -> str:
    """Make or update the Space as planned, in one commit; its address.

    Raises HubError of kind "exists" where files would be overwritten and `overwrite` is False.
    """
    if plan.found is None:
        raise HubError("refused", "the Hub was not asked what is there; plan with ask=True")
    if plan.overwrites and not overwrite:
        raise HubError(
            "exists",
            f"{plan.repo} is there already, {len(plan.overwrites)} of its files would be "
            f"overwritten; say so, or take another name",
        )
    return send(
        plan.files,
        plan.repo,
        "space",
        token=token,
        message=MESSAGE,
        create=not plan.found.exists,
        private=plan.private,
        hardware=plan.hardware if plan.hardware != "cpu-basic" or plan.found.exists else None,
        parent=plan.found.commit,
        cancelled=cancelled,
    )
