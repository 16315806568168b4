"""A small network from picture to point, bundled where inversion should start well."""

from __future__ import annotations

from gan.checkpoint import Weights
from gan.latent.inversion import Encode

ENCODER_FILE, ENCODER_CONFIG = "encoder.safetensors", "encoder.json"


def load_encoder(weights: Weights) -> Encode | None:
    """The encoder beside a model, None where there is none or it belongs to other weights.

    Raises WeightsError for a file that is damaged.
    """
    raise NotImplementedError
