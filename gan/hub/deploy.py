"""The app as a Hugging Face Space: the deployment plan; gan.hub.sending uploads it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import gan
from gan.errors import ConfigError, HubError, suggest
from gan.hub.sending import SendPlan, look
from gan.hub.space import HARDWARE, PRELOADED, REPO_ID, split_front
from gan.hub.stage import StagedFile, stage


@dataclass(frozen=True, kw_only=True)
class DeployPlan(SendPlan):
    """A Space as it would be uploaded."""

    files: tuple[StagedFile, ...]

    @property
    def front(self) -> str:
        """Its front matter."""
        readme = next(f.data.decode() for f in self.files if f.path == "README.md")
        return readme[: len(readme) - len(split_front(readme)[1])]


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
    """The plan for Space `repo`; with `ask` also its current contents.

    models: owner/name@commit, fetched while the Space is built. Raises ConfigError for an invalid
    Space, HubError if the Hub refuses.
    """
    if not REPO_ID.fullmatch(repo):
        raise HubError("id", "a Space is owner/name, got {got}; correct it", got=repr(repo[:80]))
    if hardware not in HARDWARE:
        raise ConfigError(
            "--hardware must be one of the Hub's, got {got}; {hint}",
            got=repr(hardware[:40]),
            hint=suggest(hardware, HARDWARE),
        )
    for model in models:
        if not PRELOADED.fullmatch(model.replace("@", " model.safetensors ")):
            raise ConfigError(
                "--model must be owner/name or owner/name@ and a whole commit, got {got}; "
                "correct it",
                got=repr(model[:80]),
            )
    files = tuple(stage(root or checkout(), repo, hardware=hardware, models=models))
    found = look(repo, "space", token=token) if ask else None
    is_default = hardware == "cpu-basic" and not (found and found.exists)
    return DeployPlan(
        repo=repo,
        kind="space",
        files=files,
        found=found,
        private=private,
        hardware=None if is_default else hardware,
    )


def checkout() -> Path:
    """The checkout that contains this package."""
    return Path(gan.__file__).parent.parent
