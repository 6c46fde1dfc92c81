"""Semantic snapshots: an answer is compared with what is expected of it, by level or by scorer."""
