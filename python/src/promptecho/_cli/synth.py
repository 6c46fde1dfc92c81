"""Write an answer that no server has sent, for a request, into a cassette; marked as synthetic.

The answer has the shape of the provider: OpenAI chat and Responses, Anthropic, Gemini.
"""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from promptecho._base.model import Request
    from promptecho._checks.synthetic_bodies import Said, Shape
    from promptecho._session.capture import Capture


class _Wrong(Exception):
    """What the command cannot do; the message says why."""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "Example: promptecho synth cassettes/test_cat.yaml --url"
        " https://api.openai.com/v1/chat/completions --request body.json --text 'A cat sat.' ."
        " Exit status: 0 if the answer was written, 1 if the cassette cannot be used, or has an"
        " answer to the request already, 2 for wrong usage."
    )
    parser.add_argument("file", metavar="CASSETTE", help="the cassette; a new one is made")
    parser.add_argument("--url", required=True, metavar="URL", help="the URL of the request")
    parser.add_argument(
        "--request",
        required=True,
        metavar="FILE",
        help="the JSON body of the request, as it is sent; - for standard input",
    )
    parser.add_argument(
        "--header",
        nargs=2,
        action="append",
        default=[],
        metavar=("NAME", "VALUE"),
        help="a header of the request that counts, such as anthropic-version",
    )
    parser.add_argument("--text", default="", metavar="TEXT", help="what the model says")
    parser.add_argument(
        "--tool-call",
        nargs=2,
        action="append",
        default=[],
        metavar=("NAME", "JSON"),
        help="a tool that the model calls, and its arguments; it may be repeated",
    )
    parser.add_argument(
        "--stream", action="store_true", help="the answer is streamed, as the request asks for it"
    )


def run(arguments: argparse.Namespace) -> int:
    from promptecho._base.errors import CassetteError

    from . import _write

    try:
        request, body = _request(arguments)
        said = _said(arguments, body, request.url)
        shape = _shape(arguments, request, body)
    except _Wrong as error:
        _write.say(f"promptecho synth: {error}")
        return 2
    try:
        _record(arguments.file, request, shape, said, is_stream=arguments.stream)
    except _Wrong as error:
        _write.say(f"{arguments.file}: {error}")
        return 1
    except CassetteError as error:
        _write.say(str(error))
        return 1
    sys.stdout.write(f"{_shown(arguments.file)} written\n")
    return 0


def _shown(text: str) -> str:
    from promptecho._base.printable import printable

    return printable(text)


def _request(arguments: argparse.Namespace) -> tuple[Request, dict[str, Any]]:
    import json
    from urllib.parse import urlsplit

    from promptecho._base.model import Request

    if urlsplit(arguments.url).scheme not in ("http", "https"):
        raise _Wrong("--url must begin with https:// or http://")
    try:
        if arguments.request == "-":
            data = sys.stdin.buffer.read()
        else:
            with open(arguments.request, "rb") as file:
                data = file.read()
        body = json.loads(data)
    except OSError as error:
        raise _Wrong(f"{arguments.request} cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise _Wrong(f"{arguments.request} is not JSON: {error}") from None
    if not isinstance(body, dict):
        raise _Wrong(f"{arguments.request} must hold a JSON object: the body of a request")
    headers = [("content-type", "application/json"), *map(tuple, arguments.header)]
    return Request("POST", arguments.url, tuple(headers), data), body


def _said(arguments: argparse.Namespace, body: dict[str, Any], url: str) -> Said:
    import json

    from promptecho._checks.synthetic_bodies import Said, ToolCall

    calls = []
    for name, text in arguments.tool_call:
        try:
            given = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise _Wrong(f"the arguments of --tool-call {name} are not JSON: {error}") from None
        if not isinstance(given, dict):
            raise _Wrong(f"the arguments of --tool-call {name} must be a JSON object")
        calls.append(ToolCall(name, given))
    if not arguments.text and not calls:
        raise _Wrong("pass --text or --tool-call: an answer says something")
    named = url.partition("?")[0].rpartition("/")[2].partition(":")[0]  # Gemini: in the path
    return Said(str(body.get("model") or named), arguments.text, tuple(calls))


def _shape(arguments: argparse.Namespace, request: Request, body: dict[str, Any]) -> Shape:
    from promptecho._checks.synthetic_bodies import shape_of
    from promptecho._matching.normalize.choice import dialect_of
    from promptecho._matching.stream_intent import wants_stream
    from promptecho._matching.url import key_path

    path = key_path(request.url)
    shape = shape_of(dialect_of(path, body), path)
    if shape is None:
        raise _Wrong(
            f"the answers of {path} have no known shape. It is known for OpenAI chat and "
            "Responses, Anthropic messages and Gemini."
        )
    wants = wants_stream(path, body)
    if wants and not arguments.stream:
        raise _Wrong("the request asks for a stream. Pass --stream.")
    if arguments.stream and not wants:
        raise _Wrong('the request asks for no stream. Leave out --stream, or add "stream": true.')
    return shape


def _record(name: str, request: Request, shape: Shape, said: Said, *, is_stream: bool) -> None:
    """Record the answer as if a server had sent it, with the mark of its origin."""
    import os

    from promptecho._session.capture import Capture
    from promptecho._session.modes import Mode
    from promptecho._session.open_cassette import OpenCassette
    from promptecho._session.options import Options
    from promptecho._views.provenance import SYNTHETIC

    options = Options(on_drift="ignore")
    opened = OpenCassette(name, options, Mode.NEW_EPISODES, os.environ, origin=SYNTHETIC)
    try:
        # The rules of a recording hold: redaction, the key, the place in the file.
        answer = opened.answer(request)
        if not isinstance(answer, Capture):
            raise _Wrong(
                "the cassette has an answer to this request. Remove it with `promptecho rm`."
            )
        _send(answer, shape, said, is_stream=is_stream)
    except BaseException:
        opened.abandon()
        raise
    opened.close(None)


def _send(capture: Capture, shape: Shape, said: Said, *, is_stream: bool) -> None:
    import json

    kind = "text/event-stream; charset=utf-8" if is_stream else "application/json"
    capture.head(200, "OK", (("content-type", kind),))
    if is_stream:
        for event in shape.events(said):
            capture.chunk(f"{event}\n\n".encode())
    else:
        whole = json.dumps(shape.whole(said), ensure_ascii=False, separators=(",", ":"))
        capture.chunk(whole.encode())
    capture.end()
