"""Semantic snapshots: an answer is compared with what is expected of it, by level or by scorer."""

#: The folder of stored snapshots, beside the test files.
FOLDER = "__llm_snapshots__"
