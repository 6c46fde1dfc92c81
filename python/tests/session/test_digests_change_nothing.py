"""No user can tell whether a file has digests: not of one, not after an edit by hand. [DIGEST-5]

Files are recorded under drawn options, changed as a hand would change them, and asked the same
requests with their digests and without.
"""

from __future__ import annotations

import json
import re
import warnings
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Callable, NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from promptecho._base.errors import CassetteError
from promptecho._base.model import CassetteFile, FileOptions, Interaction, Request
from promptecho._format.request_digest import digest
from promptecho._format.writer import dump
from promptecho._matching.digest import first_half
from promptecho._matching.request import prepare
from promptecho._matching.rules import (
    UserRules,
    default_match_on,
    lists_version,
    matching,
    rules,
)
from promptecho._session.miss import CassetteMiss
from promptecho._session.modes import Mode
from promptecho._session.open_cassette import OpenCassette
from promptecho._session.options import options
from promptecho._session.response import ReplayResponse
from support.session_builders import answer

SECRET = "aB3kZ9qL7xT2vW8n" + "R4mC6yH1"
CHAT = ["/v1/chat/completions", "/v1/chat/completions?d=1", "/v1/chat/completions?d=2&key=ab"]


class Asked(NamedTuple):
    """A request: what it says, and how it is spelled."""

    host: str
    path: str
    content: str
    more: dict[str, Any]
    headers: dict[str, str]
    kind: str
    spaced: bool

    def request(self) -> Request:
        separators = (", ", ": ") if self.spaced else (",", ":")
        data = json.dumps(self._body(), separators=separators).encode()
        if self.kind == "form":
            data = b"a=%s&b=%s" % (self.content.encode(), b"%41" if self.spaced else b"A")
        elif self.kind == "text":
            data = b"not JSON " + self.content.encode()
        types = {"form": "application/x-www-form-urlencoded", "text": "text/plain"}
        headers = {"content-type": types.get(self.kind, "application/json"), **self.headers}
        return Request("POST", f"https://{self.host}{self.path}", tuple(headers.items()), data)

    def _body(self) -> Any:
        if self.kind in ("call", "batch"):
            number = self.more.get("seed", 1)
            params = {"name": self.content, "_meta": {"progressToken": number}}
            call = {"jsonrpc": "2.0", "id": number, "method": "tools/call", "params": params}
            return [call] if self.kind == "batch" else call
        messages = [{"role": "user", "content": self.content}]
        return {"model": "m", "messages": messages, **self.more}


ASKED = st.builds(
    Asked,
    host=st.sampled_from(["a.example", "a.example", "b.example"]),
    path=st.sampled_from([CHAT[0], *CHAT, "/mcp"]),
    content=st.sampled_from(
        ["cat", "cat", "dog", "caf\u00e9", "x\ny", f"my {SECRET}", f"my {SECRET}"]
    ),
    more=st.sampled_from([{}, {}, {"seed": 2}, {"stream": True}, {"metadata": {"a": "b"}}]),
    headers=st.sampled_from([{}, {}, {"openai-beta": "v2"}, {"x-team": "red"}]),
    kind=st.sampled_from(["chat", "chat", "chat", "call", "batch", "form", "text"]),
    spaced=st.booleans(),
)
FILE_OPTIONS = st.sampled_from(
    [
        *[FileOptions()] * 4,
        FileOptions(match_host=True),
        FileOptions(match_headers=("x-team",)),
        FileOptions(ignore_query=("d",)),
        FileOptions(redact_members=("metadata",)),
        FileOptions(redact_patterns=("d.g",)),
    ]
)
MATCH_ON = st.sampled_from([default_match_on(), default_match_on(), ("*",), ("model",)])
CALLER = st.builds(
    lambda named, drift, exhausted, secret: {
        **named,
        "on_drift": drift,
        "on_exhausted": exhausted,
        "on_secret": secret,
    },
    named=st.sampled_from(
        [
            *[{}, {}, {}, {}, {}, {}],
            {"match_on": ["messages"]},
            {"match_host": True},
            {"match_host": False},
            {"ignore_query": ["d"]},
            {"redact_patterns": ["c.t"]},
            {"redact_patterns": ["(?i)C.T"]},  # no file holds one with flags
        ]
    ),
    drift=st.sampled_from(["warn", "ignore", "raise"]),
    exhausted=st.sampled_from(["repeat", "miss"]),
    secret=st.sampled_from(["redact", "redact", "warn"]),
)
# What a hand changes: the first, or another, of what matches.
EDITS = st.lists(
    st.tuples(
        st.sampled_from(
            [
                (r"content: cat$", "content: cow"),
                (r"content: dog$", 'content: "dog"'),
                (r"model: m$", "model: other"),
                (r"model: m$", "model: n"),  # no string without quotes
                (r"seed: 2$", "seed: 3"),
                (r"a\.example", "b.example"),
                (r"d=1", "d=2"),
                (r'match_key: "......', 'match_key: "abcdef'),
                (r'digest: "......', 'digest: "abcdef'),
                (r'(digest: "[0-9a-f]{28})....', r"\1abcd"),
                (r"      digest: .*\n", ""),
                (r"matched_on: \[model, ", "matched_on: ["),
                (r"^match_on: \[model, ", "match_on: ["),
                (r"^lists: .*\n", ""),
                (r"^(match_host: true|ignore_query: .*|match_headers: .*)\n", ""),
                (r"body: answer", "body: edited"),
                (r"status: 200", "status: 201"),
                (r"progressToken: 2", "progressToken: 3"),
                (r"openai-beta: v2", "openai-beta: v3"),
                (r"^ {8}messages:\n {10}- role: user\n {12}(.*)\n", r"        prompt: \1\n"),
                (r"^( {6}matched_on: .*\n)((?:.*\n)*?)( {6}body:\n)", r"\2\1\3"),
            ]
        ),
        st.integers(0, 2),
    ),
    max_size=2,
)


def recorded_file(names: Any, chosen: FileOptions, asked: list[Asked]) -> str:
    """The text of a file with these calls, as a recorder writes it; each has a digest if it may."""
    file = CassetteFile(names, options=chosen, lists=lists_version())
    policy = rules(UserRules(chosen))
    items = []
    for number, each in enumerate(asked):
        prepared = prepare(each.request(), policy, matching(names))
        first, request = first_half(prepared), prepared.request
        if first is not None:
            request = request._replace(digest=digest(first, file, request))
        items.append(Interaction(request, answer(f"answer{number}"), None, prepared.redacted))
    return dump(file._replace(interactions=tuple(items)))


def edited(text: str, edits: list[tuple[tuple[str, str], int]]) -> str:
    for (pattern, new), skipped in edits:
        found = list(re.finditer(pattern, text, re.MULTILINE))[skipped:]
        if found:
            end = found[0].end()
            text = text[: found[0].start()] + found[0].expand(new) + text[end:]
    return text


def outcomes(path: Path, asked: list[Asked], caller: Any, mode: str, environ: Any) -> list[object]:
    """All that a session tells of its requests, from its opening to its end."""
    seen: list[object] = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            cassette = OpenCassette(path, options(caller), Mode(mode), environ)
        except CassetteError as error:
            return [error.code]
        seen += [outcome(cassette, each.request()) for each in asked]
        session = cassette.session
        seen.append(listed(lambda: session.played))
        seen.append(listed(lambda: session.unplayed))
        seen.append([request._replace(digest=None) for request in session.sent])
        cassette.stored.release()
    return [*seen, [(each.category, str(each.message)) for each in caught]]


def outcome(cassette: OpenCassette, request: Request) -> object:
    """What answers one request."""
    try:
        found = cassette.answer(request)
    except CassetteMiss as miss:
        near = miss.nearest and without_digest(miss.nearest)
        return miss.reason, miss.differences, near, str(miss)
    except CassetteError as error:
        return error.code
    if isinstance(found, ReplayResponse):
        return found.status, found.headers, found.chunks
    return type(found)


def listed(find: Callable[[], list[Interaction]]) -> object:
    """Some recordings; a hand may have damaged one of them."""
    try:
        return [without_digest(each) for each in find()]
    except CassetteError as error:
        return error.code


def without_digest(item: Interaction) -> Interaction:
    return item._replace(request=item.request._replace(digest=None))


@given(
    recordings=st.lists(ASKED, min_size=1, max_size=6),
    names=MATCH_ON,
    chosen=FILE_OPTIONS,
    caller=CALLER,
    edits=EDITS,
    mode=st.sampled_from(["none", "none", "once", "new_episodes"]),
    environ=st.sampled_from([{}, {"MY_API_KEY": SECRET}]),
    data=st.data(),
)
def test_digests_change_no_outcome(
    recordings: list[Asked],
    names: tuple[str, ...],
    chosen: FileOptions,
    caller: dict[str, Any],
    edits: Any,
    mode: str,
    environ: dict[str, str],
    data: st.DataObject,
) -> None:
    known = st.sampled_from(recordings)
    moved = known.map(lambda each: each._replace(host="b.example"))
    asked = data.draw(st.lists(st.one_of(known, moved, ASKED), max_size=8))
    text = edited(recorded_file(names, chosen, recordings), edits)
    without = re.sub(r"      digest: .*\n", "", text)
    found = []
    with TemporaryDirectory() as folder:
        path = Path(folder, "a.yaml")
        for each in (text, without):
            path.write_bytes(each.encode())
            found.append(outcomes(path, asked, caller, mode, environ))
    assert found[0] == found[1]
