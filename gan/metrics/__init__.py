"""Image quality metrics: features, Fréchet distance and its floor, class balance.

Nothing is imported here: scipy takes a second or two to import, which only measuring should cost.
"""
