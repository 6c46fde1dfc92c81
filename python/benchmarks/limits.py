"""What a legal file near the limit costs: processor seconds per megabyte, to read and to validate.

Each row is one file that repeats one thing, as an attacker or a large request might. `read` is the
full reader, `open` the reader of a session with all recordings used, `validate` the command. Each
figure is the least of some rounds.
"""

from __future__ import annotations

import argparse
import io
import json
import time
from typing import Callable

from promptecho._base.model import CassetteFile, Interaction, RecordedResponse, Request, TextBody
from promptecho._bodies.checksum import checksum
from promptecho._checks.finding import ERROR
from promptecho._checks.validate import findings
from promptecho._format.lazy_reader import opened
from promptecho._format.reader import load
from promptecho._format.writer import dump
from promptecho._matching.request import prepare
from promptecho._matching.rules import default_match_on, matching, rules

from .traffic import events, question

MEGABYTE = 1_000_000
ROUNDS = 3
EVENTS = 5000

FORM = (("content-type", "application/x-www-form-urlencoded"),)
JSON = (("content-type", "application/json"),)
ANSWER = RecordedResponse(200, (), TextBody("answer"), checksum=checksum(TextBody("answer")))


def cassette(body: bytes, headers: tuple[tuple[str, str], ...] = JSON) -> str:
    """The text of a cassette with one recording."""
    request = Request("POST", "https://api.openai.com/v1/chat/completions", headers, body)
    prepared = prepare(request, rules(), matching(default_match_on()))
    item = Interaction(prepared.request, ANSWER)
    return dump(CassetteFile(match_on=default_match_on(), interactions=(item,)))


def with_answer(body: str) -> str:
    """A cassette whose answer has a body of JSON; it has no checksum."""
    lines = cassette(b"{}").splitlines(keepends=True)
    kept = [line for line in lines if not line.startswith("      checksum:")]
    return "".join(kept).replace("      body: answer\n", body)


def a_list(item: str) -> str:
    """One list in flow style."""
    return with_answer(f"      body: [{item * (MEGABYTE // len(item))}1]\n")


def members(pad: str) -> str:
    """Members of a later version, of the file or of an interaction."""
    text = with_answer("      body: answer\n")
    lines = "".join(f"{pad}ext-{number}: value\n" for number in range(MEGABYTE // 16))
    at = "interactions:\n" if not pad else "...\n"
    return text.replace(at, lines + at)


def a_form() -> str:
    """A form body as a tree, in block style."""
    return cassette(b"a=1&" * (MEGABYTE // 56), FORM)


def a_flow_form(items: str, separator: str) -> str:
    """The same tree on one line."""
    head, _, rest = a_form().partition("__form__:\n")
    rest = rest[rest.index("    response:") :]
    pairs = separator.join([items] * (MEGABYTE // len(items + separator)))
    short = cassette(b"a=1&" * pairs.count("["), FORM)
    key = 'match_key: "'
    start, was = head.index(key), short.index(key)
    head = head[:start] + short[was : was + 30] + head[start + 30 :]
    return f"{head}__form__: [{pairs}]\n{rest}"


def a_stream() -> str:
    """Server-sent events, as they are recorded."""
    text = b"".join(events(EVENTS)).decode()
    each = "".join(f"        - '{event}'\n" for event in text.split("\n\n") if event)
    stream = f"      streaming: true\n      framing: sse-lf\n      events:\n{each}"
    plain = with_answer("      body: answer\n")
    return plain.replace("      streaming: false\n      body: answer\n", stream)


FILES: dict[str, Callable[[], str]] = {
    "tight list": lambda: a_list("1,"),
    "spaced list": lambda: a_list("1, "),
    "list of names": lambda: a_list("abc, "),
    "members of an interaction": lambda: members("    "),
    "members of the file": lambda: members(""),
    "form, block style": a_form,
    "form, flow style": lambda: a_flow_form('[a, "1"]', ", "),
    "form, tight flow style": lambda: a_flow_form('[a,"1"]', ","),
    "events": a_stream,
    "chat": lambda: cassette(question(1, MEGABYTE)),
}


def _open(data: bytes) -> None:
    for _ in opened(io.BytesIO(data), "a.yaml").interactions:
        pass


def _validate(data: bytes) -> None:
    wrong = [each for each in findings(data, "a.yaml") if each.severity == ERROR]
    assert not wrong, wrong[:3]


WORK: dict[str, Callable[[bytes], object]] = {
    "open": _open,
    "read": lambda data: load(data, "a.yaml"),
    "validate": _validate,
}


def seconds(work: Callable[[bytes], object], data: bytes, rounds: int) -> list[float]:
    """The processor time of each round, for each megabyte."""
    times = []
    for _ in range(rounds):
        start = time.process_time()
        work(data)
        times.append((time.process_time() - start) / len(data) * MEGABYTE)
    return times


def main() -> None:
    """Print a row for each file; or, of one file, what each round of `validate` took."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.limits", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(FILES)}")
    parser.add_argument("--rounds", type=int, help="print the rounds of `validate` as JSON")
    args = parser.parse_args()
    if args.rounds:
        (name,) = args.names
        print(json.dumps(seconds(_validate, FILES[name]().encode(), args.rounds)))
        return
    print(f"| file | {' | '.join(WORK)} |\n|---|{'---|' * len(WORK)}")
    for name in args.names or FILES:
        data = FILES[name]().encode()
        costs = [min(seconds(work, data, ROUNDS)) for work in WORK.values()]
        print(f"| {name} | {' | '.join(f'{cost:.3f}' for cost in costs)} |", flush=True)


if __name__ == "__main__":
    main()
