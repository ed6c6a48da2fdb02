"""What the company that carries the mail reports, as it really says it."""

import hashlib
import hmac
import json
import os
import subprocess
import sys
from base64 import b64encode
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from newsletter import providers, tokens
from newsletter.models import Delivery, MailEvent, Subscriber, Suppression
from newsletter.outbox import LOST
from newsletter.tasks import tick

KEY = "signing-key"
AT = 1795513422.389832  # 24 November 2026
NO_SUCH_USER = {"code": 550, "description": "", "message": "5.1.1 The account does not exist."}
TOO_LARGE = {"code": 552, "description": "", "message": "552 5.3.4 Message size exceeds limit"}
NOT_LIKED = {"code": 550, "description": "", "message": "5.7.26 Unauthenticated email"}


@pytest.fixture
def mailgun(settings):
    settings.EMAIL_URL = "anymail+mailgun://KEY@mg.example.org"
    settings.ANYMAIL = {"MAILGUN_API_KEY": "KEY", "MAILGUN_WEBHOOK_SIGNING_KEY": KEY}


@pytest.fixture
def resend(settings):
    settings.EMAIL_URL = "anymail+resend://KEY@"
    settings.ANYMAIL = {"RESEND_API_KEY": "KEY", "WEBHOOK_SECRET": "name:password"}


@pytest.fixture
def delivery(weekly, post, subscribe, commit):
    """A letter that nobody knows whether it was taken: the worker died."""
    subscribe()
    with commit():
        weekly.send_now()
    Delivery.objects.update(status="uncertain", sent_at=None, reason=LOST)
    return Delivery.objects.get()


def signature(token="a" * 50, key=KEY):
    digest = hmac.new(key.encode(), f"1795513422{token}".encode(), hashlib.sha256).hexdigest()
    return {"timestamp": "1795513422", "token": token, "signature": digest}


def said_by_mailgun(event, mark="", **more):
    return {
        "event": event,
        "id": "hTWCTD81RtiDN",
        "timestamp": AT,
        "recipient": "marigold@example.com",
        "recipient-domain": "example.com",
        "user-variables": {"delivery": mark} if mark else {},
        "message": {"headers": {"to": "marigold@example.com", "message-id": "1@example.org"}},
        "tags": [],
        **more,
    }


@pytest.fixture
def report(mailgun, commit):
    """Mailgun's server, which sends no cookie and no header of a browser."""

    def send(event, mark="", signed=None, **more):
        payload = {
            "signature": signature() if signed is None else signed,
            "event-data": said_by_mailgun(event, mark, **more),
        }
        with commit():
            return Client().post("/hooks/mail/mailgun/", payload, "application/json")

    return send


def bounce(report, mark, status):
    return report(
        "failed", mark, severity="permanent", reason="bounce", **{"delivery-status": status}
    )


def state():
    delivery = Delivery.objects.get()
    return delivery.status, bool(delivery.bounced_at), bool(delivery.complained_at)


# Who is believed ---------------------------------------------------------------------------------


def test_a_signed_report_is_noted(report, publication):
    assert report("delivered").status_code == 200
    assert MailEvent.objects.get().kind == "delivered"


@pytest.mark.parametrize(
    "signed", [signature(key="another"), signature() | {"token": "b"}, {"token": 1}, [], {}, "é"]
)
def test_a_report_that_is_not_signed_is_refused(report, publication, signed):
    assert report("delivered", signed=signed).status_code == 400
    assert not MailEvent.objects.exists()


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"null", b'{"signature": []}', b"\xff"])
def test_what_cannot_be_read_is_refused_in_words(mailgun, publication, body):
    answer = Client().post("/hooks/mail/mailgun/", body, "application/json")

    assert answer.status_code == 400


@pytest.mark.parametrize("name", ["resend", "scaleway", "nobody", "inbound", "..", "mailgun%00"])
def test_only_the_company_in_use_is_listened_to(mailgun, publication, name):
    assert Client().post(f"/hooks/mail/{name}/").status_code == 404


@pytest.mark.parametrize("url", ["smtp://localhost", "file:/tmp/mail", "anymail+scaleway://KEY@"])
def test_without_a_company_that_reports_there_is_no_such_page(settings, publication, url):
    settings.EMAIL_URL = url

    for name in ("mailgun", "scaleway"):
        assert Client().post(f"/hooks/mail/{name}/").status_code == 404


@pytest.mark.parametrize("name", [name for name in providers.PROVIDERS if name != "scaleway"])
def test_without_a_secret_every_report_is_refused_in_words(settings, publication, name):
    settings.EMAIL_URL = f"anymail+{name.replace('_', '-')}://KEY@"
    settings.ANYMAIL = {}
    answer = Client().post(f"/hooks/mail/{name}/", {"event": "delivered"}, "application/json")

    assert answer.status_code == 403
    assert providers.proof() in answer.content.decode()


def test_looking_changes_nothing(mailgun, publication):
    assert Client().get("/hooks/mail/mailgun/").status_code == 405
    assert Client().head("/hooks/mail/mailgun/").status_code == 200


def test_what_email_url_says_reaches_anymail(tmp_path):
    url = "anymail+amazon-ses://KEY@?webhook_secret=name:pass%26word&webhook_signing_key=K"
    ask = "from config import settings; print(settings.EMAIL_BACKEND, settings.ANYMAIL)"
    environment = os.environ | {"DATA_DIR": str(tmp_path), "EMAIL_URL": url}
    said = subprocess.check_output([sys.executable, "-c", ask], env=environment, text=True)

    assert "anymail.backends.amazon_ses.EmailBackend" in said
    assert "'WEBHOOK_SECRET': 'name:pass&word'" in said
    assert "'AMAZON_SES_WEBHOOK_SIGNING_KEY': 'K'" in said


# What it comes to --------------------------------------------------------------------------------


@pytest.mark.parametrize("event", ["accepted", "delivered", "opened", "clicked"])
def test_whatever_happened_to_a_letter_proves_that_it_was_taken(report, delivery, event):
    report(event, delivery.mark)

    delivery.refresh_from_db()
    assert (delivery.status, delivery.reason) == ("sent", "")
    assert delivery.sent_at == datetime.fromtimestamp(AT, tz=UTC)


def test_a_mailbox_that_does_not_exist_is_never_written_to_again(report, delivery):
    bounce(report, delivery.mark, NO_SUCH_USER)

    assert state() == ("failed", True, False)
    assert Suppression.objects.cover("marigold@example.com")
    assert Delivery.objects.get().reason == "bounced 5.1.1"


@pytest.mark.parametrize("status", [TOO_LARGE, NOT_LIKED])
def test_a_letter_that_was_not_liked_is_not_the_readers_fault(report, delivery, status):
    bounce(report, delivery.mark, status)

    assert state() == ("failed", False, False)
    assert not Suppression.objects.exists()


def test_a_delay_is_held_against_nobody(report, delivery):
    report("failed", delivery.mark, severity="temporary", reason="generic")

    assert not Suppression.objects.exists()
    assert state() == ("sent", False, False)


def test_a_complaint_stops_all_letters(report, delivery):
    report("complained", delivery.mark)

    assert state() == ("sent", False, True)
    assert Subscriber.objects.get().status == "unsubscribed"
    assert Suppression.objects.get().reason == "complaint"


def test_leaving_by_the_companys_own_link_is_leaving(report, delivery):
    report("unsubscribed", delivery.mark)

    assert Subscriber.objects.get().status == "unsubscribed"
    assert not Suppression.objects.exists()


def test_a_letter_that_was_sent_and_then_came_back_stays_sent(report, delivery):
    report("delivered", delivery.mark)
    bounce_token = signature("b" * 50)
    report(
        "failed",
        delivery.mark,
        bounce_token,
        severity="permanent",
        reason="bounce",
        **{"delivery-status": NO_SUCH_USER},
    )

    assert state() == ("sent", True, False)


@pytest.mark.parametrize("status", ["queued", "failed", "skipped"])
def test_what_is_settled_or_queued_anew_is_left_alone(report, delivery, status):
    Delivery.objects.update(status=status)
    report("delivered", delivery.mark)

    assert Delivery.objects.get().status == status


def test_a_report_without_a_mark_is_known_by_the_message_id(report, delivery, mailoutbox):
    headers = {"message-id": mailoutbox[0].extra_headers["Message-ID"].strip("<>")}
    report("delivered", message={"headers": headers})

    assert state()[0] == "sent"


@pytest.mark.parametrize("mark", ["2" * 32, "nonsense", "\x00", "é" * 40])
def test_a_mark_that_was_never_made_here_moves_nothing(report, delivery, mark):
    report("complained", mark)

    assert state() == ("uncertain", False, False)
    assert MailEvent.objects.get().weighed_at


def test_nobody_else_can_make_a_mark_or_a_message_id(report, delivery):
    report("complained", tokens.numbered(delivery.pk) + "2" * 16)
    report(
        "complained",
        tokens.make(tokens.UNSUBSCRIBE, tokens.numbered(delivery.pk)),
        signature("c" * 50),
    )
    forged = f"d.{delivery.issue_id}.{delivery.pk}.{'2' * 16}@example.org"
    report("complained", signed=signature("b" * 50), message={"headers": {"message-id": forged}})

    assert state() == ("uncertain", False, False)


def test_the_letter_carries_its_mark_to_the_company(delivery, mailoutbox):
    assert mailoutbox[0].metadata == {"delivery": delivery.mark}
    assert Delivery.objects.with_mark(delivery.mark) == delivery


def test_a_report_about_somebody_who_was_erased_harms_nobody(report, delivery):
    Subscriber.objects.all().delete()
    report("complained", delivery.mark)

    assert state() == ("sent", False, True)
    assert not Suppression.objects.exists()


# Twice, late, lost -------------------------------------------------------------------------------


def test_the_same_report_again_changes_nothing(report, delivery):
    for _ in range(3):
        assert report("complained", delivery.mark).status_code == 200

    assert MailEvent.objects.count() == Suppression.objects.count() == 1


def test_two_orders_of_the_same_reports_come_to_the_same(report, delivery):
    more = {"severity": "permanent", "reason": "bounce", "delivery-status": NOT_LIKED}
    bounced = ("failed", delivery.mark, signature("b" * 50)), more
    taken = ("accepted", delivery.mark, signature("c" * 50)), {}
    for order in ([bounced, taken], [taken, bounced]):
        Delivery.objects.update(status="uncertain", sent_at=None)
        MailEvent.objects.all().delete()
        for args, facts in order:
            report(*args, **facts)
        assert state()[1:] == (False, False)
        assert not Suppression.objects.exists()


def test_a_report_whose_ring_was_lost_is_weighed_by_the_clock(delivery, time_machine):
    MailEvent.objects.create(
        provider="Mailgun", event_id="1", kind="delivered", mark=delivery.mark, at=timezone.now()
    )
    tick()
    assert state()[0] == "uncertain"

    time_machine.move_to(timezone.now() + timedelta(minutes=2))
    tick()
    assert state()[0] == "sent"


def test_reports_are_forgotten_after_a_month(report, publication, time_machine):
    report("delivered")
    time_machine.move_to(timezone.now() + timedelta(days=31))
    tick()

    assert not MailEvent.objects.exists()


def test_no_address_and_no_text_of_a_report_is_kept(report, delivery, caplog):
    bounce(
        report, delivery.mark, NO_SUCH_USER | {"message": "5.1.1 <marigold@example.com> unknown"}
    )

    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM newsletter_mailevent")
        kept = str(cursor.fetchall())
    assert "5.1.1" in kept
    assert "marigold" not in kept + caplog.text


# Resend ------------------------------------------------------------------------------------------


@pytest.fixture
def resend_says(resend, commit):
    def send(kind, mark, login="name:password", event_id="msg_2W2D3qXLS5fOaPja1GDg7rF2CwB", **data):
        payload = {
            "type": f"email.{kind}",
            "created_at": "2026-11-24T09:43:42.736Z",
            "data": {
                "created_at": "2026-11-24T09:43:43.982Z",
                "email_id": "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee",
                "from": "Sara <sara@example.org>",
                "headers": [{"name": "X-Metadata", "value": json.dumps({"delivery": mark})}],
                "subject": "Hot days",
                "to": ["marigold@example.com"],
                **data,
            },
        }
        headers = {"Authorization": f"Basic {b64encode(login.encode()).decode()}"}
        if event_id:
            headers["svix-id"] = event_id
        with commit():
            return Client().post(
                "/hooks/mail/resend/", payload, "application/json", headers=headers
            )

    return send


HARD = "The recipient's email provider sent a hard bounce message, but didn't specify the reason."
FULL = "The recipient's email provider sent a bounce message because the inbox was full."


def test_resend_is_believed_with_its_password_only(resend_says, delivery):
    assert resend_says("delivered", delivery.mark, "name:wrong").status_code == 400
    assert state()[0] == "uncertain"

    assert resend_says("delivered", delivery.mark).status_code == 200
    assert state()[0] == "sent"


@pytest.mark.parametrize(
    ("bounce", "suppressed"),
    [
        ({"message": HARD}, True),
        ({"message": HARD, "type": "Permanent", "subType": "General"}, True),
        ({"message": FULL, "type": "Transient", "subType": "MailboxFull"}, False),
        ({"message": "Resend has suppressed sending to this address"}, False),
    ],
)
def test_resend_says_whether_a_bounce_will_pass(resend_says, delivery, bounce, suppressed):
    resend_says("bounced", delivery.mark, bounce=bounce)

    assert state() == ("failed", suppressed, False)
    assert Suppression.objects.exists() is suppressed


def test_a_report_without_an_id_is_known_again_by_what_it_says(resend_says, delivery):
    for _ in range(2):
        resend_says("delivered", delivery.mark, event_id="")
    resend_says("delivered", delivery.mark, event_id="x" * 300)

    assert MailEvent.objects.count() == 2


def test_a_signature_that_cannot_be_checked_here_is_refused(settings, resend_says, delivery):
    settings.ANYMAIL |= {"RESEND_SIGNING_SECRET": "whsec_c2VjcmV0"}

    assert resend_says("delivered", delivery.mark).status_code == 503
    assert not MailEvent.objects.exists()
