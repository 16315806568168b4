"""Latent space tools: directions, walks, maps, inversion, insights.

Nothing is imported here: scikit-learn takes a second to import, which only drawing and maps should
cost.
"""
