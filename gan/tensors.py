"""Tensor files: untrusted reads and atomic writes.

This is the only module that calls torch.load, with weights_only=True: on files whose hash has just
been checked, and on untrusted ones in the resource-limited child that gan.hub.convert starts.
"""

from __future__ import annotations

import hashlib
import json
import struct
import zipfile
from argparse import Namespace
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.torch
import torch
from torch import Tensor, nn

from gan.errors import CheckpointError, WeightsError
from gan.files import write_atomic

MAX_HEADER_BYTES = 2**20
MAX_TENSORS = 2000
DIGEST = "sha256"  # in the header of a run's weights
MAX_NAME = 120  # characters of an untrusted file quoted in our error messages
UNREADABLE = (ValueError, OverflowError, RecursionError)  # what JSON can do to a reader


def tensor_specs(file: Path) -> dict[str, tuple[str, tuple[int, ...]]]:
    """Names, dtypes and shapes from a safetensors header, parsed by us before any library does.

    Raises WeightsError unless it has at most 1 MB and 2,000 tensors.
    """
    return read_header(file)[1]


def read_header(file: Path) -> tuple[dict[str, str], dict[str, tuple[str, tuple[int, ...]]]]:
    """(metadata, tensors) of a safetensors file."""
    try:
        with file.open("rb") as stream:
            (length,) = struct.unpack("<Q", stream.read(8))
            if length > MAX_HEADER_BYTES:
                raise WeightsError(
                    "the header of {name} may have 1 MB; fetch the file anew", name=file.name
                )
            header = json.loads(stream.read(length))
        metadata = {k: str(v) for k, v in header.pop("__metadata__", {}).items()}
        specs = {k: (str(v["dtype"]), tuple(int(n) for n in v["shape"])) for k, v in header.items()}
    except OSError as error:
        raise WeightsError(
            "{name} cannot be read ({strerror}); check the path",
            name=file.name,
            strerror=error.strerror,
        ) from error
    except (struct.error, KeyError, TypeError, AttributeError, *UNREADABLE) as error:
        raise WeightsError(
            "{name} must be a safetensors file, it is damaged; fetch it anew", name=file.name
        ) from error
    if len(specs) > MAX_TENSORS:
        raise WeightsError(
            "{name} may hold {max_tensors} tensors, got {got}",
            name=file.name,
            max_tensors=f"{MAX_TENSORS:,}",
            got=f"{len(specs):,}",
        )
    return metadata, specs


def holds(file: Path, prefix: str) -> bool:
    """Whether a safetensors file has a module of this prefix."""
    return any(name.startswith(f"{prefix}.") for name in tensor_specs(file))


def load_modules(file: Path, modules: Mapping[str, nn.Module]) -> None:
    """Copy a safetensors file into `modules`, each under its prefix.

    Names, shapes and dtypes must equal what the modules have, and every value be finite;
    raises WeightsError otherwise.
    """
    wanted = _wanted(modules)
    _check(file, wanted)
    tensors = read_checked(file)
    for name, tensor in tensors.items():
        if tensor.dtype != wanted[name].dtype or not _is_finite(tensor):
            raise WeightsError(
                "{name} in {file} must be finite {dtype}, it is not; fetch it anew",
                name=name,
                file=file.name,
                dtype=wanted[name].dtype,
            )
        wanted[name].copy_(tensor)


def read_checked(file: Path) -> dict[str, Tensor]:
    """Everything in a file, as it was saved: raises WeightsError where its SHA-256 is another."""
    tensors = read_tensors(file)
    if read_header(file)[0].get(DIGEST, "") not in ("", digest(tensors)):
        raise WeightsError(
            "{name} has other values than were saved, its disk has damaged it; take another moment",
            name=file.name,
        )
    return tensors


def digest(tensors: Mapping[str, Tensor]) -> str:
    """SHA-256 of all names and values."""
    found = hashlib.sha256()
    for name in sorted(tensors):
        found.update(name.encode() + b"\0")
        found.update(tensors[name].reshape(-1).view(torch.uint8).numpy().data)
    return found.hexdigest()


def _wanted(modules: Mapping[str, nn.Module]) -> dict[str, Tensor]:
    return {f"{p}.{k}": v for p, m in modules.items() for k, v in m.state_dict().items()}


def check_specs(file: Path, modules: Mapping[str, nn.Module]) -> None:
    """Raises WeightsError unless the file's header has exactly these tensors and shapes.

    `modules`, by their prefixes, may be on the meta device.
    """
    _check(file, _wanted(modules))


def _check(file: Path, wanted: Mapping[str, Tensor]) -> None:
    found = tensor_specs(file)
    if missing := sorted(wanted.keys() ^ found.keys()):
        raise WeightsError(
            "{name} must hold exactly the tensors of its config, {count} differ (first: "
            "{missing}); check that config.json belongs to it",
            name=file.name,
            count=len(missing),
            missing=repr(missing[0][:MAX_NAME]),
        )
    for name, tensor in wanted.items():
        if found[name][1] != tuple(tensor.shape):
            raise WeightsError(
                "{name} in {file} must be {shape}, got {got}; check that config.json belongs to it",
                name=name,
                file=file.name,
                shape=str(list(tensor.shape)),
                got=str(list(found[name][1]))[:MAX_NAME],
            )


def read_tensors(file: Path) -> dict[str, Tensor]:
    """Everything in a safetensors file; raises WeightsError if it is truncated."""
    try:
        return safetensors.torch.load_file(file)
    except Exception as error:  # SafetensorError is not public; a truncated file raises it
        raise WeightsError(
            "{name} must be a whole safetensors file, it is damaged; fetch it anew", name=file.name
        ) from error


def _is_finite(tensor: Tensor) -> bool:
    return not tensor.is_floating_point() or bool(tensor.isfinite().all())


def save_modules(
    file: Path, modules: Mapping[str, nn.Module], *, notes: Mapping[str, str] | None = None
) -> None:
    """Modules under their prefixes as one safetensors file, atomically.

    `notes` go into its header, for files that must be self-describing, with a SHA-256 of the
    values, which `load_modules` checks. Raises CheckpointError if a value is not finite: a bad
    state is never saved as good.
    """
    tensors = {
        f"{p}.{k}": v.detach().cpu().contiguous()
        for p, m in modules.items()
        for k, v in m.state_dict().items()
    }
    if bad := [name for name, tensor in tensors.items() if not _is_finite(tensor)]:
        raise CheckpointError("{bad} is not finite; the state was not saved", bad=bad[0])
    metadata = {"format": "pt"} | dict(notes or {})
    if notes is not None:
        metadata[DIGEST] = digest(tensors)
    write_atomic(file, safetensors.torch.save(tensors, metadata=metadata))


def read_state(file: Path) -> dict[str, Any]:
    """The state beside the weights in one of our checkpoints; raises what torch does.

    ValueError for what torch.save has not written by default for years: in its former format and in
    a compressed zip a few hundred bytes ask for gigabytes.
    """
    with zipfile.ZipFile(file) as parts:
        if any(part.compress_type != zipfile.ZIP_STORED for part in parts.infolist()):
            raise ValueError("compressed")
    return read_known(file)


def read_known(file: Path) -> dict[str, Any]:
    """A torch.save file of any of torch's formats, whose SHA-256 has been checked by the caller;
    raises what torch does."""
    state: dict[str, Any] = torch.load(  # noqa: TID251 - the one place, see above
        file, map_location="cpu", weights_only=True
    )
    return state


class StandIn(dict[Any, Any]):
    """Placeholder for an object of an unwanted class beside the weights: stores and runs
    nothing."""

    def __init__(self, *_: Any, **__: Any) -> None:
        super().__init__()

    def __setstate__(self, state: Any) -> None:
        """Discard its state."""

    def append(self, _: Any) -> None:
        """Likewise."""

    extend = append


# stored by trainers beside the weights: paths, options, dates
STANDINS = (
    "pathlib.Path", "pathlib.PosixPath", "pathlib.WindowsPath", "pathlib.PurePath",
    "pathlib.PurePosixPath", "pathlib.PureWindowsPath", "pathlib._local.PosixPath",
    "pathlib._local.WindowsPath", "pathlib._local.PurePosixPath",
    "types.SimpleNamespace", "datetime.datetime", "datetime.date", "datetime.timedelta",
    "uuid.UUID", "pytorch_lightning.callbacks.model_checkpoint.ModelCheckpoint",
)  # fmt: skip
# dict subclasses; torch restores only its own, so these are read as such
DICTS = (
    "easydict.EasyDict", "munch.Munch", "yacs.config.CfgNode", "addict.addict.Dict",
    "pytorch_lightning.utilities.parsing.AttributeDict",
    "lightning_fabric.utilities.data.AttributeDict",
    "lightning.fabric.utilities.data.AttributeDict",
)  # fmt: skip


def _ordered(*_: Any) -> OrderedDict[Any, Any]:
    """Replaces a defaultdict, whose default factory is not needed."""
    return OrderedDict()


def read_foreign(file: Path) -> Any:
    """Read a third-party torch.save file: plain containers of tensors, nothing is executed.

    NumPy arrays and numbers, argparse options, defaultdicts and stand-ins for some classes are
    accepted too: trainers save scores and settings beside the weights. Only for a resource-limited
    process: a few bytes can request gigabytes. Raises what torch does.
    """
    numbers = [
        np.float16, np.float32, np.float64, np.int8, np.uint8, np.int16, np.int32, np.int64,
        np.bool_,
    ]  # fmt: skip
    dtypes = {type(np.dtype(number)) for number in numbers}
    scalar = np.float64().__reduce__()[0]
    rebuild = np.zeros(1).__reduce__()[0]
    # files from NumPy 1 use these names
    known: list[Any] = [
        scalar,
        (scalar, "numpy.core.multiarray.scalar"),
        rebuild,
        (rebuild, "numpy.core.multiarray._reconstruct"),
        np.ndarray,
        np.dtype,
        *dtypes,
        Namespace,
        (_ordered, "collections.defaultdict"),
        *((OrderedDict, name) for name in DICTS),
        *(int, float, bool, str, list, dict, tuple, set, bytes),
        *((StandIn, name) for name in STANDINS),
    ]
    with torch.serialization.safe_globals(known):
        return torch.load(file, map_location="cpu", weights_only=True)  # noqa: TID251 - see above
