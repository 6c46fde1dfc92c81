"""The test client calls the app inside this process; only the call to the model is recorded."""

from __future__ import annotations

from typing import Any

import pytest
from app import app
from fastapi.testclient import TestClient


@pytest.fixture
def client() -> TestClient:
    return TestClient(app)


def test_a_refund_goes_to_billing(client: TestClient, promptecho_cassette: Any) -> None:
    response = client.post("/tickets", json={"text": "I want a refund."})
    assert response.json() == {"team": "billing"}
    assert len(promptecho_cassette.sent) == 1


@pytest.mark.promptecho
def test_a_crash_goes_to_the_technical_team(client: TestClient) -> None:
    response = client.post("/tickets", json={"text": "The app crashes when I log in."})
    assert response.json() == {"team": "technical"}


def test_a_ticket_without_text_asks_nobody(client: TestClient) -> None:
    assert client.post("/tickets", json={}).status_code == 422
