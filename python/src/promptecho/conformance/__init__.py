"""The reference's adapter for the conformance suite: ``python -m promptecho.conformance``.

It answers the questions of ``conformance/PROTOCOL.md``, one JSON line each, with the modules that
every cassette goes through. It is run by ``conformance/run.py`` and is no part of the public API.
"""
