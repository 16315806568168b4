"""How good images are: features, Fréchet distance and its floor, class balance.

Nothing is imported here: scipy takes a second or two, and only those who measure pay it.
"""
