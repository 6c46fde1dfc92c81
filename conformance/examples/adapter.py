"""A minimal adapter, as a template: two operations, answered from scratch.

    python conformance/run.py -- python conformance/examples/adapter.py

The adapter is the last 15 lines; above them stands the implementation, which is yours.
"""

import base64
import json
import re
import sys

PLAIN = rb"[A-Za-z0-9._~!$&'()*+,;=:@-]"


def canonical(given):
    """CANON-1, CANON-2: as Python's json writes it, but for the order of names, and numbers."""
    numbers = {"parse_int": number, "parse_float": number, "parse_constant": number}
    try:
        value = json.loads(as_bytes(given["bytes"]).decode(), object_pairs_hook=members, **numbers)
        return {"canonical": write(value, 64)}
    except (ValueError, RecursionError):
        return {"opaque": True}


def members(pairs):
    if len(dict(pairs)) != len(pairs):
        raise ValueError("a name twice")
    return dict(pairs)


def number(token):
    value = float(token)
    if value.is_integer() and abs(value) < 2**53:
        return int(value)
    if value.is_integer() or not abs(value) < 2**53:
        raise ValueError("not finite, or an integer beyond 2^53 - 1")
    return value


def write(value, depth):
    if isinstance(value, (dict, list)) and depth == 0:
        raise ValueError("nested too deep")
    if isinstance(value, dict):
        names = sorted(value, key=lambda name: name.encode("utf-16-be"))
        inner = (f"{write(name, 0)}:{write(value[name], depth - 1)}" for name in names)
        return "{" + ",".join(inner) + "}"
    if isinstance(value, list):
        return "[" + ",".join(write(item, depth - 1) for item in value) + "]"
    text = json.dumps(value, ensure_ascii=False)
    text.encode("utf-8")  # a lone surrogate is a ValueError
    digits, _, power = text.partition("e-") if isinstance(value, float) else (text, "", "")
    if not power:
        return text
    if int(power) > 6:
        return f"{digits}e-{int(power)}"  # 1e-07 is 1e-7, but 1e-05 is 0.00001
    sign = "-" if value < 0 else ""
    return f"{sign}0.{'0' * (int(power) - 1)}{digits.lstrip('-').replace('.', '')}"


def path(given):
    """URL-1."""
    found = re.fullmatch(
        r"(?:[a-zA-Z][a-zA-Z0-9+.-]*:)?(?://[^/?#]*)?([^?#]*).*", given["url"], re.S
    )
    wire = found.group(1).encode("utf-8") or b"/"
    odd = rb"%([0-9A-Fa-f]{2})|(?!" + PLAIN + rb"|/)([\x00-\xff])"
    return {"path": re.sub(odd, octet, wire).decode("ascii")}


def octet(match):
    byte = bytes.fromhex(match.group(1).decode()) if match.group(1) else match.group(2)
    return byte if re.match(PLAIN, byte) else b"%%%02X" % byte[0]


def as_bytes(form):
    return form["utf8"].encode() if "utf8" in form else base64.b64decode(form["base64"])


OPERATIONS = {"canonical": canonical, "path": path}
HELLO = {"name": "example", "version": "1", "language": "Python", "protocol": 1}
HELLO.update(formats=["2.1"], classes=[], modules=[], ops=list(OPERATIONS))

for line in sys.stdin:
    question = json.loads(line)
    if question["op"] == "hello":
        answer = HELLO
    else:
        answer = {"id": question["id"], "ok": OPERATIONS[question["op"]](question["given"])}
    print(json.dumps(answer), flush=True)
