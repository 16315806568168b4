"""How much visitors may upload, how long it is kept, and whether they may at all."""

from __future__ import annotations

import os
from collections.abc import Mapping

from gan.ui.server.profile import Profile
from gan.ui.server.views import PageError

SWITCH, ON = "GAN_UPLOADS", ("1", "on", "true", "yes")
MAX_UPLOAD = 4 * 2**30  # from one's own computer to itself
PUBLIC_UPLOAD = 50 * 2**20  # total per visitor
PUBLIC_KEEP_S = 24 * 3600


def takes_uploads(profile: Profile, env: Mapping[str, str] = os.environ) -> bool:
    """Whether pictures may be kept here for training: always at home; in public only where the
    owner, who answers for what is uploaded, has said so."""
    return profile.local or env.get(SWITCH, "").strip().lower() in ON


def check_uploads(profile: Profile) -> None:
    """Raises PageError where no uploads are taken."""
    if not takes_uploads(profile):
        raise PageError("gan_error_no_uploads", status=403)
