"""Publishes a model as a repo on the Hub: the plan; gan.hub.sending uploads it."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from gan.checkpoint import CONFIG_FILE, MODEL_FILE, Weights, config_at, save_weights
from gan.config import RunConfig, SourceConfig
from gan.errors import HubError
from gan.files import json_bytes
from gan.hub.card import (
    LICENCE,
    Facts,
    beside,
    card,
    readdressed,
    rows_of,
    source_of,
)  # fmt: skip
from gan.hub.client import never
from gan.hub.names import parse_repo
from gan.hub.pictures import samples_picture, walk_picture
from gan.hub.recipe import shared_data, training_recipe
from gan.hub.sending import Look, SendPlan, account_of, look
from gan.hub.space import FRONT, REPO_ID, join_front, split_front
from gan.messages import Message
from gan.models import count_parameters
from gan.schema import to_json

CARD_FILE, SAMPLES_FILE, WALK_FILE = "README.md", "samples.png", "walk.webp"
KEPT = (  # of a weights folder; anything else in it is not uploaded
    CARD_FILE, CONFIG_FILE, MODEL_FILE, SAMPLES_FILE, WALK_FILE, "training.webp", "encoder.json",
    "encoder.safetensors",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class PushPlan(SendPlan):
    """Exactly what would be uploaded."""

    warnings: tuple[Message, ...] = ()

    @property
    def card(self) -> str:
        """The README.md."""
        return dict(self.files)[CARD_FILE].decode("utf-8")


def account(token: str | None) -> str | None:
    """A token's account; None without one. Raises HubError if the Hub rejects it."""
    return account_of(token) if token else None


def plan(
    weights: Weights,
    repo: str,
    *,
    private: bool = False,
    token: str | None = None,
    ask: bool = True,
    licence: str = "",
    scores: str = "",
    extra: Mapping[str, bytes] | None = None,
    cancelled: Callable[[], bool] = never,
) -> PushPlan:
    """The upload plan for `weights` to `repo`, with pictures and a card.

    ask: also query the repo's contents. licence: for a model without a stated one. scores: a
    Markdown table from gan.metrics.card. extra: further files. Raises HubError.
    """
    name = parse_repo(repo)
    if name.kind != "model" or name.revision or name.file:
        raise HubError(
            "id", "a model is pushed to owner/name, got {got}; correct it", got=repr(repo[:80])
        )
    if licence and not LICENCE.fullmatch(licence):
        raise HubError(
            "id",
            "a licence is its short name as in mit, got {got}; correct it",
            got=repr(licence[:40]),
        )
    found = look(name.id, "model", token=token, cancelled=cancelled) if ask else None
    files = {**_model_files(weights), **(extra or {})}
    if SAMPLES_FILE not in files:
        files[SAMPLES_FILE] = samples_picture(weights.generator)[0]
    if WALK_FILE not in files:
        files[WALK_FILE] = walk_picture(weights.generator)
    files[CARD_FILE] = _card(weights, files, name.id, licence, scores).encode()
    ordered = tuple(sorted(files.items(), key=lambda item: (item[0] != CARD_FILE, item[0])))
    return PushPlan(
        repo=name.id,
        kind="model",
        files=ordered,
        found=found,
        private=private,
        warnings=tuple(_warnings(ordered[0][1], name.owner, found)),
    )


def _model_files(weights: Weights) -> dict[str, bytes]:
    """config.json and model.safetensors, and the optional files of their folder."""
    config = replace(weights.config, data=shared_data(weights.config.data))
    if (weights.path / CONFIG_FILE).is_file() and (weights.path / MODEL_FILE).is_file():
        paths = {name: weights.path / name for name in KEPT if (weights.path / name).is_file()}
        files = {name: file.read_bytes() for name, file in paths.items()}
        if config != weights.config:
            files[CONFIG_FILE] = json_bytes(to_json(config))
        return files
    with tempfile.TemporaryDirectory() as folder:
        save_weights(
            Path(folder), config, weights.generator, weights.discriminator, weights.encoder
        )
        return {name: (Path(folder) / name).read_bytes() for name in (CONFIG_FILE, MODEL_FILE)}


def _card(
    weights: Weights, files: Mapping[str, bytes], repo: str, licence: str, scores: str
) -> str:
    """The folder's own card, adapted to `repo`, if it has a complete one; else a generated one."""
    shown = _shown(weights, files)
    own = files.get(CARD_FILE, b"").decode("utf-8", "replace")
    if FRONT.match(own) and not weights.config.source.repo:
        text = readdressed(own, repo, shown)
        front, body = split_front(text)
        return join_front({"license": licence} | front, body) if licence else text
    return card(_facts(weights, repo, licence, scores, shown))


def _facts(
    weights: Weights,
    repo: str,
    licence: str,
    scores: str,
    shown: tuple[tuple[str, str], ...],
) -> Facts:
    config, g = weights.config, weights.generator
    d, encoder = weights.discriminator, weights.encoder
    second = d or encoder
    run, data = _run_of(weights), source_of(config.data)
    from_model = REPO_ID.fullmatch(config.source.repo) is not None
    return Facts(
        name=repo.partition("/")[2],
        load_as=repo,
        shape=weights.image_shape,
        rows=rows_of(
            config,
            g_parameters=count_parameters(g),
            d_parameters=count_parameters(second) if second else 0,
            train=run.train if run else None,
        ),
        summary=_summary(weights),
        licence=_licence(config.source, data.licence, licence),
        datasets=data.datasets,
        base_model=config.source.repo if from_model else "",
        pictures=shown,
        scores=scores,
        recipe=training_recipe(run, nimg=config.nimg, folder=weights.path.parent) if run else "",
        files=f"`{MODEL_FILE}` holds the averaged generator (`g_ema.*`)"
        + beside(d is not None, encoder is not None),
    )


def _licence(source: SourceConfig, of_data: str, asked: str) -> str:
    """A third-party model keeps its own, whatever was requested."""
    known = source.licence if source.repo else of_data
    known = known.strip().lower()
    return known if LICENCE.fullmatch(known) else asked


def _summary(weights: Weights) -> str:
    channels, height, width = weights.image_shape
    kind = {1: "grey", 3: "colour", 4: "colour, with transparency"}.get(channels, "grey")
    maker = "A generator" if not weights.config.source.repo else "Another's generator, converted:"
    text = f"{maker} of pictures of {width} x {height} px, {kind}."
    if weights.length is None:
        return text
    return f"{text} Its weights are an average of length {weights.length:g}, mixed after training."


def _shown(weights: Weights, files: Mapping[str, bytes]) -> tuple[tuple[str, str], ...]:
    alts = {SAMPLES_FILE: "Samples", WALK_FILE: "A walk through latent space"}
    return tuple((name, alt) for name, alt in alts.items() if name in files)


def _run_of(weights: Weights) -> RunConfig | None:
    """The config of the run with these weights; None for a folder."""
    run = weights.path.parent
    if weights.path.name != "weights" or not (run / CONFIG_FILE).is_file():
        return None
    return config_at(run, weights.config.nimg)


def _warnings(card_bytes: bytes, owner: str, found: Look | None) -> Iterator[Message]:
    front, _ = split_front(card_bytes.decode("utf-8"))
    if not front.get("license"):
        yield Message("nobody stated a licence for this model; without one others may not use it")
    if found and found.account and owner not in (found.account, *found.groups):
        yield Message(
            "the token is {account}'s, the repository would be {owner}'s; the Hub may refuse it",
            account=found.account,
            owner=owner,
        )
