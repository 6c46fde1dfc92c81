"""A sealed text is read with its key only, and its bytes do not show it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as some

from promptecho._storage.sealed import new_key, seal, unseal


@given(some.text(min_size=16), some.binary(min_size=32, max_size=32))
def test_what_is_sealed_is_unsealed_with_its_key(text: str, key: bytes) -> None:
    sealed = seal(text, key)
    assert unseal(sealed, key) == text
    assert text.encode("utf-8", "surrogatepass") not in sealed
    assert seal(text, key) != sealed


def test_each_session_has_a_key_of_its_own() -> None:
    assert len({new_key() for _ in range(100)}) == 100
