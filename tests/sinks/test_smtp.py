"""The SMTP sink does what it promises: else every test that relies on it would promise air."""

import contextlib
import os
import smtplib
import subprocess
import sys
import time

import pytest

from tests.sinks import process
from tests.sinks.smtp import Smtp
from tests.sinks.trouble import FOREVER

LETTER = b"Subject: Hot days\r\nMessage-ID: <d.1@example.org>\r\n\r\n.\r\n..\r\nHeat.\r\n"


@pytest.fixture
def sink():
    with Smtp() as sink:
        yield sink


@pytest.fixture
def call(sink):
    """A connection, and a quick one to lose patience."""
    with contextlib.closing(smtplib.SMTP("127.0.0.1", sink.port, timeout=0.5)) as call:
        yield call


def mail(call, to="marigold@example.com"):
    return call.sendmail("site@example.org", [to] if isinstance(to, str) else to, LETTER)


def test_what_it_takes_it_keeps_to_the_byte(sink, call):
    mail(call)

    [taken] = sink.taken
    assert (taken.recipient, taken.message_id) == ("marigold@example.com", "<d.1@example.org>")
    assert taken.raw == LETTER


def test_an_empty_letter_ends_too(sink, call):
    call.mail("site@example.org")
    call.rcpt("marigold@example.com")
    call.docmd("DATA")

    assert call.docmd(".")[0] == 250
    assert sink.taken[0].raw == b"\r\n"


def test_it_offers_eight_bits_a_size_and_to_hear_all_at_once(call):
    call.ehlo()

    assert set(call.esmtp_features) == {"8bitmime", "size", "pipelining"}


def test_it_counts_connections_not_mails(sink, call):
    for _ in range(3):
        mail(call)
    with smtplib.SMTP("127.0.0.1", sink.port) as second:
        mail(second)

    assert (sink.connections, len(sink.taken)) == (2, 4)


def test_it_may_greet_with_a_refusal(sink):
    sink.trouble("greeting", answer="421 4.3.2 not now")

    with pytest.raises(smtplib.SMTPConnectError):
        smtplib.SMTP("127.0.0.1", sink.port)
    smtplib.SMTP("127.0.0.1", sink.port).close()


@pytest.mark.parametrize("code", [450, 451, 550])
def test_one_recipient_is_refused_for_as_long_as_it_was_told(sink, call, code):
    sink.trouble("rcpt", who="later@*", answer=f"{code} 4.2.0 no", times=2)

    for _ in range(2):
        assert mail(call, ["later@example.com", "fern@example.com"])["later@example.com"][0] == code
    assert mail(call, ["later@example.com"]) == {}
    assert sink.recipients == ["fern@example.com", "fern@example.com", "later@example.com"]


def test_a_greylist_refuses_each_recipient_once(sink, call):
    sink.greylist()

    for name in ("fern", "marigold"):
        with pytest.raises(smtplib.SMTPRecipientsRefused):
            mail(call, f"{name}@example.com")
    for name in ("fern", "marigold"):
        mail(call, f"{name}@example.com")
    assert len(sink.taken) == 2


@pytest.mark.parametrize(
    ("step", "error"),
    [
        ("mail", smtplib.SMTPSenderRefused),
        ("data", smtplib.SMTPDataError),
        ("dot", smtplib.SMTPDataError),
    ],
)
def test_any_step_may_be_answered_with_any_code(sink, call, step, error):
    sink.trouble(step, answer="452 4.3.1 full")

    with pytest.raises(error):
        mail(call)
    assert sink.taken == []
    mail(call)
    assert len(sink.taken) == 1


def test_a_421_ends_the_conversation(sink, call):
    mail(call)
    sink.trouble("rcpt", answer="421 4.4.2 enough", times=FOREVER)

    with pytest.raises(smtplib.SMTPRecipientsRefused):
        mail(call)
    with pytest.raises(smtplib.SMTPServerDisconnected):
        call.noop()


@pytest.mark.parametrize("step", ["ehlo", "mail", "rcpt", "data", "body", "dot"])
def test_it_may_drop_the_line_at_any_step(sink, call, step):
    sink.trouble(step, drop=True)

    with pytest.raises((smtplib.SMTPException, ConnectionError)):
        mail(call)
    assert sink.taken == []


def test_it_may_take_a_letter_and_drop_the_line_without_a_word(sink, call):
    sink.trouble("dot", drop=True, taken=True)

    with pytest.raises(smtplib.SMTPServerDisconnected):
        mail(call)
    assert sink.recipients == ["marigold@example.com"]


@pytest.mark.parametrize("step", ["ehlo", "mail", "rcpt", "data", "dot"])
def test_it_may_hang_at_any_step(sink, call, step):
    sink.trouble(step, seconds=FOREVER)

    with pytest.raises(smtplib.SMTPServerDisconnected, match="timed out"):
        mail(call)
    call.close()
    assert sink.taken == []


def test_it_may_hang_in_its_greeting(sink):
    sink.trouble("greeting", seconds=FOREVER)

    with pytest.raises(smtplib.SMTPServerDisconnected, match="timed out"):
        smtplib.SMTP("127.0.0.1", sink.port, timeout=0.2)


def test_slow_it_answers_in_the_end(sink, call):
    sink.trouble("dot", seconds=0.3)
    start = time.monotonic()
    mail(call)

    assert time.monotonic() - start >= 0.3
    assert len(sink.taken) == 1


def test_a_letter_whose_sender_lost_patience_is_not_taken(sink, call):
    sink.trouble("dot", seconds=0.8)
    with pytest.raises(smtplib.SMTPServerDisconnected, match="timed out"):
        mail(call)
    call.close()
    time.sleep(0.5)

    assert sink.taken == []


def test_idle_lines_may_be_cut(sink, call):
    mail(call)
    sink.hang_up()

    with pytest.raises((smtplib.SMTPException, ConnectionError)):
        mail(call)


def test_told_to_behave_it_behaves(sink, call):
    sink.greylist()
    sink.trouble("mail", answer="451 no", times=FOREVER)
    sink.behave()

    assert mail(call) == {}


def test_as_a_process_it_writes_a_line_before_it_answers_and_takes_orders(tmp_path):
    with (
        process.running("tests.sinks.smtp", tmp_path / "ledger") as sink,
        smtplib.SMTP("127.0.0.1", sink.port) as call,
    ):
        mail(call)
        [line] = sink.taken
        sink.trouble("rcpt", answer="550 5.1.1 gone")
        with pytest.raises(smtplib.SMTPRecipientsRefused):
            mail(call)

    assert (line.recipient, line.message_id) == ("marigold@example.com", "<d.1@example.org>")
    assert line.at == pytest.approx(time.time(), abs=30)
    assert sink.process.poll() is not None


def test_the_settings_bring_a_mail_to_it(tmp_path):
    with Smtp() as sink:
        send_with(sink.email_url, tmp_path)

    assert sink.recipients == ["marigold@example.com"]


def send_with(email_url, folder):
    """One mail from a process that knows nothing but its EMAIL_URL."""
    program = (
        "import django; django.setup(); from django.core.mail import send_mail;"
        "send_mail('Hot days', 'Heat.', 'site@example.org', ['marigold@example.com'])"
    )
    env = os.environ | {
        "EMAIL_URL": email_url,
        "DATA_DIR": str(folder / "var"),
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }
    subprocess.run([sys.executable, "-c", program], cwd=process.ROOT, env=env, check=True)
