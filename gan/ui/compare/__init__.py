"""The tab Compare: races of two to four contestants."""
