"""A training: models, a loss, batches and a config in, frozen events out.

No file, no thread, no UI and no print.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from functools import partial

import torch
from torch import Tensor

from gan.config import RunConfig
from gan.data import Batch, ImageSet
from gan.images import Pixels, to_pixels
from gan.models import Discriminator
from gan.training.events import Event, Finished, Progress, Snapshot
from gan.training.learner import FIXED_SEED, Learner
from gan.training.plane import PlaneFrame, plane_frame
from gan.training.ranks import ALONE, Ranks
from gan.training.worktime import WorkTime

PROGRESS_S = 0.25
SNAPSHOT_S = 0.5
SNAPSHOT_FRACTION = 1 / 240  # of the training time: a long run keeps hundreds, not thousands
SNAPSHOT_MOST_S = 10.0
FRAME_COST = 4  # times what the last one took, where points are slow to make
SNAPSHOT_COST = 10  # times what the last one took, where pictures are slow to make


class Trainer(Learner):
    """A learner that yields events, steerable between them."""

    def __init__(
        self,
        config: RunConfig,
        images: ImageSet,
        *,
        device: str | torch.device = "cpu",
        ranks: Ranks = ALONE,
    ) -> None:
        super().__init__(config, images, device=device, ranks=ranks)
        self.work_time = WorkTime()
        self.snapshot_s = self.frame_s = 0.0  # what the last one took
        self.frames_per_s = 0.0  # of points in the plane: while somebody watches
        self.pace = 0  # slow motion: an event every so many steps; 0: by the clock

    def run(self) -> Generator[Event, None, None]:
        """Train until the budget is used up; an event at least every quarter second or every step.

        Between two events the caller may steer, save or stop. Time between them does not count.
        Call it on rank 0; the other ranks `follow` until it ends or is closed.
        """
        try:
            yield self.snapshot()
            yield from self._steps()
        except GeneratorExit:
            self.ranks.agree(False)
            raise
        if self.method.stepped:  # otherwise the budget was used up before the first step
            yield self.progress(self.nimg / max(self.seconds, 1e-9))
        yield self.snapshot()
        yield Finished(self.nimg, self.seconds)

    def follow(self) -> None:
        """Train alongside rank 0 for as long as it trains."""
        while self.ranks.agree(False):
            self.step()

    def _steps(self) -> Iterator[Event]:
        row_at, row_nimg = self.seconds, self.nimg
        snapshot_at = frame_at = self.seconds
        while self.ranks.agree(not self.is_done()):
            begin = self.work_time.now()
            self.step()
            self.seconds += self.work_time.since(begin)
            slow = self.pace > 0 and self.steps % self.pace == 0
            if slow or self.seconds - row_at >= PROGRESS_S or self.steps == 1:
                speed = (self.nimg - row_nimg) / max(self.seconds - row_at, 1e-9)
                row_at, row_nimg = self.seconds, self.nimg
                yield self._timed(partial(self.progress, speed))
            if self.frames_per_s and (slow or self.seconds - frame_at >= self._frame_interval_s()):
                frame_at = self.seconds
                yield self._timed(self.frame)
                self.frame_s = self.seconds - frame_at
            if slow or self.seconds - snapshot_at >= self._snapshot_interval_s():
                snapshot_at = self.seconds
                yield self._timed(self.snapshot)
                self.snapshot_s = self.seconds - snapshot_at

    def _timed(self, make: Callable[[], Event]) -> Event:
        """An event whose creation counts as training time."""
        begin = self.work_time.now()
        event = make()
        self.seconds += self.work_time.since(begin)
        return event

    def _frame_interval_s(self) -> float:
        return max(1 / self.frames_per_s, FRAME_COST * self.frame_s)

    def _snapshot_interval_s(self) -> float:
        wanted = max(SNAPSHOT_S, self.seconds * SNAPSHOT_FRACTION)
        return max(min(wanted, SNAPSHOT_MOST_S), SNAPSHOT_COST * self.snapshot_s)

    def is_done(self) -> bool:
        """Whether the budget is used up."""
        fraction = self.fraction()
        return fraction is not None and fraction >= 1.0

    @torch.no_grad()
    def snapshot(self) -> Snapshot:
        """The averaged generator's current images for the fixed noise."""
        return Snapshot(self.nimg, to_pixels(self.ema.generator(*self.fixed())))

    def frame(self) -> PlaneFrame:
        """The current moment of a training of points; see gan.training.plane."""
        d = self.method.modules().get("d")
        assert d is None or isinstance(d, Discriminator), "what is saved as d is a discriminator"
        z, labels = self.fixed()
        x_real = self.batches.images.pixels[: len(z)].to(self.device)
        with self.autocast():
            return plane_frame(
                self.config,
                self.g,
                d,
                z,
                labels,
                x_real,
                nimg=self.nimg,
                seconds=self.seconds,
                steps=self.steps,
                averaged=self.ema.generator,
            )

    def reals(self) -> Pixels:
        """Real images to compare with a snapshot, ordered by class if it has classes."""
        images = self.batches.images
        draw = torch.Generator().manual_seed(FIXED_SEED)
        order = torch.randperm(len(images), generator=draw)
        if self.fixed_labels is not None and images.labels is not None:
            order = _by_label(order, images.labels[order], self.fixed_labels)
        some = images.pixels[order[torch.arange(len(self.fixed_z)) % len(order)]]
        return some.permute(0, 2, 3, 1).contiguous().numpy()

    def peek(self) -> Batch:
        """The next step's batch, without consuming it."""
        state = self.batches.state()
        batch = self.next_batch()
        self.batches.restore(state)
        return batch

    def progress(self, images_per_s: float) -> Progress:
        """The curves' row for the last step."""
        return self.method.progress(images_per_s)


def _by_label(order: Tensor, labels: Tensor, wanted: Tensor) -> Tensor:
    """One image of `order` for each wanted label, in turn; any other for an empty class."""
    pools = {int(c): order[labels == c].tolist() for c in wanted.unique()}
    rest = order.tolist()
    picked = []
    for label in wanted.tolist():
        pool = pools[label] or rest
        pool.append(pool.pop(0))  # small classes repeat
        picked.append(pool[-1])
    return torch.tensor(picked)
