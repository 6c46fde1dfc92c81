"""One open cassette: record modes, the state machine, misses (spec part Sessions)."""
