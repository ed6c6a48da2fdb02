"""Servers that answer oddly, slowly, or in one breath."""

import smtplib
import time
from datetime import timedelta

import pytest
from django.utils import timezone

from newsletter import carriers
from newsletter.bounces import Blame
from newsletter.models import Delivery
from newsletter.tasks import tick
from newsletter.throttle import Rest
from tests.newsletter.ways import Fake, Http

# Answers -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("step", "answer"), [("mail", "250"), ("data", "354"), ("dot", "250")])
def test_an_answer_without_words_is_an_answer(smtp, letter_to, step, answer):
    """RFC 5321, 4.2: a client must be able to do without the text."""
    issue = letter_to(2)
    smtp.trouble(step, answer=answer, taken=True, times=50)
    tick()
    assert issue.deliveries.counts() == {"sent": 2}


def test_a_confirmation_taken_without_words_goes_once(smtp, sign_up, later):
    smtp.trouble("dot", answer="250", taken=True, times=50)
    sign_up("marigold@example.com")
    for _ in range(3):
        later(minutes=30)
    assert smtp.recipients == ["marigold@example.com"]


def test_a_server_that_takes_a_mail_and_hangs_up_in_one_breath_has_taken_it(smtp, letter_to):
    issue = letter_to(2)
    smtp.trouble("dot", answer="250 2.0.0 taken\r\n421 4.3.2 bye", taken=True, times=1)
    tick()
    assert issue.deliveries.counts().get("uncertain", 0) == 0, issue.deliveries.counts()


def test_a_confirmation_that_was_taken_before_a_goodbye_goes_once(smtp, sign_up, later):
    smtp.trouble("dot", answer="250 2.0.0 taken\r\n421 4.3.2 bye", taken=True, times=50)
    sign_up("marigold@example.com")
    for _ in range(3):
        later(minutes=30)
    assert smtp.recipients == ["marigold@example.com"]


def test_after_an_answer_that_is_none_the_connection_is_not_used_on(smtp, sign_up):
    """What comes next on it answers something else: the second person would wait for the first."""
    smtp.trouble("mail", answer="garbage\r\n250 2.1.0 ok", times=1)
    sign_up("marigold@example.com")
    sign_up("fern@example.com")
    assert smtp.recipients == ["fern@example.com"]


# Rests -------------------------------------------------------------------------------------------


def test_a_carrier_that_takes_most_and_sometimes_asks_for_a_rest_gets_short_rests(
    use,
    letter_to,
    time_machine,
):
    """As servers do that take a hundred mails a minute."""
    carrier = use(Fake())

    def enough(number, people, key):
        if number % 10 == 0:
            raise smtplib.SMTPDataError(421, b"4.7.0 too many, come back")

    carrier.on_call = enough
    letter_to(80)
    rests = []
    for _ in range(7):
        Delivery.objects.deliver_due()
        rests.append(Rest.objects.left("fake"))
        time_machine.move_to(timezone.now() + timedelta(seconds=rests[-1] + 1))
    assert max(rests) <= 20, rests


def test_who_asked_for_a_rest_is_not_called_for_the_next_form(
    use,
    weekly,
    post,
    subscribe,
):
    carrier = use(Fake(most=10))

    def limited(number, people, key):
        raise Http(429, "600")

    carrier.on_call = limited
    subscribe("marigold")
    subscribe("fern", quiet=True)
    weekly.compose(timezone.now()).start()
    Delivery.objects.deliver_due()
    assert len(carrier.calls) == 1


def test_an_outage_of_half_an_hour_is_outlived_by_a_call_with_a_key(
    use,
    letter_to,
    later,
):
    """The provider knows keys for 24 hours: nothing needs to be left in doubt."""
    carrier = use(Fake(name="resend", most=100, repeats_for=timedelta(hours=23)))
    until = timezone.now() + timedelta(minutes=30)

    def down(number, people, key):
        if timezone.now() < until:
            raise Http(503)

    carrier.on_call = down
    issue = letter_to(3)
    Delivery.objects.deliver_due()
    for _ in range(90):
        later(minutes=1)
    assert issue.deliveries.counts() == {"sent": 3}


def test_what_confirmations_met_long_ago_does_not_make_the_next_rest_long(smtp, sign_up, later):
    """Each met a busy server once, and was taken at its second attempt."""
    rests = []
    for number in range(6):
        smtp.trouble("dot", answer="421 4.3.2 busy", times=1)
        sign_up(f"marigold{number}@example.com")
        rests.append(Rest.objects.left("smtp"))
        later(hours=24)
    assert (len(set(smtp.recipients)), max(rests) < 15) == (6, True), rests


# Poison ------------------------------------------------------------------------------------------


def test_a_call_for_one_person_does_not_fail_for_what_may_be_our_account(
    use,
    letter_to,
    later,
):
    carrier = use(Fake(name="mailgun", most=100))
    until = timezone.now() + timedelta(minutes=5)

    def unknown_sender(number, people, key):
        if timezone.now() < until:
            raise Http(422)

    carrier.on_call = unknown_sender
    issue = letter_to(1)
    Delivery.objects.deliver_due()
    for _ in range(12):
        later(minutes=1)
    assert issue.deliveries.counts() == {"sent": 1}


# Whose fault -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "answer",
    [
        (503, b"5.5.1 Error: need MAIL command"),
        (530, b"Authentication required"),
        (550, b"relay not permitted"),
    ],
)
def test_what_is_wrong_between_the_servers_is_not_held_against_an_address(answer):
    error = smtplib.SMTPRecipientsRefused({"marigold@example.com": answer})
    assert carriers.whose_fault(error) is Blame.MESSAGE


# Time --------------------------------------------------------------------------------------------


def test_a_stale_connection_is_left_without_waiting_for_a_word(
    smtp, sign_up, monkeypatch, settings
):
    """A router on the way forgot it: whoever says goodbye waits for the whole time-out."""
    from newsletter.carriers import smtp as module
    from tests.sinks import smtp as sink

    async def no_word(self, rest):
        import asyncio

        await asyncio.sleep(30)

    settings.EMAIL_TIMEOUT = 3
    monkeypatch.setattr(module, "STALE_SECONDS", 0.05)
    monkeypatch.setattr(sink._Conversation, "on_quit", no_word)
    sign_up("marigold@example.com")
    time.sleep(0.1)
    begun = time.monotonic()
    sign_up("fern@example.com")
    passed = time.monotonic() - begun
    carriers.current()._drop()
    assert len(smtp.taken) == 2
    assert passed < 2


def test_a_greeting_that_drips_does_not_keep_a_worker(settings):
    """A letter each time before the time-out: as for the answers that come later."""
    import socket
    import threading

    from newsletter.carriers import in_time
    from newsletter.carriers import smtp as module

    listener = socket.create_server(("127.0.0.1", 0))

    def drip():
        peer, _ = listener.accept()
        with peer:
            try:
                for _ in range(80):
                    peer.sendall(b"2")
                    time.sleep(0.1)
            except OSError:
                pass

    threading.Thread(target=drip, daemon=True).start()
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", listener.getsockname()[1]
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
    settings.EMAIL_TIMEOUT = 0.5
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    old, in_time.ANSWER_SECONDS = in_time.ANSWER_SECONDS, 1.0
    begun = time.monotonic()
    try:
        with pytest.raises(carriers.NotTaken):
            module.Smtp("smtp")._connected()
    finally:
        in_time.ANSWER_SECONDS = old
        listener.close()
    assert time.monotonic() - begun < 4


def test_who_was_too_slow_for_the_lease_hands_nothing_over(smtp, sign_up, monkeypatch, settings):
    """Each step in time, all of them together not: another worker has the mail by then."""
    from newsletter.carriers import chosen
    from newsletter.carriers import smtp as module
    from newsletter.models import Confirmation

    settings.MAIL_LEASE = timedelta(seconds=0.5)
    greet, slow = module.Smtp._envelope, [True]

    def slowly(self, *args):
        greet(self, *args)
        if slow.pop() if slow else False:
            time.sleep(0.6)
            mine, chosen._mine.carrier = chosen._mine.carrier, module.Smtp("smtp")
            Confirmation.objects.deliver_due()  # another worker
            chosen._mine.carrier.close()
            chosen._mine.carrier = mine

    monkeypatch.setattr(module.Smtp, "_envelope", slowly)
    sign_up("marigold@example.com")
    assert smtp.recipients == ["marigold@example.com"]
    assert Confirmation.objects.get().status == "sent"
