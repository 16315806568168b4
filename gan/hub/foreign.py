"""Reads an untrusted file as a flat dict of tensors; only for gan.hub.convert's limited child."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from gan.errors import HubError, WeightsError
from gan.hub.layouts.base import shown
from gan.messages import Message
from gan.tensors import MAX_HEADER_BYTES, read_foreign, read_tensors, tensor_specs

MAX_TENSORS = 20_000  # a checkpoint's optimisers have two per model tensor
MAX_DEPTH = 8
MAX_LISTED = 64  # per list: per-step losses are not state dicts
NO_MEMORY = re.compile("allocate|memory|bad_alloc", re.IGNORECASE)


def tensors_of(file: Path) -> dict[str, Tensor]:
    """Every tensor in a safetensors file or a pickle; names of nested dicts joined by "/".

    Raises HubError: `damaged` for an invalid or truncated file, `refused` for a pickle that
    contains more than tensors, `too-large` for one that requests more memory than its size can
    fill.
    """
    check_start(file)
    if is_safetensors(file):
        return _from_safetensors(file)
    try:
        data = read_foreign(file)
    except MemoryError as error:
        raise too_large(file) from error
    except Exception as error:  # torch raises whatever its pickle, zip and allocator do
        raise _told(file, error) from error
    return _flat(file, data)


def too_large(file: Path) -> HubError:
    """A decompression bomb, or not one of these models."""
    return HubError(
        "too-large",
        "{name} asks for more memory than a file of {size} may; it was not opened, choose another",
        name=shown(file.name),
        size=_size(file),
    )


def _size(file: Path) -> str | Message:
    size = file.stat().st_size
    return f"{size / 1e6:,.1f} MB" if size >= 1e5 else Message("{count} bytes", count=f"{size:,}")


def is_safetensors(file: Path) -> bool:
    """By its content: eight bytes of length, then a JSON object."""
    with file.open("rb") as stream:
        start = stream.read(9)
    small = int.from_bytes(start[:8], "little") <= MAX_HEADER_BYTES
    return file.suffix == ".safetensors" or (len(start) == 9 and start[8:] == b"{" and small)


def check_start(file: Path) -> None:
    """Raises HubError that names the actual type if a file's first bytes are of another kind."""
    with file.open("rb") as stream:
        start = stream.read(512)
    name = shown(file.name)
    if not start:
        raise HubError(
            "damaged", "{name} is empty (0 bytes); fetch it again, or choose another", name=name
        )
    if start.startswith(b"version https://git-lfs"):
        size = re.search(rb"size (\d+)", start)
        of_size = Message(" of {size} MB", size=f"{int(size[1]) / 1e6:,.1f}") if size else ""
        raise HubError(
            "damaged",
            "{name} is a Git LFS pointer, not the file{of_size} itself; run git lfs pull in its "
            "repository, or download it from the repository's page",
            name=name,
            of_size=of_size,
        )
    if start.startswith(b"\x89HDF\r\n\x1a\n"):
        raise HubError(
            "refused",
            "{name} is an HDF5 file, as Keras saves: TensorFlow's weights, not PyTorch's; choose "
            "a .pth or .safetensors file",
            name=name,
        )
    if start[257:262] == b"ustar":
        raise HubError(
            "refused",
            "{name} is a tar archive: a plain one, or PyTorch's format from before 0.1.10, which "
            "is not read; unpack it, or load and save it again with an older PyTorch",
            name=name,
        )
    if start.lstrip()[:1] == b"<":
        raise HubError(
            "damaged",
            "{name} is a web page, not weights: a download that asked for a sign-in or a click; "
            "download it in a browser",
            name=name,
        )


def _from_safetensors(file: Path) -> dict[str, Tensor]:
    try:
        tensor_specs(file)  # the header first: it may be at most 1 MB and 2,000 tensors
        return read_tensors(file)
    except WeightsError as error:
        raise HubError.of(error.message, "damaged") from error


def _told(file: Path, error: Exception) -> HubError:
    """Why torch could not read a file, as one of three sentences."""
    name, text = shown(file.name), str(error)
    if found := re.search(r"GLOBAL ([\w.]+)", text):
        return HubError(
            "refused",
            "{name} must hold tensors alone, it is a pickle that would run code ({code}): a "
            "whole module, or worse; it was not opened, ask its author for a state dict or "
            "safetensors",
            name=name,
            code=shown(found[1]),
        )
    if isinstance(error, RuntimeError) and NO_MEMORY.search(text):
        return too_large(file)
    if "TorchScript" in text:
        return HubError(
            "refused",
            "{name} must hold tensors alone, it is a TorchScript program; it was not opened, ask "
            "its author for a state dict or safetensors",
            name=name,
        )
    return HubError(
        "damaged",
        "{name} must be a PyTorch or safetensors file, it is torn or something else; nothing was "
        "kept, pull it again or choose another",
        name=name,
    )


def _flat(file: Path, data: Any) -> dict[str, Tensor]:
    found: dict[str, Tensor] = {}
    for name, tensor in _leaves(data, "", 0):
        if len(found) == MAX_TENSORS:
            raise HubError(
                "refused",
                "{name} may hold {most} tensors, it holds more; choose another",
                name=shown(file.name),
                most=f"{MAX_TENSORS:,}",
            )
        if _is_inflated(tensor):
            raise too_large(file)
        found[name] = tensor.detach()
    return found


def _leaves(data: Any, path: str, depth: int) -> Iterator[tuple[str, Tensor]]:
    if isinstance(data, Tensor):
        yield path, data
    elif isinstance(data, np.ndarray) and data.dtype.kind in "fiub" and path:
        yield path, torch.from_numpy(np.ascontiguousarray(data))
    elif isinstance(data, list | tuple) and depth < MAX_DEPTH:
        for index, value in enumerate(data[:MAX_LISTED]):
            yield from _leaves(value, f"{path}/{index}" if path else str(index), depth + 1)
    elif isinstance(data, Mapping) and depth < MAX_DEPTH:
        for key, value in data.items():
            joined = f"{path}/{key}" if path else str(key)
            yield from _leaves(value, joined, depth + 1)


def _is_inflated(tensor: Tensor) -> bool:
    """Whether a tensor has more values than bytes behind them: strides of 0."""
    if tensor.layout != torch.strided or tensor.is_quantized:
        return False  # rejected later, by name
    return tensor.numel() * tensor.element_size() > tensor.untyped_storage().nbytes()
