"""Train a GAN, watch it learn, walk through what it learned.

`from gan import load` gives a model by name, folder, run or repo on the Hugging Face Hub.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gan.hub.loading import load as load

__version__ = "0.4.0"


def __getattr__(name: str) -> Any:
    """Import `load` lazily: it needs torch, which `import gan` does not."""
    if name == "load":
        from gan.hub.loading import load  # noqa: PLC0415 - see above

        return load
    raise AttributeError(f"module 'gan' has no attribute {name!r}")
