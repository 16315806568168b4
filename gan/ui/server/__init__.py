"""What all tabs stand on: the shared context, routes, guards, limits, streams, loaded models."""
