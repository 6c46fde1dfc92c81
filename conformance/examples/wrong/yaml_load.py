"""A wrong port: a YAML library for the text of a value, with what it does by itself.

It reads by YAML 1.1: `yes` is a boolean, `1_000` and `12:30` are numbers, a date is a date; of two
members of one name the last wins, and anchors, aliases, tags and merge keys mean something. It
writes as the library likes.
"""

import base64
import json
import sys

import yaml


def load(given):
    form = given["bytes"]
    data = form["utf8"].encode() if "utf8" in form else base64.b64decode(form["base64"])
    value = yaml.safe_load(data)
    if given.get("as") == "value":
        return {"value": {"json": json.dumps(value, default=str)}}
    return reading(value)


def reading(file):
    return {
        "format": f"{file['version']}.{file.get('minor', 0)}",
        "incomplete": file.get("incomplete", False),
        "match_on": file["match_on"],
        "interactions": [interaction(each) for each in file["interactions"]],
    }


def interaction(tree):
    request, response = dict(tree["request"]), dict(tree["response"])
    request["body"] = {"json": json.dumps(request["body"], default=str)}
    headers = response["headers"].items()
    response["headers"] = [[n, v if isinstance(v, list) else [v]] for n, v in headers]
    if isinstance(response.get("body"), (dict, list)):
        response["body"] = {"json": json.dumps(response["body"], default=str)}
    return {**tree, "request": request, "response": response}


def emit(given):
    if "cassette" in given:
        return {"text": yaml.safe_dump(given["cassette"], sort_keys=False) + "...\n"}
    return {"text": yaml.safe_dump(json.loads(given["value"]["json"]), sort_keys=False)}


def rejection(error):
    mark = getattr(error, "problem_mark", None)
    at = {"at": {"line": mark.line + 1}} if mark else {}
    return {"code": "yaml.syntax", "message": str(error), **at}


OPERATIONS = {"load": load, "emit": emit}
HELLO = {"name": "yaml.safe_load", "version": "1", "language": "Python", "protocol": 1}
HELLO.update(formats=["2.0", "2.1"], classes=[], modules=["files-2.0"], ops=list(OPERATIONS))

for line in sys.stdin:
    question = json.loads(line)
    if question["op"] == "hello":
        answer = HELLO
    else:
        try:
            answer = {"id": question["id"], "ok": OPERATIONS[question["op"]](question["given"])}
        except (yaml.YAMLError, ValueError, RecursionError) as error:
            answer = {"id": question["id"], "error": rejection(error)}
        except (TypeError, KeyError, AttributeError) as error:
            answer = {"id": question["id"], "error": {"code": "internal", "message": repr(error)}}
    print(json.dumps(answer), flush=True)
