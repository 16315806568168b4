"""The shell around the tabs: header, theme, translations, and our own markup as a component."""
