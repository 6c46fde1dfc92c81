"""Other calls, with requests and urllib."""

import hashlib
import urllib.request

import pytest
import requests


def test_without_a_cassette(vcr):
    assert vcr is None


@pytest.mark.vcr
def test_a_query_with_a_key(url, noted):
    answer = requests.get(f"{url}/search", params={"q": "cats", "api_key": "secret"})
    noted(answer.json())


@pytest.mark.vcr
def test_a_form(url, noted):
    noted(requests.post(f"{url}/form", data={"name": "Ann", "city": "Oslo"}).json())


@pytest.mark.vcr
def test_an_error(url, noted):
    answer = requests.get(f"{url}/missing")
    noted(answer.status_code, answer.reason, answer.text)


@pytest.mark.vcr
def test_a_redirect(url, noted):
    answer = requests.get(f"{url}/moved")
    noted([each.status_code for each in answer.history], answer.json())


@pytest.mark.vcr
def test_a_compressed_answer(url, noted):
    noted(requests.get(f"{url}/gzip").json())


@pytest.mark.vcr
def test_bytes(url, noted):
    noted(hashlib.sha256(requests.get(f"{url}/image").content).hexdigest())


@pytest.mark.vcr
def test_urllib(url, noted):
    with urllib.request.urlopen(f"{url}/urllib") as response:
        noted(response.read().decode())


@pytest.mark.vcr
@pytest.mark.default_cassette("shared.yaml")
def test_a_named_cassette(url, noted):
    noted(requests.get(f"{url}/named").json())


@pytest.mark.vcr(allow_playback_repeats=True)
def test_a_recording_that_repeats(url, vcr, noted):
    noted(requests.get(f"{url}/repeats").json())
    if vcr.write_protected:
        noted(requests.get(f"{url}/repeats").json())


@pytest.mark.vcr
@pytest.mark.block_network
def test_blocked(url, noted):
    noted(requests.get(f"{url}/blocked").json())
