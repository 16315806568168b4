"""Training by the likelihood: a VAE by a bound of it, an RNN by itself.

Losses are in bits per dimension (a value of a picture), so that both kinds, and published results,
can be compared: 8 is what a picture of noise takes.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

import torch
from torch import Tensor, nn

from gan.data import Batch
from gan.models.logistic import bits
from gan.models.rnn import RnnGenerator
from gan.models.vae import VaeDecoder, VaeEncoder
from gan.training.descent import Descent
from gan.training.events import Progress, RnnProgress, VaeProgress
from gan.training.method import grad_norm

USED_NATS = 0.01  # of KL, from which on a number of z says something of a picture


class BoundParts(NamedTuple):
    """-ELBO and its parts in nats a picture, means over the batch."""

    reconstruction: Tensor
    kl: Tensor  # (z_dim,)


class EvidenceBound(Descent):
    """-ELBO = reconstruction + beta KL; Kingma & Welling 2014, eq. 3, Higgins et al. 2017.

    beta may grow from 0 (Bowman et al. 2016), and a number of z may say `free_bits` for nothing
    (Kingma et al. 2016, eq. 15); `bits` is always the bound itself, with weight 1.
    """

    def gather(self, second: nn.Module | None) -> nn.Module:
        assert isinstance(second, VaeEncoder), "a VAE needs an encoder"
        assert isinstance(self.learner.g, VaeDecoder), "a VAE needs a decoder with a likelihood"
        self.decoder, self.encoder = self.learner.g, self.learner.placed(second)
        return nn.ModuleList([self.decoder, self.encoder])

    def bound(self, batch: Batch, noise: torch.Generator) -> BoundParts:
        """Both parts, with one draw of z a picture."""
        code = self.encoder(batch.x, batch.labels)
        drawn = torch.randn(code.mean.shape, generator=noise).to(code.mean.device)
        mean = self.decoder(code.draw(drawn), batch.labels).float()
        reconstruction = -self.decoder.log_likelihood(batch.x, mean).mean()
        return BoundParts(reconstruction, code.kl().mean(dim=0))

    @property
    def kl_weight(self) -> float:
        """beta now."""
        t, kimg = self.learner.config.train, self.learner.nimg / 1000
        grown = min(1.0, kimg / t.warm_up_kimg) if t.warm_up_kimg > 0 else 1.0
        return t.beta * grown

    def parts(self, batch: Batch, noise: torch.Generator) -> Mapping[str, Tensor]:
        reconstruction, kl = self.bound(batch, noise)
        free = self.learner.config.train.free_bits * math.log(2)
        values = batch.x[0].numel()
        paid = kl.clamp_min(free).sum() if free else kl.sum()
        return {
            "loss": bits(reconstruction + self.kl_weight * paid, values),
            "bits": bits(reconstruction + kl.sum(), values),
            "reconstruction": bits(reconstruction, values),
            "kl": bits(kl.sum(), values),
            "used": (kl > USED_NATS).sum().float(),
        }

    def progress(self, images_per_s: float) -> Progress:
        """The bound and its parts."""
        run, last = self.learner, self.last
        return VaeProgress(
            nimg=run.nimg,
            seconds=run.seconds,
            images_per_s=images_per_s,
            bits=last["bits"],
            bits_held_out=self.held_out("bits"),
            reconstruction=last["reconstruction"],
            kl=last["kl"],
            used=round(last["used"]),
            kl_weight=self.kl_weight,
            grad_norm_g=grad_norm(self.decoder),
            grad_norm_e=grad_norm(self.encoder),
            g_lr=run.config.train.g_lr * run.rate_share,
        )

    def modules(self) -> dict[str, nn.Module]:
        """The encoder."""
        return {"encoder": self.encoder}


class ExactLikelihood(Descent):
    """-log P of a picture, which the RNN gives exactly."""

    def gather(self, second: nn.Module | None) -> nn.Module:
        assert isinstance(self.learner.g, RnnGenerator), "the likelihood needs an RNN"
        self.rnn = self.learner.g
        return self.rnn

    def parts(self, batch: Batch, noise: torch.Generator) -> Mapping[str, Tensor]:
        nats = -self.rnn.log_likelihood(batch.x, batch.labels).sum(dim=1).mean()
        found = bits(nats, batch.x[0].numel())
        return {"loss": found, "bits": found}

    def progress(self, images_per_s: float) -> Progress:
        """Bits per dimension, on the last batch and held out."""
        run = self.learner
        return RnnProgress(
            nimg=run.nimg,
            seconds=run.seconds,
            images_per_s=images_per_s,
            bits=self.last["bits"],
            bits_held_out=self.held_out("bits"),
            grad_norm_g=grad_norm(self.rnn),
            g_lr=run.config.train.g_lr * run.rate_share,
        )
