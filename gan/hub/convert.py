"""Converts an untrusted file to our own format, in a resource-limited child without secrets.

`convert` starts `python -m gan.hub.convert`, which opens the file, recognises its layout, loads it
strictly, renders a picture and writes config.json, model.safetensors and a card. We only move them
into place. Defences against a hostile file: torch's weights_only unpickler, limits on the child's
address space (what it has mapped after its imports plus an allowance), CPU time, output size and
wall time. macOS does not enforce the first; Windows has none but the wall time, so there only
safetensors files are converted.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from gan.checkpoint import CONFIG_FILE, MODEL_FILE, save_weights
from gan.config import SourceConfig, WeightsConfig
from gan.errors import GanError, HubError, WeightsError
from gan.files import fsync_folder, read_json, sha256, write_atomic, write_json
from gan.hub import readings
from gan.hub.client import never
from gan.hub.foreign import is_safetensors, tensors_of, too_large
from gan.hub.graph import is_onnx, read_graph
from gan.hub.layouts import Recognised, recognise
from gan.hub.layouts.base import Hints, shown
from gan.hub.source import source_card
from gan.hub_environment import environment
from gan.models import Discriminator, Generator, build_discriminator, build_generator
from gan.sampling import latents, render
from gan.schema import from_json

CARD_FILE = "README.md"
PARTS = (CONFIG_FILE, MODEL_FILE, CARD_FILE)
ASK_S = 0.05  # polling interval for the child
SAMPLES = 2
TOLERANCE = 1e-4  # of a picture's range
MAX_JOB_BYTES = 64 * 2**10
MIB = 2**20


@dataclass(frozen=True, kw_only=True)
class ConversionLimits:
    """Resource limits of a conversion."""

    memory_mib: int = 768  # plus four times the file: itself, our copy, the module's and the output
    cpu_s: int = 120
    wall_s: float = 180.0


def convert(
    file: Path,
    out: Path,
    *,
    name: str,
    source: SourceConfig,
    hints: Hints,
    limits: ConversionLimits | None = None,
    d_file: Path | None = None,
    answers: Mapping[str, str] | None = None,
    cancelled: Callable[[], bool] = never,
) -> None:
    """Convert third-party weights `file` to a weights folder `out`, all or nothing.

    `out` may be an empty folder. The file's SHA-256 is recorded in the source; if the source
    already has one it must match. `d_file` is the discriminator, if in a file of its own. `answers`
    resolve what the file leaves open (gan.hub.layouts.settings). Raises HubError, whose kind says
    what went wrong.
    """
    limits = limits or ConversionLimits()
    digest = sha256(file)
    if source.sha256 not in ("", digest):
        raise HubError(
            "damaged",
            "{name} has other bytes than the Hub states; pull it again",
            name=shown(file.name),
        )
    job = {
        "file": str(file.absolute()),
        "d_file": str(d_file.absolute()) if d_file is not None else "",
        "name": name,
        "source": asdict(replace(source, sha256=digest)),
        "hints": _bounded(hints),
        "answers": dict(answers or {}),
        "limits": asdict(limits),
    }
    out.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=".", suffix=".tmp", dir=out.parent))
    try:
        write_atomic(work / "job.json", json.dumps(job).encode())  # as small as was checked
        code = _run(work, file, limits, cancelled)
        _raise_told(work, file, code)
        _place(work / "model", out)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _bounded(hints: Hints) -> dict[str, Any]:
    """Hints that are small and JSON-serialisable, or none."""
    try:
        text = json.dumps(dict(hints))
    except (TypeError, ValueError, RecursionError):
        return {}
    return dict(hints) if len(text) <= MAX_JOB_BYTES // 2 else {}


def _run(work: Path, file: Path, limits: ConversionLimits, cancelled: Callable[[], bool]) -> int:
    """The child's exit status; it is killed on timeout or cancellation."""
    child = subprocess.Popen(
        [sys.executable, "-P", "-m", "gan.hub.convert", str(work)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=environment() | {"OMP_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "2"},
        start_new_session=True,
    )
    ends = time.monotonic() + limits.wall_s
    try:
        while (code := child.poll()) is None:
            if cancelled():
                raise HubError(
                    "cancelled",
                    "converting {name} was cancelled; nothing was kept",
                    name=shown(file.name),
                )
            if time.monotonic() > ends:
                raise _slow(file)
            time.sleep(ASK_S)
        return code
    finally:
        child.kill()
        child.wait()


def _slow(file: Path) -> HubError:
    return HubError(
        "slow",
        "converting {name} took too long and was ended; nothing was kept, choose another",
        name=shown(file.name),
    )


def _raise_told(work: Path, file: Path, code: int) -> None:
    """Raise the error that the child reported, or that its exit status implies."""
    told = read_json(work / "told.json") if (work / "told.json").is_file() else {}
    if told:
        raise HubError.from_json(told)
    if code == 0 and all((work / "model" / part).is_file() for part in PARTS):
        return
    if code in (-_signal("SIGXCPU"), -_signal("SIGALRM")):
        raise _slow(file)
    if code < 0:  # the allocator aborts, the OS kills
        raise too_large(file)
    raise HubError(
        "damaged",
        "converting {name} ended without a word ({code}); nothing was kept, choose another",
        name=shown(file.name),
        code=code,
    )


def _signal(name: str) -> int:
    return int(getattr(signal, name, 0)) or -1  # no exit status is 1 where there is no such signal


def _place(made: Path, out: Path) -> None:
    """Move the folder filled by the child to `out`."""
    fsync_folder(made)
    if out.is_dir():
        for part in made.iterdir():
            part.replace(out / part.name)
        fsync_folder(out)
        return
    made.replace(out)
    fsync_folder(out.parent)


# ---- the child ----------------------------------------------------------------------------------


def main() -> None:
    """Limit this process, then do the job in the given folder."""
    work = Path(sys.argv[1])
    job = read_json(work / "job.json")
    attempt(work, job, bounded=limit(ConversionLimits(**job["limits"]), Path(job["file"])))


def attempt(work: Path, job: dict[str, Any], *, bounded: bool) -> None:
    """Do the job; on failure write the error to told.json."""
    file = Path(job["file"])
    try:
        if not bounded and not is_safetensors(file):
            raise HubError(
                "refused",
                "{name} may only be read within limits on memory, which this system does not "
                "have; convert it on Linux, or take a safetensors file",
                name=shown(file.name),
            )
        work_on(job, work / "model")
    except MemoryError:
        _tell(work, too_large(file))
    except GanError as error:
        _tell(work, error)
    except Exception as error:  # the process boundary: a hostile file can raise anything
        _tell(work, _unexpected(file, error))


def _unexpected(file: Path, error: Exception) -> HubError:
    text = str(error)
    if isinstance(error, RuntimeError) and ("allocate" in text or "memory" in text):
        return too_large(file)
    return HubError(
        "unknown-layout",
        "the tensors of {name} make no model that is known here ({reason}); choose another",
        name=shown(file.name),
        reason=type(error).__name__,
    )


def _tell(work: Path, error: GanError) -> None:
    told = error if isinstance(error, HubError) else HubError.of(error.message, "unknown-layout")
    write_json(work / "told.json", told.to_json())


def limit(limits: ConversionLimits, file: Path) -> bool:
    """Irreversibly limit this process; False if the OS has no such limits."""
    if hasattr(signal, "alarm"):
        signal.alarm(int(limits.wall_s) + 5)  # in case the parent is gone
    try:
        import resource  # noqa: PLC0415 - not on Windows
    except ImportError:
        return False
    size = file.stat().st_size
    # without /proc the limit is weak anyway; then leave room for what torch maps
    mapped = _mapped_bytes() or 64 * 2**30
    ours = {
        resource.RLIMIT_AS: mapped + limits.memory_mib * MIB + 4 * size,
        resource.RLIMIT_CPU: limits.cpu_s,
        resource.RLIMIT_FSIZE: 64 * MIB + 3 * size,  # half precision doubles
        resource.RLIMIT_CORE: 0,
    }
    for which, wanted in ours.items():
        _, hard = resource.getrlimit(which)
        value = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(which, (value, value))
    return True


def _mapped_bytes() -> int:
    """Address space mapped by this process; 0 if the OS does not report it."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")


def work_on(job: dict[str, Any], folder: Path) -> None:
    """Read, recognise, load strictly, render, write."""
    file = Path(job["file"])
    found = _recognised(file, job)
    g, d = models_of(found, file)
    _check_picture(g, file)
    notes = found.notes
    if d is not None and not _judges(d, g):
        d, notes = None, (*notes, "the discriminator gave no finite score and was left out")
        found = found._replace(config=replace(found.config, d_layers=()), readings=())
    source = replace(
        from_json(SourceConfig, job["source"]),
        layout=found.layout,
        assumed=tuple(f"{k}={v}" for r in found.readings[:1] for k, v in r.answers.items()),
        chosen=tuple(f"{key}={value}" for key, value in found.answers),
    )
    config = WeightsConfig(name=job["name"], source=source, model=found.config)
    config = replace(config, class_names=tuple(map(str, range(found.config.classes))))
    save_weights(folder, config, g, d)
    if found.readings:
        readings.write(folder, [(r.answers, r.config) for r in found.readings])
    write_atomic(folder / CARD_FILE, source_card(config, notes=notes).encode())


def _recognised(file: Path, job: dict[str, Any]) -> Recognised:
    if is_onnx(file):
        return read_graph(file)
    d_tensors = tensors_of(Path(job["d_file"])) if job["d_file"] else None
    answers = job.get("answers", {})
    return recognise(tensors_of(file), job["hints"], d_tensors=d_tensors, answers=answers)


def models_of(found: Recognised, file: Path) -> tuple[Generator, Discriminator | None]:
    """Our modules with exactly those tensors, all values finite."""
    for name, tensor in [*found.g.items(), *(found.d or {}).items()]:
        if not bool(tensor.isfinite().all()):
            raise HubError(
                "damaged",
                "every value of {name} must be finite, {tensor} holds NaN or infinity; choose "
                "another checkpoint",
                name=shown(file.name),
                tensor=shown(name),
            )
    g = build_generator(found.config)
    _load(g, found.g)
    if found.d is None:
        return g, None
    d = build_discriminator(found.config)
    _load(d, found.d)
    return g, d


def _load(module: nn.Module, tensors: dict[str, Tensor]) -> None:
    try:
        module.load_state_dict(tensors, strict=True)
    except RuntimeError as error:
        raise WeightsError(
            "the tensors must be exactly those of the layout, they differ: {difference}; choose "
            "another file",
            difference=shown(str(error).splitlines()[-1].strip()),
        ) from error
    module.eval().requires_grad_(False)


def _check_picture(g: Generator, file: Path) -> None:
    labels = torch.arange(SAMPLES) % g.classes if g.classes else None
    x = render(g, latents(g.z_dim, range(SAMPLES)), labels=labels)
    right = x.shape == (SAMPLES, *g.image_shape) and bool(x.isfinite().all())
    if not right or float(x.abs().max()) > 1 + TOLERANCE:
        raise HubError(
            "damaged",
            "the pictures of {name} must be finite and within -1 and 1, they are not; choose "
            "another checkpoint",
            name=shown(file.name),
        )


@torch.no_grad()
def _judges(d: Discriminator, g: Generator) -> bool:
    scores = d(torch.zeros(SAMPLES, *g.image_shape))
    return scores.shape == (SAMPLES,) and bool(scores.isfinite().all())


if __name__ == "__main__":
    main()
