"""The training of a set-up as one readable file of plain torch, which runs without us.

It is put together from templates, a piece for each thing that a set-up has, so that what is
switched off leaves no trace. Weights, batches and noise are seeded as in gan.training, so that its
losses are the same; what it cannot tell yet is refused.
"""

from __future__ import annotations

import io
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import jinja2
import numpy as np
from numpy.typing import NDArray

from gan.codefile.layers import first_network, second_network
from gan.codefile.parts import DRAWN, LOSSES, OPTIMIZERS
from gan.config import OptimizerName, RunConfig, TrainConfig
from gan.data import PATHS, STACKED, ImageSet, split_held_out
from gan.errors import ConfigError
from gan.kinds import has_setting, kind_of
from gan.models.conv import MODULATION_RATE
from gan.settings import setting_of, setting_text

STEPS = 2000  # of the file, where no end is planned
SHOWN = "from IPython.display import Image\n\nImage(filename=str(PICTURE))"  # Jupyter brings it
TOLD: dict[str, tuple[Any, ...]] = {  # of these settings, the values that the file can tell
    "d_count": (1,),
    "d_scales": (1,),
    "packing": (1,),
    "augment": ("none",),
    "precision": ("auto", "fp32"),
}
BEGIN = ("constants", "finite", "data")
SECTIONS = {
    "gan": (*BEGIN, "generator", "discriminator", "pictures", "gan", "gan_loop"),
    "vae": (*BEGIN, "generator", "encoder", "logistic", "pictures", "vae_loop"),
    "rnn": (*BEGIN, "logistic", "rnn", "pictures", "rnn_loop"),
    "flow": (*BEGIN, "flow", "pictures", "flow_loop"),
    "drift": (*BEGIN, "generator", "drift", "pictures", "drift_loop"),
}  # fmt: skip
PASSES = ((0, 4), (2, 4), (1, 2))  # of an RNN along a row


@dataclass(frozen=True)
class CodeFile:
    """The file's sections, and the data that must lie beside it, if it does not draw its own."""

    sections: tuple[str, ...]
    data_name: str = ""
    arrays: Mapping[str, Any] = field(default_factory=dict)

    def python(self) -> str:
        """As a script."""
        return "\n\n\n".join(self.sections) + "\n"

    def data(self) -> bytes:
        """What is to be written as `data_name`: its arrays as an .npz file."""
        stream, arrays = io.BytesIO(), dict[str, Any](self.arrays)
        np.savez_compressed(stream, **arrays)
        return stream.getvalue()

    def notebook(self) -> str:
        """As a Jupyter notebook, a cell a section, and one that shows the samples; nbformat 4.5."""
        cells: list[dict[str, Any]] = [
            {
                "cell_type": "code",
                "id": f"section-{i}",
                "metadata": {},
                "execution_count": None,
                "outputs": [],
                "source": section.splitlines(keepends=True),
            }
            for i, section in enumerate((*self.sections, SHOWN))
        ]
        python = {"display_name": "Python 3", "language": "python", "name": "python3"}
        metadata = {"kernelspec": python, "language_info": {"name": "python"}}
        notebook = {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
        return json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"


def code_file(config: RunConfig, images: ImageSet, *, name: str) -> CodeFile:
    """The training of `config`, with explicit widths, on `images`; `name` is the file's, bare.

    Raises ConfigError that names the settings which the file cannot tell.
    """
    if untold := untold_settings(config):
        raise ConfigError(
            "the code of a training with {settings} cannot be written yet; leave that out, or "
            "choose another preset",
            settings=", ".join(untold),
        )
    name = _plain(name).replace("/", "-").replace(":", "-")
    train, _ = split_held_out(images)
    drawn = DRAWN.get(config.data)
    data_name = "" if drawn else f"{name}-data.npz"
    values = _values(config, train, name=name, data_name=data_name)
    templates = _templates()
    names = [*SECTIONS[kind_of(config.model.family)]]
    if config.model.family == "dcgan":
        names.insert(names.index("generator"), "begin")
    if _falls(config):
        names.insert(len(names) - 1, "schedule")
    if config.train.optimizer == "muon":
        names.insert(len(names) - 1, "muon")
    if config.train.ema_half_life_kimg > 0:
        names.insert(len(names) - 1, "ema")
    body = [_section(templates, n, values) for n in names]
    values |= {
        module: any(f"{module}." in text for text in body) for module in ("copy", "math", "F")
    }
    sections = (_section(templates, "head", values), *body)
    return CodeFile(sections, data_name, {} if drawn else _arrays(train, config))


def untold_settings(config: RunConfig) -> list[str]:
    """The settings that the file cannot tell, as key=value."""
    kind, model = kind_of(config.model.family), config.model
    found = [k for k, v in TOLD.items() if has_setting(kind, k) and setting_of(config, k) not in v]
    if model.family == "rnn" and model.channels > 1:
        found.append("channels")
    if model.is_plane and config.train.shift_px:
        found.append("shift_px")
    return [f"{key}={setting_text(setting_of(config, key))}" for key in found]


def _templates() -> jinja2.Environment:
    loader = jinja2.FileSystemLoader(Path(__file__).parent / "pieces")
    return jinja2.Environment(
        loader=loader,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
        autoescape=False,  # it is Python and not HTML
    )


def _section(templates: jinja2.Environment, name: str, values: dict[str, Any]) -> str:
    text = templates.get_template(f"{name}.jinja").render(values)
    return re.sub(r"\n{4,}", "\n\n\n", text).strip()


def _arrays(images: ImageSet, config: RunConfig) -> dict[str, NDArray[Any]]:
    """What is learned from, by the names that the file reads."""
    pixels = images.pixels.contiguous().numpy()
    arrays = {"points": pixels[:, :, 0, 0]} if config.model.is_plane else {"images": pixels}
    if config.model.classes:
        assert images.labels is not None, "a conditional model has labels"
        arrays["labels"] = images.labels.numpy()
    return arrays


def _values(config: RunConfig, images: ImageSet, *, name: str, data_name: str) -> dict[str, Any]:
    """All that the templates ask for."""
    m, t, kind = config.model, config.train, kind_of(config.model.family)
    g, d = first_network(m), second_network(m)
    mixes = m.family == "dcgan" or (m.minibatch_std and t.batch_at(0) % 4 > 0)
    return {
        "name": name,
        "data_name": data_name,
        "title": _title(config),
        "told": TITLES[kind] % {"things": _things(config)},
        "m": m,
        "t": t,
        "g": g,
        "d": d,
        "w_dim": m.z_dim + (m.embed_dim if m.classes else 0),
        "modulation_rate": f"{MODULATION_RATE:g}",
        "loss": LOSSES[t.loss],
        "optimizer": partial(_optimizer, t.optimizer),
        "drawn": DRAWN.get(config.data),
        "plane": m.is_plane,
        "convolutional": not m.is_plane and m.family != "mlp",
        "things": _things(config),
        "classes": m.classes > 0,
        "labels": ", labels" if m.classes else "",
        "same_labels": ", same_labels" if m.classes else "",
        "count": 1024 if m.is_plane else 64,
        "shape": f"{len(images):,} of {tuple(images.pixels.shape[1:])}",
        "rates": "G_LR or D_LR" if kind == "gan" else "LR",
        "few": len(images) < t.largest_batch,
        "grows": t.grows,
        "flip": t.flip and not m.is_plane,
        "shift": t.shift_px > 0,
        "ema": t.ema_half_life_kimg > 0,
        "falls": t.lr_schedule != "constant",
        "eases": _eases(config),
        "regularised": t.r1 > 0 or t.r2 > 0,
        "regulariser": _regulariser(t),
        "penalised": LOSSES[t.loss].gradient_penalty,
        "one_pass": not mixes,
        "scored_further": m.classes > 0 or m.minibatch_std,
        "names": m.aux_classes,
        "naming": ("" if t.aux_weight == 1 else "NAMING * ") + "F.cross_entropy(named, labels)",
        "more_of_d": t.r1 > 0 or t.r2 > 0 or LOSSES[t.loss].gradient_penalty or m.aux_classes,
        "constants": _constants(config),
    }


TITLES = {
    "gan": "A generator G makes %(things)s from noise, a discriminator D tells them from real "
    "ones, and each learns from the other (Goodfellow et al. 2014).",
    "vae": "An encoder E tells what is known of a picture's code z, and a generator G makes the "
    "picture of it again (Kingma & Welling 2014).",
    "rnn": "A recurrent network gives each pixel a distribution that follows from those before it "
    "(after van den Oord et al. 2016).",
    "flow": "A network V learns the velocity that carries noise to %(things)s on straight paths "
    "(flow matching, Lipman et al. 2023), and samples follow it.",
    "drift": "A generator G makes %(things)s in one step, and learns to go where a field moves "
    "them: towards real ones, away from one another (drifting, Deng et al. 2026).",
}


def _things(config: RunConfig) -> str:
    return "points" if config.model.is_plane else "pictures"


def _title(config: RunConfig) -> str:
    """Preset and data, these without the path of a folder or file."""
    kind, colon, rest = config.data.partition(":")
    stacked, _, inside = rest.partition(":") if kind == STACKED else ("", "", rest)
    if (stacked or kind) in PATHS:
        rest = (f"{stacked}:" if stacked else "") + Path(inside).name
    data = kind + colon + rest
    return f"The training of preset {_plain(config.preset)} on {_plain(data)}, in plain torch."


def _plain(text: str) -> str:
    """SAFETY: text from elsewhere without what would end a string of Python's."""
    return re.sub(r"[^\w.:/() -]+", "-", text)


def _optimizer(name: OptimizerName, of: str, lr: str) -> str:
    return OPTIMIZERS[name] % (of, lr)


def _regulariser(t: TrainConfig) -> str:
    if t.r1 > 0 and t.r2 > 0:
        return "steepness(x_real, x_fake, real, fake)"
    return "R1 * steepness(x_real, real)" if t.r1 > 0 else "R2 * steepness(x_fake, fake)"


def _constants(config: RunConfig) -> list[tuple[str, object, str]]:
    """Name, value and what it means, of what this training has."""
    m, t, kind = config.model, config.train, kind_of(config.model.family)
    game, things, falls = kind == "gan", _things(config), t.lr_schedule != "constant"
    left = f"{t.lr_end:.0%} of what they were" if t.lr_end else "0"
    eases, planned = _eases(config), f"after which the rates are {left}" if falls else "of the plan"
    rows = [
        (True, "SEED", config.seed, "of weights, batches and noise"),
        (True, "STEPS", f'int(os.environ.get("STEPS", {_steps(config)}))', ""),
        (True, "BATCH", t.batch_at(0), f"real {things} a step"),
        (t.grows, "GROWTH", t.batch_growth, "times as many later"),
        (t.grows, "GROWS_AFTER", t.grows_at, things),
        (kind in ("gan", "vae", "drift"), "Z_DIM", m.z_dim, "numbers of noise"),
        (m.classes, "CLASSES", m.classes, ""),
        (kind == "flow", "ODE_STEPS", m.ode_steps, "from noise to a sample"),
        (kind == "rnn", "SIZE", m.resolution, "of a picture, px"),
        (kind == "rnn", "MEMORY, CONTEXT, WIDTH", m.g_widths, ""),
        (kind == "rnn", "MIXTURES", 4, "logistics a pixel"),
        (kind == "rnn", "PASSES", PASSES, "columns of a row: first, and every so many"),
        (game, "G_LR, D_LR", (t.g_lr, t.d_lr), "learning rates"),
        (not game, "LR", t.g_lr, "learning rate"),
        (_falls(config), "PLANNED", _planned(config), f"{things}, {planned}"),
        (falls and t.lr_end, "LR_LEFT", t.lr_end, "share of the rates"),
        (
            _falls(config) and t.fall_after,
            "FALL_AFTER",
            t.fall_after,
            "this share of the plan",
        ),
        (t.optimizer != "rmsprop", "BETA1", t.beta1, "what the optimiser keeps of past gradients"),
        (t.optimizer != "sgd", "BETA2", t.beta2, "and of their squares"),
        (game and t.d_steps > 1, "D_STEPS", t.d_steps, "of D for one of G"),
        (game and t.r1, "R1", t.r1, f"weight of the penalty on D's slope at real {things}"),
        (game and t.r2, "R2", t.r2, "and at fake ones"),
        (game and (t.r1 or t.r2) and t.reg_every > 1, "REGULARISE_EVERY", t.reg_every, "steps"),
        (eases, "LEFT", t.reg_end, "share of the penalty at the end of the plan"),
        (game and LOSSES[t.loss].gradient_penalty, "GP", t.gp, "weight of the gradient penalty"),
        (m.aux_classes and t.aux_weight != 1, "NAMING", t.aux_weight, "weight of naming the class"),
        (t.clip_norm, "CLIP", t.clip_norm, "the longest gradient"),
        (game and t.shift_px, "SHIFT", t.shift_px, f"D sees {things} moved by up to so many px"),
        (kind == "drift", "TAU", t.tau, "how far the field looks, in mean distances"),
        (kind == "vae", "BETA", t.beta, "weight of the KL"),
        (kind == "vae" and t.warm_up_kimg, "WARM_UP", t.warm_up_kimg * 1000, "beta grows so long"),
        (kind == "vae" and t.free_bits, "FREE_BITS", t.free_bits, "of each number of z"),
        (t.ema_half_life_kimg, "AVERAGED", t.ema_half_life_kimg * 1000, f"half-life, in {things}"),
    ]
    return [(key, _literal(v), why) for on, key, v, why in rows if on]


def _steps(config: RunConfig) -> int:
    """How many steps the file makes: where it follows a plan, all that are planned."""
    return math.ceil(config.train.steps_to(_planned(config))) if _follows_plan(config) else STEPS


def _eases(config: RunConfig) -> bool:
    """Whether R1 and R2 fall."""
    t = config.train
    return t.reg_end < 1 and (t.r1 > 0 or t.r2 > 0) and kind_of(config.model.family) == "gan"


def _falls(config: RunConfig) -> bool:
    return config.train.lr_schedule != "constant" or _eases(config)


def _follows_plan(config: RunConfig) -> bool:
    return _falls(config) and not config.train.fall_kimg


def _planned(config: RunConfig) -> int:
    """Images until all has fallen. A plan in seconds is none for a file without a clock."""
    t = config.train
    kimg = t.fall_kimg or config.total_kimg
    return STEPS * t.batch_at(0) * t.d_steps if kimg is None else max(1, round(kimg * 1000))


def _literal(value: object) -> object:
    """A number or numbers as code: a tuple without its brackets."""
    if isinstance(value, tuple) and not isinstance(value[0], tuple):
        return ", ".join(map(repr, value))
    return value
