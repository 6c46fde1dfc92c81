"""OpenTelemetry, Logfire, Sentry and ddtrace see a replayed call as they see a recorded one.

Each tracer runs in a process of its own: some of them cannot be removed. A story prints what was
traced of a call in a cassette that records, and of one in a cassette that replays.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from support.paths import TESTS
from support.upstream import Upstream, echo

START = """
import asyncio, json, sys, warnings
warnings.simplefilter("ignore")
import httpx
import promptecho
from support.clients import CHAT, PLAIN, question

path, url = sys.argv[1:]

def over_httpx(library=httpx):
    with library.Client(**PLAIN) as client:
        client.post(url + CHAT, json=question("hello")).raise_for_status()

def over_async(library=httpx):
    async def story():
        async with library.AsyncClient(**PLAIN) as client:
            (await client.post(url + CHAT, json=question("hello"))).raise_for_status()
    asyncio.run(story())

def over_http_client():
    import http.client
    connection = http.client.HTTPConnection(url[len("http://"):])
    body = json.dumps(question("hello"))
    connection.request("POST", CHAT, body, {"content-type": "application/json"})
    assert connection.getresponse().read()
    connection.close()

def in_both(name, call, traced):
    for mode in ("all", "none"):
        with promptecho.use_cassette(f"{path}.{name}.yaml", mode=mode) as cassette:
            before = traced()
            call()
            seen = traced() - before
        assert len(cassette.interactions) == 1
        print(json.dumps([name, mode, seen]))
"""
OPENTELEMETRY = """
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor, SyncOpenTelemetryTransport

spans = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(spans))
instrumentor = HTTPXClientInstrumentor()
traced = lambda: len(spans.get_finished_spans())
on = lambda: instrumentor.instrument(tracer_provider=provider)

on()
in_both("before", over_httpx, traced)
in_both("async", over_async, traced)

def removed_inside():
    instrumentor.uninstrument()
    over_httpx()

for mode in ("all", "none"):
    if not instrumentor.is_instrumented_by_opentelemetry:
        on()
    in_both_modes = promptecho.use_cassette(f"{path}.removed.yaml", mode=mode)
    with in_both_modes:
        before = traced()
        removed_inside()
    over_httpx()
    print(json.dumps(["removed", mode, 1 + traced() - before]))

def inside():
    on()
    over_httpx()
    instrumentor.uninstrument()

in_both("inside", inside, traced)

def one_client():
    with httpx.Client(**PLAIN) as client:
        instrumentor.instrument_client(client, tracer_provider=provider)
        client.post(url + CHAT, json=question("hello")).raise_for_status()

in_both("one client", one_client, traced)

def a_transport():
    transport = SyncOpenTelemetryTransport(httpx.HTTPTransport(), tracer_provider=provider)
    with httpx.Client(transport=transport, timeout=60) as client:
        client.post(url + CHAT, json=question("hello")).raise_for_status()

in_both("a transport", a_transport, traced)
"""
LOGFIRE = """
import logfire
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

spans = InMemorySpanExporter()
logfire.configure(send_to_logfire=False, console=False,
                  additional_span_processors=[SimpleSpanProcessor(spans)])
logfire.instrument_httpx()
in_both("before", over_httpx, lambda: len(spans.get_finished_spans()))
"""
SENTRY = """
import sentry_sdk

ended = []
def keep(event, hint):
    ended.extend(each for each in event["spans"] if each["op"] == "http.client")

def traced_call(call):
    def within():
        with sentry_sdk.start_transaction(name="test"):
            call()
    return within

def inside():
    if not sentry_sdk.is_initialized():
        sentry_sdk.init(traces_sample_rate=1.0, before_send_transaction=keep,
                        dsn="http://key@127.0.0.1:9/1")
    traced_call(over_httpx)()

traced = lambda: len(ended)
in_both("inside", inside, traced)
in_both("before", traced_call(over_httpx), traced)
in_both("http.client", traced_call(over_http_client), traced)
"""
DDTRACE = """
import http.client
from ddtrace.contrib.internal.httplib.patch import patch, unpatch
from ddtrace.internal.utils.wrappers import iswrapped

calls = []
original = http.client.HTTPConnection.getresponse
import ddtrace.contrib.internal.httplib.patch as integration
wrapper = integration._wrap_getresponse

def counted(func, instance, args, kwargs):
    calls.append(1)
    return func(*args, **kwargs)

integration._wrap_getresponse = counted
traced = lambda: len(calls)
patch()
in_both("before", over_http_client, traced)
unpatch()
assert http.client.HTTPConnection.getresponse is original

def inside():
    patch()
    over_http_client()
    unpatch()

in_both("inside", inside, traced)
assert http.client.HTTPConnection.getresponse is original
patch()
for mode in ("all", "none"):
    with promptecho.use_cassette(f"{path}.removed.yaml", mode=mode):
        before = traced()
        over_http_client()
        unpatch()
    over_http_client()
    print(json.dumps(["removed", mode, traced() - before]))
    assert http.client.HTTPConnection.getresponse is original
    patch()
"""
STORIES = {"opentelemetry": OPENTELEMETRY, "logfire": LOGFIRE, "sentry": SENTRY, "ddtrace": DDTRACE}


def results(story: str, path: Path) -> list[Any]:
    with Upstream(echo) as upstream:
        command = [sys.executable, "-c", START + STORIES[story], str(path), upstream.url]
        done = subprocess.run(command, capture_output=True, text=True, cwd=TESTS)
    assert done.returncode == 0, done.stdout + done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.parametrize("story", STORIES)
def test_one_trace_for_a_call_on_record_and_on_replay(story: str, path: Path) -> None:
    found = results(story, path)
    assert found == [[name, mode, 1] for name, mode, _ in found]
    assert len(found) == {"opentelemetry": 12, "logfire": 2, "sentry": 6, "ddtrace": 6}[story]
