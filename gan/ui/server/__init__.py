"""Shared by all tabs: the context, routes, guards, rate limits, streams and loaded models."""
