"""Maps of a model's samples for the page: computed once for all visitors."""

from __future__ import annotations

import base64
from typing import Any

from torch import Tensor

from gan.checkpoint import Weights
from gan.images import encode_webp, tile, to_pixels
from gan.latent.map import LatentMap, Method, latent_map
from gan.ui.server.pace import at_pace
from gan.ui.server.parameters import features_of
from gan.ui.server.routes import Context

SAMPLES, FEWEST = 600, 24
SAMPLES_S = 20.0  # of rendering them; a slow model gets fewer
TILE_PX = 64
SHEET_COLUMNS = 30
LOSSLESS_PIXELS = 500_000


def draw_map(context: Context, weights: Weights, method: Method, psi: float) -> dict[str, Any]:
    """Positions, seeds and classes of the samples, and all their thumbnails as one sheet; the
    model's own classes by number, as all visitors get it.

    Raises PageError in public if even the fewest would take too long.
    """
    net = features_of(weights)
    # garments without a label are classified by the bundled garment classifier
    classify = net.logits if net.head is not None and not weights.generator.classes else None
    count = at_pace(context, weights, SAMPLES_S, least=FEWEST, most=SAMPLES)
    drawn = latent_map(
        weights.generator, count, features=net, classify=classify, method=method, psi=psi,
        side=TILE_PX,
    )  # fmt: skip
    labels = None if drawn.labels is None else drawn.labels.tolist()
    height, width = drawn.x.shape[-2:]
    return {
        "x": _rounded(drawn, 0), "y": _rounded(drawn, 1),
        "seeds": drawn.seeds.tolist(), "labels": labels,
        "class_names": named(net.config.class_names if classify else (), labels),
        "guessed": classify is not None,
        "width": width, "height": height, "columns": SHEET_COLUMNS,
        "sheet": _sheet(drawn.x), "nimg": weights.config.nimg, "method": method,
    }  # fmt: skip


def _rounded(drawn: LatentMap, axis: int) -> list[float]:
    return [round(float(v), 4) for v in drawn.xy[:, axis]]


def named(names: tuple[str, ...], labels: list[int] | None) -> list[str]:
    """A name for every class that occurs; unnamed classes get their number."""
    count = max(labels) + 1 if labels else 0
    return [*names[:count], *(str(i) for i in range(len(names), count))]


def _sheet(x: Tensor) -> str:
    sheet = tile(to_pixels(x), SHEET_COLUMNS)
    lossless = sheet.shape[0] * sheet.shape[1] <= LOSSLESS_PIXELS
    data = encode_webp(sheet, lossless=lossless, quality=85)
    return "data:image/webp;base64," + base64.b64encode(data).decode("ascii")
