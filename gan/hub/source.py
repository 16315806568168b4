"""The card of a pulled model: its origin, commit and licence."""

from __future__ import annotations

import json

from gan.config import PortedConfig, WeightsConfig
from gan.hub.card import LICENCE, escaped
from gan.hub.space import REPO_ID


def source_card(config: WeightsConfig, *, notes: tuple[str, ...] = ()) -> str:
    """A README.md from SourceConfig, with a sampling example.

    All external text in it is plain, escaped and bounded. `notes` say what was assumed and what was
    left out.
    """
    source = config.source
    unstated = "its card states none" if source.repo else "not known, a file states none"
    licence = source.licence or f"{unstated}; ask its author before you use it"
    rows = {
        "repo": source.repo,
        "commit": source.commit,
        "file": source.file,
        "sha256": source.sha256,
        "layout": source.layout,
        "licence": licence,
        "assumed": ", ".join(source.assumed),
        "chosen": ", ".join(source.chosen),
    }
    table = "\n".join(f"| {name} | {escaped(text)} |" for name, text in rows.items() if text)
    if REPO_ID.fullmatch(source.repo):
        table = f"| from | https://huggingface.co/{escaped(source.repo)} |\n{table}"
    noted = "".join(f"- {escaped(note)}\n" for note in notes)
    return (
        f"{_front_matter(config)}\n# {escaped(config.name)}\n\n"
        f"{_where(source.repo)}{_what(config)}\n\n"
        f"| | |\n|---|---|\n{table}\n{noted and chr(10)}{noted}{_how(config)}"
    )


def _where(repo: str) -> str:
    if not repo:
        return "Converted from a file of its owner's by GAN Atelier."
    return "Pulled from the Hugging Face Hub by GAN Atelier."


def _front_matter(config: WeightsConfig) -> str:
    source = config.source
    rows = [
        "library_name: gan-atelier",
        "pipeline_tag: unconditional-image-generation",
        "tags: [gan, gan-atelier]",
    ]
    if LICENCE.fullmatch(source.licence):
        rows.append(f"license: {json.dumps(source.licence)}")
    if REPO_ID.fullmatch(source.repo):
        rows.append(f"base_model: {json.dumps(source.repo)}")
    return "\n".join(["---", *rows, "---", ""])


def _what(config: WeightsConfig) -> str:
    model = config.model
    if not isinstance(model, PortedConfig):
        return ""
    colours = {1: "grey", 3: "colour", 4: "colour with transparency"}.get(model.channels, "")
    return (
        f" It draws {colours} pictures of {model.resolution} x {model.resolution} px from a noise "
        f"vector of {model.z_dim} numbers."
    )


def _how(config: WeightsConfig) -> str:
    return (
        "\n`model.safetensors` holds the generator (`g_ema.*`) and, where it came along, the "
        "discriminator (`d.*`). To draw from it:\n\n"
        "```\n"
        "python -m gan sample --weights THIS_FOLDER --count 64 --out sheet.png\n"
        "```\n"
    )
