"""A small cassette of vcrpy, written by hand, and the request in it."""

from __future__ import annotations

import json

URL = "https://api.example.com/v1/chat/completions"
BODY = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}
OLD = f"""\
interactions:
- request:
    body: '{json.dumps(BODY)}'
    headers:
      content-type: [application/json]
      authorization: [Bearer sk-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa]
    method: POST
    uri: {URL}
  response:
    body:
      string: '{{"id":  "1"}}'
    headers:
      content-type: [application/json]
      set-cookie: [session=0123456789abcdef0123456789abcdef; Path=/]
    status:
      code: 200
      message: OK
version: 1
"""
#: With a second call that has no answer.
LOSSY = OLD.replace(
    "version: 1\n",
    "- request: {body: null, headers: {}, method: GET, uri: https://h/x}\n"
    "  response: null\nversion: 1\n",
)
