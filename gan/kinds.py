"""What a family of networks is trained by, and which settings that has: one table for all.

A setting that is not listed is one of every family. The command line refuses the others, the form
and the steering of a run do not show them, and no remedy proposes them.
"""

from __future__ import annotations

from typing import Literal

# a game against D, a bound of the likelihood, the likelihood, a velocity from noise to data, a
# field that moves samples to data in training
Kind = Literal["gan", "vae", "rnn", "flow", "drift"]

# by family; every other is a GAN's
KINDS: dict[str, Kind] = {
    "vae": "vae", "rnn": "rnn", "flow": "flow", "flow-points": "flow", "drift": "drift",
    "drift-points": "drift",
}  # fmt: skip
PLANE = (
    "points",
    "flow-points",
    "drift-points",
)  # families for points of the plane, and these need one of them

ONLY: dict[str, tuple[Kind, ...]] = {
    # the game: its loss, D's rate and shape, what restrains D and what it is shown
    "loss": ("gan",),
    "d_lr": ("gan",),
    "d_steps": ("gan",),
    "r1": ("gan",),
    "r2": ("gan",),
    "gp": ("gan",),
    "reg_every": ("gan",),
    "reg_end": ("gan",),
    "shift_px": ("gan",),
    "augment": ("gan",),
    "augment_p": ("gan",),
    "ada_target": ("gan",),
    "aux_weight": ("gan",),
    "d_count": ("gan",),
    "d_reduce": ("gan",),
    "d_scales": ("gan",),
    "packing": ("gan",),
    "minibatch_std": ("gan",),
    "spectral_norm": ("gan",),
    "aux_classes": ("gan",),
    "class_head": ("gan",),
    # an encoder has widths as D has
    "d_widths": ("gan", "vae"),
    # an RNN and a flow have one number of noise a pixel, and an RNN no layers to add
    "z_dim": ("gan", "vae", "drift"),
    "depth": ("gan", "vae", "flow", "drift"),
    "modulation": ("gan", "vae", "drift"),  # of some of their families: gan.config.MODULATED
    # the bound: how much the code may say of a picture
    "beta": ("vae",),
    "warm_up_kimg": ("vae",),
    "free_bits": ("vae",),
    # how a sample follows the velocity
    "ode_steps": ("flow",),
    "solver": ("flow",),
    # how far the field of drifting looks
    "tau": ("drift",),
}
# settings that say nothing of points of the plane: their size, what is done to pictures, scales
PICTURES_ONLY = (
    "resolution", "flip", "shift_px", "augment", "augment_p", "ada_target", "d_scales",
    "modulation",
)  # fmt: skip
NAMES: dict[Kind, str] = {
    "gan": "GAN", "vae": "VAE", "rnn": "RNN", "flow": "flow", "drift": "drifting model",
}  # fmt: skip


def kind_of(family: str) -> Kind:
    """What a family is trained by."""
    return KINDS.get(family, "gan")


def has_setting(kind: Kind, key: str) -> bool:
    """Whether trainings of this kind have the setting."""
    return kind in ONLY.get(key, (kind,))
