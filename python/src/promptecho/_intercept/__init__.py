"""Interception: one module per HTTP library, which sends its calls to the open cassette."""
