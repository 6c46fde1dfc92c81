"""A wrong port: a JSON library for the canonical text, with what it does by itself.

No guard: of two members of one name the last wins, large integers and NaN are numbers, nothing is
nested too deep. Names are sorted by code points, and numbers are spelled as the library likes.
"""

import base64
import json
import sys


def canonical(given):
    form = given["bytes"]
    data = form["utf8"].encode() if "utf8" in form else base64.b64decode(form["base64"])
    try:
        value = json.loads(data)
        text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    except ValueError:
        return {"opaque": True}
    except RecursionError:  # where, depends on the version of Python
        text = "too deep"
    return {"canonical": text}


HELLO = {"name": "json.loads", "version": "1", "language": "Python", "protocol": 1}
HELLO.update(formats=["2.1"], classes=[], modules=[], ops=["canonical"])

for line in sys.stdin:
    question = json.loads(line)
    if question["op"] == "hello":
        answer = HELLO
    else:
        answer = {"id": question["id"], "ok": canonical(question["given"])}
    print(json.dumps(answer), flush=True)
