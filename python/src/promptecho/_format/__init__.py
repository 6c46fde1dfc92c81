"""The text of a cassette to its model, and back (spec part The file)."""
