"""Mail that really leaves: a conversation with a server, files, and a doorbell that is broken."""

import socket
import time
from email import message_from_bytes, policy

import pytest
from aiosmtpd.controller import Controller
from django.test import Client

from config.broker import breaker
from newsletter.models import Confirmation, Delivery, Subscriber
from newsletter.tasks import tick


class Sink:
    """An SMTP server on this machine that keeps what it takes, and refuses one name."""

    def __init__(self):
        self.taken = []

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("gone@"):
            return "550 5.1.1 no such person"
        if address.startswith("later@"):
            return "451 4.7.1 greylisted"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        self.taken.append(envelope)
        return "250 taken"


@pytest.fixture
def sink(settings, unused_port):
    sink = Sink()
    server = Controller(sink, hostname="127.0.0.1", port=unused_port)
    server.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", unused_port
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
    yield sink
    server.stop()


def test_a_letter_survives_a_real_conversation(sink, weekly, post, subscribe, commit):
    someone = subscribe("marigold")
    with commit():
        weekly.send_now()

    [envelope] = sink.taken
    letter = message_from_bytes(envelope.content, policy=policy.default)
    assert envelope.rcpt_tos == ["marigold@example.com"]
    assert letter["Subject"] == "Slow Signal: Hot days"
    assert someone.unsubscribe_token in letter.get_body(("plain",)).get_content()


def test_each_persons_answer_decides_about_their_mail_only(sink, weekly, post, subscribe, commit):
    for name in ("gone", "later", "marigold"):
        subscribe(name)
    with commit():
        weekly.send_now()

    states = {d.subscriber.email: d.status for d in Delivery.objects.all()}
    assert states == {
        "gone@example.com": "failed",
        "later@example.com": "queued",
        "marigold@example.com": "sent",
    }


def test_an_address_of_another_alphabet_survives_a_real_conversation(sink, sign_up):
    sign_up("marigold@bücher.example")

    assert sink.taken[0].rcpt_tos == ["marigold@xn--bcher-kva.example"]


def test_a_server_that_is_not_there_only_delays(settings, sign_up, unused_port):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", unused_port
    sign_up("marigold@example.com")

    confirmation = Confirmation.objects.get()
    assert (confirmation.status, confirmation.reason) == ("queued", "ConnectionRefusedError")


@pytest.fixture
def unused_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def mail_folder(settings, tmp_path):
    settings.EMAIL_BACKEND = "newsletter.carriers.FileBackend"
    settings.EMAIL_FILE_PATH = str(tmp_path / "mail")
    return tmp_path / "mail"


def test_by_default_each_mail_is_a_file_to_read(mail_folder, sign_up):
    sign_up("marigold@example.com")

    [file] = mail_folder.iterdir()
    mail = message_from_bytes(file.read_bytes(), policy=policy.default)
    assert file.suffix == ".eml"
    assert mail["Subject"] == "Please confirm: Slow Signal by e-mail"


def test_a_folder_that_cannot_be_written_only_delays(mail_folder, sign_up):
    mail_folder.write_text("in the way")
    sign_up("marigold@example.com")

    assert Confirmation.objects.get().status == "queued"


@pytest.fixture
def broken_doorbell():
    """Rings go to a Redis that is not there, as they would in production."""
    from config.celery import app

    app.conf.task_always_eager = False
    breaker.reset()
    yield
    breaker.reset()
    app.conf.task_always_eager = True


@pytest.mark.django_db(transaction=True)
def test_without_a_broker_a_sign_up_is_answered_and_its_mail_leaves_at_the_next_tick(
    publication, stamp, mailoutbox, broken_doorbell
):
    reader = Client(headers={"Sec-Fetch-Site": "same-origin"})
    start = time.monotonic()
    for number in range(8):
        form = {"email": f"reader{number}@example.com", "stamp": stamp}
        assert reader.post("/newsletter/", form).status_code == 303
    assert time.monotonic() - start < 8 * 1.0
    assert mailoutbox == []

    from config.celery import app

    app.conf.task_always_eager = True
    breaker.reset()
    tick()
    assert len(mailoutbox) == Subscriber.objects.count() == 8
