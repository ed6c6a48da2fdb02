"""The letters' cast: people in every state, an edition that is on, and mail that is really sent."""

import re
from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone

from newsletter.models import Edition, Subscriber


@pytest.fixture
def weekly(publication):
    """On since a month; posts of the last ten days are new."""
    now = timezone.now()
    return Edition.objects.create(
        kind=Edition.Kind.WEEKLY,
        since=now - timedelta(days=10),
        switched_on_at=now - timedelta(days=30),
    )


@pytest.fixture
def subscribe(publication):
    """Somebody who said yes: subscribe("marigold", frequency="monthly")."""

    def make(name="marigold", **facts):
        someone = Subscriber.objects.create(email=f"{name}@example.com", **facts)
        someone.confirm()
        return someone

    return make


@pytest.fixture
def sign_up(reader, stamp, publication, django_capture_on_commit_callbacks):
    """Fill in the box as a person does."""

    def send(email, **more):
        with django_capture_on_commit_callbacks(execute=True):
            return reader.post("/newsletter/", {"email": email, "stamp": stamp, **more})

    return send


@pytest.fixture
def commit(django_capture_on_commit_callbacks):
    """What rings after a commit is answered when the block ends."""
    return lambda: django_capture_on_commit_callbacks(execute=True)


@pytest.fixture
def link():
    """The path of the first link of this kind in a mail."""

    def find(kind, mail):
        found = re.search(
            rf"{re.escape(settings.SITE_URL)}(/newsletter/{kind}/[^/\s\"]+/)", mail.body
        )
        return found.group(1)

    return find
