"""Evaluate: a model's quality in numbers."""
