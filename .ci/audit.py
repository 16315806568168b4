"""Known vulnerabilities in what requirements.lock pins: `python .ci/audit.py PIP_AUDIT`.

Exit 1 where there are any. Where the database of vulnerabilities cannot be reached nothing is
known, which is said, and the exit is 0.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

LIMIT_S = 120
LOCK = Path(__file__).parent.parent / "requirements.lock"


def judge(reply: str) -> tuple[int, str]:
    """The exit status and what to say of pip-audit's JSON; anything else is no answer."""
    try:
        packages = json.loads(reply)["dependencies"]
    except (ValueError, KeyError, TypeError):
        return 0, "pip-audit got no answer: known vulnerabilities were not looked for"
    bad = [
        f"{p['name']} {p['version']}: {v['id']}, mended in {', '.join(v['fix_versions']) or 'none'}"
        for p in packages
        for v in p.get("vulns", [])
    ]
    unknown = sum("skip_reason" in p for p in packages)
    if bad:
        return 1, "\n".join(bad)
    if not packages or unknown == len(packages):
        return 0, "pip-audit reached no database: known vulnerabilities were not looked for"
    looked = f"{len(packages) - unknown} packages without a known vulnerability"
    return 0, looked + (f", {unknown} that the database does not know" if unknown else "")


def main(pip_audit: str) -> int:
    try:
        found = subprocess.run(
            [pip_audit, "--disable-pip", "--require-hashes", "-r", str(LOCK), "-f", "json"],
            capture_output=True, text=True, timeout=LIMIT_S, check=False,
        ).stdout  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):  # where nothing answers it tries again and again
        found = ""
    status, said = judge(found)
    sys.stdout.write(said + "\n")
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
