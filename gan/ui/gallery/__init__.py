"""Gallery: samples by seed without end, their scores and downloads."""
