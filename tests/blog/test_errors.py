"""When something is wrong, a plain page says so and offers one way on."""

import re

import pytest
from django.db import DatabaseError
from django.template.loader import render_to_string
from django.test import Client

from blog import models, views


@pytest.fixture
def stranger():
    return Client(raise_request_exception=False)


def ways_on(page: str) -> list[str]:
    return re.findall(r'<a class="button" href="([^"]+)"', page)


def test_a_wrong_address_is_answered_in_words(stranger, publication):
    response = stranger.get("/nowhere/")

    assert response.status_code == 404
    assert "There is no page at this address" in response.content.decode()


@pytest.mark.parametrize(
    ("view", "status", "words"),
    [
        (views.bad_request, 400, "could not read"),
        (views.forbidden, 403, "could not let that through"),
        (views.not_found, 404, "no page at this address"),
        (views.server_error, 500, "not your fault"),
    ],
)
def test_each_error_page_is_plain_and_offers_one_way_on(rf, publication, view, status, words):
    request = rf.get("/")
    request.publication = publication

    response = view(request)

    assert response.status_code == status
    assert words in response.content.decode()
    assert len(ways_on(response.content.decode())) == 1


@pytest.mark.parametrize("template", ["403.html", "410.html", "429.html"])
def test_pages_that_other_rooms_show_offer_one_way_on(rf, publication, template):
    request = rf.get("/")
    request.publication = publication

    assert len(ways_on(render_to_string(template, {}, request))) == 1


def test_a_strange_host_gets_a_plain_page(stranger, publication):
    response = stranger.get("/", headers={"host": "evil.example"})

    assert response.status_code == 400
    assert "We could not read that" in response.content.decode()
    assert "evil.example" not in response.content.decode()


def test_a_broken_page_shows_the_publication_and_no_trace(stranger, publication, monkeypatch):
    monkeypatch.setattr(views, "_page_of", lambda *args: 1 / 0)

    response = stranger.get("/")

    assert response.status_code == 500
    assert "Slow Signal" in response.content.decode()
    assert "Traceback" not in response.content.decode()


def test_a_database_that_is_down_still_leaves_a_plain_page(stranger, monkeypatch):
    def down(cls=None):
        raise DatabaseError("password of the database")

    monkeypatch.setattr(models.Publication, "current", down)

    response = stranger.get("/")

    assert response.status_code == 500
    assert "Something broke on our side" in response.content.decode()
    assert "password" not in response.content.decode()


def test_the_last_page_stands_without_its_style_sheet(rf, settings):
    manifest = "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"
    settings.STORAGES = settings.STORAGES | {"staticfiles": {"BACKEND": manifest}}
    settings.STATIC_ROOT = "/nonexistent"

    response = views.server_error(rf.get("/"))

    assert response.status_code == 500
    assert "stylesheet" not in response.content.decode()


@pytest.mark.parametrize(
    "path",
    [
        "/.git/config",
        "/db.sqlite3",
        "/settings.py",
        "/media/../settings.py",
        "/media/..%2f..%2fdb.sqlite3",
        "/media/",
        "/2012/07/%2e%2e/",
        "/2012/07/a%00b/",
        "/tags/%ff/",
        "/feed/../admin",
    ],
)
def test_addresses_that_feel_for_files_find_nothing(stranger, publication, path):
    assert stranger.get(path).status_code in {400, 404}
