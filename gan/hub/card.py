"""Model cards: what a model generates, its training data, how it was trained, its limitations.

The README.md of a weights folder. All external text is escaped; an unstated licence is left out,
never guessed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, NamedTuple

from gan.config import FORMAT, ModelConfig, PortedConfig, TrainConfig, WeightsConfig
from gan.hub.space import REPO_ID, join_front
from gan.kinds import Kind, kind_of
from gan.quantities import QUANTITIES

TAGS = ("gan", "unconditional-image-generation", "pytorch")
LIBRARY = "gan-atelier"
SCORES_BEGIN, SCORES_END = "<!-- scores -->", "<!-- /scores -->"  # gan.metrics.card fills them
SPECIAL = re.compile(r"([\\`*_{}\[\]()#|~!$])")
LICENCE = re.compile(r"[a-z0-9][a-z0-9.-]{0,60}")
MAX_TEXT = 300
INTENDED = (
    "Made to be looked at and learned from: samples, walks through latent space, experiments with "
    "GANs. It knows nothing but its training images, and no decision should rest on it."
)
RESEMBLES = (
    "Samples resemble the training images, and may come close to copies of them where those were "
    "few; `python -m gan evaluate` measures it."
)


class Source(NamedTuple):
    """A set of training images: its description in Markdown, its licence and its repos on the
    Hub."""

    text: str
    licence: str = ""  # of derived models, as an id of the Hub
    datasets: tuple[str, ...] = ()


_POINTS = Source("20,000 points drawn from a formula, 1,000 of them held out", "mit")
_FASHION = ("mit", ("zalando-datasets/fashion_mnist",))
SOURCES = {
    **dict.fromkeys(("ring", "grid", "spiral", "moons", "line"), _POINTS),
    "fashion": Source(
        "Fashion-MNIST (Zalando Research, MIT licence), 10,000 of its train images, 500 of them "
        "held out",
        *_FASHION,
    ),
    "fashion-full": Source(
        "Fashion-MNIST (Zalando Research, MIT licence), the 60,000 train images, 1,000 of them "
        "held out",
        *_FASHION,
    ),
    "cats": Source(
        "Cat avatars by David Revoy's generator (2016, CC BY 4.0): 8,000 of the 360,000 that its "
        "layers make, at 64 px, 400 of them held out",
        "cc-by-4.0",
    ),
    "emoji": Source(
        "Noto Emoji (Google, SIL Open Font License 1.1), 3,916 emoji at 32 px, 195 of them held "
        "out",
        "ofl-1.1",
    ),
    "emoji-groups": Source(
        "Noto Emoji (Google, SIL Open Font License 1.1), 3,916 emoji at 32 px in eleven groups of "
        "Unicode, 195 of them held out",
        "ofl-1.1",
    ),
    "stacked-digits": Source(
        "50,000 pictures of three random digits each, of Optical Recognition of Handwritten Digits "
        "(Alpaydin and Kaynak, UCI, CC BY 4.0), 1,000 of them held out",
        "cc-by-4.0",
    ),
    "digits": Source(
        "Optical Recognition of Handwritten Digits (Alpaydin and Kaynak, UCI, CC BY 4.0), 1,797 "
        "digits at 8 px, 89 of them held out",
        "cc-by-4.0",
    ),
}


@dataclass(frozen=True, kw_only=True)
class Facts:
    """Contents of a card. `rows`, `scores` and `limits` are Markdown, all else is plain text."""

    name: str
    load_as: str  # owner/name, or a bundled name
    shape: tuple[int, int, int]  # (C, H, W)
    rows: tuple[tuple[str, str], ...]
    limits: str = RESEMBLES
    summary: str = ""
    licence: str = ""
    datasets: tuple[str, ...] = ()
    base_model: str = ""
    pictures: tuple[tuple[str, str], ...] = ()  # file, description
    scores: str = ""
    recipe: str = ""  # command lines
    files: str = ""  # contents of the files


def card(facts: Facts) -> str:
    """Render a README.md with front matter."""
    return join_front(_front(facts), f"\n{_body(facts)}\n")


def _front(facts: Facts) -> dict[str, Any]:
    front: dict[str, Any] = {"license": facts.licence} if facts.licence else {}
    front |= {"library_name": LIBRARY, "pipeline_tag": TAGS[1], "tags": [*TAGS]}
    if facts.datasets:
        front["datasets"] = [*facts.datasets]
    if facts.base_model:
        front["base_model"] = facts.base_model
    return front


def _body(facts: Facts) -> str:
    table = [f"| {name} | {text} |" for name, text in facts.rows]
    scores = f"{SCORES_BEGIN}\n{facts.scores}\n{SCORES_END}" if facts.scores else ""
    parts = [
        f"# {escaped(facts.name)}",
        escaped(facts.summary),
        *(f"![{escaped(alt)}]({file})" for file, alt in facts.pictures),
        "\n".join(["| | |", "|---|---|", *table]),
        *(["## Scores", scores] if scores else []),
        *(["## Recipe", fenced(*facts.recipe.split("\n"))] if facts.recipe else []),
        "## Use",
        usage(facts.load_as, facts.shape),
        facts.files,
        "## Intended use and limits",
        INTENDED,
        facts.limits,
    ]
    return "\n\n".join(part for part in parts if part)


def usage(load_as: str, shape: tuple[int, int, int]) -> str:
    """How to load it with GAN Atelier, in five lines."""
    channels, height, width = shape
    return f"""With GAN Atelier (`pip install .` in its checkout):

```python
from gan import load
from gan.sampling import sample

model = load("{load_as}")
images = sample(model.generator, range(64)).pixels  # uint8 (64, {height}, {width}, {channels})
```

In a terminal: `python -m gan sample --weights {load_as} --count 64 --out samples.png`"""


def beside(has_d: bool, has_encoder: bool) -> str:
    """The end of a sentence: what a file holds beside the generator."""
    if has_d:
        return " and the discriminator (`d.*`)."
    return " and the encoder (`encoder.*`)." if has_encoder else " alone."


def readdressed(text: str, load_as: str, pictures: tuple[tuple[str, str], ...]) -> str:
    """A folder's own card adapted to its target repo: the repo id to load, and missing pictures."""
    text = re.sub(r'\bload\("[^"\n]*"\)', f'load("{load_as}")', text)
    text = re.sub(r"(--weights )\S+( --count)", rf"\g<1>{load_as}\g<2>", text)
    shown = [f"![{alt}]({file})" for file, alt in pictures if f"]({file})" not in text]
    if not shown:
        return text
    # after the existing pictures, else after the title
    places = [*re.finditer(r"^!\[.*\)$", text, re.MULTILINE)]
    places = places or [*re.finditer(r"^# .*$", text, re.MULTILINE)][:1]
    end = places[-1].end() if places else len(text)
    return text[:end] + "\n\n" + "\n".join(shown) + text[end:]


def source_of(data: str) -> Source:
    """Known facts about the images that `data` names; local folder paths stay private."""
    if data in SOURCES:
        return SOURCES[data]
    kind, _, rest = data.partition(":")
    rest = rest.partition("@")[0]  # without the revision
    if kind in ("hub", "stream") and REPO_ID.fullmatch(rest):
        return Source(f"[{rest}](https://huggingface.co/datasets/{rest})", "", (rest,))
    return Source("images of its author's own" if data else "")


def rows_of(
    config: WeightsConfig, *, g_parameters: int, d_parameters: int, train: TrainConfig | None = None
) -> tuple[tuple[str, str], ...]:
    """The table of facts, in Markdown."""
    rows = [("architecture", _architecture(config.model, g_parameters, d_parameters))]
    if (source := config.source).repo:
        rows.append(("source", _origin(config)))
        rows.append(("licence", escaped(source.licence) or "none stated; ask its author"))
    if text := source_of(config.data).text:
        # a third-party model has only its config
        rows.append(("data, as its author states" if config.source.repo else "data", text))
    if train is not None:
        rows.append(("loss", _loss(train, config.model)))
    if config.nimg:
        took = f" in {config.seconds / 60:.0f} minutes" if config.seconds else ""
        rows.append(("trained", f"{config.nimg / 1000:,.0f} thousand images{took}"))
    if config.fd is not None and config.fd_floor is not None:
        rows.append(
            (
                QUANTITIES["fd"].name,
                f"**{config.fd:.2f}** (floor, real against real: {config.fd_floor:.2f}), features "
                f"`{code(config.fd_features)}`{_measured_how(config)}. {QUANTITIES['fd'].help}",
            )
        )
    return tuple(rows)


def _measured_how(config: WeightsConfig) -> str:
    if not config.fd_count:
        return ""
    against = f" against `{code(config.fd_data)}`" if config.fd_data else ""
    return f", {config.fd_count:,} images{against}"


def _architecture(model: ModelConfig | PortedConfig, g: int, d: int) -> str:
    name = model.architecture if isinstance(model, PortedConfig) else model.family
    second = "D" if _kind(model) == "gan" else "encoder"
    beside = [f"{second} {d:,}"] if d else []
    parts = [f"`{name}`", f"G {g:,} parameters", *beside, f"z {model.z_dim}"]
    size = f"{model.resolution} px, {model.channels} channel{'s' * (model.channels > 1)}"
    return ", ".join([*parts, size, *([f"{model.classes} classes"] if model.classes else [])])


def _origin(config: WeightsConfig) -> str:
    source = config.source
    where = source.repo if REPO_ID.fullmatch(source.repo.removeprefix("spaces/")) else ""
    link = f"[{where}](https://huggingface.co/{where})" if where else escaped(source.repo)
    verb = "taken" if source.layout == FORMAT else "converted"
    return (
        f"{verb} from {link}, file `{code(source.file)}` at commit `{code(source.commit)}` "
        f"(sha256 `{code(source.sha256)}`, layout `{code(source.layout)}`)"
    )


def _kind(model: ModelConfig | PortedConfig) -> Kind:
    return "gan" if isinstance(model, PortedConfig) else kind_of(model.family)


LOSS_OF: dict[Kind, str] = {
    "vae": "negative ELBO (discretised logistic), beta {beta:g}",
    "rnn": "negative log likelihood of the 256 values of a pixel",
    "flow": "flow matching (mean squared error of the velocity from noise to data)",
    "drift": "drifting (mean squared distance to where a field moves the samples), tau {tau:g}",
}


def _loss(train: TrainConfig, model: ModelConfig | PortedConfig) -> str:
    if (kind := _kind(model)) != "gan":
        how = f", {train.optimizer} {_rate(train)}, {_batch(train)}"
        return f"{LOSS_OF[kind].format(beta=train.beta, tau=train.tau)}{how}"
    eased = f", falling to {train.reg_end:.0%}" if train.reg_end < 1 else ""
    penalty = f", R1 {train.r1:g} and R2 {train.r2:g} every {train.reg_every} steps{eased}"
    return (
        f"{train.loss}{penalty if train.r1 or train.r2 else ''}, {train.optimizer} "
        f"{_rate(train)}, {_batch(train)}"
    )


def _batch(train: TrainConfig) -> str:
    later = f", {train.largest_batch} from {train.growth_kimg:g} thousand images on"
    return f"batch {train.batch_at(0)}{later if train.grows else ''}"


def _rate(train: TrainConfig) -> str:
    if train.lr_schedule == "constant":
        return f"{train.g_lr:g}"
    whole = f"{train.fall_kimg:g} thousand images" if train.fall_kimg else "the run"
    held = f", from {train.fall_after:.0%} of {whole} on" if train.fall_after else ""
    by = f", over {whole}" if train.fall_kimg and not held else ""
    end = f"{train.lr_end * train.g_lr:g}"
    return f"{train.g_lr:g} falling to {end} ({train.lr_schedule}{held}{by})"


def escaped(text: str) -> str:
    """External text escaped for Markdown: one line, no markup, no URL, bounded."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())[:MAX_TEXT]
    line = line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return SPECIAL.sub(r"\\\1", line).replace("://", ":&#47;&#47;")


def code(text: str) -> str:
    """External text as inline code."""
    kept = "".join(c for c in text if c.isprintable() and c not in "`|<>")
    return kept[:MAX_TEXT] or "?"


def fenced(*texts: str) -> str:
    """External texts, one a line, as a code block that they cannot close."""
    lines = "\n".join("".join(c if c.isprintable() else " " for c in text) for text in texts)
    fence = "`" * (1 + max([2, *map(len, re.findall("`+", lines))]))
    return f"{fence}\n{lines}\n{fence}"
