"""The model, the errors and the warnings, which every other room uses."""
