"""Names and explanations of the numbers, from the table that card and command line use too."""

from __future__ import annotations

from gan.quantities import QUANTITIES

TEXTS: dict[str, tuple[str, str]] = {}
for key, quantity in QUANTITIES.items():
    TEXTS[f"gan_metric_{key}"] = quantity.name
    TEXTS[f"gan_metric_{key}_help"] = quantity.help
