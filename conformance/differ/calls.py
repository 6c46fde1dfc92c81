"""Generated calls: requests as SDKs send them and answers as providers give them, from parts.

A call is asked in one of three ways: the key of its request, what is stored of both, or a session
that records it and then asks it again, a little changed.
"""

from __future__ import annotations

from random import Random

from .answers import an_answer
from .parts import Body
from .questions import Question
from .requests import a_request


def call(random: Random) -> Question:
    """A question about one generated call."""
    request = a_request(random)
    way = random.choices(("key", "redact", "encode", "replay"), (5, 5, 2, 2))[0]
    if way == "key":
        given: Body = {"request": request, "options": some_options(random)}
    elif way == "redact":
        given = {"request": request, "response": an_answer(random), "options": some_options(random)}
    elif way == "encode":
        answer = an_answer(random)
        given = {
            "status": answer["status"],
            "headers": answer["headers"],
            "bytes": answer["body"],
            "stopped": random.random() < 0.2,
        }
    else:
        given = a_session(random, request)
    return Question(way, given, "generated")


def a_session(random: Random, request: Body) -> Body:
    """A session that records a call, and others like it."""
    asked = [{"request": request, "upstream": an_answer(random)}]
    for _ in range(random.choice((1, 1, 2, 3))):
        other = request if random.random() < 0.6 else a_request(random)
        asked.append({"request": other, "upstream": an_answer(random)})
    for each in asked:
        if random.random() < 0.1:
            del each["upstream"]
        elif random.random() < 0.1:
            each["upstream"] = {**each["upstream"], "breaks": True}
    mode = random.choice(("once", "new_episodes", "all", "none"))
    options = some_options(random)
    return {"cassette": None, "mode": mode, "options": options, "requests": asked}


def some_options(random: Random) -> Body:
    """Mostly none."""
    choices: tuple[Body, ...] = (
        {"match_on": ["*"]},
        {"match_on": ["model", "messages"]},
        {"match_on": ["model", "context", "temperature"]},
        {"match_host": True},
        {"match_headers": ["x-custom"]},
        {"redact_query": ["limit"]},
        {"ignore_query": ["q"]},
        {"keep_query": ["*"]},
        {"keep_query": ["q"]},
        {"redact_members": ["city"]},
        {"keep_members": ["password"]},
        {"keep_headers": ["server"]},
        {"redact_headers": ["x-custom"]},
        {"on_record_error": "record"},
        {"on_exhausted": "miss"},
    )
    return dict(random.choice(choices)) if random.random() < 0.4 else {}
