"""Bytes of a response to their stored form, and back (spec section Bodies)."""
