"""The names of pytest-recording, for projects that come from it: ``promptecho_vcr_aliases``."""
