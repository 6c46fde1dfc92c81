"""A miss in a worker ends what waits for the worker: no thread, pool or event loop hangs.

Each story runs in a process of its own, so that one that hangs fails and does not hang the tests.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from support.paths import TESTS

START = """
import asyncio, multiprocessing, queue, signal, sys, threading, time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing.pool import ThreadPool
import httpx
import promptecho
from promptecho._intercept import waiting

waiting._POLL_SECONDS = 0.05

def ask(prompt):
    with httpx.Client(trust_env=False) as client:
        return client.post("http://127.0.0.1:9/v1/x", json={"prompt": prompt}).status_code

async def ask_async(prompt):
    async with httpx.AsyncClient(trust_env=False) as client:
        return await client.post("http://127.0.0.1:9/v1/x", json={"prompt": prompt})

def miss(story):
    handler = signal.getsignal(signal.SIGURG)
    try:
        with promptecho.use_cassette(sys.argv[1], mode="none"):
            story()
    except promptecho.CassetteMiss as error:
        assert signal.getsignal(signal.SIGURG) == handler
        print("missed:", error.request.body["prompt"])
"""
POOLS = {
    "ThreadPool": "ThreadPool(1)",
    "fork": 'multiprocessing.get_context("fork").Pool(1)',
    "spawn": 'multiprocessing.get_context("spawn").Pool(1)',
}
MAPPED = """
def story():
    with {pool} as pool:
        pool.map({function}, ["in a pool"])
if __name__ == "__main__":
    miss(story)
"""
STORIES = {
    "a pool made before the cassette": """
pool = ThreadPool(1)
miss(lambda: pool.map(ask, ["made before"]))
""",
    "a queue": """
def story():
    tasks = queue.Queue()
    tasks.put("queued")
    def work():
        while True:
            ask(tasks.get())
            tasks.task_done()
    threading.Thread(target=work, daemon=True).start()
    tasks.join()
miss(story)
""",
    "a lock": """
def story():
    done = threading.Lock()
    done.acquire()
    def work():
        ask("locked")
        done.release()
    threading.Thread(target=work, daemon=True).start()
    done.acquire()
miss(story)
""",
    "a queue of an event loop": """
async def main():
    tasks = asyncio.Queue()
    tasks.put_nowait("in a task")
    async def work():
        while True:
            await ask_async(await tasks.get())
            tasks.task_done()
    worker = asyncio.create_task(work())
    await tasks.join()
miss(lambda: asyncio.run(main()))
""",
    "a cassette opened in a task": """
async def main():
    async with promptecho.use_cassette(sys.argv[1], mode="none"):
        answered = asyncio.Event()
        async def work():
            await ask_async("in a block")
            answered.set()
        worker = asyncio.create_task(work())
        await answered.wait()
try:
    asyncio.run(main())
except promptecho.CassetteMiss as error:
    print("missed:", error.request.body["prompt"])
""",
    "a callback of an event loop": """
async def main():
    loop = asyncio.get_running_loop()
    answered = loop.create_future()
    loop.call_soon(lambda: answered.set_result(ask("called back")))
    await answered
miss(lambda: asyncio.run(main()))
""",
    "an event loop in a thread": """
def story():
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, daemon=True).start()
    answered = threading.Event()
    loop.call_soon_threadsafe(lambda: (ask("called in a thread"), answered.set()))
    answered.wait()
miss(story)
""",
    "an executor of processes": """
def story():
    with ProcessPoolExecutor(1, multiprocessing.get_context("fork")) as pool:
        pool.submit(ask, "in a process").result()
miss(story)
""",
    "a process and its queue": """
def work(tasks, answers):
    answers.put(ask(tasks.get()))
def story():
    context = multiprocessing.get_context("fork")
    tasks, answers = context.Queue(), context.Queue()
    context.Process(target=work, args=(tasks, answers), daemon=True).start()
    tasks.put("in a child")
    answers.get()
miss(story)
""",
    "a spawned process and its pipe": """
def work(sender):
    try:
        ask("in a spawned child")
    except promptecho.CassetteMiss:
        sender.recv()  # it lives on, so the pipe stays open
def story():
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe()
    context.Process(target=work, args=(sender,), daemon=True).start()
    receiver.recv()
if __name__ == "__main__":
    miss(story)
""",
    "a child of a child": """
def nested(answers):
    multiprocessing.get_context("spawn").Process(target=work, args=(answers,)).start()
def work(answers):
    answers.put(ask("in a child of a child"))
def story():
    context = multiprocessing.get_context("spawn")
    answers = context.Queue()
    context.Process(target=nested, args=(answers,)).start()
    answers.get()
if __name__ == "__main__":
    miss(story)
""",
    "an event loop that waits for a process": """
def work(answers):
    answers.put(ask("for a loop"))
async def main():
    context = multiprocessing.get_context("fork")
    answers = context.SimpleQueue()
    context.Process(target=work, args=(answers,), daemon=True).start()
    got = asyncio.Event()
    asyncio.get_running_loop().add_reader(answers._reader, got.set)
    await got.wait()
miss(lambda: asyncio.run(main()))
""",
    "a blocked network": """
def story():
    tasks = queue.Queue()
    def work():
        ask(tasks.get())
        tasks.task_done()
    threading.Thread(target=work, daemon=True).start()
    tasks.put("blocked")
    tasks.join()
try:
    with promptecho.block_network():
        story()
except promptecho.NetworkBlocked as error:
    print("blocked:", error.target)
""",
}
NOT_RELEASED = """
def story():
    def work():
        try:
            ask("reported")
        except promptecho.CassetteMiss:
            pass
    worker = threading.Thread(target=work)
    worker.start()
    worker.join()
    exec("time.sleep(0.02)\\n" * 60)  # the main thread moves on from line to line
    print("moved on")
miss(story)
time.sleep(0.5)
print("not interrupted later")
"""


NOT_RELEASED_BY_A_CHILD = """
def work():
    try:
        ask("reported by a child")
    except promptecho.CassetteMiss:
        pass
def story():
    worker = multiprocessing.get_context("fork").Process(target=work)
    worker.start()
    worker.join()
    exec("time.sleep(0.02)\\n" * 60)
    print("moved on")
miss(story)
time.sleep(0.5)
print("not interrupted later")
"""


def run(story: str, path: Path) -> list[str]:
    """What a program printed; it fails where the program hangs."""
    program = path.with_suffix(".py")
    program.write_text(START + story, encoding="utf-8")
    command = [sys.executable, str(program), str(path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, cwd=TESTS)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows cannot interrupt a wait")


@pytest.mark.parametrize("story", STORIES)
def test_the_miss_reaches_the_main_thread(story: str, path: Path) -> None:
    (line,) = run(STORIES[story], path)
    assert line.startswith(("missed: ", "blocked: http://127.0.0.1:9"))


@pytest.mark.parametrize("kind", ["ThreadPool", "fork"])
def test_a_miss_in_a_pool_is_the_answer_of_its_task(kind: str, path: Path) -> None:
    assert run(MAPPED.format(pool=POOLS[kind], function="ask"), path) == ["missed: in a pool"]


@pytest.mark.parametrize("kind", POOLS)
def test_pools_work_as_before_while_a_cassette_is_open(kind: str, path: Path) -> None:
    story = f"""
def story():
    with {POOLS[kind]} as pool:
        print(pool.map(str, [1, 2]), pool.apply_async(divmod, (7, 2)).get(60))
        try:
            pool.apply(int, ("no number",))
        except ValueError as error:
            print(error)
if __name__ == "__main__":
    miss(story)
"""
    assert run(story, path) == [
        "['1', '2'] (3, 1)",
        "invalid literal for int() with base 10: 'no number'",
    ]


def test_a_main_thread_that_moves_on_is_not_interrupted(path: Path) -> None:
    assert run(NOT_RELEASED, path) == ["moved on", "missed: reported", "not interrupted later"]


def test_a_main_thread_that_moves_on_after_a_child_is_not_interrupted(path: Path) -> None:
    lines = ["moved on", "missed: reported by a child", "not interrupted later"]
    assert run(NOT_RELEASED_BY_A_CHILD, path) == lines
