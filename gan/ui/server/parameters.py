"""Parsing and validation of the panels' requests."""

from __future__ import annotations

import base64
import re
from functools import cache

import numpy as np
import torch
from starlette.requests import Request

from gan.checkpoint import Weights
from gan.images import Pixels
from gan.latent.points import Points
from gan.metrics.features import FeatureNet, features_for, load_features
from gan.ui.server.views import MAX_PSI, PageError, real_number, rows_from_bytes


def psi_of(request: Request) -> float:
    """A request's truncation psi; raises ConfigError outside its range."""
    return real_number("psi", request.query_params.get("psi", "1"), low=0, high=MAX_PSI)


def points_of(body: bytes, weights: Weights, *, least: int = 1, most: int = 1) -> Points:
    """`least` to `most` points as sent by the board, with class weights where there are any."""
    g = weights.generator
    rows = rows_from_bytes(body, z_dim=g.z_dim, classes=g.classes, most=most)
    if len(rows.z) < least or (g.classes and rows.weights is None):
        raise PageError("gan_error_request")
    mixed = None if rows.weights is None else torch.from_numpy(rows.weights)
    return Points(torch.from_numpy(rows.z), mixed)


def coded(pixels: Pixels) -> str:
    """Raw pixels for JSON."""
    return base64.b64encode(np.ascontiguousarray(pixels).tobytes()).decode("ascii")


def features_of(weights: Weights) -> FeatureNet:
    """The feature network for this model's pictures."""
    return _network(features_for(weights.config.data, weights.image_shape[0]))


@cache
def _network(kind: str) -> FeatureNet:
    return load_features(kind)


def file_stem(weights: Weights) -> str:
    """A model's name made safe for a file name: letters, digits, dashes."""
    stem = re.sub(r"[^A-Za-z0-9]+", "-", weights.config.name).strip("-")
    return (stem or "gan")[:40]
