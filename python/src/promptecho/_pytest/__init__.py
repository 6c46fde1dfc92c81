"""The parts of `promptecho.pytest_plugin`."""
