"""Whose posts are taken: the origin rule that stands in for a CSRF cookie."""

import pytest
from django.test import Client

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.config.urls_for_tests")]

OURS = [
    {"Sec-Fetch-Site": "same-origin"},
    {"Sec-Fetch-Site": "same-origin", "Origin": "null"},
    {"Origin": "http://testserver"},
    {"Origin": "http://testserver:80"},
    {"Origin": "http://127.0.0.1:8000"},
]
OTHERS = [
    {},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "none"},
    {"Sec-Fetch-Site": "cross-site", "Origin": "http://testserver"},
    {"Origin": "null"},
    {"Origin": "http://evil.example"},
    {"Origin": "https://testserver"},
    {"Origin": "http://testserver.evil.example"},
    {"Origin": "http://testserver:8001"},
    {"Origin": "http://testserver:port"},
    {"Origin": "http://[testserver"},
    {"Referer": "http://testserver/"},
]


@pytest.fixture(autouse=True)
def _site_url(settings):
    settings.SITE_URL = "http://127.0.0.1:8000"


@pytest.mark.parametrize("headers", OURS)
def test_a_post_from_our_own_page_is_taken(headers):
    assert Client(headers=headers).post("/t/plain/").status_code == 200


@pytest.mark.parametrize("headers", OTHERS)
def test_another_sites_post_is_refused(headers):
    assert Client(headers=headers).post("/t/plain/").status_code == 403


@pytest.mark.parametrize("headers", OTHERS)
def test_a_view_that_gives_text_back_is_told_instead(headers):
    response = Client(headers=headers).post("/t/gentle/")

    assert response.status_code == 200
    assert "doubt=elsewhere" in response.content.decode()


def test_a_hook_is_open_to_everybody_and_is_not_counted():
    client = Client(headers={"Sec-Fetch-Site": "cross-site"})

    assert {client.post("/t/hook/").status_code for _ in range(70)} == {200}


@pytest.mark.parametrize("headers", OTHERS)
def test_reading_is_open_to_everybody(headers):
    assert Client(headers=headers).get("/t/gentle/").status_code == 200


def test_the_sites_address_may_be_written_carelessly(settings):
    settings.SITE_URL = "https://Example.org:443/"

    response = Client(headers={"Origin": "https://example.org"}).post("/t/plain/")

    assert response.status_code == 200
