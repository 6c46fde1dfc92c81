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
import threading
import warnings
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from functools import partial
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
    warnings.simplefilter("ignore", promptecho.PromptechoSecretWarning)
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
        self.path = Path(path)
        self.mode: Any = mode
        self.use = promptecho.use_cassette(path, mode=self.mode)
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


def raised(block: Callable[[], Any]) -> list[str]:
    """What a block raised: the kind of error, and the file that it names."""
    try:
        block()
    except BaseException as error:
        return [type(error).__name__, Path(getattr(error, "path", None) or "").name]
    return []


def a_deleted_folder(parent: Parent) -> Any:
    """A program deletes the folder in which the processes meet; the parent goes on."""

    def block() -> None:
        with parent.use as cassette:
            answers.append(ask((parent.url, "parent")))
            asked = "" if parent.mode == "new_episodes" else "child"
            parent.run(ask_if, (parent.url, asked))
            shutil.rmtree(folder_of(cassette))
            parent.run(ask_if, (parent.url, asked and "another child"))
            answers.append(ask((parent.url, "later")))

    answers: list[str] = []
    return raised(block) + answers


def ask_if(given: tuple[str, str]) -> None:
    if given[1]:
        ask(given)


def folder_of(cassette: promptecho.Cassette) -> str:
    shared = cassette._opened._parts.family._shared
    assert shared is not None
    return str(shared.folder)


def an_unreadable_journal(parent: Parent) -> Any:
    """A program damages what one of two children recorded."""

    def block() -> None:
        with parent.use:
            parent.run(ask_if, (parent.url, "damaged"))
            (journal,) = parent.path.parent.glob("*.partial")
            text = journal.read_text(encoding="utf-8")
            journal.write_text(text.replace("match_key", "match_kex"), encoding="utf-8")
            parent.run(ask_if, (parent.url, "whole"))
            ask((parent.url, "parent"))

    return raised(block)


def a_full_disk(parent: Parent) -> Any:
    """What the processes share cannot be written."""

    def block() -> None:
        with parent.use as cassette:
            ask((parent.url, "parent"))
            parent.run(ask_if, (parent.url, "child"))
            os.mkdir(os.path.join(folder_of(cassette), "state.new"))
            answers.append(ask((parent.url, "later")))

    answers: list[str] = []
    return raised(block) + answers


def swallowed(parent: Parent) -> Any:
    """Children swallow errors that are no misses, each in a block of its own."""
    options = [{"on_secret": "raise"}, {"on_record_error": "raise"}, {"on_secret": "warn"}]
    prompts = ["sk-proj-" + "a1B2c3D4" * 6, "status 500", "sk-proj-" + "a1B2c3D4" * 6]
    found: list[str] = []

    def block(path: Path, given: Any, prompt: str) -> None:
        with promptecho.use_cassette(path, mode=parent.mode, **given):
            found.append(ask_in_a_child(parent.method, (parent.url, prompt)))

    for given, prompt in zip(options, prompts):
        path = parent.path.with_name(f"{len(found)}.yaml")
        found += raised(partial(block, path, given, prompt))[:1]
        path.unlink(missing_ok=True)
    return found


def a_held_lock(parent: Parent) -> Any:
    """A fork while another thread holds the lock of the turns of streams."""
    with parent.use as cassette:
        starts = cassette._opened._parts.starts
        held, done = threading.Event(), threading.Event()

        def hold() -> None:
            with starts._changed:
                held.set()
                done.wait()

        thread = threading.Thread(target=hold)
        thread.start()
        held.wait()
        child = parent.context.Process(target=ask_if, args=((parent.url, "child"),))
        child.start()
        done.set()
        child.join(120)
        child.kill()
        thread.join()
    return child.exitcode


def blocked_and_swallowed(parent: Parent) -> Any:
    """A child swallows what a network block raised, without a cassette and with one."""

    def block() -> None:
        with promptecho.block_network():
            ask_in_a_child(parent.method, (parent.url, "child"))

    def block_in_cassette() -> None:
        use = promptecho.use_cassette(parent.path, mode="once", passthrough=["127.0.0.1"])
        with use, promptecho.block_network():
            ask_in_a_child(parent.method, (parent.url, "child"))

    return [raised(block)[0], raised(block_in_cassette)[0]]


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
        leaks = holding(secret, parent.path.parent, Path(shared))
    shutil.rmtree(shared)
    return [rights, leaks, holding(secret, parent.path.parent)]


def blocked(parent: Parent) -> Any:
    """No cassette, but a network block."""
    receiver, sender = multiprocessing.Pipe()
    with suppress(promptecho.NetworkBlocked), promptecho.block_network():
        answer = ask_in_a_child(parent.method, (parent.url, "child"))
        parent.run(nested, parent.method, (parent.url, "nested"), sender)
    allowed = parent.url.replace("127.0.0.1", "localhost")
    with promptecho.block_network(allowed_hosts=["localhost"]):
        return [answer, receiver.recv(), ask_in_a_child(parent.method, (allowed, "allowed"))]


if __name__ == "__main__":
    warnings.simplefilter("ignore", promptecho.PromptechoRecordingWarning)
    story, url, path, mode, method = sys.argv[1:]
    print(json.dumps(globals()[story](Parent(url, path, mode, method))))
