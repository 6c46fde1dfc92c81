"""What redaction changes in real answers: credentials, and nothing that a model has written.

Each place where an answer of the corpus is changed is in the table, with its reason. Over another
corpus (`PROMPTECHO_CORPUS`) the places are printed, and the rules of the second test hold.
"""

from __future__ import annotations

import collections
import gzip
import os
import re
from typing import NamedTuple

import pytest

from corpus.test_replay_corpus import MATCHING, RULES, Row
from promptecho._matching.request import prepare
from promptecho._session.response import record
from support.paths import CORPUS

pytestmark = pytest.mark.skipif(not CORPUS.exists(), reason=f"the corpus is not at {CORPUS}")

_STORAGE = "response.body.entity.storage.properties.credentials"

#: Places without their indexes: how many answers are changed there, and why.
REASONS = {
    "response.body.access_token": (16, "a token endpoint of Google, IBM or an identity provider"),
    "response.body.id_token": (1, "the same"),
    "response.body.refresh_token": (2, "the same"),
    "response.body.accessToken": (1, "the token endpoint of AWS SSO"),
    "response.body.refreshToken": (1, "the same"),
    "response.body.roleCredentials.secretAccessKey": (2, "temporary credentials of AWS SSO"),
    "response.body.roleCredentials.sessionToken": (2, "the same"),
    f"{_STORAGE}.admin.api_key": (2, "credentials of a storage of IBM"),
    f"{_STORAGE}.admin.secret_access_key": (2, "the same"),
    f"{_STORAGE}.editor.api_key": (2, "the same"),
    f"{_STORAGE}.editor.secret_access_key": (2, "the same"),
    f"{_STORAGE}.viewer.api_key": (2, "the same"),
    f"{_STORAGE}.viewer.secret_access_key": (2, "the same"),
    "response.body.client_secret": (1, "the client secret of a payment of Stripe"),
    "response.body.data[].url": (3, "the signature of a link to a generated image (sig=)"),
    "response.body.upload_url": (3, "the signature and the key id of an upload link of S3"),
}

#: Members under which a model writes, or a tool is called.
_WRITTEN = re.compile(
    r"\.(choices|candidates|output|content|completion|generation|arguments|args|input)\b"
)


class Change(NamedTuple):
    """A place where redaction changed an answer."""

    place: str
    conversation: bool
    shapes: tuple[str, ...]


@pytest.fixture(scope="module")
def changes() -> list[Change]:
    found = []
    with gzip.open(CORPUS, "rt", encoding="utf-8") as lines:
        for row in map(Row, lines):
            talk = prepare(row.request, RULES, MATCHING).conversation
            recorded = record(row.received, RULES, conversation=talk)
            shapes = {each.place: each.shapes for each in recorded.secrets}
            found += [
                Change(place, talk, shapes.get(place, ()))
                for place in recorded.redacted
                if not place.startswith("response.headers")
            ]
    return found


def test_each_change_is_listed_with_its_reason(changes: list[Change]) -> None:
    counts = collections.Counter(re.sub(r"\[\d+\]", "[]", each.place) for each in changes)
    for place, count in sorted(counts.items()):
        print(f"{count:4} {place}: {REASONS.get(place, (0, 'not in the table'))[1]}")
    if "PROMPTECHO_CORPUS" not in os.environ:
        assert counts == {place: count for place, (count, _) in REASONS.items()}


def test_no_model_output_and_no_argument_is_changed_without_a_shape(changes: list[Change]) -> None:
    assert changes
    by_name = [each for each in changes if not each.shapes]
    assert [each for each in by_name if each.conversation] == []
    assert [each for each in by_name if _WRITTEN.search(each.place)] == []
