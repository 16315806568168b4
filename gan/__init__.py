"""Train a GAN, watch it learn, walk through what it learned."""

from __future__ import annotations

__version__ = "0.2.0"
