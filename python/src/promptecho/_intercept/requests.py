"""requests: custom adapters, which do not use urllib3.

requests calls `Session.get_adapter` for each call, so every custom adapter is seen. Not replaced
are a plain `HTTPAdapter`, whose calls the urllib3 backend sees, mocks without network access, and
URLs of other protocols. HTTP over a socket file (`http+unix:`, `http+docker:`) stays on the machine
and passes through.
"""

from __future__ import annotations

from http.client import HTTPException, HTTPResponse
from typing import Any

from .._base.model import Request
from .._session.capture import Capture
from .._session.response import ReplayResponse
from .dispatch import Gate, dispatch, dispatched
from .failures import chain, class_names, kind_of_os_error, os_error, raised_from, refined, text
from .http_client_io import ReplaySocket, TeeFile, as_text, read_body, tee_body
from .patches import Patches

#: Kinds for which requests raises `ConnectionError`, or what it raises for another kind.
_NOT_EXACT = frozenset(
    (
        *("connect", "dns", "write", "write-timeout", "pool-timeout"),
        *("protocol", "reset", "closed", "cancelled"),
    )
)

_LOCAL = {
    "requests_mock.adapter.Adapter",
    "starlette.testclient._ASGIAdapter",
    "wsgiadapter.WSGIAdapter",
}


def patch(module: Any, gate: Gate, patches: Patches) -> None:
    """Send every call of a custom adapter through `gate`."""
    plain = module.adapters.HTTPAdapter
    choose = module.Session.get_adapter

    def get_adapter(self: Any, url: str) -> Any:
        chosen = choose(self, url)
        if url.lower().startswith("http+"):
            return _PassingAdapter(chosen)
        if _is_plain(chosen, plain) or _is_local(chosen) or not _is_http(url):
            return chosen
        return _DispatchingAdapter(chosen, plain, gate, module.exceptions)

    patches.replace(module.Session, "get_adapter", get_adapter)


def _is_plain(adapter: Any, plain: Any) -> bool:
    """Whether an adapter uses `HTTPAdapter.send`, or a mock that has replaced it."""
    return getattr(adapter.send, "__func__", None) is plain.send


def _is_local(adapter: Any) -> bool:
    bases = type(adapter).__mro__
    return any(f"{each.__module__}.{each.__qualname__}" in _LOCAL for each in bases)


def _is_http(url: str) -> bool:
    return url.lower().startswith(("http://", "https://"))


class _AdapterProxy:
    """Wraps the adapter of a session for one call."""

    def __init__(self, adapter: Any) -> None:
        self._adapter = adapter

    def __getattr__(self, name: str) -> Any:
        return getattr(self._adapter, name)


class _PassingAdapter(_AdapterProxy):
    """Lets calls pass through."""

    def send(self, request: Any, **options: Any) -> Any:
        token = dispatched.set(True)
        try:
            return self._adapter.send(request, **options)
        finally:
            dispatched.reset(token)


class _DispatchingAdapter(_AdapterProxy):
    """Dispatches calls."""

    def __init__(self, adapter: Any, plain: Any, gate: Gate, errors: Any) -> None:
        super().__init__(adapter)
        self._plain = plain
        self._gate = gate
        self._errors = errors

    def send(self, request: Any, **options: Any) -> Any:
        exchange = _Exchange(self._adapter, self._plain, request, options, self._gate, self._errors)
        return dispatch(exchange, self._gate)


class _Exchange:
    """A request that a session has given to an adapter."""

    def __init__(
        self,
        adapter: Any,
        plain: Any,
        prepared: Any,
        options: dict[str, Any],
        gate: Gate,
        errors: Any,
    ) -> None:
        self._adapter = adapter
        self._errors = errors
        self._plain = plain
        self._prepared = prepared
        self._options = options
        self._gate = gate

    @property
    def url(self) -> str:
        return str(self._prepared.url)

    def request(self) -> Request:
        prepared = self._prepared
        start = getattr(prepared, "_body_position", None)
        data, body = read_body(prepared.body)
        if body is not prepared.body and isinstance(start, int):
            prepared.body.seek(start)  # as requests does for a redirect
        else:
            prepared.body = body
        headers = tuple((as_text(name), as_text(value)) for name, value in prepared.headers.items())
        return Request(prepared.method, self.url, headers, data)

    def replay(self, answer: ReplayResponse) -> Any:
        from urllib3 import HTTPResponse as Urllib3Response

        method = self._prepared.method
        paced = self._gate.options.replay_timing
        original: Any = HTTPResponse(
            ReplaySocket(answer, method, paced=paced),  # type: ignore[arg-type]
            method=method,
        )
        original.begin()
        raw = Urllib3Response(
            body=original,
            headers=original.getheaders(),
            status=original.status,
            version=original.version,
            reason=original.reason,
            preload_content=False,
            decode_content=False,
            original_response=original,
            request_method=method,
        )
        return self._plain.build_response(self._adapter, self._prepared, raw)

    def call(self) -> Any:
        return self._adapter.send(self._prepared, **self._options)

    def failure(self, kind: str) -> BaseException:
        name = class_names("requests")[kind].rpartition(".")[2]
        owned = getattr(self._errors, name, self._errors.ConnectionError)
        return raised_from(owned(text(kind), request=self._prepared), os_error(kind))

    def kind(self, error: BaseException, until: BaseException | None) -> str | None:
        for kind, name in class_names("requests").items():
            if kind not in _NOT_EXACT and type(error).__name__ == name.rpartition(".")[2]:
                return kind
        if not isinstance(error, self._errors.ConnectionError):
            return None
        *_, cause = chain(error, until)
        if isinstance(cause, (ConnectionResetError, BrokenPipeError, HTTPException)):
            return kind_of_os_error(cause, phase="read")
        return refined("connect", error, until)

    def status(self, response: Any) -> int:
        return int(response.status_code)

    def body(self, response: Any) -> bytes:
        try:
            return bytes(response.content)
        except Exception:  # the body is incomplete
            return b""
        finally:
            response.close()

    def record(self, response: Any, capture: Capture) -> Any:
        headers = list(response.headers.items())
        if _is_read(response):  # then its content-encoding is undone
            headers = [pair for pair in headers if pair[0].lower() != "content-encoding"]
        capture.head(response.status_code, response.reason or "", tuple(headers))
        if _is_read(response):
            capture.chunk(response.content)
            capture.end()
        else:
            _tee(response, capture)
        return response


def _is_read(response: Any) -> bool:
    """Whether the body is in memory: the adapter has read it, or made a response without a file.

    A file with reading methods of its own cannot be copied while it is read. Its body is read here.
    """
    raw = response.raw
    if response._content is False and raw is not None:
        return not _has_file(raw)
    return True


def _has_file(raw: Any) -> bool:
    return hasattr(raw, "_fp") or not hasattr(raw, "stream")


def _tee(response: Any, capture: Capture) -> None:
    """Copy the body to the capture below urllib3, where its content-encoding is not undone."""
    raw = response.raw
    original = getattr(raw, "_original_response", None)
    if isinstance(original, HTTPResponse):
        tee_body(original, capture)
    elif hasattr(raw, "_fp"):
        raw._fp = TeeFile(raw._fp, capture)
    else:
        response.raw = TeeFile(raw, capture)
