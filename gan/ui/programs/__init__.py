"""API endpoints for programs and agents, and their guards."""
