"""The letters' cast: people in every state, an edition that is on, and mail that is really sent."""

import re
from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone

from config.broker import breaker
from newsletter import carriers
from newsletter.models import Edition, Subscriber
from newsletter.tasks import tick
from tests.newsletter import ways
from tests.sinks.provider import Provider
from tests.sinks.smtp import Smtp


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


@pytest.fixture
def smtp(settings, request):
    """A mail server that does as told, and all mail goes there. See test_faults for its param."""
    with Smtp() as sink:
        sink.pipelining = getattr(request, "param", "at once") == "at once"
        ways.by_smtp(settings, sink)
        yield sink
    carriers.current().close()


@pytest.fixture
def provider():
    """A mail company that does as told: `ways.by_mailgun(settings, provider)`."""
    with Provider() as sink:
        yield sink


@pytest.fixture
def letter_to(weekly, post, subscribe):
    """A started issue to these people: letter_to("marigold", "fern"), or letter_to(100)."""

    def start(*names):
        if names and isinstance(names[0], int):
            names = [f"reader{number:03}" for number in range(names[0])]
        for name in names:
            subscribe(name)
        issue = weekly.compose(timezone.now())
        issue.start()
        return issue

    return start


@pytest.fixture
def later(time_machine):
    """Let time pass, and let everything leave that is due then: later(minutes=5)."""

    def pass_by(**how_long):
        time_machine.move_to(timezone.now() + timedelta(**how_long))
        tick()

    return pass_by


@pytest.fixture(params=[ways.by_mailgun, ways.by_resend])
def company(request, settings, provider):
    """Each mail company that takes batches, and all mail goes there."""
    request.param(settings, provider)
    return provider


@pytest.fixture
def unrung():
    """Nobody answers the doorbell."""
    from config.celery import app

    app.conf.task_always_eager = False
    breaker.reset()
    yield
    breaker.reset()
    app.conf.task_always_eager = True


@pytest.fixture
def use(monkeypatch):
    """Everything goes by this carrier: use(Fake(most=2))."""

    def choose(carrier):
        monkeypatch.setattr(carriers, "current", lambda: carrier)
        return carrier

    return choose
