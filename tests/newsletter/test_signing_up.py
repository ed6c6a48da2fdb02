"""One address in a box; the same answer for everybody; at most three mails a day to a mailbox."""

import re
from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from newsletter.models import Confirmation, Consent, Subscriber, Suppression

CHECK_MAIL = "/newsletter/check-mail/"


def test_a_new_address_gets_one_mail_that_asks(sign_up, mailoutbox):
    response = sign_up("marigold@example.com")

    assert (response.status_code, response["Location"]) == (303, CHECK_MAIL)
    assert [mail.to for mail in mailoutbox] == [["marigold@example.com"]]
    assert Confirmation.objects.get().status == "sent"


def test_signing_up_is_not_yet_a_yes(sign_up):
    sign_up("marigold@example.com")

    assert Subscriber.objects.get().status == "pending"
    assert not Subscriber.objects.active().exists()


@pytest.mark.parametrize("state", ["bounce", "complaint"])
def test_who_must_not_be_written_to_gets_no_mail(sign_up, mailoutbox, state):
    Suppression.objects.add_address("marigold@example.com", state)

    sign_up("marigold@example.com")

    assert mailoutbox == []
    assert Confirmation.objects.get().reason == "suppressed"


@pytest.mark.parametrize("state", ["erased", "left"])
def test_who_was_erased_or_left_may_ask_to_come_back(sign_up, mailoutbox, state):
    Suppression.objects.add_address("marigold@example.com", state)

    sign_up("marigold@example.com")

    assert len(mailoutbox) == 1


@pytest.mark.parametrize("state", ["active", "paused"])
def test_who_is_in_is_told_so_once_a_day_and_not_asked(sign_up, subscribe, time_machine, state):
    someone = subscribe("marigold")
    if state == "paused":
        someone.pause(until=timezone.now().date() + timedelta(days=30))
    for hours in (1, 2, 30):
        time_machine.move_to(timezone.now() + timedelta(hours=hours))
        sign_up("marigold@example.com")

    assert {row.reason for row in Confirmation.objects.all()} == {"already in"}
    assert [memo.kind for memo in someone.memos.all()] == ["already-in"] * 2


def test_somebody_who_left_is_asked_again_and_stays_out_until_they_confirm(
    sign_up, subscribe, mailoutbox
):
    subscribe("marigold").unsubscribe()

    sign_up("marigold@example.com")

    assert len(mailoutbox) == 1
    assert Subscriber.objects.get().status == "unsubscribed"


def test_the_page_after_it_names_the_message_to_look_for(reader, publication):
    page = reader.get(CHECK_MAIL).content.decode()

    assert "Please confirm: Slow Signal by e-mail" in page


def test_in_local_mode_the_page_after_it_links_the_sent_mail(reader, publication, settings):
    settings.EMAIL_URL = "file:/tmp/mail"
    assert "read the sent mail here" in reader.get(CHECK_MAIL).content.decode()

    settings.EMAIL_URL = "smtp://mail.example.org"
    assert "read the sent mail here" not in reader.get(CHECK_MAIL).content.decode()


def test_a_repeat_within_five_minutes_is_the_same_sign_up(sign_up, mailoutbox):
    sign_up("marigold@example.com")
    sign_up("marigold@example.com")

    assert len(mailoutbox) == Subscriber.objects.count() == 1


@pytest.fixture
def mails_after(publication, mailoutbox, time_machine, commit):
    """How many mails these sign-ups make, so many hours apart: mails_after([...], 0.1)."""

    def count(addresses, hours):
        start = timezone.now()
        for place, address in enumerate(addresses):
            time_machine.move_to(start + timedelta(hours=place * hours), tick=False)
            with commit():
                Subscriber.objects.sign_up(address)
        return len(mailoutbox)

    return count


def test_a_hundred_sign_ups_in_every_spelling_make_at_most_three_mails(mails_after):
    spellings = [
        "marigold@bücher.example",
        "MARIGOLD@xn--bcher-kva.example",
        " marigold@BÜCHER.example ",
        "marigold+news@bücher.example",
        "Marigold+x@bücher.example",
    ]
    assert mails_after(spellings * 20, hours=0.1) == 3


def test_the_next_day_they_may_ask_again(mails_after):
    assert mails_after(["marigold@example.com"] * 5, hours=7) == 4


def test_an_address_that_is_like_another_is_not_another(mails_after):
    like = ["a_b@example.com", "axb@example.com", "a%b@example.com", "a+b@example.com"]
    assert mails_after(like, hours=0) == 4


def test_a_filled_honeypot_gets_the_same_answer_and_no_mail(sign_up, mailoutbox):
    response = sign_up("marigold@example.com", website="https://spam.example")

    assert (response.status_code, response["Location"]) == (303, CHECK_MAIL)
    assert mailoutbox == []
    assert Confirmation.objects.get().reason == "honeypot"


def test_a_machine_that_tried_an_address_does_not_lock_its_owner_out(sign_up, mailoutbox):
    sign_up("marigold@example.com", website="https://spam.example")
    sign_up("marigold@example.com")

    assert len(mailoutbox) == 1


def test_what_was_agreed_to_is_kept_with_page_wording_and_time(sign_up):
    sign_up("marigold@example.com", page="post")
    asked = Confirmation.objects.get()
    asked.confirm()

    consent = Consent.objects.get()
    assert (consent.what, consent.page, consent.wording) == ("letters", "post", "2026-11")
    assert (consent.given_at, consent.confirmed_at) == (asked.created_at, asked.used_at)


def test_a_page_name_that_is_not_ours_is_just_the_site(sign_up):
    sign_up("marigold@example.com", page="x" * 5000)

    assert Confirmation.objects.get().page == "site"


def test_rows_made_many_at_once_are_spelled_too(sign_up, publication):
    Subscriber.objects.bulk_create([Subscriber(email="Marigold+x@Example.com")])

    row = Subscriber.objects.get()
    assert (row.canonical, row.mailbox) == ("marigold+x@example.com", "marigold@example.com")


def test_only_the_address_is_taken_from_the_form(sign_up):
    sign_up("marigold@example.com", status="active", confirmed_at="2020-01-01", frequency="each")

    someone = Subscriber.objects.get()
    assert (someone.status, someone.confirmed_at, someone.frequency) == ("pending", None, "weekly")


ODD = {
    "": "Please write",
    "marigold": "has an @",
    "a@b@example.org": "more than one @",
    "a@b": "after the @",
    "a@localhost": "after the @",
    "a@[127.0.0.1]": "after the @",
    "a@example.org.": "after the @",
    "a@😀.example": "after the @",
    "ü@example.org": "before the @",
    "😀@example.org": "before the @",
    '"a b"@example.org': "before the @",
    "(note)a@example.org": "before the @",
    "a..b@example.org": "before the @",
    "Sara <a@example.org>": "before the @",
    "a\r\nBcc: b@example.org": "before the @",
    "a%0d%0aBcc:b@example.org": "",
    "a\u2028b@example.org": "before the @",
    "a" * 65 + "@example.org": "longer than",
    "a@" + "b." * 130 + "example.org": "longer than",
    "=?utf-8?q?a=0d=0aBcc:b?=@example.org": "before the @",
}


@pytest.mark.parametrize("typed", ODD)
def test_an_address_that_cannot_exist_is_given_back_with_the_reason(
    reader, publication, stamp, typed
):
    response = reader.post("/newsletter/", {"email": typed, "stamp": stamp})

    page = response.content.decode()
    assert response.status_code == 400
    assert ODD[typed] in page
    assert not Subscriber.objects.exists()


def test_what_was_typed_is_still_there(reader, publication, stamp):
    page = reader.post("/newsletter/", {"email": "mari gold@b", "stamp": stamp}).content.decode()

    assert 'value="mari gold@b"' in page
    assert 'role="alert"' in page


def test_what_is_to_mend_takes_the_focus(reader, publication, stamp):
    wrong = reader.post("/newsletter/", {"email": "mari gold@b", "stamp": stamp})
    doubtful = reader.post("/newsletter/", {"email": "m@example.org"})

    for response in (wrong, doubtful):
        summary = BeautifulSoup(response.content, "html.parser").find(role="alert")
        assert summary.has_attr("autofocus")


@pytest.mark.parametrize(
    "typed",
    [
        "a" * 64 + "@example.org",
        "o'neil+news@example.co.uk",
        "a@bücher.example",
        "a\x00b@example.org",
        "{}!#$%&*@example.org",
    ],
)
def test_an_address_that_is_taken_can_be_sent_to(sign_up, mailoutbox, typed):
    assert sign_up(typed).status_code == 303

    assert mailoutbox[0].message()["To"].isascii()
    assert len(mailoutbox[0].recipients()) == 1


def test_two_addresses_in_one_post_are_not_two_sign_ups(reader, publication, stamp):
    body = f"email=a%40example.org&email=b%40example.org&stamp={stamp}"
    reader.post("/newsletter/", body, content_type="application/x-www-form-urlencoded")

    assert Subscriber.objects.count() == 1


def test_another_sites_form_gets_the_text_back_and_signs_nobody_up(client, publication, stamp):
    response = client.post(
        "/newsletter/",
        {"email": "marigold@example.com", "stamp": stamp},
        headers={"Sec-Fetch-Site": "cross-site"},
    )

    assert response.status_code == 403
    assert 'value="marigold@example.com"' in response.content.decode()
    assert not Subscriber.objects.exists()


@pytest.mark.parametrize("bad", ["", "nonsense", "1700000000:forged"])
def test_a_missing_or_forged_stamp_gives_the_text_back(reader, publication, bad):
    response = reader.post("/newsletter/", {"email": "marigold@example.com", "stamp": bad})

    assert response.status_code == 403
    assert 'value="marigold@example.com"' in response.content.decode()


def test_too_many_from_one_client_are_asked_to_wait(reader, publication, stamp):
    for number in range(11):
        response = reader.post("/newsletter/", {"email": f"{number}@example.com", "stamp": stamp})

    assert response.status_code == 429
    assert 'value="10@example.com"' in response.content.decode()


def test_the_mails_link_ignores_a_forged_host(
    reader, publication, stamp, mailoutbox, settings, commit
):
    settings.ALLOWED_HOSTS = ["*"]
    with commit():
        reader.post(
            "/newsletter/",
            {"email": "marigold@example.com", "stamp": stamp},
            headers={"Host": "evil.example", "X-Forwarded-Host": "evil.example"},
        )

    assert "evil" not in mailoutbox[0].body
    assert settings.SITE_URL in mailoutbox[0].body


def test_the_box_says_16_and_how_the_list_is_guarded(reader, publication):
    page = reader.get(reverse("newsletter:sign-up")).content.decode()

    assert "For people of 16 and over" in page
    assert 'href="/health-data/"' in page


def test_no_page_that_is_only_read_sets_a_cookie(reader, publication):
    pages = [
        reader.get("/newsletter/"),
        reader.get(CHECK_MAIL),
        reader.get("/newsletter/manage/"),
        reader.get("/newsletter/issues/"),
    ]

    assert all(page.cookies == {} for page in pages)


def test_thirty_days_later_an_unconfirmed_address_is_forgotten(publication, time_machine):
    start = timezone.now()
    time_machine.move_to(start, tick=False)
    Subscriber.objects.sign_up("marigold@example.com")

    time_machine.move_to(start + timedelta(days=29), tick=False)
    Subscriber.objects.forget_unconfirmed()
    assert Subscriber.objects.count() == 1

    time_machine.move_to(start + timedelta(days=31), tick=False)
    Subscriber.objects.forget_unconfirmed()
    assert not Subscriber.objects.exists()


def test_the_thirty_days_count_from_the_newest_mail(publication, time_machine):
    start = timezone.now()
    for days in (0, 20, 40):
        time_machine.move_to(start + timedelta(days=days), tick=False)
        Subscriber.objects.sign_up("marigold@example.com")
        Subscriber.objects.forget_unconfirmed()

    assert Confirmation.objects.count() == 3


# The same answer, after the same work -------------------------------------------------------------


def people(subscribe):
    """Somebody in every state there is, and nobody."""
    subscribe("active")
    subscribe("paused").pause(until=timezone.now().date() + timedelta(days=30))
    subscribe("gone").unsubscribe()
    subscribe("follower", frequency="none")
    Subscriber.objects.create(email="pending@example.com")
    Suppression.objects.add_address("bounced@example.com", "bounce")
    Suppression.objects.add_address("erased@example.com", "erased")
    return ["nobody", "active", "paused", "gone", "follower", "pending", "bounced", "erased"]


def test_the_answer_is_the_same_byte_for_byte_for_every_address(sign_up, subscribe):
    answers = [sign_up(f"{name}@example.com") for name in people(subscribe)]
    cookies = {len(answer.cookies["signed-up-here"].output()) for answer in answers}

    assert len({(answer.status_code, answer.content) for answer in answers}) == 1
    assert len({str(sorted(answer.items())) for answer in answers}) == len(cookies) == 1


def test_the_work_is_the_same_statement_for_statement_for_every_address(reader, stamp, subscribe):
    said = []
    for name in people(subscribe):
        with CaptureQueriesContext(connection) as queries:
            reader.post("/newsletter/", {"email": f"{name}@example.com", "stamp": stamp})
        said.append([re.sub('"s[^"]*"', "", query["sql"])[:60] for query in queries])

    for statements in said:
        assert statements == said[0]
    assert len(said[0]) < 12
