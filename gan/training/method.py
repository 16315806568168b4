"""What a family is trained by, behind one protocol: the trainer knows no loss.

A method owns what is beside the generator (a discriminator, an encoder, or nothing), the
optimisers, and the numbers of a step. Kinds and their settings are in gan.kinds.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from torch import Tensor, nn, optim

from gan.config import RunConfig
from gan.data import Batch
from gan.images import Pixels
from gan.messages import Message
from gan.training.events import Progress

if TYPE_CHECKING:
    from gan.training.learner import Learner

What = Literal["d", "g", "both"]


class Scores(NamedTuple):
    """What a single step is judged by, before or after it: D's logits, or parts of a likelihood."""

    means: Mapping[str, float]
    fake: tuple[float, ...] = ()  # D's, one per sample of G from the fixed noise


@dataclass(frozen=True)
class SingleStep:
    """The effect of one update; the pixels are copies."""

    what: What
    nimg: int
    losses: dict[str, float]  # by network
    grad_norms: dict[str, float]
    lrs: dict[str, float]
    before: Scores
    after: Scores
    pixels_before: Pixels  # (N, H, W, C)
    pixels_after: Pixels

    def row(self) -> dict[str, Any]:
        """As in step.json; for an update of both, `loss` and the like are G's."""
        main = "d" if self.what == "d" else "g"
        return {
            "what": self.what,
            "nimg": self.nimg,
            "loss": _short(self.losses[main]),
            "grad_norm": _short(self.grad_norms[main]),
            "lr": self.lrs[main],
            "losses": {k: _short(v) for k, v in self.losses.items()},
            "grad_norms": {k: _short(v) for k, v in self.grad_norms.items()},
            "scores_before": {k: _short(v) for k, v in self.before.means.items()},
            "scores_after": {k: _short(v) for k, v in self.after.means.items()},
            "fake_scores_before": [_short(v) for v in self.before.fake],
            "fake_scores_after": [_short(v) for v in self.after.fake],
        }


class Method(ABC):
    """One way to train the generator of a learner."""

    turns: tuple[What, ...] = ("both",)  # whose single steps there are
    stepped: bool = False  # whether there was a step whose numbers can be told

    def __init__(self, learner: Learner, second: nn.Module | None) -> None:
        self.learner = learner

    @abstractmethod
    def step(self) -> None:
        """One step on the next batch or batches; raises DivergedError at NaN or infinity."""

    @abstractmethod
    def progress(self, images_per_s: float) -> Progress:
        """The curves' row for the last step."""

    @abstractmethod
    def scores(self, batch: Batch, x_fixed: Tensor) -> Scores:
        """What a single step shall change: on `batch`, and on G's images for the fixed noise.

        In eval mode, and without the training's random numbers.
        """

    @abstractmethod
    def single(self, what: What) -> tuple[dict[str, float], dict[str, float], dict[str, float]]:
        """One update of `what`; returns losses, gradient norms and rates by network."""

    @abstractmethod
    def optimizers(self) -> dict[str, optim.Optimizer]:
        """By their names in a checkpoint."""

    @abstractmethod
    def rebuild(self, config: RunConfig, *, optimizers: bool) -> Message:
        """Fit networks and, if asked, optimisers to `config`, all or none; says what was lost."""

    @abstractmethod
    def retune(self) -> None:
        """Apply the learner's settings that need nothing rebuilt."""

    def modules(self) -> dict[str, nn.Module]:
        """What is saved beside the generator, by prefix."""
        return {}

    def state(self) -> dict[str, Any]:
        """What a bit-exact resume needs besides modules and optimisers."""
        return {}

    def restore(self, state: Mapping[str, Any]) -> None:  # noqa: B027 - nothing by default
        """Restore `state`; older checkpoints may lack parts."""


def grad_norm(module: nn.Module) -> float:
    """The gradient norm of the last update, after clipping; 0 before the first."""
    grads = [p.grad for p in module.parameters() if p.grad is not None]
    return float(nn.utils.get_total_norm(grads)) if grads else 0.0


def _short(value: float) -> float:
    return float(f"{value:.6g}")
