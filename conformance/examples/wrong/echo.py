"""A wrong port: it answers each question with what it was given."""

import json
import sys

HELLO = {"name": "echo", "version": "1", "language": "Python", "protocol": 1}
MODULES = ["aws-eventstream", "files-2.0", "origins", "validate"]
HELLO.update(formats=["2.0", "2.1"], classes=["recorder"], modules=MODULES)

for line in sys.stdin:
    question = json.loads(line)
    answer = {"id": question.get("id"), "ok": question.get("given")}
    print(json.dumps(HELLO if question["op"] == "hello" else answer), flush=True)
