"""How fast promptecho is, beside other recorders: ``nox -s bench``."""
