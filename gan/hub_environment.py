"""The environment of child processes that talk to the Hub: paths and proxies, no secrets."""

from __future__ import annotations

import os
from pathlib import Path

# the only environment variables passed to a child; none of these names holds deployment secrets
KEPT = (
    "PATH", "HOME", "USERPROFILE", "SYSTEMROOT", "TMPDIR", "TEMP", "TMP", "LANG", "LC_ALL",
    "LD_LIBRARY_PATH", "XDG_CACHE_HOME", "HF_ENDPOINT", "HF_HOME", "HF_HUB_CACHE",
    "HUGGINGFACE_HUB_CACHE", "HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HTTP_PROXY", "HTTPS_PROXY",
    "ALL_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "all_proxy", "no_proxy",
    "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE",
)  # fmt: skip
SET = {
    "HF_HUB_DISABLE_IMPLICIT_TOKEN": "1",
    "HF_TOKEN_PATH": os.devnull,  # where `hf auth login` would have stored one
    "HF_HUB_DISABLE_XET": "1",  # its library's connections bypass our guard
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_UPDATE_CHECK": "1",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
}


def environment(*more: str) -> dict[str, str]:
    """The variables of KEPT and `more` that are set here, and what keeps tokens out; the child
    finds `gan` where it is found here."""
    ours = {name: os.environ[name] for name in (*KEPT, *more) if name in os.environ}
    path = os.pathsep.join([str(Path(__file__).parents[1]), *_path()])
    return {**ours, **SET, "PYTHONPATH": path, "PYTHONUNBUFFERED": "1"}


def _path() -> list[str]:
    return [p for p in os.environ.get("PYTHONPATH", "").split(os.pathsep) if p]
