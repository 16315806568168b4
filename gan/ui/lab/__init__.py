"""The lab tab: ten lessons, each with a question and doors to real states of the other tabs."""
