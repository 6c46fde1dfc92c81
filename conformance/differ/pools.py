"""What is put in the place of a value of a question."""

from __future__ import annotations

METHODS = ("GET", "POST", "PUT", "DELETE", "get", "HEAD", "PATCH")
STATUSES = (200, 201, 204, 301, 304, 400, 401, 404, 429, 500, 503)
#: What a client may put into a URL, or nearly.
URL_PARTS = (
    *(
        "%2f",
        "%zz",
        "%",
        "%E9",
        "%c3%a9",
        "é",
        "//",
        "/../",
        "#x",
        "[",
        "|",
        '"',
        "+",
        ";",
        "=",
        "&",
    ),
    *(
        "?a=b",
        "&a=b",
        "&key=",
        "&token=",
        "key=sk-" + "a" * 40,
        "&A=B&a=c",
        "&api_key=x",
        "%26",
        "%3D",
    ),
    *(
        "REDACTED",
        "&state=1",
        "&limit=10",
        "?",
        ":",
        "@",
        "u:p@",
        "&x",
        "&=",
        "sha256-0123456789ab",
    ),
)
HEADER_NAMES = (
    *(
        "content-type",
        "Content-Type",
        "content-encoding",
        "Authorization",
        "x-api-key",
        "api-revision",
    ),
    *(
        "anthropic-beta",
        "openai-beta",
        "set-cookie",
        "location",
        "retry-after",
        "date",
        "link",
        "etag",
    ),
    *(
        "www-authenticate",
        "range",
        "x-request-id",
        "server",
        "Expires",
        "X-Custom",
        "cache-control",
    ),
)
HEADER_VALUES = (
    *(
        "application/json",
        "text/event-stream",
        "application/x-ndjson",
        "gzip",
        "identity",
        "",
        "a, b",
    ),
    *(
        "text/plain; charset=utf-8",
        "application/json; charset=latin-1",
        "multipart/form-data; boundary=B",
    ),
    *("Bearer sk-" + "a" * 40, "sid=abcdef0123456789abcdef01; Path=/", "application/problem+json"),
    *("https://h/x?token=abcdef0123456789ABCDEF01&y=1", "Wed, 21 Oct 2065 07:28:00 GMT", "5"),
    'Digest realm="r", nonce="abcdef0123456789abcdef01", opaque="x"',
)

#: Members whose values a rule of the protocol fixes, or that other values depend on.
LEFT_ALONE = {
    *(
        "options",
        "mode",
        "as",
        "streaming",
        "binary",
        "framing",
        "match_key",
        "matched_on",
        "digest",
    ),
    *(
        "fails",
        "client",
        "held",
        "end",
        "breaks",
        "stopped",
        "format",
        "incomplete",
        "failure",
        "kind",
    ),
    *("recorded_at", "accepted", "truncated", "layout", "checksum", "delays_ms", "after", "at_ms"),
    *("environ", "match_on", "match_host", "lists", "minor", "dialect", "origin", "recorded_by"),
}
