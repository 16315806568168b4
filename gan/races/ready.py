"""Ready-made races by name: values only."""

from __future__ import annotations

from dataclasses import dataclass

from gan.errors import ConfigError, suggest


@dataclass(frozen=True)
class Ready:
    """A race to choose by name; seconds and seeds are the user's."""

    data: str
    contestants: tuple[str, ...]  # as typed: PRESET or NAME=PRESET
    settings: tuple[str, ...]  # as typed after --set
    summary: str


LOSS_NAMES = {
    "minimax": "minimax",
    "nonsaturating": "non-saturating",
    "hinge": "hinge",
    "wasserstein-gp": "WGAN-GP",
    "relativistic": "relativistic",
}

READY: dict[str, Ready] = {
    "families": Ready(
        "fashion",
        ("GAN=fashion", "VAE=vae", "RNN=rnn", "flow=flow"),
        (),
        "a GAN, a VAE, an RNN and a flow on the same garments",
    ),
    "points": Ready(
        "ring",
        ("GAN=ring", "flow=ring-flow", "drifting=ring-drift", "article=ring-article"),
        (),
        "two GANs, a flow and a drifting model on the ring of eight modes",
    ),
    # five, where a person may name four: the losses are one question
    "losses": Ready(
        "ring",
        tuple(f"{name}=ring-article" for name in LOSS_NAMES.values()),
        tuple(f"{name}:loss={loss}" for loss, name in LOSS_NAMES.items()),
        "five losses, the article's optimiser, on the ring of eight modes",
    ),
    "remedies": Ready(
        "ring",
        ("as it is=ring-article", "R1 and R2=ring-article", "SGD=ring-article",
         "packing=ring-article"),
        ("R1 and R2:r1=0.1", "R1 and R2:r2=0.1", "SGD:optimizer=sgd", "SGD:g_lr=0.02",
         "SGD:d_lr=0.02", "packing:packing=2"),
        "the article's loss on the ring, which loses modes, and three remedies",
    ),
    "article": Ready(
        "fashion",
        ("as written=article", "put right=fashion-mlp"),
        (),
        "the article's network as written, and with loss and rates put right",
    ),
}  # fmt: skip


def get_ready(name: str) -> Ready:
    """The race called `name`; raises ConfigError with similar names."""
    if name not in READY:
        raise ConfigError(
            "there is no ready-made race {name}; {hint}",
            name=repr(name),
            hint=suggest(name, READY),
        )
    return READY[name]
