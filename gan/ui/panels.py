"""The panels under the latent board: the routes behind walks, the map, own pictures, the inside."""

from __future__ import annotations

from gan.ui.routes import Handler

ROUTES: tuple[tuple[str, str, Handler], ...] = ()
