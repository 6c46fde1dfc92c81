"""What users call: cassettes, the block of the network, keys of requests."""
