"""From the address that a client calls to that of the upstream, and to a cassette.

The path of a request may begin with ``/_cassette/NAME/``, and then with ``/_upstream/HOST/``. What
is left is the path at the upstream. Without a host, the upstream is the first plain ``--upstream``,
else that of the provider whose API has the path. Only upstreams that are known or named are called.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from .._matching.hosts import Hosts
from .providers import HOSTS, PROVIDERS, Provider, provider_of, region_of
from .refusals import Refused

CASSETTE_HEADER = "x-promptecho-cassette"
_CASSETTE = re.compile(r"/_cassette/([^/?]+)(/[^?]*)")
_UPSTREAM = re.compile(r"/_upstream/([^/?]+)(/[^?]*)")
_HOST = re.compile(r"([A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?")
_SEGMENT = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
_MAX_NAME = 200


class Address(NamedTuple):
    """Where a request goes.

    Attributes:
        url: at the upstream, with the query.
        provider: whose shape an error has; None if the path is that of none.
        cassette: the name of a cassette, or None for the current one.
    """

    url: str
    provider: Provider | None
    cassette: str | None


class Upstreams(NamedTuple):
    """The upstreams that a user named, and those of the known providers.

    Attributes:
        default: the URL of the first upstream without a name, or None.
        by_host: the URLs of all named upstreams by host and port.
        by_provider: those of ``NAME=URL``.
    """

    default: str | None
    by_host: dict[str, str]
    by_provider: dict[str, str]

    @classmethod
    def of(cls, given: Iterable[str]) -> Upstreams:
        """The values of the option ``--upstream``.

        Raises:
            ValueError: one of them is no URL, or names no known provider.
        """
        default: str | None = None
        by_host: dict[str, str] = {}
        by_provider: dict[str, str] = {}
        for each in given:
            name, equals, url = each.partition("=")
            if not equals or "://" in name:
                name, url = "", each
            url = _checked(url)
            by_host.setdefault(_host(url), url)
            if name:
                by_provider[_known(name)] = url
            else:
                default = default or url
        return cls(default, by_host, by_provider)

    def and_at(self, urls: Iterable[str]) -> Upstreams:
        """These, and upstreams that only a request with ``/_upstream/`` reaches."""
        more = {_host(each): _checked(each) for each in urls}
        return self._replace(by_host={**more, **self.by_host})

    def base(self, provider: Provider, headers: Mapping[str, str]) -> str:
        """The URL of a provider's API for a request with these headers."""
        named = self.by_provider.get(provider.name)
        if named is not None:
            return named
        region = region_of(headers.get("authorization", ""), os.environ)
        return provider.url.replace("{region}", region)

    def at(self, host: str) -> str:
        """The URL of a host that a client names.

        Raises:
            Refused: it is neither known nor named.
        """
        if _HOST.fullmatch(host) is None:
            raise Refused(f"/_upstream/ is followed by {host!r}, which is no host.")
        host = host.lower()
        if host in self.by_host:
            return self.by_host[host]
        known = next((each.url for each in PROVIDERS if _host(each.url) == host), None)
        if known is not None:
            return known
        if _HOSTS.match(f"https://{host}/"):
            return f"https://{host}"
        raise Refused(
            f"{host} is no upstream that this server knows, so it is not called. Start the server "
            f"with --upstream https://{host}"
        )


_HOSTS = Hosts(HOSTS)


def address(target: str, query: str, headers: Mapping[str, str], upstreams: Upstreams) -> Address:
    """Where a request goes.

    Args:
        target: the path of the request as it was sent, percent-encoded.
        query: the query as it was sent.
        headers: of the request, by their names in lower case.
        upstreams: those that may be called.

    Raises:
        Refused: the address means no upstream, or no cassette.
    """
    if not target.startswith("/"):
        raise Refused(
            "This is the address of promptecho serve, and no proxy: set the base URL of your "
            "client to it."
        )
    cassette = headers.get(CASSETTE_HEADER)
    prefix = _CASSETTE.fullmatch(target)
    if prefix is not None:
        cassette, target = unquote(prefix[1]), prefix[2]
    if cassette is not None:
        check_name(cassette)
    prefix = _UPSTREAM.fullmatch(target)
    rest = target if prefix is None else prefix[2]
    provider = provider_of(rest, headers)
    if prefix is not None:
        base = upstreams.at(unquote(prefix[1]))
    elif provider is not None and provider.name in upstreams.by_provider:
        base = upstreams.base(provider, headers)
    elif upstreams.default is not None:
        base = upstreams.default
    elif provider is not None:
        base = upstreams.base(provider, headers)
    else:
        raise Refused(
            f"No known provider has the path {rest}. Name the upstream: start the server with "
            "--upstream URL, or put /_upstream/HOST before the path."
        )
    return Address(base + rest + (f"?{query}" if query else ""), provider, cassette)


def check_name(name: str) -> None:
    """Refuse a name of a cassette that is not a plain relative path.

    Raises:
        Refused: it may name a file elsewhere.
    """
    is_plain = all(_SEGMENT.fullmatch(each) for each in name.split("/"))
    if not is_plain or len(name) > _MAX_NAME:
        raise Refused(
            f"The name of a cassette is {name[:_MAX_NAME]!r}. It must have at most {_MAX_NAME} "
            "letters, digits, '_', '.' and '-', with '/' between folders, and no segment may begin "
            "with '.' or '-'."
        )


def is_upstream(url: str) -> bool:
    """Whether a URL can be that of an upstream."""
    parts = urlsplit(url)
    is_plain = parts.scheme in ("http", "https") and _HOST.fullmatch(parts.netloc) is not None
    return is_plain and not (parts.query or parts.fragment)


def _checked(url: str) -> str:
    if not is_upstream(url):
        raise ValueError(
            f"--upstream is {url!r}. It must be a URL such as https://api.example.com, without "
            "user, query and fragment, or NAME=URL with the name of a known provider."
        )
    return url.rstrip("/")


def _host(url: str) -> str:
    return urlsplit(url).netloc.lower()


def _known(name: str) -> str:
    names = [each.name for each in PROVIDERS]
    if name not in names:
        raise ValueError(f"--upstream names {name!r}. Known providers: {', '.join(sorted(names))}.")
    return name
