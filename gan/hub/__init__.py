"""The Hugging Face Hub: models in, models out, the app as a Space."""
