"""How often one client may post, and what we remember of it."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.test import Client, RequestFactory
from django.urls import reverse

from config import limits, middleware

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.config.urls_for_tests")]
IP = "203.0.113.77"


@pytest.fixture
def clinic():
    """One address, many people."""
    return Client(headers={"Sec-Fetch-Site": "same-origin"}, REMOTE_ADDR=IP)


def asked(client, path="/t/gentle/"):
    return "retry=None" in client.post(path).content.decode()


MOST = limits.limit_of("comments:reply").times


def test_all_patients_of_one_clinic_get_through(clinic, time_machine):
    time_machine.move_to("2026-11-23 10:00:00+00:00", tick=False)

    assert all(asked(clinic) for _ in range(MOST))


def test_the_next_one_waits_and_is_told_how_long(clinic, time_machine):
    time_machine.move_to("2026-11-23 10:04:00+00:00", tick=False)
    for _ in range(MOST):
        clinic.post("/t/gentle/")

    assert "retry=0:06:00" in clinic.post("/t/gentle/").content.decode()


def test_ten_minutes_later_everybody_is_welcome_again(clinic, time_machine):
    time_machine.move_to("2026-11-23 10:00:00+00:00", tick=False)
    for _ in range(MOST + 1):
        clinic.post("/t/gentle/")

    time_machine.shift(timedelta(minutes=10))

    assert asked(clinic)


def test_somebody_elsewhere_is_not_held_up(clinic):
    for _ in range(MOST + 1):
        clinic.post("/t/gentle/")

    assert asked(Client(headers={"Sec-Fetch-Site": "same-origin"}, REMOTE_ADDR="203.0.113.78"))


def test_a_view_without_text_answers_429_with_a_time(clinic):
    for _ in range(60):
        clinic.post("/t/plain/")

    response = clinic.post("/t/plain/")

    assert response.status_code == 429
    assert 0 < int(response["Retry-After"]) <= 600


@pytest.mark.parametrize("route", limits.LIMITS)
def test_every_limit_names_a_real_address(route):
    kwargs = {
        "comments:reply": {"slug": "x"},
        "comments:mine": {"token": "x"},
        "comments:change": {"token": "x", "reply": "y"},
        "comments:report": {"public_id": "x"},
        "comments:watch": {"slug": "x"},
        "comments:prove": {"token": "x"},
        "newsletter:follow": {"slug": "x"},
        "newsletter:confirm": {"token": "x"},
        "newsletter:address": {"token": "x"},
        "newsletter:new-address": {"secret": "x"},
    }

    assert reverse(route, kwargs=kwargs.get(route), urlconf="config.urls")


def client_hash(ip, **headers):
    return middleware.client_hash(RequestFactory().get("/", REMOTE_ADDR=ip, headers=headers))


def test_the_hash_of_a_client_is_another_one_tomorrow(time_machine):
    time_machine.move_to("2026-11-23 23:59:00+00:00")
    today = client_hash(IP)

    time_machine.move_to("2026-11-24 00:01:00+00:00")

    assert client_hash(IP) != today


def test_the_hash_needs_the_sites_key(settings):
    before = client_hash(IP)

    settings.SECRET_KEY = "another"

    assert client_hash(IP) != before


def test_one_home_with_ipv6_is_one_client():
    assert client_hash("2001:db8:1:2::1") == client_hash("2001:db8:1:2:ffff::9")
    assert client_hash("2001:db8:1:2::1") != client_hash("2001:db8:1:3::1")


def test_only_a_proxy_on_this_machine_is_believed_and_only_its_last_word():
    assert client_hash("127.0.0.1", **{"X-Forwarded-For": f"6.6.6.6, {IP}"}) == client_hash(IP)
    assert client_hash("6.6.6.6", **{"X-Forwarded-For": IP}) != client_hash(IP)


def _all_keys() -> str:
    """Whatever the cache holds, in plain memory or on the Redis that the suite was given."""
    if isinstance(cache._cache, dict):
        return str(cache._cache)
    return str(cache._cache.get_client().keys("*"))


def test_the_address_itself_is_kept_nowhere(clinic):
    clinic.post("/t/gentle/")

    kept = _all_keys()
    assert "limit:comments:reply:" in kept
    assert IP not in kept
