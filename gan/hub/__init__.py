"""The Hugging Face Hub: pulling and publishing models, and the app as a Space."""
