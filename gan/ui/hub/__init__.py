"""Hub: pull models from the Hugging Face Hub and publish to it."""
