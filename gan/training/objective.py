"""The objectives of D and G from D's outputs: tensors in, a scalar out, no update."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from gan.config import RunConfig
from gan.losses import LOSSES, gradient_penalty, worst, zero_centred_penalties
from gan.models import Discriminator, DOutput


def judge_both(
    d: Discriminator, x_real: Tensor, x_fake: Tensor, labels: Tensor | None
) -> tuple[DOutput, DOutput]:
    """D on real and fake: in one pass, unless that would mix them (batch norm, groups)."""
    if d.mixes_batch or len(x_real) % d.grouping:
        return as_float(d.outputs(x_real, labels)), as_float(d.outputs(x_fake, labels))
    x = torch.cat([x_real, x_fake.to(x_real.dtype)])
    both = None if labels is None else torch.cat([labels, labels])
    judged = as_float(d.outputs(x, both))
    logits = judged.logits.chunk(2, dim=1)
    if judged.classes is None:
        return DOutput(logits[0]), DOutput(logits[1])
    classes = judged.classes.chunk(2, dim=1)
    return DOutput(logits[0], classes[0]), DOutput(logits[1], classes[1])


def as_float(judged: DOutput) -> DOutput:
    """The same in float32, whatever dtype autocast produced."""
    classes = judged.classes
    return DOutput(judged.logits.float(), None if classes is None else classes.float())


def d_objective(
    config: RunConfig, real: DOutput, fake: DOutput, labels: Tensor | None
) -> tuple[Tensor, Tensor]:
    """(total, adversarial loss) of D, without penalties.

    The total is the sum of the critics' losses, so that each is trained as if alone.
    """
    loss = LOSSES[config.train.loss].d(real.logits, fake.logits)
    critics = len(real.logits)
    total = loss * critics if critics > 1 else loss
    if real.classes is not None and labels is not None:
        total = total + config.train.aux_weight * critics * _naming(real.classes, labels)
    return total, loss


def lazy_penalty(
    config: RunConfig,
    x_real: Tensor,
    x_fake: Tensor,
    real: DOutput,
    fake: DOutput,
) -> Tensor:
    """R1 on real and R2 on fake, weighted; both images must require grad."""
    t = config.train
    weighed = [(t.r1, x_real, real.logits), (t.r2, x_fake, fake.logits)]
    weighed = [part for part in weighed if part[0] > 0]
    # together: the backward pass goes through real and fake, whichever is asked for
    penalties = zero_centred_penalties([(x, logits) for _, x, logits in weighed])
    return torch.stack([w * p for (w, *_), p in zip(weighed, penalties, strict=True)]).sum()


def line_penalty(
    config: RunConfig,
    d: Discriminator,
    x_real: Tensor,
    x_fake: Tensor,
    labels: Tensor | None,
    mix: Tensor,
) -> Tensor:
    """The gradient penalty of wasserstein-gp, weighted."""
    penalty = gradient_penalty(
        lambda x: d.outputs(x, labels).logits,
        x_real.detach(),
        x_fake.detach().float(),
        mix,
        packing=d.packing,
    )
    return config.train.gp * penalty


def g_objective(
    config: RunConfig, real_logits: Tensor, fake: DOutput, labels: Tensor | None
) -> tuple[Tensor, Tensor]:
    """(total, adversarial loss) of G: against the mean of D's critics, or the strictest one."""
    table = LOSSES[config.train.loss]
    if config.model.d_reduce == "worst" and len(fake.logits) > 1:
        loss = worst(table.g, real_logits, fake.logits)
    else:
        loss = table.g(real_logits, fake.logits)
    if fake.classes is None or labels is None:
        return loss, loss
    return loss + config.train.aux_weight * _naming(fake.classes, labels), loss


def _naming(classes: Tensor, labels: Tensor) -> Tensor:
    """Cross entropy of the auxiliary classifier, classes (K, N, C), labels (N,).

    Odena et al. 2017 (AC-GAN); D learns it on real images only, as in Gulrajani et al. 2017.
    """
    return cross_entropy(classes.flatten(0, 1), labels.repeat(len(classes)))
