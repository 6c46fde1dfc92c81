"""Which recording answers a request: canonical body, key, differences (spec part Matching)."""
