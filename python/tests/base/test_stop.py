"""Exceptions that must reach the test: what they are with pytest, without it, and as copies."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys
from pathlib import Path

import pytest

import promptecho
from promptecho._base.stop import Stop
from support.clients import post_httpx

WITHOUT_PYTEST = """
import sys, promptecho
error = promptecho.NetworkBlocked("h:1")
assert "pytest" not in sys.modules
assert type(error) is promptecho.NetworkBlocked
assert not isinstance(error, Exception)
import pytest
later = promptecho.NetworkBlocked("h:1")
assert isinstance(later, pytest.fail.Exception)
assert isinstance(later, promptecho.NetworkBlocked)
assert not isinstance(later, Exception)
"""


def errors(path: Path) -> list[Stop]:
    with pytest.raises(promptecho.CassetteMiss) as caught:
        with promptecho.use_cassette(path, mode="none"):
            post_httpx("http://x", "hello")
    return [
        caught.value,
        promptecho.NetworkBlocked("h:1"),
        promptecho.CassetteClosed("c.yaml"),
        promptecho.RecordedErrorResponse("c.yaml", "POST", "http://x/", 500, "no"),
    ]


def test_it_is_a_failure_of_pytest_and_no_exception_of_an_sdk(path: Path) -> None:
    for error in errors(path):
        assert isinstance(error, pytest.fail.Exception)
        assert not isinstance(error, Exception)
        assert error.msg == str(error)
        assert type(error).__name__ in promptecho.__all__
        assert type(error).__module__ == "promptecho"


def test_a_copy_is_of_the_same_class_and_says_the_same(path: Path) -> None:
    for error in errors(path):
        for other in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
            assert type(other) is type(error)
            assert str(other) == str(error)
            assert vars(other) == vars(error)


def test_it_is_caught_by_its_public_name_only_once(path: Path) -> None:
    first, second = (type(errors(path)[0]) for _ in range(2))
    assert first is second
    assert issubclass(first, promptecho.CassetteMiss)


def test_without_pytest_it_is_no_failure_of_pytest() -> None:
    subprocess.run([sys.executable, "-c", WITHOUT_PYTEST], check=True)
