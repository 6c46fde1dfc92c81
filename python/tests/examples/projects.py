"""Run the projects of ``examples/``, and record their cassettes against a server on the loopback.

    cd python && PYTHONPATH=tests python -m examples.projects

records the cassettes that the repository holds. A cassette of the loopback names the loopback in
its URLs; ``record`` writes the provider's host instead. The host is not part of a key [KEY-1].
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from promptecho._base.model import Interaction
from promptecho._format.reader import load
from promptecho._format.request_digest import carried
from promptecho._format.writer import dump
from sdk import answers
from sdk.roundtrip import KEYS
from support.upstream import Answer, Call, Upstream

TOP = Path(__file__).resolve().parents[3] / "examples"
PROJECTS = ("openai_chat", "anthropic_tools", "fastapi_app")
PROVIDERS = {
    "/v1/chat/completions": "https://api.openai.com",
    "/v1/messages": "https://api.anthropic.com",
}

#: Variables that would change what a run does.
OUTSIDE = (*KEYS, "CI", "PROMPTECHO_MODE", "PYTEST_ADDOPTS", "http_proxy", "https_proxy")


class Run(NamedTuple):
    """How a run of pytest ended, and what it printed."""

    status: int
    printed: str


def model(call: Call) -> Answer:
    """What the providers answer to the questions of the examples."""
    prompt = call.json["messages"][-1]["content"]
    if call.path == "/v1/messages":
        if "France" in prompt:
            return answers.message("Paris.")
        if isinstance(prompt, str):
            return answers.message_tool_use()
        return answers.message("It is sunny in Las Vegas, at 31 degrees.")
    if call.json.get("stream"):
        return answers.chat_stream("A cat", " spent the day", " on a mat.")
    if "cat" in prompt:
        return answers.chat("A cat spent the day on a mat.")
    return answers.chat("Billing" if "refund" in prompt else "Technical")


def run(project: Path, *arguments: str, url: str, **variables: str) -> Run:
    """Run the tests of a project; its SDKs are told that their provider is at `url`.

    Args:
        project: the folder of the project.
        arguments: for pytest.
        url: where a request goes that is not replayed.
        variables: for the environment. No other key is set.
    """
    environ = {name: value for name, value in os.environ.items() if name not in OUTSIDE}
    environ.update(OPENAI_BASE_URL=f"{url}/v1", ANTHROPIC_BASE_URL=url, **variables)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments]
    done = subprocess.run(
        command, cwd=project, env=environ, capture_output=True, encoding="utf-8", check=False
    )
    return Run(done.returncode, done.stdout + done.stderr)


def record(project: Path) -> Run:
    """Record all cassettes of a project again, as its README says."""
    with Upstream(model) as upstream:
        keys = dict.fromkeys(("OPENAI_API_KEY", "ANTHROPIC_API_KEY"), "a made-up value of a key")
        done = run(project, "--promptecho-mode=all", url=upstream.url, **keys)
        for path in cassettes(project):
            path.write_text(_at_providers(path.read_bytes(), upstream.url), encoding="utf-8")
    return done


def cassettes(project: Path) -> list[Path]:
    """The cassettes of a project."""
    return sorted((project / "cassettes").glob("*.yaml"))


def _at_providers(cassette: bytes, url: str) -> str:
    """A cassette with the hosts of the providers; its digests are made again [DIGEST-3]."""
    file = load(cassette, "a.yaml")
    moved = [carried(each, _moved(each, url), file, file) for each in file.interactions]
    return dump(file._replace(interactions=tuple(moved)))


def _moved(item: Interaction, url: str) -> Interaction:
    request = item.request
    path = request.url[len(url) :]
    assert request.url.startswith(url), request.url
    return item._replace(request=request._replace(url=PROVIDERS[path] + path))


if __name__ == "__main__":
    for name in PROJECTS:
        print(record(TOP / name).printed)
