"""JSON and YAML, exactly as the specification wants them."""
