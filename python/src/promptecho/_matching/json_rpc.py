"""JSON-RPC, which MCP and A2A speak: which numbers of a call do not count. [RPC-1] [RPC-2]

A client numbers its calls. The numbers are kept in the file, and left out of what is compared.
"""

from __future__ import annotations

from collections.abc import Mapping

from .._base.model import JSON
from .._base.vocabulary import ARRAY
from .normalize.trace import derived
from .rpc_call import is_call

ID = "id"
#: Members of a canonical body in which something of a call may not count.
WITH_NUMBERS = frozenset((ID, "params", ARRAY))
#: What a client says in `params._meta` about itself or this one call. [RPC-2]
_VOLATILE_META = frozenset(
    (
        "progressToken",
        "traceparent",
        "tracestate",
        "baggage",
        "io.modelcontextprotocol/clientInfo",
    )
)
#: Members of `params` that do not count, by the method of the call. [RPC-2]
_VOLATILE_PARAMS = {"notifications/cancelled": "requestId", "initialize": "clientInfo"}


def without_numbers(body: Mapping[str, JSON], *, keep_id: bool = False) -> Mapping[str, JSON]:
    """A canonical body without the volatile members of its calls [RPC-2].

    It is the body itself if it holds none.

    Args:
        body: a canonical body.
        keep_id: whether `id` stays, which an explicit `match_on` names.
    """
    if is_call(body):
        return _call(body, keep_id=keep_id)
    batch = body.get(ARRAY)
    if isinstance(batch, list) and any(map(is_call, batch)):
        calls = [_call(item) if is_call(item) else item for item in batch]
        return {**body, ARRAY: derived(calls, batch)}
    return body


def _call(call: Mapping[str, JSON], *, keep_id: bool = False) -> Mapping[str, JSON]:
    rest = {name: value for name, value in call.items() if keep_id or name != ID}
    params = call.get("params")
    if isinstance(params, dict):
        lasting = _params(params, _VOLATILE_PARAMS.get(call["method"]))
        if params and not lasting:
            del rest["params"]
        else:
            rest["params"] = lasting
    return derived(rest, call)


def _params(params: dict[str, JSON], volatile: str | None) -> dict[str, JSON]:
    rest = {name: value for name, value in params.items() if name != volatile}
    meta = params.get("_meta")
    if isinstance(meta, dict) and not _VOLATILE_META.isdisjoint(meta):
        lasting = {name: value for name, value in meta.items() if name not in _VOLATILE_META}
        if lasting:
            rest["_meta"] = derived(lasting, meta)
        else:
            del rest["_meta"]
    return derived(rest, params)
