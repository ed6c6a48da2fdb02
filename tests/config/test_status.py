"""Alive, ready, and how the machinery is, in words."""

import json
import os
import subprocess
import time
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import DatabaseError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from config import embedded, status, tasks
from newsletter.models import Confirmation, Delivery, Edition, Issue, Subscriber


@pytest.fixture
def broker(settings, tmp_path):
    """A real one."""
    server = subprocess.Popen(embedded.command(tmp_path))
    while not embedded.answers(embedded.socket_path(tmp_path)):
        time.sleep(0.02)
    settings.REDIS_URL = embedded.url(tmp_path)
    yield server
    server.kill()
    server.wait()


@pytest.fixture(autouse=True)
def _no_broker(settings, tmp_path):
    settings.REDIS_URL = f"unix://{tmp_path}/nobody.sock"
    settings.DATA_DIR = tmp_path


@pytest.fixture
def group(tmp_path):
    """What `serve` says about its processes."""

    def write(pid=None, **down):
        since = timezone.now().isoformat(timespec="seconds")
        children = {
            name: {"pid": 1, "up": name not in down, "since": since, "restarts": 0}
            for name in ("broker", "worker", "beat", "web")
        }
        state = {"pid": pid or os.getpid(), "children": children}
        (tmp_path / "serve.json").write_text(json.dumps(state))

    return write


def ready():
    response = Client().get("/readyz")
    return response.status_code, response.json()


def test_alive_asks_no_database():
    assert Client().get("/healthz").content == b"alive\n"


@pytest.mark.django_db
def test_ready_when_every_part_works(broker):
    status.WORKER.give()
    tasks.heartbeat.delay()

    code, words = ready()

    assert (code, words["ready"]) == (200, True)
    assert words["beat"] == "The clock works."


@pytest.mark.django_db
def test_not_ready_without_a_broker():
    code, words = ready()

    assert (code, words["ready"]) == (503, False)
    assert words["broker"] == "The broker does not answer."
    assert words["worker"] == "The worker cannot be heard without the broker."


@pytest.mark.django_db
def test_a_worker_gone_for_good_is_said_within_two_minutes(broker, time_machine):
    time_machine.move_to(timezone.now(), tick=False)
    status.WORKER.give()

    time_machine.shift(timedelta(minutes=2))

    assert ready()[1]["worker"] == "The worker was last heard 2\xa0minutes ago."


@pytest.mark.django_db
def test_a_worker_never_heard_is_said(broker):
    assert ready()[1]["worker"] == "The worker has not been heard."


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["worker", "beat", "broker"])
def test_a_process_that_serve_starts_again_is_named(name, broker, group):
    group(**{name: "down"})
    status.WORKER.give()
    status.BEAT.give()

    code, words = ready()

    assert code == 503
    assert words[name].endswith("is down and is being started again.")


@pytest.mark.django_db
def test_what_has_just_started_is_ready(broker, group):
    group()

    assert ready()[0] == 200


@pytest.mark.django_db
def test_what_a_dead_serve_left_is_not_believed(broker, group):
    dead = subprocess.Popen(["true"])
    dead.wait()
    group(pid=dead.pid)

    assert ready()[1]["worker"] == "The worker has not been heard."


@pytest.mark.django_db
@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"pid": 1}', '{"pid": "x", "children": 3}'])
def test_a_broken_note_from_serve_breaks_nothing(broker, tmp_path, text):
    (tmp_path / "serve.json").write_text(text)

    assert ready()[0] == 503


def test_not_ready_without_a_database(monkeypatch, publication):
    class Gone:
        def cursor(self):
            raise DatabaseError

    monkeypatch.setattr(status, "connection", Gone())

    assert ready()[1]["database"] == "The database does not answer."


@pytest.mark.django_db
def test_health_names_no_version_address_or_secret(broker, settings, tmp_path):
    text = Client().get("/readyz").content.decode()

    assert str(tmp_path) not in text
    assert settings.SECRET_KEY not in text
    assert not any(character.isdigit() for character in text)


def test_every_pulse_outlives_its_patience():
    status.WORKER.give()

    assert status.WORKER.last() is not None
    assert status.WORKER.patience.total_seconds() < status.KEPT
    assert cache.get("pulse:worker")


def test_the_status_page_says_it_in_words(desk):
    person = Subscriber.objects.create(email="wren@example.com")
    Confirmation.objects.create(
        subscriber=person, status="sent", sent_at=timezone.now() - timedelta(minutes=3)
    )
    Confirmation.objects.create(subscriber=person, reason="ConnectionRefusedError", attempts=1)

    page = desk.get(reverse("admin:status")).content.decode()

    assert "The last mail left 3\xa0minutes ago. One mail is waiting to be sent." in page
    assert "The last try failed (ConnectionRefusedError); it is tried again." in page
    assert "wren@example.com" not in page


def test_the_status_page_leads_to_the_letters_that_need_a_decision(desk):
    weekly = Edition.objects.weekly()
    issue = Issue.objects.create(
        edition=weekly, period=timezone.now(), status="sending", started_at=timezone.now()
    )
    Delivery.objects.create(issue=issue, status="uncertain", reason="worker lost")

    page = desk.get(reverse("admin:status")).content.decode()

    assert "One letter needs a decision" in page
    assert reverse("admin:newsletter_delivery_changelist") in page


def test_a_strangers_mistyped_address_is_nobodys_decision(desk):
    person = Subscriber.objects.create(email="wrne@example.com")
    Confirmation.objects.create(subscriber=person, status="failed", reason="SMTPRecipientsRefused")

    assert "decision" not in desk.get(reverse("admin:status")).content.decode()


def test_strangers_do_not_see_the_status_page(reader, publication):
    assert reader.get(reverse("admin:status")).status_code == 302
