"""Distributed training: Hugging Face Accelerate over torch.distributed.

Every rank holds both networks, an equal share of the images and its own noise. Gradients are
averaged over the ranks before each update, so that all stay equal, and batch norms see the images
of all: R ranks with batches of B train as one process with batches of R B. What else looks at a
whole batch (minibatch deviation, packing, drifting) looks at its rank's. Rank 0 alone decides when
to stop, and writes. The trainer is the same for one process and for many.
"""

from __future__ import annotations

import os

import torch
from torch import Tensor, nn

from gan.errors import ConfigError
from gan.training.sync_norm import synchronise


class Ranks:
    """The single-process case: all collectives are no-ops."""

    index, count = 0, 1

    @property
    def device(self) -> str:
        """This process's device."""
        return "cuda" if torch.cuda.is_available() else "cpu"

    def average(self, module: nn.Module) -> None:
        """All-reduce the gradients of `module` to their mean over all ranks."""

    def synchronise(self, module: nn.Module, wanted: bool) -> None:
        """Have the batch norms of `module` see the images of all ranks, or of its own."""

    def mean(self, values: Tensor) -> Tensor:
        """The mean over all ranks of each of `values`."""
        return values

    def everywhere(self, holds: bool) -> bool:
        """Whether `holds` on every rank; collective, every rank must call it."""
        return holds

    def agree(self, wish: bool) -> bool:
        """Broadcast rank 0's value; collective, every rank must call it."""
        return wish

    def first(self, value: float) -> float:
        """Rank 0's value; collective, every rank must call it."""
        return value

    def is_orphaned(self) -> bool:
        """Whether the process that launched this one is gone; alone there is none."""
        return False

    def leave(self) -> None:
        """Leave the process group."""


ALONE = Ranks()


class Several(Ranks):
    """The ranks that `accelerate launch` or `torchrun` started; raises ConfigError without them."""

    def __init__(self) -> None:
        self._launcher = os.getppid()
        try:
            from accelerate import PartialState  # noqa: PLC0415 - only where there are several
        except ModuleNotFoundError as error:
            raise ConfigError(
                "several processes that train one model need the package accelerate, it is not "
                "installed; pip install accelerate"
            ) from error
        self._state = PartialState(cpu=not torch.cuda.is_available())
        self.index, self.count = self._state.process_index, self._state.num_processes

    @property
    def device(self) -> str:
        return str(self._state.device)

    def average(self, module: nn.Module) -> None:
        grads = [p.grad for p in module.parameters() if p.grad is not None]
        means = self._reduced(torch.cat([g.reshape(-1) for g in grads]), "mean")
        for grad, mean in zip(grads, means.split([g.numel() for g in grads]), strict=True):
            grad.copy_(mean.view(grad.shape))

    def synchronise(self, module: nn.Module, wanted: bool) -> None:
        synchronise(module, wanted)

    def mean(self, values: Tensor) -> Tensor:
        return self._reduced(values, "mean")

    def everywhere(self, holds: bool) -> bool:
        return bool(self._reduced(self._flag(holds), "mean") == 1)

    def agree(self, wish: bool) -> bool:
        return bool(self._reduced(self._flag(wish and self.index == 0), "sum") == 1)

    def first(self, value: float) -> float:
        mine = value if self.index == 0 else 0.0
        return float(self._reduced(torch.tensor(mine, device=self.device), "sum"))

    def is_orphaned(self) -> bool:
        return os.getppid() != self._launcher

    def leave(self) -> None:
        self._state.destroy_process_group()

    def _flag(self, holds: bool) -> Tensor:
        return torch.tensor(float(holds), device=self.device)

    def _reduced(self, tensor: Tensor, how: str) -> Tensor:
        from accelerate.utils import reduce  # noqa: PLC0415 - see above

        reduced: Tensor = reduce(tensor, how)
        return reduced


def ranks_here() -> Ranks:
    """This process's ranks, from the environment set by its launcher."""
    # a cluster's environment may have a WORLD_SIZE without a launcher
    launched = "RANK" in os.environ and processes_here("WORLD_SIZE") > 1
    return Several() if launched else ALONE


def processes_here(name: str = "LOCAL_WORLD_SIZE") -> int:
    """World size, on this machine or (WORLD_SIZE) in total."""
    text = os.environ.get(name, "1")
    return int(text) if text.isdecimal() else 1
