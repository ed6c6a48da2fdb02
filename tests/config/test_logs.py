"""Nothing that names a person is ever logged."""

import io
import logging

import pytest
from django.db import IntegrityError
from django.urls import reverse

from newsletter.models import Confirmation
from newsletter.models.states import IssueQuerySet
from newsletter.tasks import freeze

WORDS = "My legs are slow today"
PERSON = "marigold@example.com"
IP = "203.0.113.77"


@pytest.fixture
def log(caplog):
    """All that the site itself would print."""
    caplog.set_level(logging.DEBUG)

    def printed():
        unheard = ("django.request", "django.security", "django.db", "faker", "celery", "kombu")
        return "\n".join(
            logging.Formatter().format(record)
            for record in caplog.records
            if not record.name.startswith(unheard) and record.levelno >= logging.INFO
        )

    return printed


def test_a_reply_leaves_no_trace_of_its_writer_in_the_log(reader, post, stamp, log):
    path = reverse("comments:reply", args=[post.slug])
    facts = {"name": "Marigold Smith", "body": WORDS, "text": WORDS, "stamp": stamp}
    reader.post(path, facts | {"consent": "on", "send": "1"}, REMOTE_ADDR=IP)

    assert "POST comments:reply" in log()
    for secret in (WORDS, "Marigold", IP, post.slug):
        assert secret not in log()


def test_a_post_that_cannot_be_read_is_no_fault_of_ours(reader, publication, log):
    path = reverse("newsletter:sign-up")
    answer = reader.post(path, b"no boundary", content_type="multipart/form-data")

    assert answer.status_code == 400
    assert "afterword.error" not in log() and "MultiPartParserError" not in log()


def test_a_task_that_breaks_says_where_and_not_what_the_error_says(db, monkeypatch):
    printed = logging.StreamHandler(io.StringIO())  # caplog would hear what nobody prints, too
    monkeypatch.setattr(logging.root, "handlers", [printed])

    def broken(_issues):
        raise IntegrityError(f"Key (canonical)=({PERSON}) already exists.")

    monkeypatch.setattr(IssueQuerySet, "freezing", broken)
    freeze.apply(args=[1])

    said = printed.stream.getvalue()
    assert "IntegrityError in newsletter.tasks.freeze" in said and "tasks.py:" in said
    assert PERSON not in said


@pytest.mark.django_db(transaction=True)
def test_a_sign_up_leaves_no_trace_of_the_address_in_the_log(
    reader, publication, stamp, log, monkeypatch
):
    def refused(self, messages):
        raise ConnectionRefusedError(f"{PERSON} refused")

    backend = "django.core.mail.backends.locmem.EmailBackend.send_messages"
    monkeypatch.setattr(backend, refused)
    path = reverse("newsletter:sign-up")
    reader.post(path, {"email": PERSON, "stamp": stamp}, REMOTE_ADDR=IP)

    assert Confirmation.objects.get().attempts == 1
    assert "POST newsletter:sign-up" in log()
    for secret in (PERSON, "marigold", IP):
        assert secret not in log()
