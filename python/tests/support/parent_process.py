"""A process that records or replays with its children; it prints what they were answered.

Usage: python parent_process.py STORY URL CASSETTE MODE [START-METHOD]
"""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import sys
import warnings
from concurrent.futures import ProcessPoolExecutor
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Callable

sys.path.insert(0, str(Path(__file__).parents[1]))

import promptecho
from support.clients import post_httpx


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


class Parent:
    """What the stories have in common."""

    def __init__(self, url: str, path: str, mode: str, method: str) -> None:
        self.url = url
        self.use = promptecho.use_cassette(path, mode=mode)  # type: ignore[arg-type]
        self.method = method
        self.context: Any = multiprocessing.get_context(method)

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
    story, url, path, mode, method = sys.argv[1:]
    print(json.dumps(globals()[story](Parent(url, path, mode, method))))
