"""Train: start, steer and watch runs, and the run list."""
