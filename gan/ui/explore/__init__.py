"""Explore: the latent board and the panels under it."""
