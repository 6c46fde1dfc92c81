"""What is wrong with a cassette, and how to write it in the exact form."""
