"""Train: start, steer and watch runs, and the list of all of them."""
