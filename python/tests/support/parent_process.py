"""A process that records or replays with its children; it prints what they were answered.

Usage: python parent_process.py STORY URL CASSETTE MODE [START-METHOD]
"""

from __future__ import annotations

import json
import multiprocessing
import os
import shutil
import signal
import sys
import tempfile
import warnings
from concurrent.futures import ProcessPoolExecutor
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Callable

sys.path.insert(0, str(Path(__file__).parents[1]))

import httpx

import promptecho
from support.clients import PLAIN, post_httpx


def ask(given: tuple[str, str]) -> str:
    """Ask, and return the answer, or the kind of error."""
    try:
        return post_httpx(*given)
    except BaseException as error:
        return type(error).__name__


def ask_in_a_child(method: str, given: tuple[str, str]) -> str:
    """Ask in a child of this process; a pool's own workers may have none."""
    with multiprocessing.get_context(method).Pool(1) as pool:
        return pool.map(ask, [given])[0]


def nested(method: str, given: tuple[str, str], sender: Connection) -> None:
    sender.send(ask_in_a_child(method, given))


def ask_and_die(given: tuple[str, str]) -> None:
    ask(given)
    os.kill(os.getpid(), signal.SIGKILL)


def ask_when_told(given: tuple[str, str], told: Connection) -> None:
    told.send(ask(given))
    told.recv()
    told.send(ask(given))


def log_in(given: tuple[str, str]) -> str:
    """Log in, and return the token that the answer tells."""
    url, user = given
    with httpx.Client(**PLAIN) as client:
        return str(client.post(f"{url}/login", json={"user": user}).json()["session"])


def use(given: tuple[str, str]) -> Any:
    """Send a token; returns what the server thinks of it."""
    url, token = given
    with httpx.Client(**PLAIN) as client:
        return client.post(f"{url}/use", json={"input": f"use {token}"}).json()["right"]


def use_when_told(url: str, told: Connection) -> None:
    told.send(use((url, told.recv())))


def holding(tokens: list[str], *folders: Path) -> list[str]:
    """The files below these folders that hold a token."""
    files = [file for folder in folders for file in folder.rglob("*") if file.is_file()]
    return [
        file.name for file in files if any(token.encode() in file.read_bytes() for token in tokens)
    ]


class Parent:
    """What the stories have in common."""

    def __init__(self, url: str, path: str, mode: str, method: str) -> None:
        self.url = url
        self.folder = Path(path).parent
        self.use = promptecho.use_cassette(path, mode=mode)  # type: ignore[arg-type]
        self.method = method
        self.context: Any = multiprocessing.get_context(method)

    def pooled(self, work: Callable[[Any], Any], given: Any) -> Any:
        with self.context.Pool(1) as pool:
            return pool.map(work, [given])[0]

    def run(self, target: Callable[..., Any], *arguments: Any) -> int:
        child = self.context.Process(target=target, args=arguments)
        child.start()
        child.join()
        return int(child.exitcode)


def of_all_kinds(parent: Parent) -> Any:
    """Pools, executors, children of children, and a child that is killed."""
    url, (receiver, sender) = parent.url, multiprocessing.Pipe()
    with parent.use as cassette:
        answers = [ask((url, "parent"))]
        with parent.context.Pool(2) as pool:
            answers += pool.map(ask, [(url, "a"), (url, "b")])
        with ProcessPoolExecutor(1, mp_context=parent.context) as executor:
            answers += executor.map(ask, [(url, "c")])
        parent.run(nested, parent.method, (url, "nested"), sender)
        answers.append(receiver.recv())
        answers.append(str(parent.run(ask_and_die, (url, "killed"))))
    return [answers, len(cassette.recorded), len(cassette.unplayed)]


def one_request(parent: Parent) -> Any:
    """The same request in the parent and in two children."""
    with parent.use:
        answers = [ask((parent.url, "hello"))]
        for _ in range(2):
            answers.append(ask_in_a_child(parent.method, (parent.url, "hello")))
    return answers


def a_miss(parent: Parent) -> Any:
    """A child that swallows a miss."""
    try:
        with parent.use:
            ask_in_a_child(parent.method, (parent.url, "unknown"))
    except promptecho.CassetteMiss as miss:
        return miss.request.body["messages"][0]["content"]


def too_late(parent: Parent) -> Any:
    """A child that calls in the block and after it."""
    ours, theirs = multiprocessing.Pipe()
    child = parent.context.Process(target=ask_when_told, args=((parent.url, "hello"), theirs))
    with parent.use:
        child.start()
        answers = [ours.recv()]
    ours.send(None)
    answers.append(ours.recv())
    child.join()
    return answers


def a_failure(parent: Parent) -> Any:
    """A child records, and the block fails."""
    try:
        with parent.use:
            answer = ask_in_a_child(parent.method, (parent.url, "hello"))
            raise ZeroDivisionError
    except ZeroDivisionError:
        return answer


def tokens(parent: Parent) -> Any:
    """What an answer tells one process, others send: parent to child, child to parent and child."""
    url, (ours, theirs) = parent.url, multiprocessing.Pipe()
    shared = tempfile.tempdir = tempfile.mkdtemp()
    early = parent.context.Process(target=use_when_told, args=(url, theirs))
    with parent.use:
        early.start()
        told = [log_in((url, "parent"))]
        ours.send(told[0])
        rights = [ours.recv(), parent.pooled(use, (url, told[0]))]
        told.append(parent.pooled(log_in, (url, "child")))
        rights += [use((url, told[1])), parent.pooled(use, (url, told[1]))]
        early.join()
        secret = [token for token in told if token != "REDACTED"]
        leaks = holding(secret, parent.folder, Path(shared))
    shutil.rmtree(shared)
    return [rights, leaks, holding(secret, parent.folder)]


def blocked(parent: Parent) -> Any:
    """No cassette, but a network block."""
    receiver, sender = multiprocessing.Pipe()
    with promptecho.block_network(allowed_hosts=["localhost"]):
        answer = ask_in_a_child(parent.method, (parent.url, "child"))
        parent.run(nested, parent.method, (parent.url, "nested"), sender)
    allowed = parent.url.replace("127.0.0.1", "localhost")
    with promptecho.block_network(allowed_hosts=["localhost"]):
        return [answer, receiver.recv(), ask_in_a_child(parent.method, (allowed, "allowed"))]


if __name__ == "__main__":
    warnings.simplefilter("ignore", promptecho.PromptechoRecordingWarning)
    warnings.simplefilter("ignore", promptecho.PromptechoSecretWarning)
    story, url, path, mode, method = sys.argv[1:]
    print(json.dumps(globals()[story](Parent(url, path, mode, method))))
