"""Evaluate: how good a model is, in numbers."""
