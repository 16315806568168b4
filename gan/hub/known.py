"""GANs on the Hub with layouts known to be supported: suggestions that need no network.

From their sources and listed file sizes; licences as their cards stated when this was written.
"""

from __future__ import annotations

from typing import NamedTuple


class Known(NamedTuple):
    """A recommended repo."""

    repo: str  # owner/name, or spaces/owner/name
    file: str | None  # None: the only model in it, or there are several to choose from
    layout: str
    resolution: int  # px; 0 if stated in its config.json
    licence: str  # empty where its card states none
    note: str


_LIGHT = "lightweight-gan"
_FAST = "fastgan"
_STYLE = "stylegan"

KNOWN: tuple[Known, ...] = (
    # first table of layouts: small, quick on a CPU
    Known("nateraw/cryptopunks-gan", "generator.pth", "cryptopunks", 24, "", "pixel faces, RGBA"),
    Known("huggan/dcgan-mnist", "pytorch_model.bin", "dcgan", 64, "", "handwritten digits"),
    Known(
        "xyfJASON/GANs-Implementations", None, "xyfjason", 32, "mit",
        "CIFAR-10: one generator under many losses, with discriminators",
    ),
    Known(
        "Mingguksky/PyTorch-StudioGAN", None, "studiogan", 32, "",
        "CIFAR-10: choose a DCGAN's G-best-weights among its many files",
    ),
    Known(
        "spaces/Gradio-Blocks/beat-interpolator",
        "examples/models/mnist/mnist_generator.pretrained",
        "beat-interpolator", 28, "", "handwritten digits, fully connected",
    ),
    # second table: half a second to a second an image
    Known("ceyda/butterfly_cropped_uniq1K_512", "model.pt", _LIGHT, 512, "mit", "butterflies"),
    *(
        Known(f"huggingnft/{name}", "model.pt", _LIGHT, 0, "mit", note)
        for name, note in (
            ("cryptopunks", "pixel faces"),
            ("cyberkongz", "pixel apes"),
            ("boredapeyachtclub", "apes"),
            ("etherbears", "bears"),
            ("mini-mutants", "mutants"),
            ("hapeprime", "apes in fashion"),
        )
    ),
    *(
        Known(f"huggan/fastgan-few-shot-{name}", "pytorch_model.bin", _FAST, 1024, licence, note)
        for name, licence, note in (
            ("painting", "", "paintings"),
            ("anime-face", "", "drawn faces"),
            ("aurora", "", "northern lights"),
            ("shells", "", "shells"),
            ("fauvism-still-life", "", "still lifes"),
            ("universe", "", "galaxies"),
            ("grumpy-cat", "", "one cat"),
        )
    ),
    Known(
        "huggan/stylegan_animeface512", "pytorch_model.bin", _STYLE, 512, "apache-2.0",
        "drawn faces",
    ),
    Known("huggan/stylegan_car512", "pytorch_model.bin", _STYLE, 512, "apache-2.0", "cars"),
    Known("huggan/stylegan_cat256", "pytorch_model.bin", _STYLE, 256, "apache-2.0", "cats"),
)  # fmt: skip


def known_of(repo: str) -> Known | None:
    """The entry of owner/name."""
    return next((row for row in KNOWN if row.repo == repo), None)


def preferred_file(repo: str) -> str:
    """The default model if a known repo has several and none was named."""
    row = known_of(repo)
    return row.file or "" if row is not None else ""
