"""PyTorchModelHubMixin interface to our models: the same folders that we push and pull.

The mixin itself loads whatever fits and falls back to a pickle; here a file is read strictly, as in
gan.checkpoint, safetensors only, and nothing else is ever fetched.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from huggingface_hub import PyTorchModelHubMixin, hf_hub_download
from huggingface_hub.errors import EntryNotFoundError
from torch import Tensor, nn

from gan.checkpoint import CONFIG_FILE, MODEL_FILE, load, save_weights
from gan.config import WeightsConfig
from gan.errors import WeightsError
from gan.hub.card import LIBRARY, TAGS, Facts, card, rows_of, source_of
from gan.hub.recipe import shared_data
from gan.models import (
    Discriminator,
    Encoder,
    Generator,
    build_generator,
    build_second,
    count_parameters,
)
from gan.sampling import render
from gan.schema import to_json


class GanModel(nn.Module, PyTorchModelHubMixin, library_name=LIBRARY, tags=[*TAGS]):
    """A generator, with its discriminator or encoder if there is one.

    `GanModel.from_pretrained("owner/name")` gives the same pictures as `gan.load`.
    """

    def __init__(
        self,
        config: WeightsConfig,
        generator: Generator | None = None,
        discriminator: Discriminator | None = None,
        encoder: Encoder | None = None,
    ) -> None:
        """Newly initialised unless a generator is given; raises ConfigError for a bad config."""
        super().__init__()
        # saved models are meant for others: local image paths are left out
        config = replace(config, data=shared_data(config.data))
        self.weights_config = config
        second: nn.Module | None = discriminator if encoder is None else encoder
        if generator is None:
            second = build_second(config.model)
        self.g_ema = build_generator(config.model) if generator is None else generator
        self.d = second if isinstance(second, Discriminator) else None
        self.encoder = second if isinstance(second, Encoder) else None
        # what the mixin keeps of __init__'s arguments is not what config.json holds
        self._hub_mixin_config = to_json(config)

    def forward(self, z: Tensor, labels: Tensor | None = None, psi: float = 1.0) -> Tensor:
        """z (N, z_dim) -> x (N, C, H, W) in [-1, 1], as gan.sampling.render draws it."""
        return render(self.g_ema, z, labels=labels, psi=psi)

    def _save_pretrained(self, save_directory: Path) -> None:
        """config.json and model.safetensors, as every weights folder has them."""
        save_weights(save_directory, self.weights_config, self.g_ema, self.d, self.encoder)

    def generate_model_card(self, *args: Any, **kwargs: Any) -> Any:
        """Our card instead of the mixin's; `repo_id` is used in its loading example."""
        from huggingface_hub import ModelCard  # noqa: PLC0415 - needs more than the rest

        config = self.weights_config
        source = source_of(config.data)
        name = config.name or "model"
        facts = Facts(
            name=name,
            load_as=str(kwargs.get("repo_id") or name),
            shape=self.g_ema.image_shape,
            licence=config.source.licence if config.source.repo else source.licence,
            datasets=source.datasets,
            rows=rows_of(
                config,
                g_parameters=count_parameters(self.g_ema),
                d_parameters=count_parameters(self.d or self.encoder or nn.Identity()),
            ),
        )
        return ModelCard(card(facts))

    def push_to_hub(self, repo_id: str, **options: Any) -> str:
        """Push as the mixin does, with a card that loads from `repo_id`."""
        asked = options.pop("model_card_kwargs", None) or {}
        kwargs = {"repo_id": repo_id, **asked}
        return str(super().push_to_hub(repo_id, model_card_kwargs=kwargs, **options))

    @classmethod
    def from_pretrained(cls, pretrained_model_name_or_path: str | Path, **options: Any) -> GanModel:
        """A folder, or a repo on the Hub; `options` as the mixin has them, less what it builds.

        Raises WeightsError for other files than ours, ConfigError for another config.
        """
        folder = Path(pretrained_model_name_or_path)
        if not folder.is_dir():
            folder = _fetched(str(pretrained_model_name_or_path), options)
        weights = load(folder)
        return cls(weights.config, weights.generator, weights.discriminator, weights.encoder).eval()


def _fetched(repo: str, options: dict[str, Any]) -> Path:
    """The folder of the Hub's cache with a repo's config.json and model.safetensors."""
    known = ("revision", "cache_dir", "force_download", "token", "local_files_only")
    chosen = {key: options[key] for key in known if key in options}
    try:
        config = Path(hf_hub_download(repo, CONFIG_FILE, **chosen))
        chosen["revision"] = config.parent.name  # its commit: both files are of one
        return Path(hf_hub_download(repo, MODEL_FILE, **chosen)).parent
    except EntryNotFoundError as error:
        raise WeightsError(
            "{repo} must hold {config_file} and {model_file}, it does not; nothing else is read",
            repo=repo,
            config_file=CONFIG_FILE,
            model_file=MODEL_FILE,
        ) from error
