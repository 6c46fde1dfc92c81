"""The cases that read a stream of server-sent events."""

from __future__ import annotations

import os
from importlib import import_module
from typing import Any

from .cassettes import Cassettes, Sample
from .clock import Clock
from .traffic import REQUEST_HEADERS, URL, events, question


class Streams(Cassettes):
    """Reads streams from a cassette, and the same from a bare `MockTransport`."""

    def make_stream(self, count: int) -> Sample:
        """Record a cassette with one stream, unless it is there."""
        path = self._path(f"stream-{count}")
        if not os.path.exists(path):
            self._upstream.start([events(count)], "text/event-stream")
            with self._recorder.cassette(path, "all"):
                assert _lines(self._clients["httpx"]) == _wanted(count)
        return {"bytes": os.path.getsize(path)}

    def stream(self, library: str, count: int) -> Sample:
        """Read a stream line by line; the bare client is given the same chunks."""
        path, client = self._path(f"stream-{count}"), self._clients[library]
        self._upstream.start([events(count)], "text/event-stream")
        with Clock(bare=True) as whole:
            with self._recorder.cassette(path, "none"):
                with Clock() as clock:
                    lines = _lines(client)
        assert lines == _wanted(count)
        with self._recorder.cassette(path, "none"):
            chunks = _chunks(client)
        self._replays()
        self._upstream.start([chunks], "text/event-stream")
        with Clock(bare=True) as bare:
            lines = _lines(self._mocks[library])
        assert lines == _wanted(count)
        return {"seconds": clock.seconds, "bare": bare.seconds, "whole": whole.seconds}

    def make_sdk_stream(self, count: int) -> Sample:
        """Record a stream through the OpenAI SDK, unless it is there."""
        path = self._path(f"sdk-stream-{count}")
        if not os.path.exists(path):
            self._upstream.start([events(count)], "text/event-stream")
            with self._recorder.cassette(path, "all"):
                assert len(_tokens(self._sdk(self._clients))) == count - 1
        return {"bytes": os.path.getsize(path)}

    def sdk_stream(self, count: int) -> Sample:
        """Read a stream through the OpenAI SDK; the bare client has all bytes in one chunk."""
        client, mock = self._sdk(self._clients), self._sdk(self._mocks)
        self._upstream.start([events(count)], "text/event-stream")
        with self._recorder.cassette(self._path(f"sdk-stream-{count}"), "none"):
            with Clock() as clock:
                tokens = _tokens(client)
        self._replays()
        assert len(tokens) == count - 1
        self._upstream.start([[b"".join(events(count))]], "text/event-stream")
        with Clock(bare=True) as bare:
            assert _tokens(mock) == tokens
        return {"seconds": clock.seconds, "bare": bare.seconds}

    def _sdk(self, clients: dict[str, Any]) -> Any:
        """A client of the SDK, over the library that the SDK uses."""
        openai: Any = import_module("openai")  # not where only types are checked

        return openai.OpenAI(api_key="none", http_client=clients["httpx2"], base_url=_BASE)


_BASE = URL.removesuffix("/chat/completions")


def _tokens(client: Any) -> list[str]:
    message = {"role": "user", "content": "Count."}
    stream = client.chat.completions.create(model="gpt-4o-mini", messages=[message], stream=True)
    return [chunk.choices[0].delta.content for chunk in stream]


def _request(client: Any) -> Any:
    return client.stream("POST", URL, content=question(0, 1000), headers=REQUEST_HEADERS)


def _lines(client: Any) -> list[str]:
    with _request(client) as response:
        return [line for line in response.iter_lines() if line]


def _chunks(client: Any) -> list[bytes]:
    """The chunks that a client is given; cassetter's client has read them when it gets them."""
    with _request(client) as response:
        return [response.content] if response.is_stream_consumed else list(response.iter_raw())


def _wanted(count: int) -> list[str]:
    return [event.decode().rstrip("\n") for event in events(count)]
