"""Cassette files on disk: the only room that opens them."""
