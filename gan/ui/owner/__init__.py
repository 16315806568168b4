"""The owner's page: what a server does, and what its owner may do about it."""
