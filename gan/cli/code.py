"""`code`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from gan.cli.console import DataOption, SeedOption, app, errors, say, use_threads
from gan.cli.train import DEFAULT_PRESET, PresetOption, SettingsOption, check_budget
from gan.codefile import code_file
from gan.errors import ConfigError
from gan.files import write_atomic
from gan.runs.newrun import new_config
from gan.settings import parse_setting

FORMS = (".py", ".ipynb")


@app.command()
def code(
    out: Annotated[Path, typer.Option("--out", help="FILE.py, or FILE.ipynb for a notebook")],
    preset: PresetOption = None,
    data: DataOption = None,
    settings: SettingsOption = None,
    seed: SeedOption = 0,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="replace a file that is already there")
    ] = False,
    kimg: Annotated[
        float | None, typer.Option("--kimg", help="where rates fall: the images until they are 0")
    ] = None,
) -> None:
    """Write a training as one readable file of plain torch and numpy, which runs by itself.

    Its first losses are those of `gan train` with the same set-up, in float32. Points are drawn in
    the file; pictures are written beside it, as FILE-data.npz. Rates that fall do so over --kimg,
    or over 2,000 steps: a file has no clock for a plan in seconds.

    Examples:

    `python -m gan code --preset ring --out ring.py`

    `python -m gan code --preset fashion --set loss=hinge --out fashion.ipynb`
    """
    with errors():
        use_threads(1)
        check_budget("--kimg", kimg)
        if out.suffix not in FORMS:
            raise ConfigError(
                "--out must be FILE.py or FILE.ipynb, got {out}; choose another",
                out=repr(str(out)),
            )
        if out.is_dir() or not out.parent.is_dir():
            raise ConfigError(
                "--out must be a file in a folder that exists, {out} is not; choose another",
                out=repr(str(out)),
            )
        chosen = dict(parse_setting(text) for text in settings or ())
        config, images = new_config(preset or DEFAULT_PRESET, data, chosen, seed=seed, say=say)
        config = replace(config, total_kimg=kimg)
        file = code_file(config, images, name=out.stem)
        text = file.notebook() if out.suffix == ".ipynb" else file.python()
        written = {out: text.encode()}
        if file.data_name:
            written[out.with_name(file.data_name)] = file.data()
        if not overwrite:
            for path, content in written.items():
                _check_free(path, content)
        for path, content in written.items():
            write_atomic(path, content)
        lines = len(file.python().splitlines())
        beside = f", with its data beside it in {file.data_name}" if file.data_name else ""
        say(f"{config.preset} in {out}, {lines} lines of torch and numpy{beside}")


def _check_free(path: Path, content: bytes) -> None:
    """Raises ConfigError where a file of other content lies: such code is changed by hand."""
    if path.exists() and (not path.is_file() or path.read_bytes() not in (b"", content)):
        raise ConfigError(
            "{path} already exists with other content; choose another --out or add --overwrite",
            path=repr(str(path)),
        )
