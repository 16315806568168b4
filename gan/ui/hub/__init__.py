"""Hub: models come in from the Hugging Face Hub and go out to it."""
