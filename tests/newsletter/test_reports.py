"""Mails that came back are understood, whoever wrote them; and nothing else is."""

import json

import pytest
from hypothesis import HealthCheck, example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from newsletter import reports
from newsletter.bounces import Blame, blame, heard
from newsletter.models import Confirmation, Delivery, MailEvent, Memo, Subscriber, Suppression
from newsletter.models.events import MAILBOX
from tests.newsletter import returned

MANY = hypothesis_settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture
def delivery(weekly, post, subscribe, commit):
    subscribe()
    with commit():
        weekly.send_now()
    return Delivery.objects.get()


@pytest.fixture
def name(delivery, mailoutbox):
    """How the letter that went out is called."""
    return mailoutbox[-1].extra_headers["Message-ID"]


@pytest.fixture
def take(commit):
    """What the command does with each mail."""

    def note(raw):
        if event := reports.read(raw):
            with commit():
                MailEvent.objects.note(MAILBOX, event)
        return event

    return note


def marks(row):
    row.refresh_from_db()
    return bool(row.bounced_at), bool(row.soft_bounced_at), bool(row.complained_at)


HARD, SOFT, NOTHING = (True, False, False), (False, True, False), (False, False, False)


@pytest.mark.parametrize(
    ("server", "what"),
    [
        *[(server, HARD) for server in ("postfix", "exim", "exchange", "exchange online")],
        *[(server, HARD) for server in ("gmail", "yahoo")],
        *[(server, SOFT) for server in ("full", "full, in words", "given up", "no such domain")],
        *[(server, NOTHING) for server in ("disliked", "disliked, in words", "our sender")],
        *[(server, NOTHING) for server in ("greylisted for ever", "delayed", "arrived")],
        ("one of two", NOTHING),
    ],
)
def test_each_server_is_understood(take, delivery, name, server, what):
    assert take(returned.dsn(server, name))

    assert marks(delivery) == what
    assert Suppression.objects.cover(returned.READER) is (what is HARD)


@pytest.mark.parametrize("feedback", ["abuse", "fraud", "Abuse (said by hand)"])
def test_a_complaint_by_mail_stops_everything(take, delivery, name, feedback):
    take(returned.complaint(name, feedback))

    assert marks(delivery) == (False, False, True)
    assert Suppression.objects.get().reason == "complaint"
    assert Subscriber.objects.get().status == "unsubscribed"


def test_opting_out_at_a_mail_host_is_leaving_and_no_complaint(take, delivery, name):
    take(returned.complaint(name, "opt-out"))

    assert Subscriber.objects.get().status == "unsubscribed"
    assert not Suppression.objects.exists()


@pytest.mark.parametrize("feedback", ["not-spam", "auth-failure", "virus", ""])
def test_other_feedback_is_no_complaint(take, delivery, name, feedback):
    assert take(returned.complaint(name, feedback)) is None


@pytest.mark.parametrize("mail", [returned.QMAIL, returned.HOLIDAY, returned.RECEIPT])
def test_free_words_holiday_answers_and_receipts_are_no_reports(take, delivery, name, mail):
    assert take(mail.replace("NAME", name).encode()) is None
    assert not MailEvent.objects.exists()


@pytest.mark.parametrize(
    "headers", ["text/rfc822-headers", "message/rfc822-headers", "message/global-headers"]
)
def test_headers_alone_are_enough_to_know_the_mail(take, delivery, name, headers):
    take(returned.dsn("postfix", name, returned=headers))

    assert marks(delivery) == HARD


def test_the_international_kind_of_report_is_understood(take, delivery, name):
    raw = returned.dsn("exim", name, kind="global-delivery-status", returned="message/global")
    take(raw.replace(b"report-type=global-delivery-status", b"report-type=delivery-status"))

    assert marks(delivery) == HARD


def test_a_report_that_somebody_forwards_as_an_enclosure_is_understood(take, delivery, name):
    inner = returned.dsn("postfix", name)
    take(
        b'Content-Type: multipart/mixed; boundary="outer"\n\n--outer\nContent-Type: '
        b"message/rfc822\n\n" + inner + b"\n--outer--\n"
    )

    assert marks(delivery) == HARD


def test_a_company_that_renames_mails_gives_back_our_mark(take, delivery):
    headers = f"X-Metadata: {json.dumps({'delivery': delivery.mark})}\n"
    take(returned.dsn("postfix", "<0100@email.amazonses.com>", headers=headers))

    assert marks(delivery) == HARD


# Who is believed ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "forged",
    [
        "<d.1.1.2222222222222222@example.org>",
        "<someone@example.org>",
        "",
        "<d.1.1.@>",
        "<z.1.2222222222222222@example.org>",
    ],
)
def test_no_mail_is_known_by_a_name_that_this_site_did_not_sign(take, delivery, forged):
    assert take(returned.dsn("postfix", forged)) is None
    assert marks(delivery) == NOTHING


def test_an_address_in_a_report_moves_nothing(take, subscribe, delivery, name):
    subscribe("fern")
    raw = returned.dsn("postfix", name).replace(b"marigold@example.com", b"fern@example.com")
    take(raw)

    assert not Suppression.objects.cover("fern@example.com")
    assert Suppression.objects.cover("marigold@example.com")


def test_a_mark_for_another_purpose_is_none(take, delivery):
    token = delivery.subscriber.unsubscribe_token
    headers = f"X-Metadata: {json.dumps({'delivery': token})}\n"

    assert take(returned.dsn("postfix", "", headers=headers)) is None


def test_a_name_signed_with_the_last_key_is_still_known(take, delivery, name, settings):
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another", [settings.SECRET_KEY]
    take(returned.dsn("postfix", name))

    assert marks(delivery) == HARD


def test_the_same_report_by_two_ways_is_one(take, delivery, name):
    raw = returned.dsn("postfix", name)
    for delivered_by in (b"", b"Received: from elsewhere\n"):
        take(delivered_by + raw)

    assert MailEvent.objects.count() == 1


def test_no_address_and_no_word_of_it_is_kept(take, delivery, name, caplog):
    take(returned.dsn("postfix", name))

    [event] = MailEvent.objects.values()
    assert event["code"] == "550 5.1.1"
    assert not any(word in str(event) for word in ("marigold", "unknown", "Undelivered"))
    assert "marigold" not in caplog.text


# Other mails -------------------------------------------------------------------------------------


def test_a_confirmation_that_comes_back_is_not_written_again(take, sign_up, mailoutbox):
    sign_up("marigold@example.com")
    take(returned.dsn("exchange", mailoutbox[0].extra_headers["Message-ID"]))

    assert marks(Confirmation.objects.get()) == HARD
    sign_up("marigold@example.com")
    assert len(mailoutbox) == 1


def test_a_stranger_who_complains_about_a_confirmation_gets_no_other(take, sign_up, mailoutbox):
    sign_up("marigold@example.com")
    take(returned.complaint(mailoutbox[0].extra_headers["Message-ID"]))
    sign_up("marigold@example.com")

    assert len(mailoutbox) == 1
    assert Subscriber.objects.get().status == "unsubscribed"


def test_single_mails_carry_their_mark_to_the_company(sign_up, mailoutbox):
    sign_up("marigold@example.com")

    confirmation = Confirmation.objects.get()
    assert mailoutbox[0].metadata == {"delivery": confirmation.mark}
    assert Confirmation.objects.with_mark(confirmation.mark) == confirmation
    assert Delivery.objects.with_mark(confirmation.mark) is None


def test_what_comes_back_from_a_new_address_is_not_held_against_the_old_one(take, subscribe):
    person = subscribe()
    memo = Memo.objects.create(
        subscriber=person, kind="new-address", to_address="typo@example.com", status="sent",
        sent_at=person.confirmed_at,
    )  # fmt: skip
    take(returned.dsn("postfix", "", headers=mark_of(memo)))

    person.refresh_from_db()
    assert Suppression.objects.among(["typo@example.com", person.email]) == {"typo@example.com"}
    assert person.bounce_score == 0


def test_a_stranger_who_complains_about_a_change_of_address_unsubscribes_nobody(take, subscribe):
    person = subscribe()
    memo = Memo.objects.create(
        subscriber=person, kind="new-address", to_address="stranger@example.com"
    )
    take(returned.complaint("", headers=mark_of(memo)))

    person.refresh_from_db()
    assert person.status == "active"
    assert Suppression.objects.cover("stranger@example.com")


def test_a_letter_to_the_address_before_says_nothing_about_the_new_one(take, delivery, name):
    person = delivery.subscriber
    Subscriber.objects.filter(pk=person.pk).update(email="new@example.com")
    Memo.objects.create(
        subscriber=person, kind="new-address", to_address="new@example.com",
        used_at=Confirmation._meta.get_field("created_at").default(),
    )  # fmt: skip
    take(returned.dsn("postfix", name))

    assert not Suppression.objects.exists()
    assert marks(delivery) == HARD


def mark_of(row):
    return f"X-Metadata: {json.dumps({'delivery': row.mark})}\n"


NESTED = b'Content-Type: multipart/x; boundary="%d"\n\n--%d\n'

# Anything ----------------------------------------------------------------------------------------


@MANY
@given(raw=st.binary(max_size=600))
@example(b"")
@example(b"Content-Type: multipart/report; boundary=\n\n--\n")
@example(b"Content-Type: message/delivery-status\nContent-Transfer-Encoding: base64\n\n\xff\xfe")
@example(b'Content-Type: multipart/mixed; boundary="a"\n\n' + b"--a\n" * 20_000)
@example(
    b"".join(b'Content-Type: multipart/x; boundary="%d"\n\n--%d\n' % (n, n) for n in range(2000))
)
@example(b"Subject: =?utf-7?q?" + b"\xff" * 3000 + b"?=\nContent-Type: message/feedback-report\n\n")
def test_no_mail_however_broken_stops_us(raw):
    assert reports.read(raw) is None


@MANY
@given(data=st.data())
def test_a_broken_report_is_understood_or_not_and_never_stops_us(name, data):
    raw = bytearray(returned.dsn("postfix", name))
    for _ in range(data.draw(st.integers(1, 12))):
        at = data.draw(st.integers(0, len(raw) - 1))
        raw[at : at + data.draw(st.integers(0, 9))] = data.draw(st.binary(max_size=9))
    event = reports.read(bytes(raw))

    assert event is None or event.message_id == name


def test_of_a_huge_mail_only_the_beginning_is_read(take, delivery, name):
    raw = returned.dsn("postfix", name) + b"x" * 3 * reports.LARGEST

    assert take(raw)
    assert marks(delivery) == HARD


@pytest.mark.parametrize(
    ("answer", "whose"),
    [
        ("550 relay not permitted", Blame.MESSAGE),
        ("550 5.1.1 no such user", Blame.ADDRESS),
        ("550-5.1.1 The account 550 5.1.1 does not exist", Blame.ADDRESS),
        ("551 user not local", Blame.ADDRESS),
        ("554 no such user", Blame.ADDRESS),
        ("554 no", Blame.MESSAGE),
        ("550 your host 192.5.1.1 is on our blacklist", Blame.MESSAGE),
        ("550 5.5.0 what?", Blame.MESSAGE),
        ("550 5.3.0 broken here", Blame.MESSAGE),
        ("552 quota exceeded", Blame.DEFERRAL),
        ("452 4.2.2 full", Blame.DEFERRAL),
        ("451 4.7.1 later", Blame.MESSAGE),
        ("550 5.4.6 loops back", Blame.DEFERRAL),
    ],
)
def test_a_servers_words_come_to_one_of_three(answer, whose):
    assert blame(*heard(answer)) is whose
