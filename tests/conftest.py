"""The shared cast: Sara who writes and moderates, a reader's browser, a post with questions."""

import os
import threading
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.utils import timezone

from blog.forms import StampInput
from blog.models import Author, Post, Publication
from comments import names
from comments.screening import own


@pytest.fixture(autouse=True)
def _plain_settings(settings, tmp_path, tmp_path_factory):
    """Static files without a manifest, a cache of our own, and no network."""
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    }
    settings.CACHES = _cache_of_our_own(settings.CACHES)
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.STATIC_ROOT = tmp_path_factory.mktemp("static")
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    cache.clear()
    own.forget()
    names.forget()


def _cache_of_our_own(caches):
    """The Redis that the suite was given, a database for each test process; else plain memory."""
    if not os.environ.get("REDIS_URL"):
        return {"default": {"BACKEND": "tests.memory.Memory"}}
    number = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) + 1
    server = caches["default"]["LOCATION"].rpartition("/")[0]
    return {"default": caches["default"] | {"LOCATION": f"{server}/{number}"}}


@pytest.fixture(autouse=True)
def _eager_tasks(settings):
    """A ring is answered at once, in the same process."""
    from config.celery import app

    app.conf.task_always_eager = True
    yield
    app.conf.task_always_eager = False


@pytest.fixture
def publication(db):
    return Publication.objects.update_or_create(
        pk=1,
        defaults={
            "name": "Slow Signal",
            "tagline": "Plain notes on living with MS, by Sara and her readers",
            "time_zone": "Europe/London",
            "postal_address": "1 Quiet Street, London",
        },
    )[0]


@pytest.fixture
def sara(publication):
    """Author and moderator; may do everything in the admin."""
    user = User.objects.create_superuser("sara", password="sara")
    Author.objects.create(name="Sara", slug="sara", user=user)
    return user


@pytest.fixture
def post(sara):
    """A published post with three closing questions."""
    post = Post.objects.create(
        title="Hot days",
        slug="hot-days",
        author=sara.author,
        in_short="Heat slows a bare nerve.\nIt passes.\nCall if it lasts a day.",
        body="Opening words.\n\n## What heat does\n\nIt slows.\n\n## What helps\n\n- shade",
        published_at=timezone.now() - timedelta(days=3),
    )
    for position, text in enumerate(["What cools you?", "When did you learn?", "Who helps?"], 1):
        post.questions.create(position=position, text=text)
    return post


@pytest.fixture
def reader():
    """A stranger's browser: no cookie, and headers as Chromium sends them."""
    return Client(headers={"Sec-Fetch-Site": "same-origin"})


@pytest.fixture
def desk(sara):
    """Sara's browser, logged in to the admin."""
    client = Client(headers={"Sec-Fetch-Site": "same-origin"})
    client.force_login(sara)
    return client


@pytest.fixture
def stamp():
    """A fresh form stamp, as a page would carry it."""
    return StampInput().format_value(None)


@pytest.fixture
def at_once():
    """Do these things at the same moment, each in a thread with its own connection."""

    def run(*things):
        start = threading.Barrier(len(things))
        threads = [threading.Thread(target=_work, args=[start, thing]) for thing in things]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    return run


def _work(start, thing):
    start.wait()
    try:
        thing()
    finally:
        connection.close()
