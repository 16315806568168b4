"""Gallery: endless samples by seed, with scores and downloads."""
