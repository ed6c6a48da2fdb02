"""`manage.py read_bounces`: from a pipe, a folder, a file, and a mailbox on a server."""

import io
import mailbox
import os
import ssl
import subprocess
import sys
import time

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError

from newsletter import mailboxes
from newsletter.models import Delivery, MailEvent, Suppression
from newsletter.tasks import read_bounces
from tests.newsletter import returned
from tests.sinks.imap import Imap

OTHER = b"Subject: Hello Sara\n\nWhat a good letter.\n"


@pytest.fixture
def back(weekly, post, subscribe, commit, mailoutbox):
    """A letter that came back."""
    subscribe()
    with commit():
        weekly.send_now()
    return returned.dsn("postfix", mailoutbox[-1].extra_headers["Message-ID"])


@pytest.fixture
def run(capsys, commit, monkeypatch):
    """What the command says: run("--mbox", path), or run(given=mail) for a pipe."""

    def call(*arguments, given=b""):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given)))
        with commit():
            call_command("read_bounces", *map(str, arguments))
        return capsys.readouterr().out

    return call


@pytest.fixture
def imap(back):
    with Imap([OTHER, back, OTHER]) as sink:
        yield sink


def is_suppressed():
    return Suppression.objects.cover(returned.READER)


def test_one_mail_comes_by_a_pipe(run, back):
    assert "One report about our mails was taken in." in run(given=back)
    assert is_suppressed()


@pytest.mark.parametrize("given", [b"", b"\x00\xff", OTHER, OTHER * 100_000])
def test_any_other_mail_in_the_pipe_is_let_go(run, publication, given):
    said = run(given=given)

    assert "One mail was no such report, and was left as it is." in said
    assert not MailEvent.objects.exists()


def test_a_mail_server_is_asked_to_come_again_while_the_database_is_away(run, back, monkeypatch):
    def away(*args):
        raise DatabaseError("marigold@example.com")

    monkeypatch.setattr(MailEvent.objects, "note", away)
    with pytest.raises(SystemExit) as end:
        run(given=back)

    assert end.value.code == 75


def test_a_folder_is_read_and_what_was_understood_is_marked(run, back, tmp_path):
    box = mailbox.Maildir(tmp_path / "box")
    for mail in (back, OTHER):
        box.add(mail)
    box.add(mailbox.MaildirMessage(OTHER))

    said = run("--maildir", tmp_path / "box")
    assert "One report" in said
    assert "2 mails were no such reports" in said
    assert is_suppressed()
    assert [file.name[-3:] for file in (tmp_path / "box/cur").iterdir()] == ["2,S"]
    assert len(list((tmp_path / "box/new").iterdir())) == 2
    assert "0 reports about our mails were taken in." in run("--maildir", tmp_path / "box")


def test_a_file_of_many_mails_is_read_and_not_touched(run, back, tmp_path):
    box = mailbox.mbox(tmp_path / "box")
    for mail in (OTHER, back, back):
        box.add(mail)
    box.close()
    before = (tmp_path / "box").read_bytes()

    assert "2 reports about our mails were taken in." in run("--mbox", tmp_path / "box")
    assert MailEvent.objects.count() == 1
    assert is_suppressed()
    assert (tmp_path / "box").read_bytes() == before


def test_a_mailbox_on_a_server_is_read_and_what_was_understood_is_marked(run, imap):
    said = run("--imap", imap.url)

    assert "One report" in said
    assert "2 mails were no such reports" in said
    assert is_suppressed()
    assert [r"\Seen" in flags for flags in imap.flags] == [False, True, False]


def test_what_is_no_report_is_not_fetched_again(run, imap):
    run("--imap", imap.url)
    run("--imap", imap.url)

    assert sorted(imap.fetched) == [1, 2, 3]


def test_a_server_that_keeps_no_marks_of_ours_is_read_the_newest_first(run, imap, monkeypatch):
    imap.keywords = False
    monkeypatch.setattr(mailboxes, "AT_ONCE", 2)
    run("--imap", imap.url)

    assert imap.fetched == [3, 2]
    assert is_suppressed()


def test_the_clock_reads_the_mailbox_in_the_settings(settings, imap, commit):
    settings.BOUNCE_URL = imap.url
    with commit():
        read_bounces()

    assert is_suppressed()


@pytest.mark.parametrize("url", ["", "imaps://sara:pass@mail.example.org/"])
def test_the_clock_looks_only_where_a_mailbox_is_set(tmp_path, url):
    ask = "from config import settings; print(settings.CELERY_BEAT_SCHEDULE)"
    environment = os.environ | {"DATA_DIR": str(tmp_path), "BOUNCE_URL": url}
    said = subprocess.check_output([sys.executable, "-c", ask], env=environment, text=True)

    assert ("newsletter.tasks.read_bounces" in said) is bool(url)
    assert "pass" not in said


def test_the_command_reads_the_mailbox_in_the_settings(settings, run, imap):
    settings.BOUNCE_URL = imap.url
    assert "One report" in run("--imap")

    settings.BOUNCE_URL = ""
    with pytest.raises(CommandError, match="BOUNCE_URL"):
        run("--imap")


# What goes wrong ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (lambda url: url.replace("pass%20word", "wrong"), "error"),
        (lambda url: url.replace("Came%20back", "Elsewhere"), "ValueError"),
        (lambda url: url.replace("imap:", "imaps:"), "SSLError"),
        (lambda url: url.replace("localhost", "192.0.2.1"), "ValueError"),
        (lambda url: url.replace("imap:", "pop:"), "ValueError"),
        (lambda url: "imap://localhost:1/", "ConnectionRefusedError"),
        (lambda url: "imaps://localhost:port/", "ValueError"),
        (lambda url: "imaps://", "Error"),
    ],
)
def test_what_goes_wrong_is_said_without_an_address_or_a_password(
    run, imap, settings, caplog, change, error
):
    settings.BOUNCE_URL = change(imap.url)
    with pytest.raises(CommandError) as said:
        run("--imap")
    read_bounces()

    assert error in str(said.value)
    assert "the mailbox for bounces" in caplog.text
    for secret in ("sara", "pass", "wrong", "example.org"):
        assert secret not in str(said.value) + caplog.text


def test_nobody_is_believed_whose_certificate_is_not_trusted(run, back, tmp_path):
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost"),
            *("-keyout", key, "-out", certificate, "-days", "2"),
        ],
        check=True,
        capture_output=True,
    )
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate, key)
    with (
        Imap([back], tls=tls) as sink,
        pytest.raises(CommandError, match="SSLCertVerificationError"),
    ):
        run("--imap", sink.url)


@pytest.mark.parametrize(
    ("command", "drips"),
    [
        *[(command, False) for command in ("greeting", "LOGIN", "SEARCH", "FETCH", "STORE")],
        *[(command, True) for command in ("greeting", "FETCH")],
    ],
)
def test_a_server_that_does_not_answer_is_left(run, imap, monkeypatch, command, drips):
    imap.silent_at, imap.drips = command, drips
    monkeypatch.setattr(mailboxes, "SECONDS", 0.5)
    monkeypatch.setattr(mailboxes, "ALL_SECONDS", 1)
    begun = time.monotonic()
    with pytest.raises(CommandError):
        run("--imap", imap.url)

    assert time.monotonic() - begun < 4


@pytest.mark.parametrize("option", ["--maildir", "--mbox"])
def test_a_place_that_is_not_there_is_said(run, publication, tmp_path, option):
    with pytest.raises(CommandError, match="cannot be read"):
        run(option, tmp_path / "nowhere")


def test_without_a_mail_and_without_a_place_it_says_what_it_wants(run, publication, monkeypatch):
    class Keyboard(io.StringIO):
        def isatty(self):
            return True

    monkeypatch.setattr(sys, "stdin", Keyboard())
    with pytest.raises(CommandError, match="by a pipe"):
        call_command("read_bounces")


def test_many_that_read_at_once_count_once(run, imap, back, tmp_path):
    box = mailbox.Maildir(tmp_path / "box")
    box.add(back)
    run("--maildir", tmp_path / "box")
    run("--imap", imap.url)
    run(given=back)

    assert MailEvent.objects.count() == Suppression.objects.count() == 1
    assert Delivery.objects.get().bounced_at
