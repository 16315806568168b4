"""The shell around the tabs: header, theme, words, and our own markup as a component."""
