"""A project with pytest-recording: its answers are noted while they are recorded."""

import json
import os
from pathlib import Path

import pytest

ANSWERS = Path(__file__).parent / "answers"


@pytest.fixture(scope="session")
def vcr_config():
    return {
        "filter_headers": ["authorization", ("x-api-key", "HIDDEN")],
        "filter_query_parameters": ["api_key"],
        "decode_compressed_response": True,
        "ignore_hosts": ["metadata.internal"],
    }


@pytest.fixture
def url():
    return os.environ["UPSTREAM"]


@pytest.fixture
def noted(request):
    """Note an answer while it is recorded; later the answer must be the same."""
    path = ANSWERS / f"{request.node.name.replace('/', '-')}.json"

    def note(*answers):
        text = json.dumps(answers)
        if "NOTE_ANSWERS" in os.environ:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
        assert text == path.read_text()

    return note
