"""Opens the app: what `make run` starts, and what a Hugging Face Space runs."""

from __future__ import annotations

from gan.__main__ import main

if __name__ == "__main__":
    main(["serve"])
