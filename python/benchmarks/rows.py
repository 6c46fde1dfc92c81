"""All rows of the table, each with its unit and target.

A question of 1 KB is answered with 1 KB, where nothing else is said.
"""

from __future__ import annotations

from . import processes
from .cassettes import Shape
from .measures import (
    Alone,
    Flat,
    Over,
    OverBare,
    conversation,
    first_call,
    on_large,
    opened,
    play,
    record,
    stream,
)
from .recorders import BY_URL, CASSETTER, JSON_BODY, OLD, TOML, VCRPY
from .table import BARE, LIBYAML, MB, MS, PER_MB, SECONDS, TIMES_CASSETTER, Row

KB = 1000
ONE, HUNDRED, THOUSAND, TEN_THOUSAND = (Shape(n, KB, KB) for n in (1, 100, 1000, 10_000))
ASKED_50, ASKED_1000 = Shape(1, 50 * KB, KB), Shape(1, KB * KB, KB)
ANSWERED_50 = Shape(1, KB, 50 * KB)


def _calls(library: str) -> list[Row]:
    # To spare time, the others are measured with one library.
    only_httpx = library == "httpx"
    others = (BY_URL, VCRPY, OLD) if only_httpx else ()
    long = (JSON_BODY, VCRPY) if only_httpx else (JSON_BODY,)

    def row(name: str, target: float, measure: Over) -> Row:
        return Row(f"{name}, {library}", TIMES_CASSETTER, target, measure)

    def asked(size: str, shape: Shape, repeats: int, same: float, other: float) -> list[Row]:
        task = play(shape, library, repeats, spelled=True)
        spelled = Over(task, shown=long, column="spelled", other_column="seconds")
        return [
            row(f"{size} asked: the same bytes", same, Over(task, shown=long)),
            row(f"{size} asked: another spelling", other, spelled),
        ]

    return [
        row("a call in a cassette of 1", 1.0, Over(play(ONE, library, 5), shown=others)),
        row("a call in a cassette of 100", 1.0, Over(play(HUNDRED, library), shown=others)),
        row("a call in a cassette of 1,000", 1.0, Over(play(THOUSAND, library), shown=others[:1])),
        *asked("50 KB", ASKED_50, 3, 0.8, 2.0),
        *asked("1 MB", ASKED_1000, 1, 0.3, 4.0),
        row("50 KB answered", 1.0, Over(play(ANSWERED_50, library, 3), shown=others[:2])),
        Row(
            f"the first call in 1,000 over the first in 1, {library}",
            "× the first in 1",
            1.2,
            Flat(first_call(ONE, THOUSAND, library)),
        ),
    ]


_STREAM = (VCRPY, OLD)
_FILES = (TOML, VCRPY, OLD)
_LARGE = [("1,000", THOUSAND, 30, 40), ("10,000", TEN_THOUSAND, 100, 200)]

#: Every row, in the order of the table.
ROWS: list[Row] = [
    *_calls("httpx"),
    *_calls("httpx2"),
    Row("open and close 1", TIMES_CASSETTER, 0.7, Over(opened(ONE, 20), shown=(TOML, VCRPY, OLD))),
    Row(
        "open and close 100", TIMES_CASSETTER, 0.25, Over(opened(HUNDRED), shown=(TOML, VCRPY, OLD))
    ),
    Row("open and close 1,000", TIMES_CASSETTER, 0.2, Over(opened(THOUSAND), shown=(TOML, VCRPY))),
    Row(
        "record and save 100, without fsync",
        TIMES_CASSETTER,
        1.3,
        Over(record(HUNDRED, fsync=False), shown=(BY_URL, *_FILES)),
    ),
    Row(
        "record and save 100, with fsync, wall time",
        TIMES_CASSETTER,
        None,
        Over(record(HUNDRED, fsync=True), shown=(BY_URL, *_FILES), column="wall"),
    ),
    Row(
        "a stream of 5,000 events, call only, httpx",
        TIMES_CASSETTER,
        2.0,
        Over(stream("stream", 5000, library="httpx"), shown=_STREAM),
    ),
    Row(
        "the same over a bare client with the same chunks",
        BARE,
        1.1,
        OverBare(stream("stream", 5000, library="httpx"), shown=(CASSETTER, *_STREAM)),
    ),
    Row(
        "a stream of 200 events, OpenAI SDK",
        BARE,
        1.1,
        OverBare(stream("sdk_stream", 200), shown=()),
    ),
    Row("2,000 pytest tests with a cassette each", TIMES_CASSETTER, 0.9, processes.suites),
    Row("2,000 pytest tests without: the idle plugin", MS, None, processes.idle_plugin),
    Row("first cassette of a process", TIMES_CASSETTER, 0.5, processes.first_cassette),
    Row("first pytest run without bytecode", TIMES_CASSETTER, 1.0, processes.first_run),
    *(Row(f"a miss in {n}", MS, most, Alone(on_large("miss", s))) for n, s, most, _ in _LARGE),
    *(
        Row(f"record one call into {n} and save", MS, most, Alone(on_large("add", s)))
        for n, s, _, most in _LARGE
    ),
    Row(
        "a conversation of 50 turns to 1 MB, all over bare httpx",
        MS,
        150,
        Alone(conversation(50, 1_000_000), less_bare=True),
    ),
    Row(
        "peak memory: 10,000 opened, one played, one missed",
        MB,
        25,
        processes.Memory(TEN_THOUSAND),
    ),
    Row("full read of 1,000 files of the corpus", LIBYAML, 0.6, processes.full_read),
    Row("`validate` of 1,000 files of the corpus", SECONDS, 4, processes.validate),
    *(
        Row(f"`validate` near the limit: {name}", PER_MB, most, processes.Limit(name))
        for name, most in processes.LIMITS.items()
    ),
]
