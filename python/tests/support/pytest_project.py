"""A project of its own for each story about the pytest plugin, with a real upstream."""

from __future__ import annotations

import re
from typing import Any

import httpcore
import httpx
import pytest
import yaml

from promptecho._api import llm_snapshot, opening, test_run
from promptecho._base.spec_data import data
from promptecho._intercept import http_client, process, watch
from promptecho._intercept import httpx as _httpx
from promptecho._pytest import network, opened_cassette, run, snapshots
from sdk import answers
from support.upstream import Call, Upstream

# A run in this process forgets every module that it was the first to import. The package around it
# and C extensions do not: parts of a first and of a second import would meet. So these come first:
# also httpcore, which httpx imports with its first request.
FIRST = (
    *(http_client, _httpx, process, network, opened_cassette, opening, run, test_run, watch),
    *(llm_snapshot, snapshots),
    *(httpcore, httpx, yaml),
)

#: The variables that decide the mode of a run.
MODE_VARIABLES = (
    "PROMPTECHO_MODE",
    *(row["name"] for row in data("ci-variables")["variables"]),
)

INI = """
[pytest]
addopts = --strict-markers --strict-config -p no:cacheprovider
filterwarnings =
    error
    ignore::promptecho.PromptechoUnusedWarning
    ignore::promptecho.PromptechoOwnServerWarning
asyncio_default_fixture_loop_scope = function
"""

LLM = """
import os, httpx

def ask(text, **more):
    question = {"model": "m", "messages": [{"role": "user", "content": text}], **more}
    with httpx.Client(trust_env=False, verify=False, timeout=60) as client:
        answer = client.post(os.environ["UPSTREAM"] + "/v1/chat/completions", json=question)
    return answer.json()["choices"][0]["message"]["content"]

async def ask_async(text):
    question = {"model": "m", "messages": [{"role": "user", "content": text}]}
    async with httpx.AsyncClient(trust_env=False, verify=False, timeout=60) as client:
        answer = await client.post(os.environ["UPSTREAM"] + "/v1/chat/completions", json=question)
    return answer.json()["choices"][0]["message"]["content"]

def ask_and_swallow(text):
    try:
        return ask(text)
    except BaseException:
        return None
"""


class Project:
    """A folder of tests, an upstream that echoes, and what a run of those tests said."""

    def __init__(self, pytester: pytest.Pytester, upstream: Upstream) -> None:
        self.pytester = pytester
        self.upstream = upstream
        self.path = pytester.path
        self.result: pytest.RunResult | None = None

    def file(self, name: str, text: str) -> None:
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        imports = "import pytest, promptecho\nfrom llm import *\n" if "test_" in name else ""
        path.write_text(imports + text, encoding="utf-8")

    def ini(self, *lines: str) -> None:
        (self.path / "pytest.ini").write_text(INI + "\n".join(lines), encoding="utf-8")

    def run(self, *arguments: str, **outcomes: int) -> str:
        """Run pytest in this process; returns its output."""
        return self._told(self.pytester.runpytest_inprocess(*arguments), outcomes)

    def run_apart(self, *arguments: str, **outcomes: int) -> str:
        """Run pytest in a process of its own; returns its output."""
        return self._told(self.pytester.runpytest_subprocess(*arguments), outcomes)

    def _told(self, result: pytest.RunResult, outcomes: dict[str, int]) -> str:
        self.result = result
        if outcomes:
            result.assert_outcomes(**outcomes)
        return result.stdout.str()

    def files(self) -> list[str]:
        """Every cassette and journal, relative to the project."""
        found = [*self.path.rglob("*.yaml"), *self.path.rglob("*.partial")]
        return sorted(path.relative_to(self.path).as_posix() for path in found)

    def asked(self) -> list[str]:
        """The questions that reached the upstream."""
        return [call.json["messages"][0]["content"] for call in self.upstream.calls]


def echo(call: Call) -> Any:
    return answers.chat("echo: " + call.json["messages"][0]["content"])


def summary(output: str) -> list[str]:
    """What the plugin says at the end."""
    lines = output.splitlines()
    return [line for line in lines if re.match(r"promptecho: \d|  \d+ unplayed in ", line)]


def message(output: str, title: str) -> str:
    """The text under a title such as ``ERROR at setup of test_x``."""
    _, _, rest = output.partition(f" {title} _")
    _, _, rest = rest.partition("\n")
    text = re.split(r"^(?:_{3,}|={3,}|promptecho: \d)", rest, flags=re.M)[0]
    return re.sub(r"^\[gw\d\].*\n", "", text).strip()
