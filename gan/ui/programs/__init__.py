"""Endpoints for programs and agents, and what guards them."""
