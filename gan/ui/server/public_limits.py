"""What a training may be at most on a public server, whoever asks for it."""

from __future__ import annotations

from typing import Any

from gan.errors import ConfigError, number_text
from gan.ui.server.routes import Context

PUBLIC_MOST = {
    "resolution": 64,
    "batch_size": 256,
    "width": 2.0,
    "depth": 1,
    "d_count": 3,
    "d_steps": 5,
}


def check_public(context: Context, settings: dict[str, Any]) -> None:
    """In public, reject trainings too large to share the server."""
    if context.profile.local:
        return
    for key, most in PUBLIC_MOST.items():
        if key in settings and settings[key] > most:
            raise ConfigError(
                "{field} must be at most {most} here, got {got}",
                field=key,
                most=number_text(most),
                got=number_text(settings[key]),
            )
