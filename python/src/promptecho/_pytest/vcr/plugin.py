"""The plugin with pytest-recording's names; `switch` registers it.

A test with the marker ``vcr`` opens the cassette that pytest-recording would open. The fixture
``vcr`` is used by every test, so a marker that a conftest.py adds late counts too.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from ..._base.errors import CassetteError
from ..._intercept.network_block import Block
from ..cassette_paths import KEY, NAMED
from ..network import BlockedNetwork
from ..run import KEY as RUN
from ..run import NETWORKS, OPENED
from ..settings import KEY as SETTINGS
from . import paths
from .allowed_hosts import patterns
from .cassette import VcrCassette
from .opening import SAID, Given, fail, open_cassette, options_of
from .opening import record_mode as mode_of
from .options import MODES

# pytest leaves the frames of this module out of tracebacks.
__tracebackhide__ = True

MARKER, BLOCK = "vcr", "block_network"
_HELP = (
    "vcr(*cassettes, **options): record the calls of a test and replay them; options are those of "
    "vcrpy that promptecho translates",
    "default_cassette(name): the file of the cassette of a test",
    "block_network(allowed_hosts=None): block calls that no cassette records",
    "allowed_hosts: has no effect, as in pytest-recording; name the hosts in block_network",
)


# A run of tests


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("promptecho, with the names of pytest-recording")
    group.addoption("--record-mode", choices=MODES, help="record mode of tests with the marker vcr")
    group.addoption(
        "--block-network", action="store_true", help="block calls that no cassette records"
    )
    group.addoption(
        "--allowed-hosts", metavar="HOSTS", help="hosts that calls may reach then, with commas"
    )
    group.addoption(
        "--disable-recording", action="store_true", help="the same as --promptecho-disable"
    )


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    for line in _HELP:
        config.addinivalue_line("markers", line)
    if config.getoption("--disable-recording"):
        config.option.promptecho_disable = True
    config.stash[SAID] = set()
    _refuse_hook(config)


def _refuse_hook(config: pytest.Config) -> None:
    for each in config.hook.pytest_recording_configure.get_hookimpls():
        raise pytest.UsageError(
            f"{each.plugin_name} has the hook pytest_recording_configure, which gets an object of "
            "vcrpy that promptecho does not have. Remove the hook: promptecho.register_dialect "
            "replaces a matcher, and the options redact_members and redact_patterns of the fixture "
            "promptecho_options replace a persister or serializer that removes secrets."
        )


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> Generator[None, None, None]:
    _refuse_hook(config)
    _claim(config, items)
    yield
    _claim(config, items)  # those that a conftest.py has marked by now


def _claim(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Register the files of the marked tests, as far as the tests alone name them."""
    claims = config.stash[KEY]
    for item in items:
        if NAMED in item.stash or item.get_closest_marker(MARKER) is None:
            continue
        with suppress(ValueError):  # the fixture says what is wrong
            item.stash[NAMED] = Path(paths.file(paths.folder(item.path), paths.name(item)))
        claims.claim(item)
        config.stash[RUN].announced()
    claims.start()


# Fixtures


@pytest.fixture(scope="session")
def record_mode(request: pytest.FixtureRequest) -> str:
    """The record mode of tests that name none: ``--record-mode``, else ``promptecho_mode``."""
    own = request.config.getoption("--record-mode") or request.config.stash[SETTINGS].mode
    return str(MODES.get(own or "none", own))


@pytest.fixture(scope="session")
def disable_recording(request: pytest.FixtureRequest) -> bool:
    """Whether all calls are live."""
    return request.config.stash[SETTINGS].disabled


@pytest.fixture
def vcr_config() -> dict[str, Any]:
    """Options of vcrpy for many tests; override it in any scope."""
    return {}


@pytest.fixture(scope="module")
def vcr_cassette_dir(request: pytest.FixtureRequest) -> str:
    """The folder of the cassettes of a module."""
    return paths.folder(request.path)


@pytest.fixture
def default_cassette_name(request: pytest.FixtureRequest) -> str:
    """The name of the cassette of a test."""
    try:
        return paths.name(request.node)
    except ValueError as error:
        fail(request.node, str(error))


@pytest.fixture
def vcr_markers(request: pytest.FixtureRequest) -> list[pytest.Mark]:
    """The markers ``vcr`` of a test; the first is the closest to it."""
    return list(request.node.iter_markers(MARKER))


@pytest.fixture
def allowed_hosts(request: pytest.FixtureRequest) -> Any:
    """Regular expressions of hosts that may be called under a block."""
    marker = request.node.get_closest_marker(BLOCK)
    config = request.getfixturevalue("vcr_config")
    return (
        (marker is not None and marker.kwargs.get("allowed_hosts"))
        or request.config.getoption("--allowed-hosts")
        or options_of(request.node, config, ()).allowed_hosts
    )


@pytest.fixture(autouse=True)
def block_network(
    request: pytest.FixtureRequest, record_mode: str, vcr_markers: list[pytest.Mark]
) -> Iterator[None]:
    """Block the network in tests that only replay, where the marker or the option says so."""
    item = request.node
    marker = item.get_closest_marker(BLOCK)
    if marker is None and not request.config.getoption("--block-network"):
        yield
        return
    if marker is not None and (marker.args or set(marker.kwargs) - {"allowed_hosts"}):
        fail(item, "the marker block_network takes one option, allowed_hosts=[...]")
    if vcr_markers:
        made = options_of(item, request.getfixturevalue("vcr_config"), vcr_markers)
        if mode_of(request.config, made, record_mode) != "none":
            yield
            return
    with _blocked(item, request.getfixturevalue("allowed_hosts")):
        yield


@contextmanager
def _blocked(item: pytest.Item, expressions: Any) -> Iterator[None]:
    try:
        network = BlockedNetwork(Block(patterns(expressions)))
    except (ValueError, CassetteError) as error:
        fail(item, str(error))
    networks = item.config.stash[NETWORKS]
    networks.append(network)
    network.begin()
    try:
        yield
    finally:
        network.end()
        networks.remove(network)
    network.ended(None)  # what the end of another fixture has swallowed


@pytest.fixture(autouse=True)
def vcr(
    request: pytest.FixtureRequest,
    vcr_markers: list[pytest.Mark],
    vcr_cassette_dir: str,
    record_mode: str,
    disable_recording: bool,
    block_network: None,
    promptecho_options: dict[str, Any],
) -> Iterator[VcrCassette | None]:
    """The cassette of a test with the marker ``vcr``; None in any other test."""
    if disable_recording or not vcr_markers:
        yield None
        return
    item = request.node
    given = Given(
        request.getfixturevalue("vcr_config"),
        vcr_markers,
        vcr_cassette_dir,
        request.getfixturevalue("default_cassette_name"),
        record_mode,
        promptecho_options,
    )
    opened = open_cassette(item, given)
    item.stash[OPENED] = opened
    yield VcrCassette(opened.cassette)
    opened.close()
