"""A local server in front of a cassette, for clients in any language (`promptecho serve`).

A request goes through these modules: `app` takes it, `addresses` finds its upstream and its
cassette, `messages` turns it into a request of httpx, and the gate of the cassette answers it, as
it answers a client in Python. `refusals` has the answers that are no recording.

This folder needs the extra ``promptecho[serve]``: starlette, uvicorn and httpx.
"""
