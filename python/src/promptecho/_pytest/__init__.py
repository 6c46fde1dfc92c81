"""What `promptecho.pytest_plugin` is made of."""
