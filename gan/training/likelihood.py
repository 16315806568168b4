"""Training by the likelihood: a VAE by a bound of it, an RNN by itself.

Losses are in bits per dimension (a value of a picture), so that both kinds, and published results,
can be compared: 8 is what a picture of noise takes.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import Tensor, nn, optim

from gan.config import RunConfig
from gan.data import Batch
from gan.messages import Message
from gan.models.logistic import bits
from gan.models.rnn import RnnGenerator
from gan.models.vae import VaeDecoder, VaeEncoder
from gan.training.events import Progress, RnnProgress, VaeProgress
from gan.training.method import Method, Scores, What, grad_norm
from gan.training.optimizers import build_optimizer, retune

if TYPE_CHECKING:
    from gan.training.learner import Learner

HELD_OUT_S = 1.0  # seconds of training between two looks at held-out images
HELD_OUT = 32
NOISE_SEED = 2**22  # of the noise with which a VAE is judged, away from a training's
USED_NATS = 0.01  # of KL, from which on a number of z says something of a picture


class Likelihood(Method):
    """One loss, one optimiser, one rate."""

    def __init__(self, learner: Learner, second: nn.Module | None) -> None:
        super().__init__(learner, second)
        self.trained: nn.Module = self.gather(second)
        t = learner.config.train
        self.optimizer = build_optimizer(self.trained, t.g_lr, t)
        self._held_out: tuple[float, float] | None = None  # when, and how many bits

    @abstractmethod
    def gather(self, second: nn.Module | None) -> nn.Module:
        """All that is trained, in one module."""

    @abstractmethod
    def parts(self, batch: Batch, noise: torch.Generator) -> Mapping[str, Tensor]:
        """`bits` and what it consists of, in bits per dimension, and the `loss` to descend."""

    def step(self) -> None:
        """One update. Raises DivergedError at NaN or infinity."""
        run = self.learner
        batch = run.next_batch()
        self.trained.train()
        with run.autocast():
            found = self.parts(batch, run.noise)
        run.descend(self.trained, self.optimizer, found["loss"])
        self.last: Mapping[str, float] = {k: float(v.detach()) for k, v in found.items()}
        self.stepped = True
        run.count(run.per_update())

    @torch.no_grad()
    def judged(self, batch: Batch) -> dict[str, float]:
        """The same numbers in eval mode, always with the same noise."""
        self.trained.eval()
        with self.learner.autocast():
            found = self.parts(batch, torch.Generator().manual_seed(NOISE_SEED))
        self.trained.train()
        return {k: float(v) for k, v in found.items()}

    def held_out_bits(self) -> float | None:
        """On held-out images, looked at once a second at most; None where there are none."""
        run = self.learner
        if self._held_out is None or run.seconds - self._held_out[0] >= HELD_OUT_S:
            some = run.some_held_out(HELD_OUT)
            if some is None:
                return None
            self._held_out = (run.seconds, self.judged(some)["bits"])
        return self._held_out[1]

    def scores(self, batch: Batch, x_fixed: Tensor) -> Scores:
        """The parts on the batch."""
        return Scores({k: v for k, v in self.judged(batch).items() if k != "loss"})

    def single(self, what: What) -> tuple[dict[str, float], dict[str, float], dict[str, float]]:
        """One update of all there is."""
        self.step()
        norm, run = grad_norm(self.trained), self.learner
        lr = run.config.train.g_lr * run.rate_share
        return {"g": self.last["loss"]}, {"g": norm}, {"g": lr}

    def rebuild(self, config: RunConfig, *, optimizers: bool) -> Message:
        if not optimizers:
            return Message()
        self.optimizer = build_optimizer(self.trained, config.train.g_lr, config.train)
        return Message("the optimiser is new")

    def retune(self) -> None:
        t = self.learner.config.train
        retune(self.optimizer, t.g_lr * self.learner.rate_share, t)

    def optimizers(self) -> dict[str, optim.Optimizer]:
        return {"g_optimizer": self.optimizer}


class BoundParts(NamedTuple):
    """-ELBO and its parts in nats a picture, means over the batch."""

    reconstruction: Tensor
    kl: Tensor  # (z_dim,)


class EvidenceBound(Likelihood):
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
            bits_held_out=self.held_out_bits(),
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


class ExactLikelihood(Likelihood):
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
            bits_held_out=self.held_out_bits(),
            grad_norm_g=grad_norm(self.rnn),
            g_lr=run.config.train.g_lr * run.rate_share,
        )
