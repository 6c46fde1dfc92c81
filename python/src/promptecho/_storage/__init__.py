"""Cassette files on disk; no other folder opens them."""
