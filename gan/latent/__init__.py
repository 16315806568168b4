"""Where to go in latent space, and what is met there: directions, walks, maps, inversion, insights.

Nothing is imported here: scikit-learn takes a second, and only those who draw or map pay it.
"""
