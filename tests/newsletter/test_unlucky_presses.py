"""Unlucky presses on the letter in the admin: late, twice, by two, with odd words."""

import re
import time
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from blog.models import Post
from newsletter import preflight
from newsletter.models import Issue, Proof, Suppression
from newsletter.tasks import tick

COMPOSE = "/admin/newsletter/issue/compose/weekly/"


@pytest.fixture
def draft(weekly, post):
    return weekly.draft()


@pytest.fixture
def press(desk):
    def send(button, *, seen=None, client=desk, **typed):
        issue = Issue.objects.open().first()
        stamp = seen or f"{issue.pk}-{issue.version}"
        words = {"subject": issue.subject if issue else "", "note": issue.note if issue else ""}
        return client.post(COMPOSE, words | {"stamp": stamp, "do": button} | typed)

    return send


def at(issue, place):
    return f"/admin/newsletter/issue/{issue.pk}/{place}/"


def main(answer):
    return " ".join(answer.content.decode().partition("<main")[2].split())


def many(author, count):
    for number in range(count):
        Post.objects.create(
            title=f"Post number {number}",
            slug=f"post-{number}",
            author=author,
            body="x",
            published_at=timezone.now() - timedelta(hours=1, minutes=number),
        )


# Words lost --------------------------------------------------------------------------------------


def test_a_long_subject_on_a_letter_approved_meanwhile_loses_no_note(draft, press):
    seen = f"{draft.pk}-{draft.version}"
    press("approve-soon")
    answer = press("save", seen=seen, subject="x" * 151, note="Typed for an hour")

    assert "Typed for an hour" in answer.content.decode()


def test_a_long_subject_on_a_letter_sent_meanwhile_loses_no_note(draft, press):
    seen = f"{draft.pk}-{draft.version}"
    draft.start()
    answer = press("save", seen=seen, subject="x" * 151, note="Typed for an hour")

    assert "Typed for an hour" in answer.content.decode()


def test_a_long_subject_on_an_old_page_overwrites_nobody_after_it_was_mended(draft, press):
    seen = f"{draft.pk}-{draft.version}"
    press("save", seen=seen, note="Theirs")
    answer = press("save", seen=seen, subject="x" * 151, note="Mine")
    stamp = re.search(r'name="stamp" value="([^"]*)"', answer.content.decode()).group(1)
    press("save", seen=stamp, subject="Short", note="Mine")

    draft.refresh_from_db()
    assert draft.note == "Theirs"


def test_words_of_a_session_that_is_over_come_back(draft, desk):
    away = Client(headers={"Sec-Fetch-Site": "same-origin"})
    answer = away.post(
        COMPOSE,
        {"subject": "", "note": "Typed for an hour", "stamp": f"{draft.pk}-1", "do": "save"},
        follow=True,
    )

    assert "Typed for an hour" in answer.content.decode()


# Pages that fall over ----------------------------------------------------------------------------


@pytest.mark.parametrize("place", ["preview", "preview/html"])
def test_the_preview_of_a_skipped_letter_does_not_fall_over(desk, draft, place):
    draft.cancel()

    assert desk.get(at(draft, place)).status_code < 500


@pytest.mark.parametrize("place", ["preview", "preview/html"])
def test_the_preview_of_an_empty_letter_does_not_fall_over(desk, weekly, place):
    empty = Issue.objects.without_posts(weekly, timezone.now())

    assert desk.get(at(empty, place)).status_code < 500


def test_a_test_of_a_letter_skipped_meanwhile_is_put_aside(draft, sara):
    sara.email = "sara@example.com"
    sara.save()
    proof = Proof.objects.create(issue=draft, user=sara)
    draft.cancel()
    Proof.objects.all().deliver_due()

    proof.refresh_from_db()
    assert (proof.status, proof.attempts) == ("skipped", 0) or proof.status == "skipped"


@pytest.mark.parametrize("number", ["9" * 25, "9" * 5000])
@pytest.mark.parametrize("verb", ["up", "leave-out", "take-in"])
def test_a_number_out_of_reach_is_no_fault(draft, press, verb, number):
    assert press(f"{verb} {number}").status_code < 500


@pytest.mark.parametrize("number", ["9" * 25, "9" * 5000])
def test_a_stamp_out_of_reach_is_no_fault(draft, press, number):
    assert press("save", seen=f"{draft.pk}-{number}", note="Mine").status_code < 500


# What cannot go, goes ----------------------------------------------------------------------------


def test_what_cannot_go_like_this_does_not_go_by_the_clock(weekly, draft, press, time_machine):
    press("save", note="Dear {{ name }},")
    draft.refresh_from_db()
    assert preflight.of(draft).stops
    time_machine.move_to(weekly.next_slot() + timedelta(minutes=1))
    tick()

    draft.refresh_from_db()
    assert draft.started_at is None


def test_what_cannot_go_like_this_does_not_go_by_send_now(weekly, draft, press, desk):
    press("save", note="Dear {{ name }},")
    desk.post("/admin/newsletter/issue/send-now/")

    draft.refresh_from_db()
    assert draft.started_at is None


# Presses that come late --------------------------------------------------------------------------


def test_skipping_a_letter_that_has_just_started_does_not_cancel_it_for_good(desk, draft):
    asked = main(desk.get(at(draft, "cancel")))
    assert "Nobody gets it. Its posts wait for the next letter." in asked
    asked_about = re.search(r'name="asked" value="(\w+)"', asked)
    draft.start()
    desk.post(at(draft, "cancel"), {"asked": asked_about.group(1)} if asked_about else {})

    draft.refresh_from_db()
    assert draft.status != "cancelled"


# Words that are not so ---------------------------------------------------------------------------


def test_after_a_skipped_one_the_page_says_when_the_next_really_goes(
    weekly, draft, desk, time_machine
):
    skipped = draft.period
    draft.cancel()
    desk.post(COMPOSE)  # Begin
    time_machine.move_to(skipped + timedelta(minutes=1))
    tick()
    waits = "It waits until you send it." in main(desk.get(COMPOSE))
    time_machine.move_to(skipped + timedelta(days=7, minutes=1))
    tick()

    went = Issue.objects.exclude(pk=draft.pk).earliest("pk").started_at is not None
    assert waits != went


def test_the_first_page_and_the_letter_say_the_same_after_a_skip(weekly, draft, desk):
    draft.cancel()
    desk.post(COMPOSE)  # Begin
    first, letter = main(desk.get("/admin/")), main(desk.get(COMPOSE))

    assert ("It goes by itself" in first) == ("It goes by itself" in letter)


def test_the_fifty_first_post_is_not_called_hidden(weekly, post, desk):
    many(post.author, 55)
    weekly.draft()

    assert "not public, so it is not in the letter" not in main(desk.get(COMPOSE))


def test_an_approved_letter_lists_only_what_it_brings(weekly, post, draft, press, desk):
    Post.objects.create(
        title="Sleep",
        slug="sleep",
        author=post.author,
        body="x",
        published_at=timezone.now() - timedelta(hours=1),
    )
    press("approve-soon")
    assert "Sleep" in main(desk.get(COMPOSE))
    Post.objects.filter(slug="sleep").update(published_at=None)

    page = main(desk.get(COMPOSE))
    assert "<li>Sleep</li>" not in page


def test_going_on_it_does_not_still_say_that_it_stopped(draft, desk, subscribe):
    subscribe("marigold")
    draft.start()
    Issue.objects.filter(pk=draft.pk).update(status="paused", stopped_because="bounces")
    draft.refresh_from_db()
    Issue.objects.filter(pk=draft.pk).update(status="sending")

    assert "before you go on" not in main(desk.get(at(draft, "change")))


def test_one_of_three_is_one(draft, desk, subscribe):
    for name in ["a", "b", "c"]:
        subscribe(name)
    draft.start()
    draft.deliveries.filter(pk=draft.deliveries.first().pk).update(
        status="sent", sent_at=timezone.now()
    )

    assert "1 of 3 have it" not in main(desk.get(at(draft, "change")))


def test_the_speed_that_is_chosen_on_the_page_is_kept(draft, desk, subscribe):
    subscribe("marigold")
    draft.start()
    Issue.objects.filter(pk=draft.pk).update(per_minute=42)
    assert '<option value="42" selected>' in desk.get(at(draft, "change")).content.decode()
    desk.post(at(draft, "change"), {"do": "speed", "per_minute": "42"})

    draft.refresh_from_db()
    assert draft.per_minute == 42


def test_a_speed_that_makes_no_sense_does_not_lift_the_limit(draft, desk, subscribe):
    subscribe("marigold")
    draft.start()
    Issue.objects.filter(pk=draft.pk).update(per_minute=10)
    desk.post(at(draft, "change"), {"do": "speed", "per_minute": "ten"})

    draft.refresh_from_db()
    assert draft.per_minute == 10


def test_a_note_of_many_blank_lines_is_looked_over_in_no_time(draft):
    Issue.objects.filter(pk=draft.pk).update(note="a" + "\n" * 20_000 + "b")
    begun = time.monotonic()
    preflight.of(Issue.objects.get(pk=draft.pk))

    assert time.monotonic() - begun < 1


def test_a_test_that_cannot_be_sent_is_not_said_to_be_on_its_way(draft, press, sara, desk):
    sara.email = "sara@example.com"
    sara.save()
    Suppression.objects.add_address("sara@example.com", Suppression.Reason.BOUNCE)
    press("prove")

    assert "on its way" not in desk.get(COMPOSE).content.decode()


def test_who_gets_no_mail_is_not_said_to_get_it(draft, desk, subscribe):
    subscribe("marigold")
    Suppression.objects.add_address("marigold@example.com", Suppression.Reason.BOUNCE)

    assert "One person gets it." not in main(desk.get(COMPOSE))


@pytest.mark.parametrize("title", ["…", ":", "{{ name }}", "<b>", "=?utf-8?q?x?=", "a" * 200])
def test_odd_titles_do_not_make_the_page_fall_over(weekly, post, desk, title):
    Post.objects.filter(pk=post.pk).update(title=title[:200])
    weekly.draft()

    assert desk.get(COMPOSE).status_code == 200
