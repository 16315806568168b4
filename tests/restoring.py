"""A checkpoint back into modules, as a resumed training does it in two steps."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import nn

from gan.checkpoint import MODEL_FILE, load_state
from gan.tensors import load_modules


def load_checkpoint(path: Path, modules: Mapping[str, nn.Module]) -> dict[str, Any]:
    """Copy a checkpoint's weights into `modules` and return its state."""
    load_modules(path / MODEL_FILE, modules)
    return load_state(path)
