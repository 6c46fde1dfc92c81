"""Made-up calls of every kind, from a source of chance: requests, answers, and options.

Most bodies are those of a client with members that stand where no client puts them: null, empty, of
another type, of another API. A recorder must cope with all of them.
"""

from __future__ import annotations

import json
import random
from typing import Any, Callable
from urllib.parse import quote, quote_plus

from promptecho._base.model import Request
from promptecho._base.spec_data import data

Headers = tuple[tuple[str, str], ...]

SECRETS = ("sk-" + "Ab3" * 8, "AKIA" + "Q7XW" * 4, "ghp_" + "a1B2" * 9)
WORDS = (
    *(
        "Rome",
        "Oslo",
        "",
        " ",
        "a b",
        "é",
        "日本",
        "😀",
        "null",
        "yes",
        "1.0",
        "0x1f",
        "~",
        "- a",
        "a: b",
    ),
    *(
        "#",
        "line\nline",
        "tab\t",
        "\u2028",
        "\x7f",
        "'",
        '"',
        "REDACTED",
        "sha256-0123456789ab",
        *SECRETS,
    ),
    *(
        f"my key is {SECRETS[0]}",
        "https://a.example/?key=abc&sig=x%2Fy",
        "data:image/png;base64,AAAA",
    ),
)
NUMBERS = (0, 1, -1, 2, 0.5, 1.0, 1e-7, 1e21, 1e300, -0.0, 2**53 - 1)
HOSTS = ("api.example.com", "b.example.com:8443", "API.EXAMPLE.COM", "[::1]:8080")
#: Members that mean something in one dialect or another.
NAMES = tuple(
    dict.fromkeys(
        [
            *data("canonical-members")["body"],
            *(row["from"].split(".")[0] for row in data("chat-paths")["rows"]),
            *(row["name"] for row in data("context-members")["members"]),
            *(
                name
                for key in ("everywhere", "beside_model", "conversations")
                for name in data("volatile")[key]
            ),
            *(
                "input",
                "contents",
                "prompt",
                "text",
                "strict",
                "generationConfig",
                "systemInstruction",
            ),
            *(
                "cache_control",
                "annotations",
                "tool_calls",
                "is_error",
                "id",
                "type",
                "role",
                "content",
            ),
            *("password", "api_key", "client_secret", "token", "__json__", "__raw__", "__form__"),
        ]
    )
)


class Calls:
    """Makes up calls.

    Args:
        seed: the same seed makes the same calls.
    """

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self._kinds: tuple[Callable[[], Request], ...] = (
            *(self.chat, self.messages, self.responses, self.gemini, self.converse, self.ollama)
            * 2,
            *(self.generic, self.form, self.multipart, self.array, self.rpc, self.get, self.other),
            self.get,
        )

    def request(self) -> Request:
        """A request of any kind."""
        return self.chance.choice(self._kinds)()

    # Values

    def one(self, *choices: Any) -> Any:
        return self.chance.choice(choices)

    def maybe(self, share: float = 0.5) -> bool:
        return self.chance.random() < share

    def word(self) -> str:
        return self.chance.choice(WORDS)

    def value(self, depth: int = 2) -> Any:
        kind = self.chance.randrange(8 if depth else 5)
        if kind == 5:
            return [self.value(depth - 1) for _ in range(self.chance.randrange(3))]
        if kind > 5:
            names = [self.one(self.word(), *NAMES) for _ in range(self.chance.randrange(3))]
            return {name: self.value(depth - 1) for name in names}
        return (None, self.maybe(), self.chance.choice(NUMBERS), self.word(), self.word())[kind]

    def some(self, **members: Callable[[], Any]) -> dict[str, Any]:
        """Some of these members, in any order."""
        chosen = [name for name in members if self.maybe(0.35)]
        self.chance.shuffle(chosen)
        return {name: members[name]() for name in chosen}

    def several(self, make: Callable[[], Any], most: int = 3) -> list[Any]:
        return [make() for _ in range(self.chance.randrange(most + 1))]

    def disturbed(self, body: Any) -> Any:
        """A body with members that do not belong there, or are of another type, here and there."""
        if not self.maybe(0.4):
            return body
        for _ in range(self.chance.randrange(1, 4)):
            holder = self.chance.choice(list(_holders(body)))
            if isinstance(holder, dict):
                known = self.maybe(0.5) and list(holder)
                holder[self.chance.choice(known or NAMES)] = self.value()
            elif holder and self.maybe():
                holder[self.chance.randrange(len(holder))] = self.value()
            else:
                holder.insert(self.chance.randrange(len(holder) + 1), self.value())
        return body

    # What is sent

    def url(self, path: str, share: float = 0.2) -> str:
        query = f"?{self.query()}" if self.maybe(share) else ""
        return f"{self.one('https', 'http')}://{self.chance.choice(HOSTS)}{path}{query}"

    def query(self) -> str:
        names = (
            *(
                "city",
                "q",
                "key",
                "code",
                "token",
                "state",
                "timestamp",
                "alt",
                "page",
                "api-version",
                "_",
            ),
            *(
                "X-Amz-Date",
                "X-Amz-Signature",
                "sig",
                "se",
                "st",
                "Expires",
                "Policy",
                "beta",
                "a[]",
                "é",
                "a b",
            ),
        )
        fields = []
        for _ in range(self.chance.randrange(5)):
            name = self.one(quote, quote_plus)(self.chance.choice(names), safe=self.one("", "[]"))
            value = self.one(quote, quote_plus)(self.word(), safe=self.one("", "/:"))
            fields.append(self.one(name, f"{name}=", *[f"{name}={value}"] * 5, ""))
        return "&".join(fields)

    def headers(self, content_type: str | None) -> Headers:
        given = self.some(
            **{
                "X-Tenant": lambda: self.one("a", "b"),
                "anthropic-beta": lambda: self.one("x", "x,y"),
                "Range": lambda: "bytes=0-9",
                "Authorization": lambda: "Bearer figs",
                "Api-Revision": lambda: self.one("1", "2"),
            }
        )
        return (*((("content-type", content_type),) if content_type else ()), *given.items())

    def json(self, path: str, body: Any, share: float = 0.15) -> Request:
        text = json.dumps(
            self.disturbed(body),
            ensure_ascii=self.maybe(),
            separators=self.one((",", ":"), (", ", ": ")),
            indent=self.one(None, None, 1),
        )
        content_type = self.one("application/json", "application/json; charset=utf-8", None)
        url = self.url(path, share)
        return Request("POST", url, self.headers(content_type), text.encode("utf-8", "replace"))

    # Parts of chats

    def text_block(self, kind: str = "text") -> dict[str, Any]:
        hint = {"cache_control": {"type": "ephemeral"}} if self.maybe(0.2) else {}
        return {"type": kind, "text": self.word(), **hint}

    def schema(self) -> Any:
        kind = self.one("object", "OBJECT")
        inner = {
            "type": self.one("string", "STRING", ["STRING", "null"]),
            "description": self.word(),
        }
        return {"type": kind, "properties": {self.one("city", "type"): inner}, "required": ["city"]}

    def function(self) -> dict[str, Any]:
        return {
            "name": self.one("weather", "wiki"),
            **self.some(description=self.word, parameters=self.schema, strict=self.maybe),
        }

    def sampling(self) -> dict[str, Any]:
        return self.some(
            temperature=lambda: self.chance.choice(NUMBERS),
            max_tokens=lambda: 9,
            max_completion_tokens=lambda: self.one(9, 10),
            stream=self.maybe,
            user=self.word,
            metadata=lambda: {"a": self.word()},
            store=self.maybe,
            seed=lambda: 1,
            stop=self.word,
            parallel_tool_calls=self.maybe,
            service_tier=lambda: "auto",
            reasoning_effort=lambda: self.one("low", "high"),
            thinking=lambda: self.one({"type": "enabled", "budget_tokens": 9}, True, None),
            response_format=lambda: self.one(
                {"type": "text"}, {"type": "json_object"}, self.value()
            ),
            prompt_cache_key=self.word,
            agent_id=self.word,
            documents=lambda: [self.word()],
            context=lambda: self.one({"a": 1}, [1, 2]),
        )

    # Kinds

    def chat(self) -> Request:
        ids = [f"call_{self.chance.randrange(4)}" for _ in range(2)]

        def call(number: int) -> dict[str, Any]:
            arguments = self.one('{"city": "Rome"}', "{}", "", "{", {"city": "Rome"})
            return {
                "id": ids[number],
                "type": "function",
                "function": {"name": "weather", "arguments": arguments},
            }

        def message() -> dict[str, Any]:
            role = self.one("user", "system", "developer", "assistant", "tool")
            content = self.one(self.word(), self.several(self.text_block), None)
            if role == "assistant" and self.maybe():
                return {
                    "role": role,
                    "content": content,
                    "tool_calls": [call(0), call(1)][: self.one(0, 1, 2)],
                }
            if role == "tool":
                return {"role": role, "tool_call_id": ids[0], "content": content}
            image = {
                "type": "image_url",
                "image_url": {"url": self.one("data:image/png;base64,AAAA", "https://a.example/a")},
            }
            return {"role": role, "content": self.one(content, [self.text_block(), image])}

        tools = {
            "tools": self.several(lambda: {"type": "function", "function": self.function()}),
            "tool_choice": self.one(
                "auto", "none", {"type": "function", "function": {"name": "weather"}}
            ),
        }
        body = {"model": "m", "messages": self.several(message, 4), **self.sampling()}
        path = self.one(
            "/v1/chat/completions", "/openai/deployments/m/chat/completions", "/v2/chat"
        )
        return self.json(path, {**body, **(tools if self.maybe() else {})})

    def messages(self) -> Request:
        def block() -> dict[str, Any]:
            return self.one(
                self.text_block(),
                {
                    "type": "tool_use",
                    "id": "toolu_1",
                    "name": "weather",
                    "input": {"city": self.word()},
                },
                {
                    "type": "tool_result",
                    "tool_use_id": "toolu_1",
                    "content": self.one(self.word(), [self.text_block()]),
                },
                {
                    "type": "image",
                    "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"},
                },
                {"type": "thinking", "thinking": self.word(), "signature": "c2ln"},
            )

        def message() -> dict[str, Any]:
            content = self.one(self.word(), self.several(block))
            return {"role": self.one("user", "assistant"), "content": content}

        body = {
            "model": "m",
            "messages": self.several(message, 4),
            **self.some(
                system=lambda: self.one(self.word(), self.several(self.text_block)),
                tools=lambda: self.several(
                    lambda: {"name": "weather", "input_schema": self.schema()}
                ),
                tool_choice=lambda: self.one({"type": "auto"}, {"type": "any"}),
                mcp_servers=lambda: [{"url": "https://a.example", "authorization_token": "figs"}],
                output_config=lambda: {"effort": "low"},
            ),
            **self.sampling(),
        }
        return self.json(
            self.one("/v1/messages", "/v1/messages/count_tokens", "/model/m/invoke"), body
        )

    def responses(self) -> Request:
        def item() -> dict[str, Any]:
            content = self.one(
                self.word(),
                self.several(lambda: self.text_block(self.one("input_text", "output_text"))),
            )
            return self.one(
                {"role": self.one("user", "system", "developer", "assistant"), "content": content},
                {
                    "type": "message",
                    "role": "user",
                    "content": content,
                    "status": "completed",
                    "id": "msg_1",
                },
                {
                    "type": "function_call",
                    "call_id": "call_1",
                    "id": "fc_1",
                    "name": "weather",
                    "arguments": "{}",
                },
                {
                    "type": "function_call_output",
                    "call_id": "call_1",
                    "output": self.one(self.word(), content),
                },
                {"type": "reasoning", "id": "rs_1", "summary": []},
                {"type": "item_reference", "id": "msg_1"},
            )

        body = {
            "model": "m",
            "input": self.one(self.word(), self.several(item, 4)),
            **self.some(
                instructions=self.word,
                tools=lambda: self.several(lambda: {"type": "function", **self.function()}),
                tool_choice=lambda: self.one("auto", "required", {"mode": "auto"}),
                reasoning=lambda: self.one({"effort": "low"}, {"summary": "auto"}, None),
                text=lambda: {"format": {"type": "text"}, "verbosity": "low"},
                previous_response_id=self.word,
                conversation=lambda: self.one("c1", {"id": "c1"}),
                max_output_tokens=lambda: 9,
            ),
            **self.sampling(),
        }
        return self.json(self.one("/v1/responses", "/openai/responses"), body)

    def gemini(self) -> Request:
        def part() -> dict[str, Any]:
            return self.one(
                {"text": self.word()},
                {"inlineData": {"mimeType": "image/png", "data": "AAAA"}},
                {"functionCall": {"name": "weather", "args": {"city": self.word()}}},
                {"functionResponse": {"name": "weather", "response": {"result": self.word()}}},
            )

        def declaration() -> dict[str, Any]:
            name = self.one("parameters", "parametersJsonSchema", "parameters_json_schema")
            return {"name": "weather", name: self.schema()}

        body = {
            "contents": self.one(
                self.several(
                    lambda: {"role": self.one("user", "model", None), "parts": self.several(part)}
                ),
                [{"parts": [part()]}],
            ),
            **self.some(
                systemInstruction=lambda: {"role": "user", "parts": [part()]},
                system_instruction=lambda: {"parts": [{"text": self.word()}]},
                generationConfig=lambda: self.some(
                    temperature=lambda: 0.5,
                    maxOutputTokens=lambda: 9,
                    responseMimeType=lambda: "application/json",
                    responseSchema=self.schema,
                    responseModalities=lambda: ["TEXT"],
                    thinkingConfig=lambda: {"thinkingBudget": 9},
                    stopSequences=lambda: [self.word()],
                ),
                tools=lambda: [
                    {"functionDeclarations": self.several(declaration)},
                    {"googleSearch": {}},
                ],
                toolConfig=lambda: {"functionCallingConfig": {"mode": self.one("AUTO", "ANY")}},
                safetySettings=lambda: [{"category": "A", "threshold": "B"}],
                cachedContent=self.word,
                labels=lambda: {"a": self.word()},
            ),
        }
        method = self.one("generateContent", "streamGenerateContent", "countTokens")
        return self.json(f"/v1beta/models/m:{method}", body, 0.4)

    def converse(self) -> Request:
        def block() -> dict[str, Any]:
            return self.one(
                {"text": self.word()},
                {"cachePoint": {"type": "default"}},
                {"toolUse": {"toolUseId": "t1", "name": "weather", "input": {}}},
                {
                    "toolResult": {
                        "toolUseId": "t1",
                        "content": [{"text": self.word()}],
                        "status": "success",
                    }
                },
                {"image": {"format": "png", "source": {"bytes": "AAAA"}}},
            )

        body = {
            "messages": self.several(
                lambda: {"role": self.one("user", "assistant"), "content": self.several(block)}, 4
            ),
            **self.some(
                system=lambda: [{"text": self.word()}],
                inferenceConfig=lambda: {"maxTokens": 9, "temperature": 0.5, "stopSequences": []},
                toolConfig=lambda: {
                    "tools": [
                        {"toolSpec": {"name": "weather", "inputSchema": {"json": self.schema()}}}
                    ],
                    "toolChoice": self.one({"auto": {}}, {"any": {}}),
                },
                guardrailConfig=lambda: {"guardrailIdentifier": "g", "guardrailVersion": "1"},
                additionalModelRequestFields=lambda: self.value(),
                requestMetadata=lambda: {"a": "b"},
            ),
        }
        return self.json(
            f"/model/m{self.one(':0', '%3A0')}/{self.one('converse', 'converse-stream')}", body
        )

    def ollama(self) -> Request:
        body = {
            "model": "m",
            **self.some(
                messages=lambda: [{"role": "user", "content": self.word(), "images": ["AAAA"]}],
                prompt=self.word,
                context=lambda: [1, 2, 3],
                options=lambda: {"temperature": 0.5, "num_ctx": 9},
                format=lambda: self.one("json", self.schema()),
                keep_alive=lambda: self.one(0, "5m"),
                think=lambda: self.one(True, "high"),
                stream=self.maybe,
            ),
        }
        return self.json(self.one("/api/chat", "/api/generate"), body)

    def generic(self) -> Request:
        body = {
            "name": self.word(),
            **self.some(
                model=self.word,
                input=lambda: self.value(),
                metadata=lambda: self.value(),
                password=self.word,
                user=self.word,
                nested=lambda: {"api_key": self.word(), "rest": self.value()},
            ),
        }
        return self.json(self.one("/v1/embeddings", "/v1/memories", "/threads", "/"), body)

    def form(self) -> Request:
        text = self.one(
            self.query(), "grant_type=a&client_secret=figs&scope=b", "password=&a=1&a=2"
        )
        headers = self.headers("application/x-www-form-urlencoded")
        return Request("POST", self.url("/oauth/token"), headers, text.encode())

    def multipart(self) -> Request:
        boundary = f"b{self.chance.randrange(10**9)}"
        lines = []
        for _ in range(self.chance.randrange(4)):
            name = self.one("file", "model", "api_key", "é")
            filename = self.one("", '; filename="a.bin"')
            content = self.one(self.word(), '{"a": 1}').encode() + self.one(
                b"", b"\xff\x00", b"\r\n"
            )
            lines += [
                f"--{boundary}".encode(),
                f'Content-Disposition: form-data; name="{name}"{filename}'.encode(),
            ]
            lines += [b"Content-Type: application/json"] if self.maybe(0.3) else []
            lines += [b"", content]
        body = b"\r\n".join([*lines, f"--{boundary}--".encode(), b""])
        headers = self.headers(f"multipart/form-data; boundary={boundary}")
        return Request("POST", self.url("/v1/files"), headers, body)

    def array(self) -> Request:
        return self.json("/v1/many", self.several(self.value))

    def rpc(self) -> Request:
        def call() -> dict[str, Any]:
            made = {
                "jsonrpc": "2.0",
                "method": self.one("tools/call", "tools/list", "notifications/cancelled"),
            }
            made.update(self.some(id=lambda: self.one(1, 2, "a", "1", None, 1.5)))
            meta = {"_meta": {"progressToken": self.one(1, "p")}, "requestId": 1}
            params = {"name": "weather", "arguments": {"city": self.word()}, **self.one({}, meta)}
            return {**made, **({"params": params} if self.maybe() else {})}

        return self.json("/mcp", self.one(call(), call(), [call(), call()]))

    def get(self) -> Request:
        method = self.one("GET", "GET", "HEAD", "DELETE")
        path = self.one("/v1/models", "/weather", "/a%20b/%7Ec", "/", "")
        return Request(method, self.url(path, 0.9), self.headers(None), b"")

    def other(self) -> Request:
        body = self.one(
            b"",
            b"{",
            b"\xff\x00",
            b'{"a": 1, "a": 2}',
            b"[" * 80 + b"]" * 80,
            b"1e999",
            b'"x"',
            b"null",
        )
        text = self.one(
            body, self.word().encode(), b'{"n": 12345678901234567890}', b'{"a": "\\ud800"}'
        )
        content_type = self.one("application/json", "text/plain", "application/octet-stream", None)
        return Request(
            self.one("POST", "PUT", "PATCH"),
            self.url("/v1/other"),
            self.headers(content_type),
            text,
        )

    # Answers and options

    def answer(self) -> tuple[int, Headers, tuple[bytes, ...]]:
        """The status, headers and chunks of an answer."""
        text = json.dumps(self.value(3), ensure_ascii=self.maybe(), indent=self.one(None, None, 2))
        content_type, body = self.one(
            ("application/json", text.encode("utf-8", "replace")),
            ("application/json; charset=utf-8", b'{"id": "a", "n": 1.50, "token": "x"}'),
            (
                "text/event-stream",
                f"event: a\ndata: {json.dumps(self.value())}\n\ndata: [DONE]\n\n".encode(),
            ),
            ("text/event-stream", b": hi\r\n\r\ndata: a"),
            ("application/x-ndjson", b'{"a": 1}\n{"b": 2}\n'),
            ("text/plain", self.word().encode()),
            ("image/png", b"\x89PNG\xff"),
            ("application/json", b""),
        )
        cut = self.chance.randrange(len(body) + 1)
        extra = self.some(
            **{"Set-Cookie": lambda: "a=figs; Path=/", "x-request-id": self.word_of_a_header}
        )
        chunks = tuple(each for each in (body[:cut], body[cut:]) if each)
        return (
            self.one(200, 200, 200, 404, 429),
            (("content-type", content_type), *extra.items()),
            chunks,
        )

    def word_of_a_header(self) -> str:
        return str(self.one("a", "b c", "1.0", "yes", SECRETS[0]))

    def options(self) -> dict[str, Any]:
        """Options of `use_cassette` that decide how calls are stored and matched."""
        return self.some(
            match_on=lambda: self.one(
                ["*"], ["model", "messages"], ["messages", "max_completion_tokens"], ["documents"]
            ),
            match_host=self.maybe,
            match_headers=lambda: self.one(["x-tenant"], ["Range", "api-revision"]),
            redact_query=lambda: ["city"],
            ignore_query=lambda: ["page", "q"],
            keep_query=lambda: self.one(["*"], ["key", "timestamp"], ["state"]),
            redact_members=lambda: ["name"],
            keep_members=lambda: ["password"],
            redact_patterns=lambda: ["Rome|Oslo"],
            on_secret=lambda: self.one("redact", "warn"),
        )


def _holders(value: Any) -> Any:
    """The objects and arrays in a value, itself first."""
    if isinstance(value, (dict, list)):
        yield value
        for child in list(value.values()) if isinstance(value, dict) else list(value):
            yield from _holders(child)
