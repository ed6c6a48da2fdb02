"""The doctor says in words what to mend."""

import os
import subprocess
import sys
import time

import pytest
from anymail.signals import AnymailTrackingEvent
from django.core.management import call_command

from blog.models import Publication
from config import embedded
from newsletter import domain
from newsletter.models import MailEvent
from newsletter.models.events import MAILBOX
from tests.sinks.imap import Imap

pytestmark = pytest.mark.django_db
RECORDS = {
    ("example.org", "MX"): ["10 mx.example.org."],
    ("example.org", "TXT"): ["v=spf1 mx -all"],
    ("_dmarc.example.org", "TXT"): ["v=DMARC1; p=none"],
}


@pytest.fixture(autouse=True)
def _well(settings, tmp_path, publication, monkeypatch):
    """A public site on which nothing is wrong."""
    server = subprocess.Popen(embedded.command(tmp_path))
    while not embedded.answers(embedded.socket_path(tmp_path)):
        time.sleep(0.02)
    settings.REDIS_URL = embedded.url(tmp_path)
    settings.DATA_DIR = tmp_path
    settings.LOCAL_MODE, settings.HTTPS = False, True
    settings.SECRET_KEY = "long enough " * 5
    settings.EMAIL_URL = "smtp://localhost"
    settings.SITE_URL = "https://example.org"
    Publication.objects.update(from_address="sara@example.org")
    heard = AnymailTrackingEvent(event_type="bounced", event_id="1")
    MailEvent.objects.note(MAILBOX, heard)
    monkeypatch.setattr(domain, "look_up", lambda name, kind: RECORDS.get((name, kind), []))
    yield
    server.kill()
    server.wait()


def doctor(capsys, **options):
    """What it said, and its exit code."""
    try:
        call_command("doctor", **options)
    except SystemExit as end:
        return capsys.readouterr().out, end.code
    return capsys.readouterr().out, 0


def test_nothing_wrong_is_said_too(capsys):
    said, code = doctor(capsys)

    assert "All well." in said
    assert "manage.py doctor --received letter.eml" in said
    assert code == 0


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"SECRET_KEY": "short"}, "Broken: SECRET_KEY is shorter"),
        ({"HTTPS": False}, "Broken: SITE_URL does not begin with https://"),
        ({"EMAIL_URL": "file:/tmp"}, "Broken: EMAIL_URL begins with file:"),
        ({"REDIS_URL": "redis://127.0.0.1:1/0"}, "Broken: The broker does not answer"),
        ({"DATA_DIR": "/proc/nowhere"}, "Broken: /proc/nowhere cannot be written to"),
        ({"EMAIL_URL": "anymail+mandrill://KEY@"}, "Broken: Mandrill cannot give each letter"),
        ({"EMAIL_URL": "anymail+postal://KEY@"}, "Broken: Postal cannot give each letter"),
    ],
)
def test_what_is_broken_is_named_and_fails(capsys, settings, change, words):
    for name, value in change.items():
        setattr(settings, name, value)

    said, code = doctor(capsys)

    assert words in said
    assert code == 1


def test_missing_addresses_are_advice_only(capsys):
    Publication.objects.update(from_address="", postal_address="")

    said, code = doctor(capsys)

    assert "no postal address" in said
    assert "no sender’s address" in said
    assert code == 0


def test_the_senders_domain_is_looked_up_and_what_it_lacks_is_broken(capsys, monkeypatch):
    monkeypatch.setattr(domain, "look_up", lambda name, kind: [])

    said, code = doctor(capsys)

    assert "Broken: example.org has no DMARC record." in said
    assert code == 1


def test_a_company_whose_reports_cannot_be_proved_is_advice(capsys, settings):
    settings.EMAIL_URL = "anymail+mailgun://KEY@mg.example.org"
    said, code = doctor(capsys)
    assert "Advice: Mailgun cannot report which letters came back" in said
    assert "webhook_signing_key" in said and "https://example.org/hooks/mail/mailgun/" in said

    settings.ANYMAIL = {
        "MAILGUN_WEBHOOK_SIGNING_KEY": "K",
        "MAILGUN_SENDER_DOMAIN": "mg.example.org",
    }
    assert "All well." in doctor(capsys)[0]


def test_letters_that_come_back_and_are_read_by_nobody_are_advice(capsys):
    MailEvent.objects.all().delete()
    said, code = doctor(capsys)

    assert "Advice: Letters that come back later are not heard of" in said
    assert code == 0


def test_the_mailbox_that_letters_come_back_to_is_opened(capsys, settings):
    with Imap([]) as sink:
        settings.BOUNCE_URL = sink.url
        assert "All well." in doctor(capsys)[0]

        settings.BOUNCE_URL = sink.url.replace("pass%20word", "wrong")
        said, code = doctor(capsys)

    assert "Broken: The mailbox in BOUNCE_URL cannot be read (error)." in said
    assert code == 1


@pytest.mark.parametrize("change", [{"LOCAL_MODE": True}, {"EMAIL_URL": "file:/tmp"}])
def test_nobody_is_asked_where_no_mail_leaves(capsys, settings, monkeypatch, change):
    asked = []
    monkeypatch.setattr(domain, "look_up", lambda *question: asked.append(question))
    for name, value in change.items():
        setattr(settings, name, value)
    doctor(capsys)

    assert asked == []


def test_a_letter_that_arrived_is_looked_at_alone(capsys, tmp_path):
    letter = tmp_path / "letter.eml"
    letter.write_bytes(b"From: sara@example.org\r\nDKIM-Signature: d=example.org; h=from\r\n\r\n")

    said, code = doctor(capsys, received=str(letter))

    assert "Signed by example.org" in said
    assert "Broken: The letter has no List-Unsubscribe" in said
    assert code == 1


@pytest.mark.parametrize("path", ["/nowhere/letter.eml", "/proc"])
def test_a_letter_that_cannot_be_read_is_said_in_words(capsys, path):
    said, code = doctor(capsys, received=path)

    assert f"Broken: {path} cannot be read" in said
    assert code == 1


def test_missing_migrations_are_named(tmp_path):
    environment = os.environ | {"DATA_DIR": str(tmp_path / "new"), "DATABASE_URL": ""}
    environment.pop("DATABASE_URL")
    result = subprocess.run(
        [sys.executable, "manage.py", "doctor"], env=environment, capture_output=True, text=True
    )

    assert "Run: manage.py migrate" in result.stdout
    assert result.returncode == 1
