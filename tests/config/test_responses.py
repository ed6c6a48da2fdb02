"""What is on every response, what is in no log, and that readers get no cookie."""

import logging
import re

import pytest
from django.db import DatabaseError
from django.test import Client
from django.urls import reverse

from blog.models import Publication

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.config.urls_for_tests")]
EVERYWHERE = {
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


@pytest.fixture
def static_file(settings, tmp_path):
    settings.STATIC_ROOT = tmp_path / "static"
    settings.STATIC_ROOT.mkdir()
    (settings.STATIC_ROOT / "a.css").write_text("p { color: red }")
    return "/static/a.css"


def looked_at(path, status):
    response = Client(raise_request_exception=False).get(path)
    assert response.status_code == status
    return response


PAGES = [("/", 200), ("/admin/login/", 200), ("/no/such/page/", 404), ("/t/broken/", 500)]


@pytest.mark.parametrize(("path", "status"), PAGES)
def test_every_page_carries_the_headers(publication, path, status):
    response = looked_at(path, status)

    assert {name: response.headers.get(name) for name in EVERYWHERE} == EVERYWHERE
    assert "default-src 'none'" in response.headers["Content-Security-Policy"]
    assert "unsafe" not in response.headers["Content-Security-Policy"]


def test_static_files_carry_them_too(static_file):
    response = looked_at(static_file, 200)

    assert {name: response.headers.get(name) for name in EVERYWHERE} == EVERYWHERE
    assert "default-src 'none'" in response.headers["Content-Security-Policy"]


@pytest.mark.parametrize(("path", "kept"), [("/no/such/page/", False), ("/", True)])
def test_only_djangos_own_page_for_developers_may_style_itself(publication, settings, path, kept):
    settings.DEBUG = True

    assert ("Content-Security-Policy" in Client().get(path).headers) == kept


@pytest.mark.parametrize("path", ["/", "/no/such/page/", "/t/gentle/", "/newsletter/", "/healthz"])
def test_reading_sets_no_cookie_and_asks_for_none(publication, path):
    response = Client(raise_request_exception=False).get(path)

    assert not response.cookies
    assert "Cookie" not in response.headers.get("Vary", "")


def test_a_page_costs_one_query_for_whose_site_it_is(publication, django_assert_num_queries):
    with django_assert_num_queries(1):
        Client().get("/t/gentle/")


def test_the_publications_language_and_zone_hold_on_its_pages(publication):
    Publication.objects.update(language="de", time_zone="Asia/Tokyo")

    assert 'lang="de"' in Client().get(reverse("admin:login")).content.decode()


def test_without_a_database_the_error_page_is_still_drawn(monkeypatch):
    def gone():
        raise DatabaseError

    monkeypatch.setattr(Publication, "current", gone)

    assert "<h1" in looked_at("/t/broken/", 500).content.decode()


def test_a_wrong_host_gets_a_plain_page():
    response = Client(headers={"Host": "evil.example"}).get("/t/gentle/")

    assert response.status_code == 400
    assert "evil.example" not in response.content.decode()


def test_the_access_log_holds_method_route_status_and_time_only(caplog, publication):
    caplog.set_level(logging.INFO, logger="afterword.access")

    Client(headers={"Referer": "http://testserver/secret/"}, REMOTE_ADDR="203.0.113.7").get(
        "/t/gentle/?name=marigold"
    )

    assert len(caplog.messages) == 1
    assert re.fullmatch(r"GET comments:reply 200 \d+ms", caplog.messages[0])


def test_an_error_is_logged_by_its_place_without_its_words(caplog):
    looked_at("/t/broken/", 500)

    ours = "\n".join(r.getMessage() for r in caplog.records if r.name == "afterword.error")
    assert re.search(r"ValueError in broken: .+urls_for_tests\.py:\d+ broken", ours)
    assert "marigold" not in ours


def test_a_missing_page_is_no_error_and_its_path_stays_out_of_the_log(caplog, capfd):
    looked_at("/my/illness/", 404)

    printed = capfd.readouterr()
    assert "illness" not in printed.out + printed.err
    assert not [record for record in caplog.records if record.name == "afterword.error"]
