"""Opens the app. This is what a Hugging Face Space runs, and what `make run` runs."""

from __future__ import annotations

import os

# Before torch and gradio are imported: one compute thread a process, no spinning, no telemetry.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")

if __name__ == "__main__":
    import logging
    import sys

    from gan.errors import GanError
    from gan.ui import main

    logging.basicConfig(format="%(message)s")
    try:
        main()
    except GanError as error:
        sys.exit(str(error))
