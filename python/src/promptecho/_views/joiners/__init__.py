"""One module for each dialect of answers: its events, or its JSON, as turns.

Each has `claims`, whether a value is of this dialect, and `join`, the turns that values make.
"""
