"""“Send me my link”: the same answer for everybody, and a link that is fresh for a day."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from newsletter.models import Memo, Subscriber, Suppression
from tests.person import Person

FIND = "/newsletter/manage/"
SENT = "/newsletter/manage/sent/"


@pytest.fixture
def marigold(subscribe):
    return subscribe("marigold")


@pytest.fixture
def ask(reader, stamp, publication, commit):
    """Ask for one's link as a person does."""

    def send(email, **more):
        with commit():
            return reader.post(FIND, {"email": email, "stamp": stamp, **more})

    return send


@pytest.fixture
def fresh(marigold, ask, mailoutbox, link):
    """The fresh link in marigold's mail."""
    ask("marigold@example.com")
    return link("manage", mailoutbox[0])


@pytest.fixture
def everybody(subscribe):
    """An address in every state; those with a mail to come are first."""
    subscribe("active")
    subscribe("paused").pause(until=timezone.localdate() + timedelta(days=9))
    subscribe("left").unsubscribe()
    Subscriber.objects.create(email="pending@example.com")
    subscribe("suppressed")
    Suppression.objects.add_address("suppressed@example.com", "complaint")
    return [f"{name}@example.com" for name in ("active", "paused", "left")], [
        f"{name}@example.com" for name in ("pending", "suppressed", "nobody")
    ]


def test_the_link_comes_by_mail_and_leads_to_their_page(fresh):
    page = Person().open(fresh)

    assert page.heading == "Your letters from Slow Signal"
    assert page.sees("We write to marigold@example.com.")


def test_only_who_has_or_had_letters_gets_a_mail(ask, everybody, mailoutbox):
    written, others = everybody
    for email in written + others:
        ask(email)

    assert [mail.to for mail in mailoutbox] == [[email] for email in written]


def test_the_answer_is_the_same_for_every_address(ask, everybody):
    answers = [ask(email) for email in sum(everybody, [])]
    said = [(answer.status_code, sorted(answer.items()), answer.content) for answer in answers]

    assert said[0][0] == 303
    assert all(one == said[0] for one in said)


def test_the_request_does_the_same_work_for_every_address(reader, stamp, everybody, unrung):
    def work(email):
        with CaptureQueriesContext(
            connection,
        ) as done:
            reader.post(FIND, {"email": email, "stamp": stamp})
        return [query["sql"].split("VALUES")[0] for query in done]

    assert len({tuple(work(email)) for email in sum(everybody, [])}) == 1


def test_nobody_is_made_a_subscriber_and_no_strangers_address_is_kept(ask, everybody):
    ask("nobody@example.com")

    assert not Subscriber.objects.with_address("nobody@example.com").exists()
    assert (Memo.objects.get().to_address, Memo.objects.get().reason) == ("", "unknown")


def test_every_spelling_finds_its_row(ask, marigold, mailoutbox):
    ask(" Marigold@Example.COM ")

    assert [mail.to for mail in mailoutbox] == [["marigold@example.com"]]


def test_at_most_three_a_day_to_an_address(ask, marigold, mailoutbox, time_machine):
    for _ in range(6):
        ask("marigold@example.com")
        time_machine.move_to(timezone.now() + timedelta(minutes=20))
    assert len(mailoutbox) == 3

    time_machine.move_to(timezone.now() + timedelta(days=1))
    ask("marigold@example.com")
    assert len(mailoutbox) == 4


def test_a_press_too_many_sends_one_mail(ask, marigold, mailoutbox):
    ask("marigold@example.com")
    ask("marigold@example.com")

    assert len(mailoutbox) == 1


def test_many_that_wait_at_once_are_still_three(marigold, unrung, mailoutbox):
    for minutes in (40, 30, 20, 10, 0):
        memo = Memo.objects.create(kind="link", to_address="Marigold@example.com")
        at = timezone.now() - timedelta(minutes=minutes)
        Memo.objects.filter(pk=memo.pk).update(created_at=at)
    for memo in Memo.objects.order_by("-pk"):
        memo.deliver()

    assert len(mailoutbox) == 3


def test_one_client_is_asked_to_wait_and_the_address_is_kept(ask, publication):
    answers = [ask(f"reader{number}@example.com") for number in range(11)]

    assert answers[-1].status_code == 429
    assert b"reader10@example.com" in answers[-1].content


def test_a_mistyped_address_is_kept_and_explained(ask):
    answer = ask("marigold")

    assert answer.status_code == 400
    assert b'value="marigold"' in answer.content
    assert "has an @ in it" in answer.content.decode()


def test_a_machine_that_fills_in_everything_hears_the_same_and_sends_nothing(
    ask, marigold, mailoutbox
):
    answer = ask("marigold@example.com", website="http://spam.example")

    assert (answer["Location"], mailoutbox) == (SENT, [])
    assert Memo.objects.get().to_address == ""


def test_the_secret_itself_is_never_stored(fresh):
    secret = fresh.split("/")[-2]

    assert len(secret) == 64
    assert all(secret not in map(str, row.values()) for row in Memo.objects.values())


# What a fresh link may do ------------------------------------------------------------------------


@pytest.fixture
def follower(marigold, post):
    marigold.follows.begin(marigold, post)
    return marigold


def test_stories_are_shown_to_a_fresh_link_and_can_be_stopped_and_taken_back(follower, fresh):
    page = Person().open(fresh + "stories/")
    assert page.sees("Hot days")

    page.press("Stop news on this")
    assert not follower.follows.going_on().exists()
    assert page.sees("No more news on “Hot days”")

    page.press("Follow it again")
    assert follower.follows.going_on().exists()


def test_the_last_story_of_who_gets_nothing_else_can_be_taken_back_too(follower, fresh):
    Subscriber.objects.update(frequency="none")
    page = Person().open(fresh + "stories/").press("Stop news on this")
    follower.refresh_from_db()
    assert follower.status == "unsubscribed"

    page.press("Follow it again")
    follower.refresh_from_db()
    assert (follower.status, follower.frequency) == ("active", "none")


def test_nobody_stops_a_story_without_a_fresh_link(reader, follower, post):
    reader.post(f"/newsletter/manage/{follower.manage_token}/stories/", {"end": post.slug})

    assert follower.follows.going_on().exists()


def test_an_old_link_has_one_mailed_that_leads_right_there(follower, commit, mailoutbox, link):
    page = Person().open(f"/newsletter/manage/{follower.manage_token}/stories/")
    assert not page.sees("Hot days")
    with commit():
        page.press("Send me a fresh link")
    assert page.heading == "Check your mail"

    address = next(line for line in mailoutbox[0].body.splitlines() if "/stories/" in line)
    assert Person().open(address).sees("Hot days")


def test_after_a_day_it_does_what_any_link_at_a_letters_foot_does(follower, fresh, time_machine):
    time_machine.move_to(timezone.now() + timedelta(hours=23, minutes=59))
    assert Person().open(fresh + "stories/").sees("Hot days")

    time_machine.move_to(timezone.now() + timedelta(minutes=2))
    assert not Person().open(fresh + "stories/").sees("Hot days")
    assert not Person().open(fresh).sees("marigold@example.com")
    Person().open(fresh).press("Stop all letters")
    follower.refresh_from_db()
    assert follower.frequency == "none"


def test_who_left_starts_again_by_a_fresh_link_with_a_new_consent(marigold, fresh):
    marigold.unsubscribe()
    page = Person().open(fresh)
    page.page.find("input", attrs={"value": "weekly"}).attrs.pop("checked")
    page.tick("Once a month").press("Start my letters")

    marigold.refresh_from_db()
    assert (marigold.status, marigold.frequency) == ("active", "monthly")
    assert marigold.consents.get().page == "manage"
    assert page.sees("Welcome back. You get one letter a month, on its first day.")


def test_who_left_long_ago_is_offered_a_fresh_link(marigold, commit, mailoutbox):
    marigold.unsubscribe()
    page = Person().open(f"/newsletter/manage/{marigold.manage_token}/")
    with commit():
        page.press("Send me a fresh link")

    assert [mail.to for mail in mailoutbox] == [["marigold@example.com"]]


def test_revoked_links_are_no_links(reader, marigold, fresh):
    marigold.revoke_links()

    assert reader.get(fresh).status_code == 404
