"""Runs the blocks of the README, the tutorial and the guides, and compares what they print.

An HTML comment above a block, which a reader of the page does not see, says what the block is::

    <!-- file PATH -->    the content of that file
    <!-- edit PATH -->    a diff: the file has each ``-`` line once, and gets the ``+`` line instead
    <!-- run -->          a script; the scripts of a section share their names
    <!-- prints -->       what the script above printed
    <!-- shell -->        commands after ``$``, and lines that each prints, in order
    <!-- shows PATH -->   what that file now holds; comments are the page's own
    <!-- outline WHY -->  a block that is not run, and why

Two comments stand without a block: ``<!-- after HEADING -->`` runs the steps below that heading
first, up to its ``upstream``; ``<!-- upstream off -->`` shuts the server down until ``on``.

Each section runs in a folder of its own. Live calls to any host go to a server on the loopback.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import io
import json
import pkgutil
import re
import shlex
import sys
import warnings
from collections.abc import Iterator
from importlib.util import find_spec
from itertools import takewhile
from pathlib import Path
from typing import Any, Callable, NamedTuple
from urllib.parse import parse_qs, urlsplit

import pytest

import promptecho
from support.paths import ROOT
from support.upstream import Answer, Call, Upstream, json_answer, sse_answer

GUIDES = tuple(f"docs/{page.name}" for page in sorted((ROOT / "docs").glob("*.md")))
PAGES = ("README.md", "TUTORIAL.md", *GUIDES)
OTHERS = ("SUPPORT.md", "DESIGN.md", "CHANGELOG.md", "python/README.md")
READ = (*PAGES, *OTHERS, "conformance/README.md", "conformance/PROTOCOL.md")
KEYS = ("OPENAI_API_KEY", "ANTHROPIC_API_KEY")
NEEDED = ("anthropic", "openai")

#: What a block says that records although a cassette exists, or although it runs in CI.
_RECORDING_MODE = re.compile(
    r"\bnew_episodes\b|\bmode=[\"']?(?:all|missing)\b|\bMODE=all\b|--record-mode=once\b"
)
_STEP = re.compile(
    r"^<!-- (?P<verb>[a-z]+)(?: (?P<what>[^\n]*?))? -->\n"
    r"(?:```(?P<language>\w+)\n(?P<text>.*?)^```$)?",
    re.MULTILINE | re.DOTALL,
)


class Step(NamedTuple):
    """One thing to do or to compare."""

    verb: str
    what: str
    text: str


class Section(NamedTuple):
    """The steps below one heading, and the packages that they import."""

    name: str
    steps: tuple[Step, ...]
    needs: tuple[str, ...]
    prose: str


def sections(page: str) -> Iterator[Section]:
    text = (ROOT / page).read_text(encoding="utf-8")
    known: dict[str, list[Step]] = {}
    for part in re.split(r"^(?=## )", text, flags=re.MULTILINE):
        heading = part.partition("\n")[0].lstrip("# ")
        steps = known[heading] = []
        for m in _STEP.finditer(part):
            step = Step(m["verb"], m["what"] or "", m["text"] or "")
            steps += _beginning(known[step.what]) if step.verb == "after" else [step]
        if steps:
            code = "".join(step.text for step in steps)
            needs = tuple(name for name in NEEDED if _imports(code, name))
            yield Section(f"{page}: {heading}", tuple(steps), needs, part)


def _beginning(steps: list[Step]) -> Iterator[Step]:
    return takewhile(lambda step: step.verb != "upstream", steps)


def _imports(code: str, name: str) -> bool:
    return bool(re.search(rf"^\s*(?:from|import) {name}\b", code, re.MULTILINE))


SECTIONS = [section for page in PAGES for section in sections(page)]


@pytest.fixture(autouse=True, scope="module")
def _loaded() -> None:
    """Import what each run of pytest within this process would import, and forget."""
    ours = pkgutil.walk_packages(promptecho.__path__, "promptecho.")
    names = [each.name for each in ours if not each.name.endswith("__main__")]
    names = [each for each in names if not each.startswith("promptecho._serve.")]  # of an extra
    for name in (*names, "yaml", *(each for each in NEEDED if find_spec(each))):
        importlib.import_module(name)


@pytest.mark.parametrize("section", SECTIONS, ids=[section.name for section in SECTIONS])
def test_a_section_does_what_it_says(
    section: Section, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in section.needs:
        if find_spec(name) is None:
            pytest.skip(f"{section.name} needs the package {name}; the session sdk has it")
    with Story(pytester, monkeypatch) as story:
        for step in section.steps:
            getattr(story, step.verb)(step)


@pytest.mark.parametrize("section", SECTIONS, ids=[section.name for section in SECTIONS])
def test_no_example_is_live_in_ci_unless_it_says_so(
    section: Section, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a run of pytest with ``CI=true`` and without a cassette."""
    if any(_RECORDING_MODE.search(step["text"] or "") for step in _STEP.finditer(section.prose)):
        assert re.search(r"\bCI\b", section.prose), f"{section.name} does not say it"
    if any(_RECORDING_MODE.search(step.text) for step in section.steps):
        return
    for name in section.needs:
        if find_spec(name) is None:
            pytest.skip(f"{section.name} needs the package {name}; the session sdk has it")
    with StoryInCI(pytester, monkeypatch) as story:
        for step in section.steps:
            getattr(story, step.verb)(step)
        story.end()
        assert story.calls() == []


@pytest.mark.parametrize("page", PAGES)
def test_no_python_block_is_left_out(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    marked = re.compile(r"<!-- (?:run|file [^\n]+|outline [^\n]+) -->\n```python$", re.MULTILINE)
    assert len(marked.findall(text)) == len(re.findall(r"^```python$", text, re.MULTILINE))


def test_the_readme_is_short() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    words = re.sub(
        r"^```.*?^```$|<!--.*?-->|(?<=\])\([^)]*\)", " ", text, flags=re.MULTILINE | re.DOTALL
    )
    assert len(text.splitlines()) <= 250
    assert len(words.split()) <= 1200


@pytest.mark.parametrize("page", READ)
def test_a_page_is_in_plain_words(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    assert re.findall(r"\b(?:mend(?:s|ed)?|anew|whoever|hand(?:s|ed|ing)? on)\b", text) == []


@pytest.mark.parametrize("page", READ)
def test_links_of_a_page_lead_somewhere(page: str) -> None:
    path = ROOT / page
    for target, _, anchor in _links(path.read_text(encoding="utf-8")):
        other = path if not target else path.parent / target
        assert other.exists(), f"{page} links to {target}"
        if anchor and other.suffix == ".md":
            assert anchor in _anchors(other), f"{page} links to {target}#{anchor}"


def _links(text: str) -> Iterator[tuple[str, str, str]]:
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        if "://" not in link:
            yield link.partition("#")


def _anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {
        re.sub(r"[^\w\- ]", "", heading).strip().lower().replace(" ", "-") for heading in headings
    }


class Story:
    """A section under way."""

    def __init__(self, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
        self._pytester = pytester
        self._environ = monkeypatch
        self._model = Model()
        self._upstream = Upstream(self._model.answer)
        self._printed = ""
        self._names: dict[str, Any] = {"__name__": "__main__"}

    def __enter__(self) -> Story:
        for name in ("CI", "PROMPTECHO_MODE", "http_proxy", "https_proxy", "all_proxy"):
            self._environ.delenv(name, raising=False)
            self._environ.delenv(name.upper(), raising=False)
        self._environ.syspath_prepend(str(self._pytester.path))
        redirect(self._environ, lambda: self._upstream.url)
        self._start()
        return self

    def __exit__(self, *_: object) -> None:
        self._upstream.close()
        self._forget()

    def _forget(self) -> None:
        """Blocks leave clients and responses open; pytest keeps the last error of a test."""
        self._names.clear()
        for name in ("last_exc", "last_value", "last_traceback", "last_type"):
            vars(sys).pop(name, None)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)
            gc.collect()

    def _start(self) -> None:
        self._upstream.__enter__()
        for name in KEYS:
            self._environ.setenv(name, "made up")

    def upstream(self, step: Step) -> None:
        if step.what == "on":
            self._upstream = Upstream(self._model.answer)
            self._start()
            return
        assert step.what == "off"
        self._upstream.close()
        for name in KEYS:
            self._environ.setenv(name, "none")

    def outline(self, step: Step) -> None:
        """For the eye only."""

    def file(self, step: Step) -> None:
        path = self._pytester.path / step.what
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(step.text, encoding="utf-8")

    def edit(self, step: Step) -> None:
        path = self._pytester.path / step.what
        text = path.read_text(encoding="utf-8")
        for old, new in re.findall(r"^-(.*)\n\+(.*)$", step.text, re.MULTILINE):
            assert text.count(f"{old}\n") == 1, f"{step.what} does not have one line {old!r}"
            text = text.replace(f"{old}\n", f"{new}\n")
        path.write_text(text, encoding="utf-8")

    def run(self, step: Step) -> None:
        printed = io.StringIO()
        code = compile(step.text, "<block>", "exec", dont_inherit=True)
        with contextlib.redirect_stdout(printed), warnings.catch_warnings():
            warnings.simplefilter("default")
            exec(code, self._names)
        self._printed = printed.getvalue()

    def prints(self, step: Step) -> None:
        assert self._printed == step.text

    def shows(self, step: Step) -> None:
        text = (self._pytester.path / step.what).read_text(encoding="utf-8")
        page = re.sub(r" +# .*$", "", step.text, flags=re.MULTILINE)
        assert _of_any_sdk(text) == _of_any_sdk(page)

    def shell(self, step: Step) -> None:
        for command, expected in _commands(step.text):
            _in_order(self._shell(command), expected)

    def _shell(self, command: str) -> str:
        words = shlex.split(command)
        with pytest.MonkeyPatch.context() as environ, warnings.catch_warnings():
            warnings.simplefilter("default")  # a reader has no filter of ours
            while "=" in words[0]:
                name, _, value = words.pop(0).partition("=")
                environ.setenv(name, value)
            if words[0] == "pytest":
                # Ours alone: loading the other plugins takes longer than the tests.
                environ.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
                once = "-Wignore::pytest.PytestAssertRewriteWarning"  # it is imported here already
                arguments = [*words[1:], once, "-p", "promptecho.pytest_plugin"]
                result = self._pytester.runpytest_inprocess(*arguments)
            else:
                assert words[0] in ("promptecho", "python"), command
                head = [sys.executable, *(["-m"] if words[0] == "promptecho" else [])]
                result = self._pytester.run(*head, *words[words[0] == "python" :])
        return str(result.stdout)


class StoryInCI(Story):
    """A section whose blocks and commands are run by pytest in CI; what they print is ignored."""

    def __enter__(self) -> Story:
        super().__enter__()
        self._environ.setenv("CI", "true")
        self._blocks: list[str] = []
        return self

    def upstream(self, step: Step) -> None:
        """It stays on, and counts."""

    def run(self, step: Step) -> None:
        self._blocks.append(step.text)

    def prints(self, step: Step) -> None:
        """Nothing to compare."""

    shows = prints

    def shell(self, step: Step) -> None:
        for command, _ in _commands(step.text):
            if "pytest" in command.split():
                self._shell(command)

    def end(self) -> None:
        """Run the blocks, one test for each; they share their names."""
        tests = [
            f"def test_{number}(): exec(compile({text!r}, 'block {number}', 'exec'), NAMES)\n"
            for number, text in enumerate(self._blocks)
        ]
        if tests:
            path = self._pytester.path / "test_blocks.py"
            path.write_text(
                f"NAMES = {{'__name__': '__main__'}}\n{''.join(tests)}", encoding="utf-8"
            )
            self._shell("pytest -q test_blocks.py")

    def calls(self) -> list[str]:
        """The requests that reached the server."""
        return [f"{call.method} {call.path}" for call in self._upstream.calls]


def _of_any_sdk(text: str) -> str:
    """The text of a cassette without what the version of an SDK decides.

    That is the version of the API, and the bytes that the digest is made of.
    """
    text = re.sub(r'(?<=anthropic-version: )"\d{4}-\d\d-\d\d"', "N", text)
    return re.sub(r'(?<=digest: )"[0-9a-f]{32}"', "N", text)


def _commands(text: str) -> Iterator[tuple[str, list[str]]]:
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        command, *expected = part.splitlines()
        yield command, expected


def _in_order(printed: str, expected: list[str]) -> None:
    """Each line expected was printed, in order; ports, folders, versions and seconds may differ."""
    lines = iter([_shape(line) for line in printed.splitlines()])
    for line in expected:
        if line.strip() and line != "...":
            assert _shape(line) in lines, f"not printed (here): {line!r}\n\n{printed}"


def _shape(line: str) -> str:
    line = re.sub(r"=+ (.*?) =+$", r"\1", line.rstrip())
    line = re.sub(r"127\.0\.0\.1:\d+|/(?:tmp|home)/[^\s,]+|\d+\.\d+\.\d+|[\d.]+s\b", "N", line)
    return re.sub(r" +", " ", line)


def redirect(environ: pytest.MonkeyPatch, url: Callable[[], str]) -> None:
    """Send the live calls of httpx and httpx2 to the loopback, whatever host they are for.

    This is below promptecho, which replaces the same functions of httpcore.
    """
    for name in ("httpcore", "httpcore2"):
        if find_spec(name) is not None:
            library = importlib.import_module(name)
            _redirect_sync(environ, library, url)
            _redirect_async(environ, library, url)


def _redirect_sync(environ: pytest.MonkeyPatch, library: Any, url: Callable[[], str]) -> None:
    handle = library.ConnectionPool.handle_request

    def handle_request(self: Any, request: Any) -> Any:
        return _nameless(handle(self, _moved(library, request, url)))

    environ.setattr(library.ConnectionPool, "handle_request", handle_request)


def _redirect_async(environ: pytest.MonkeyPatch, library: Any, url: Callable[[], str]) -> None:
    handle = library.AsyncConnectionPool.handle_async_request

    async def handle_async_request(self: Any, request: Any) -> Any:
        return _nameless(await handle(self, _moved(library, request, url)))

    environ.setattr(library.AsyncConnectionPool, "handle_async_request", handle_async_request)


def _moved(library: Any, request: Any, url: Callable[[], str]) -> Any:
    target = request.url.target.decode("ascii")
    return library.Request(
        request.method,
        url() + target,
        headers=request.headers,
        content=request.stream,
        extensions=request.extensions,
    )


def _nameless(response: Any) -> Any:
    """Without the header that says which Python runs the tests."""
    response.headers = [pair for pair in response.headers if pair[0].lower() != b"server"]
    return response


#: What the tools of `Model` answer with: by city, by tenant, by host.
SKIES = {"Paris": "rain", "Rome": "sun"}
PLANS = {"acme": "free", "zenith": "gold"}
TOOLS = {"files.example.com": "read_file", "mail.example.com": "send_mail"}
#: What a login gives; it is put together, so that no text of this repository looks like a secret.
TOKEN = "Qm7" + "-xT2_pL9" * 3


class Model:
    """The upstream: endpoints of two providers, a model that knows a few sentences, and tools."""

    SENTENCES = (
        ("You grade an answer", ('{"score": 0.9, "reason": "Billing is about invoices."}',)),
        ("the cat sat on the mat", ("A cat sat on a mat.",)),
        ("the dog lay on the rug", ("A dog lay on a rug.",)),
        ("Name a colour", ("Blue.", "Green.", "Blue.", "Teal.", "Red.")),
        ("refund", ("billing",)),
        ("crash", ("technical",)),
        ("capital of France", ("Paris.",)),
    )

    def __init__(self) -> None:
        self._said: dict[str, int] = {}

    def answer(self, call: Call) -> Answer:
        body, path = call.json if call.body else {}, call.path.partition("?")[0]
        if path.endswith("/messages"):
            said = self._say(body["messages"][-1]["content"])
            return _message_stream(said) if body.get("stream") else _message(body, said)
        if path.endswith("/chat/completions"):
            said = self._say(body["messages"][-1]["content"])
            return _chat_stream(body, said) if body.get("stream") else _chat(body, said)
        if path.endswith("/embeddings"):
            rows = [{"index": i, "embedding": [1.0, i / 10]} for i in range(len(body["input"]))]
            return json_answer({"object": "list", "data": rows})
        return _tool(call, body, path)

    def _say(self, prompt: object) -> str:
        text = prompt if isinstance(prompt, str) else json.dumps(prompt)
        for start, sentences in self.SENTENCES:
            if start in text:
                number = self._said.get(start, 0)
                self._said[start] = number + 1
                return sentences[number % len(sentences)]
        return "I do not know."


def _tool(call: Call, body: Any, path: str) -> Answer:
    headers = {name.lower(): value for name, value in call.headers}
    if path == "/weather":
        (city,) = parse_qs(urlsplit(call.path).query)["city"]
        return json_answer({"sky": SKIES[city]})
    if path == "/plan":
        return json_answer({"plan": PLANS[headers["x-tenant"]]})
    if path == "/token":
        return json_answer({"access_token": TOKEN})
    if path == "/items":
        assert TOKEN in call.path
        return json_answer({"items": []})
    if path == "/mcp":
        tools = [{"name": TOOLS[headers["host"]]}]
        return json_answer({"jsonrpc": "2.0", "id": body["id"], "result": {"tools": tools}})
    return json_answer({"error": {"message": f"no such path: {path}"}}, status=404)


def _message(body: Any, said: str) -> Answer:
    return json_answer(
        {
            "id": "msg_01",
            "type": "message",
            "role": "assistant",
            "model": body["model"],
            "content": [{"type": "text", "text": said}],
            "stop_reason": "end_turn",
            "stop_sequence": None,
            "usage": {"input_tokens": 17, "output_tokens": len(said.split())},
        },
        ("request-id", "req_01"),
    )


def _message_stream(said: str) -> Answer:
    start = {
        "type": "message_start",
        "message": {
            "id": "msg_01",
            "type": "message",
            "role": "assistant",
            "model": "claude-opus-4-8",
            "content": [],
            "stop_reason": None,
            "stop_sequence": None,
            "usage": {"input_tokens": 17, "output_tokens": 1},
        },
    }
    deltas = [
        {
            "type": "content_block_delta",
            "index": 0,
            "delta": {"type": "text_delta", "text": word},
        }
        for word in re.findall(r"\S+\s*", said)
    ]
    block = {
        "type": "content_block_start",
        "index": 0,
        "content_block": {"type": "text", "text": ""},
    }
    end = {
        "type": "message_delta",
        "delta": {"stop_reason": "end_turn", "stop_sequence": None},
        "usage": {"output_tokens": len(deltas)},
    }
    stop = {"type": "content_block_stop", "index": 0}
    events = [start, block, *deltas, stop, end, {"type": "message_stop"}]
    texts = [f"event: {each['type']}\ndata: {_compact(each)}" for each in events]
    return sse_answer(*texts, pause=0.01)


def _chat(body: Any, said: str) -> Answer:
    message = {"role": "assistant", "content": said}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    words = len(said.split())
    usage = {"prompt_tokens": 14, "completion_tokens": words, "total_tokens": 14 + words}
    return json_answer(
        {**_head(body, "chat.completion"), "choices": [choice], "usage": usage},
        ("x-request-id", "req_01"),
    )


def _chat_stream(body: Any, said: str) -> Answer:
    words = [{"content": word} for word in re.findall(r"\S+\s*", said)]
    chunks = []
    for delta, reason in [*((word, None) for word in words), ({}, "stop")]:
        choice = {"index": 0, "delta": delta, "finish_reason": reason}
        chunks.append({**_head(body, "chat.completion.chunk"), "choices": [choice]})
    return sse_answer(*(f"data: {_compact(each)}" for each in chunks), "data: [DONE]", pause=0.01)


def _head(body: Any, kind: str) -> dict[str, Any]:
    return {"id": "chatcmpl-01", "object": kind, "created": 1735689600, "model": body["model"]}


def _compact(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))
