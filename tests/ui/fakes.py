"""Models with random weights, as finished runs, for tests and benchmarks of the page."""

from __future__ import annotations

from pathlib import Path

import torch

from gan.checkpoint import CONFIG_FILE, save_weights
from gan.config import ModelConfig, PortedConfig, RunConfig, SourceConfig, WeightsConfig
from gan.files import pulled_root, write_json
from gan.models import Generator, build_generator, seeded_build
from gan.presets import resolve_widths
from gan.schema import to_json
from gan.tensors import save_modules


def random_generator(model: ModelConfig, *, seed: int = 3) -> Generator:
    """In eval mode, its batch norms as if trained."""
    g, _ = seeded_build(model, seed=seed)
    draw = torch.Generator().manual_seed(seed)
    for name, buffer in g.named_buffers():
        if name.endswith(("running_mean", "running_var")):
            buffer.copy_(0.5 + torch.rand(buffer.shape, generator=draw))
    return g.eval().requires_grad_(False)


def add_model(runs_dir: Path, name: str, *, seed: int = 3, **shape: object) -> str:
    """A finished run called `name` with random weights; returns the name the page gives it."""
    names = tuple(f"kind {i}" for i in range(int(str(shape.get("classes", 0)))))
    config = resolve_widths(
        RunConfig(preset="own", data="digits", class_names=names, model=ModelConfig(**shape))
    )
    folder = runs_dir / name
    (folder / "weights").mkdir(parents=True)
    write_json(folder / CONFIG_FILE, to_json(config))
    g = random_generator(config.model, seed=seed)
    save_modules(folder / "weights" / f"{1000:010d}.safetensors", {"g_ema": g})
    status = {"state": "finished", "nimg": 1000, "preset": "own", "data": "digits"}
    write_json(folder / "status.json", status)
    return f"run:{name}"


def add_pulled(name: str, *layers: str, seed: int = 3, **shape: int) -> str:
    """A model as if from the Hub, a chain with random weights; returns the page's name for it."""
    model = PortedConfig(architecture="chain", g_layers=layers, **shape)
    draw = torch.Generator().manual_seed(seed)
    g = build_generator(model)
    for parameter in g.parameters():
        parameter.data.normal_(0, 0.5, generator=draw)
    source = SourceConfig(repo=f"someone/{name}", commit="0" * 40)
    config = WeightsConfig(name=f"someone/{name}", source=source, model=model)
    save_weights(pulled_root() / f"someone--{name}--000000000000", config, g)
    return f"hub:someone--{name}--000000000000"
