"""The pytest plugin: one cassette per test.

A test with the fixture ``promptecho_cassette`` or the marker ``promptecho`` records to and replays
from ``cassettes/<test name>.yaml`` beside the test file::

    def test_summarize(promptecho_cassette):
        assert "cat" in summarize("The cat sat on the mat.")
        assert len(promptecho_cassette.sent) == 1

    @pytest.mark.promptecho(mode="new_episodes", on_drift="raise")
    def test_translate(): ...

The marker takes every option of `promptecho.use_cassette`, and ``path``, relative to the folder of
the test file. Markers of a module, class and function are merged; the marker closest to the test
wins. The fixture ``promptecho_options`` in a conftest sets options for many tests.

The record mode is the first of these that is set:

1. the environment variable ``PROMPTECHO_MODE``
2. the command line option ``--promptecho-mode``
3. ``mode`` of the marker, and after it of the fixture ``promptecho_options``
4. the ini option ``promptecho_mode``
5. ``none`` in CI, ``once`` elsewhere. It is CI if the environment variable ``CI``, or a variable of
   a service that does not set it, such as ``TF_BUILD``, is set and not one of ``0``, ``false``,
   ``no``, ``off``.

The same order holds in a run for `promptecho.use_cassette` as a decorator and as a ``with`` block,
and for `promptecho.Recorder`: in the third place is their own ``mode``. Their relative paths are
relative to the folder of the test file, and the summary counts them.

Other ini options: ``promptecho_directory`` (``cassettes``), ``promptecho_layout`` (``flat``, or
``module`` for ``cassettes/<module>/<test name>.yaml``), ``promptecho_match_on``,
``promptecho_match_host``, ``promptecho_match_headers``, ``promptecho_redact_query``,
``promptecho_ignore_query``, ``promptecho_keep_query``, ``promptecho_redact_members``,
``promptecho_keep_members`` (as the options of `use_cassette`),
``promptecho_block_network`` (also ``--promptecho-block-network``: block every call that no cassette
records), ``promptecho_allowed_hosts`` (also ``--promptecho-allowed-hosts``), ``promptecho_guard``
(what is done in CI about calls that no cassette sees: ``warn`` in the summary, ``error``, ``off``),
``promptecho_unplayed`` (also ``--promptecho-unplayed``: what is done about recordings that no test
has played: ``ignore``, ``warn`` in the summary, ``fail`` the run), ``promptecho_vcr_aliases`` (the
names of pytest-recording, for projects that come from it).

``fuzzy=0.9``, or ``PROMPTECHO_FUZZY=0.9``, answers a request without a recording from the closest
one, outside of CI; ``--promptecho-strict`` fails a run in which this has happened.

``--promptecho-accept`` answers edited prompts with the nearest recorded answers, and writes the new
requests of tests that passed into their cassettes. ``--promptecho-baseline=FILE`` expects the tests
that FILE lists to fail because of stale recordings. In mode ``verify`` each replayed call is also
made, and the answers are compared; ``--promptecho-verify-max=N`` limits the calls.

The fixture ``llm_snapshot`` is `promptecho.llm_snapshot`. ``--promptecho-update-snapshots``
replaces the stored snapshots that fail.

While a test can only replay, the plugin sets placeholder API keys for known providers whose keys
are not set, so that SDKs can construct clients. It sets none while a test may record.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Generator
from typing import TYPE_CHECKING, Any

import pytest

from ._pytest import (
    baseline,
    cassette_paths,
    run_record,
    snapshots,
    summary,
    tracebacks,
    verify_report,
)
from ._pytest import run as _run
from ._pytest import settings as _settings
from ._pytest.run import NETWORKS, OPENED

if TYPE_CHECKING:
    from ._session.cassette import Cassette

# pytest leaves the frames of this module out of tracebacks.
__tracebackhide__ = True

_MARKER_HELP = (
    "promptecho(path=None, mode=None, match_on=None, ...): record the test's LLM API calls to a "
    "cassette and replay them; options are those of promptecho.use_cassette"
)


# Fixtures


@pytest.fixture(scope="session")
def promptecho_options() -> dict[str, Any]:
    """Options of `promptecho.use_cassette` for many tests; override it in any scope."""
    return {}


@pytest.fixture
def promptecho_cassette(
    request: pytest.FixtureRequest, promptecho_options: dict[str, Any]
) -> Generator[Cassette, None, None]:
    """The cassette of the test, open until the end of the test."""
    from ._pytest.opened_cassette import Opened

    item = request.node
    opened = Opened(item, request.config.stash[cassette_paths.KEY], promptecho_options)
    item.stash[OPENED] = opened
    yield opened.cassette
    opened.close()


@pytest.fixture
def llm_snapshot() -> Any:
    """The function `promptecho.llm_snapshot`: ``assert answer == llm_snapshot()``."""
    from ._api.llm_snapshot import llm_snapshot

    return llm_snapshot


# A run of tests


def pytest_addoption(parser: pytest.Parser) -> None:
    _settings.add_options(parser)


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    if early_config.getini(_settings.VCR_ALIASES):
        from ._pytest.vcr import switch

        switch.turn_on(early_config.pluginmanager)


def pytest_configure(config: pytest.Config) -> None:
    if config.getini(_settings.VCR_ALIASES):
        from ._pytest.vcr import switch

        switch.check(config.pluginmanager)
    config.addinivalue_line("markers", _MARKER_HELP)
    settings = _settings.settings(config)
    config.stash[_settings.KEY] = settings
    config.stash[NETWORKS] = []
    if settings.block_network:
        _block_network(config, settings.allowed_hosts)
    if os.environ.get("PROMPTECHO_MODE") == "none" and not settings.disabled:
        _set_keys(config)
    config.stash[cassette_paths.KEY] = cassette_paths.claims(config)
    _begin(config, settings)
    config.pluginmanager.register(
        summary.Summary(settings.guard, is_strict=settings.strict), "promptecho-summary"
    )
    config.stash[baseline.KEY] = baseline.configured(config)
    record = run_record.RunRecord(config, settings.unplayed, accepts=settings.accepts)
    config.stash[run_record.RECORD] = record
    config.pluginmanager.register(record, "promptecho-run-record")
    config.pluginmanager.register(verify_report.VerifyReport(), "promptecho-verify-report")
    stored = config.stash[snapshots.KEY] = snapshots.Snapshots(config, updates=settings.updates)
    config.pluginmanager.register(stored, "promptecho-snapshots")


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """pytest-xdist is about to start a worker: tell it what the workers share."""
    cassette_paths.prepare_worker(node.config, node.workerinput)


def _begin(config: pytest.Config, settings: _settings.Settings) -> None:
    """Let every cassette of this process know the run."""
    from ._api import test_run

    run = _run.Run(config, settings)
    config.stash[_run.KEY] = run
    test_run.begin(run)
    config.add_cleanup(lambda: test_run.end(run))


def _block_network(config: pytest.Config, allowed_hosts: tuple[str, ...]) -> None:
    from ._base.errors import CassetteError
    from ._intercept.network_block import Block
    from ._pytest.network import BlockedNetwork

    try:
        network = BlockedNetwork(Block(allowed_hosts))
    except CassetteError as error:
        raise pytest.UsageError(f"promptecho_allowed_hosts: {error}") from None
    config.stash[NETWORKS].append(network)
    config.add_cleanup(network.end)
    network.begin()


def _set_keys(config: pytest.Config) -> None:
    """Set placeholder keys for a whole run that cannot record: modules construct clients too."""
    from ._pytest.placeholder_keys import Placeholders

    keys = Placeholders()
    config.add_cleanup(keys.remove)
    keys.set()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    claims = config.stash[cassette_paths.KEY]
    for item in items:
        names = getattr(item, "fixturenames", None)
        if names is None:
            continue
        if cassette_paths.FIXTURE not in names and item.get_closest_marker(cassette_paths.MARKER):
            names = _with_cassette(item, names)
        if cassette_paths.FIXTURE in names:
            claims.claim(item)
            config.stash[_run.KEY].announced()
    claims.start()
    config.stash[run_record.RECORD].collected(items)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    path = collector.path
    with collector.config.stash[_run.KEY].in_folder(path if path.is_dir() else path.parent):
        report = yield
    for network in collector.config.stash[NETWORKS]:
        network.collected(report)
    return report


def _with_cassette(item: Any, names: list[str]) -> list[str]:
    """Add the fixture to a marked test, as the first of function scope."""
    fixtures = getattr(getattr(item, "_fixtureinfo", None), "name2fixturedefs", {})
    wider = [n for n in names if n in fixtures and fixtures[n][-1].scope != "function"]
    place = 1 + max((names.index(name) for name in wider), default=-1)
    # A new list: the parameters of one test share theirs, and perhaps not all are marked.
    item.fixturenames = [*names[:place], cassette_paths.FIXTURE, *names[place:]]
    return list(item.fixturenames)


# A test


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    with item.config.stash[_run.KEY].in_test(item):
        return (yield)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_fixture_setup(
    fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest
) -> Generator[None, object, object]:
    with request.config.stash[_run.KEY].in_fixture(fixturedef):
        return (yield)


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None, object, object]:
    if OPENED in item.stash:  # from an earlier run of the same test
        del item.stash[OPENED]
    return (yield from _watched(item))


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    return (yield from _watched(item))


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None, object, object]:
    try:
        return (yield from _watched(item))
    finally:
        opened = item.stash.get(OPENED, None)
        if opened is not None and not opened.is_closed:
            opened.close()  # its fixture was not torn down


def _watched(item: pytest.Item) -> Generator[None, object, object]:
    """Report the end of a phase of the test to the open cassette, which may raise."""
    try:
        result = yield
    except BaseException as error:
        _ended(item, error)
        raise
    _unittest_ended(item)
    return result


def _ended(item: pytest.Item, error: BaseException | None) -> None:
    waiting = sys.modules.get("promptecho._intercept.waiting")
    if waiting is not None:
        waiting.release.forget()  # a later test must not get what this one has raised
    opened = item.stash.get(OPENED, None)
    if opened is not None:
        opened.ended(error)
    for network in item.config.stash[NETWORKS]:
        network.ended(error)


def _unittest_ended(item: pytest.Item) -> None:
    """`_ended` for `unittest`, which stores the exception of a test for pytest."""
    caught = getattr(item, "_excinfo", None)
    if not caught:
        return _ended(item, None)
    try:
        raise caught[0].value
    except BaseException as error:
        try:
            _ended(item, error)
        except BaseException:
            caught.clear()  # the new exception replaces it
            raise


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    tracebacks.shorten(item, call)
    report = yield
    run = item.config.stash[_run.KEY]
    listed = item.config.stash[baseline.KEY]
    if report.failed and listed is not None and listed.expects(item.nodeid, run.missed_keys()):
        report.outcome = "skipped"
        vars(report)["wasxfail"] = baseline.REASON
    if call.when == "teardown":
        vars(report)[summary.ATTRIBUTE] = summary.sent(
            run.take_tallies(),
            run.take_unseen(),
            run.take_uses(),
            run.take_misses(),
            run.take_verified(),
        )
    return report
