"""The card of a pulled model: where it comes from, at which commit, under which licence."""

from __future__ import annotations

from gan.config import WeightsConfig


def source_card(config: WeightsConfig) -> str:
    """A README.md that names what SourceConfig holds; its texts were bounded when they came."""
    source = config.source
    licence = source.licence or "its card states none; ask its author before you use it"
    rows = {
        "from": f"https://huggingface.co/{source.repo}",
        "commit": f"`{source.commit}`",
        "file": f"`{source.file}`",
        "sha256": f"`{source.sha256}`",
        "layout": source.layout,
        "licence": licence,
    }
    table = "\n".join(f"| {name} | {_cell(text)} |" for name, text in rows.items())
    return (
        f"# {_cell(config.name)}\n\nPulled from the Hugging Face Hub by GAN Atelier.\n\n"
        f"| | |\n|---|---|\n{table}\n\n"
        f"`model.safetensors` holds the generator (`g_ema.*`) and, where it came along, the "
        f"discriminator (`d.*`).\n"
    )


def _cell(text: str) -> str:
    return "".join(c for c in text if c.isprintable() and c not in "|<>[]")
