"""Training by flow matching: the network learns the velocity of straight paths from noise to data.

Lipman et al. 2023, eq. 23 with sigma_min 0, which is eq. 1 of Liu et al. 2023.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from gan.data import Batch
from gan.models.flow import FlowGenerator
from gan.training.descent import Descent
from gan.training.events import FlowProgress, Progress
from gan.training.method import grad_norm


class FlowMatching(Descent):
    """E |v(x_t, t) - (x - z)|^2, the mean over a sample's values, x_t = (1 - t) z + t x."""

    def gather(self, second: nn.Module | None) -> nn.Module:
        assert isinstance(self.learner.g, FlowGenerator), "flow matching needs a flow"
        self.flow = self.learner.g
        return self.flow

    def parts(self, batch: Batch, noise: torch.Generator) -> Mapping[str, Tensor]:
        x = batch.x
        z = torch.randn(x.shape, generator=noise).to(x)
        # one t for all, moved on evenly: a batch sees all times (Kingma et al. 2021, appendix I.1)
        t = torch.rand(1, generator=noise) + torch.arange(len(x)) / len(x)
        t = (t % 1).to(x)
        at = t.view(-1, 1, 1, 1)
        found = self.flow.velocity(
            (1 - at) * z + at * x, t, self.flow.embedded(batch.labels, len(x))
        )
        error = (found.float() - (x - z)).square().mean()
        return {"loss": error, "velocity_error": error}

    def progress(self, images_per_s: float) -> Progress:
        """The error, on the last batch and held out."""
        run = self.learner
        return FlowProgress(
            nimg=run.nimg,
            seconds=run.seconds,
            images_per_s=images_per_s,
            velocity_error=self.last["velocity_error"],
            velocity_error_held_out=self.held_out("velocity_error"),
            grad_norm_g=grad_norm(self.flow),
            g_lr=run.config.train.g_lr * run.rate_share,
        )
