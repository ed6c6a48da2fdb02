"""When a letter is put together, when it goes, and what becomes of it when somebody says no."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone

from blog.models import Post
from newsletter import digest
from newsletter.models import Delivery, Edition, Issue, IssuePost
from newsletter.models.drafts import MOST_BYTES
from newsletter.tasks import tick

WEDNESDAY, SATURDAY = "2026-11-25 12:00 +0000", "2026-11-28 09:01 +0000"
SUNDAY, NEXT_SUNDAY = "2026-11-29 09:00:30 +0000", "2026-12-06 09:00:30 +0000"


@pytest.fixture
def at(time_machine, commit):
    """It is that moment, and beat has just rung: at(SUNDAY)."""

    def move(moment):
        time_machine.move_to(moment, tick=False)
        with commit():
            tick()

    return move


@pytest.fixture
def after(at):
    """So much later, and beat has just rung."""
    return lambda **gap: at(timezone.now() + timedelta(**gap))


@pytest.fixture
def write(sara):
    def make(title, **facts):
        facts = {"published_at": timezone.now(), "body": "Words.", "author": sara.author} | facts
        return Post.objects.create(title=title, **facts)

    return make


@pytest.fixture
def midweek(at, publication):
    """A Wednesday on which every edition has just gone on."""
    at(WEDNESDAY)


@pytest.fixture
def weekly(midweek):
    return Edition.objects.get(kind="weekly")


@pytest.fixture
def each(midweek, subscribe):
    """With one reader."""
    subscribe("eager", frequency="each")
    return Edition.objects.get(kind="each")


@pytest.fixture
def draft(weekly, write, subscribe, after, at):
    """Saturday's draft of Sunday's letter, and somebody who waits for it."""
    subscribe()
    after(hours=1)
    write("Hot days")
    at(SATURDAY)
    return Issue.objects.get()


def brought(mailoutbox):
    return [mail.subject for mail in mailoutbox]


# The draft ---------------------------------------------------------------------------------------


def test_a_draft_is_there_a_day_before_and_not_earlier(weekly, write, subscribe, at, after):
    subscribe()
    after(hours=1)
    write("Hot days")
    at("2026-11-28 08:59:59 +0000")
    assert not Issue.objects.exists()

    at("2026-11-28 09:00 +0000")
    assert Issue.objects.get().status == "draft"


def test_a_draft_left_alone_goes_at_its_slot_with_what_came_last(draft, at, write, mailoutbox):
    at("2026-11-28 20:00 +0000")
    write("Late news")
    at("2026-11-29 08:59 +0000")
    assert mailoutbox == []

    at(SUNDAY)
    assert brought(mailoutbox) == ["Slow Signal: Late news, and 1 more post"]


def test_an_edition_that_asks_first_shows_its_draft_and_waits(draft, at, mailoutbox):
    Edition.objects.update(goes_by_itself=False)
    at(NEXT_SUNDAY)

    draft.refresh_from_db()
    assert (draft.status, mailoutbox) == ("draft", [])


def test_an_approved_draft_goes_at_its_time_and_not_at_its_slot(draft, at, mailoutbox):
    draft.approve(timezone.now() + timedelta(days=2))
    at(SUNDAY)
    assert mailoutbox == []

    at("2026-11-30 09:01:30 +0000")
    assert len(mailoutbox) == 1


def test_approving_leaves_ten_minutes_to_change_ones_mind(draft, after, mailoutbox):
    draft.approve()
    after(minutes=9, seconds=59)
    assert mailoutbox == []

    after(seconds=1)
    assert len(mailoutbox) == 1


def test_taken_back_in_time_nobody_got_it(draft, after, mailoutbox):
    draft.approve()
    after(minutes=9)

    assert draft.take_back()
    after(minutes=5)
    assert (draft.status, Delivery.objects.count(), mailoutbox) == ("draft", 0, [])


def test_taken_back_too_late_says_so(draft, after):
    draft.approve()
    after(minutes=10)

    assert not draft.take_back()


def test_taken_back_it_waits_for_a_word_also_after_its_slot(draft, at, mailoutbox):
    at("2026-11-29 08:55 +0000")
    draft.approve()
    at("2026-11-29 09:02 +0000")
    draft.take_back()
    at("2026-11-29 09:03 +0000")
    at(NEXT_SUNDAY)
    assert mailoutbox == []

    draft.approve()
    at("2026-12-06 09:11 +0000")
    assert len(mailoutbox) == 1


def test_a_skipped_draft_leaves_its_posts_to_the_next_slot(draft, at, mailoutbox):
    draft.cancel()
    at(SUNDAY)
    assert mailoutbox == []

    at(NEXT_SUNDAY)
    assert brought(mailoutbox) == ["Slow Signal: Hot days"]


def test_after_skipping_one_may_still_send_by_hand(draft, weekly, commit, mailoutbox):
    draft.cancel()
    with commit():
        weekly.send_now()

    assert brought(mailoutbox) == ["Slow Signal: Hot days"]


def test_a_draft_sent_now_keeps_its_slot_free(draft, weekly, at, write, commit, mailoutbox):
    with commit():
        weekly.send_now()
    write("Cold days", published_at=timezone.now() + timedelta(hours=2))
    at(SUNDAY)

    assert brought(mailoutbox) == ["Slow Signal: Hot days", "Slow Signal: Cold days"]


def test_a_draft_sent_now_with_nothing_left_in_it_keeps_its_slot_free(
    draft, weekly, at, write, commit, mailoutbox
):
    hot = Post.objects.get()
    Post.objects.update(withdrawn_at=timezone.now())
    with commit():
        assert weekly.send_now() is None
    write("Cold days", published_at=timezone.now() + timedelta(hours=2))
    at(SUNDAY)

    assert brought(mailoutbox) == ["Slow Signal: Cold days"]
    assert not hot.issue_items.exists()


def test_what_is_left_out_waits_for_the_next_letter(draft, at, write, mailoutbox):
    hot = Post.objects.get()
    cold = write("Cold days")
    draft.gather()
    draft.arrange([cold.pk], leave_out=[hot.pk])
    at(SUNDAY)
    at(NEXT_SUNDAY)

    assert brought(mailoutbox) == ["Slow Signal: Cold days", "Slow Signal: Hot days"]


def test_an_order_made_by_hand_stays_and_newcomers_are_last(draft, at, write, mailoutbox):
    cold = write("Cold days", published_at=timezone.now() - timedelta(minutes=5))
    draft.gather()
    draft.arrange([Post.objects.get(title="Hot days").pk, cold.pk])
    write("Late news")
    at(SUNDAY)

    titles = [item.post.title for item in IssuePost.objects.all()]
    assert titles == ["Hot days", "Cold days", "Late news"]


def test_a_post_withdrawn_before_the_start_is_not_in_it(draft, at, write, mailoutbox):
    write("Cold days")
    Post.objects.filter(title="Hot days").update(withdrawn_at=timezone.now())
    at(SUNDAY)

    assert brought(mailoutbox) == ["Slow Signal: Cold days"]
    assert "Hot days" not in mailoutbox[0].body


def test_a_slot_with_nothing_new_is_seen_to_once(weekly, subscribe, at, after, mailoutbox):
    subscribe()
    at(SUNDAY)
    after(minutes=1)

    assert (Issue.objects.get().status, mailoutbox) == ("empty", [])


def test_the_command_with_now_sends_a_draft_once(draft, commit, mailoutbox):
    for _ in range(2):
        with commit():
            call_command("send_digest", "--now", stdout=StringIO())

    assert len(mailoutbox) == 1


# Each post ---------------------------------------------------------------------------------------


def test_a_post_has_its_letter_ten_minutes_after_it_is_public(each, write, after, mailoutbox):
    write("Hot days", published_at=timezone.now() + timedelta(seconds=30))
    after(minutes=1)
    after(minutes=9)
    assert mailoutbox == []

    after(minutes=1)
    assert brought(mailoutbox) == ["Slow Signal: Hot days"]


def test_two_posts_of_one_minute_are_in_one_letter(each, write, after, mailoutbox):
    write("Hot days", published_at=timezone.now() + timedelta(seconds=10))
    write("Cold days", published_at=timezone.now() + timedelta(seconds=20))
    after(minutes=1)
    after(minutes=10)

    assert brought(mailoutbox) == ["Slow Signal: Cold days, and 1 more post"]


def test_each_later_post_has_a_letter_of_its_own(each, write, after, mailoutbox):
    for title in ("Hot days", "Cold days"):
        after(seconds=30)
        write(title)
        after(seconds=30)
        after(minutes=10)

    assert brought(mailoutbox) == ["Slow Signal: Hot days", "Slow Signal: Cold days"]


def test_switched_on_again_it_brings_nothing_old(each, write, after, mailoutbox):
    Edition.objects.filter(kind="each").update(switched_on_at=None)
    after(seconds=30)
    write("Hot days")
    after(hours=1)
    Edition.objects.filter(kind="each").update(switched_on_at=timezone.now())
    after(minutes=1)
    after(minutes=10)

    assert mailoutbox == []


@pytest.mark.parametrize("kind", ["each", "monthly"])
def test_without_readers_nothing_piles_up_for_the_first_one(
    midweek, write, subscribe, after, at, mailoutbox, kind
):
    after(seconds=30)
    write("Hot days")
    after(minutes=5)
    at("2026-12-01 09:00:20 +0000")
    at("2026-12-05 12:00 +0000")
    write("Cold days", published_at=timezone.now() - timedelta(minutes=2))
    after(minutes=1)
    subscribe(frequency=kind)
    after(minutes=1)
    after(minutes=10)
    assert mailoutbox == []

    at("2027-01-01 09:00:20 +0000")
    assert brought(mailoutbox) == (["Slow Signal: Cold days"] if kind == "monthly" else [])


def test_a_letter_about_a_post_that_was_skipped_is_not_made_again(each, write, after, mailoutbox):
    after(seconds=30)
    write("Hot days")
    after(seconds=30)
    after(minutes=3)
    Issue.objects.get().cancel()
    after(minutes=1)
    after(minutes=10)
    assert mailoutbox == []

    write("Cold days")
    after(minutes=1)
    after(minutes=10)
    assert brought(mailoutbox) == ["Slow Signal: Cold days"]


def test_a_post_left_out_of_its_letter_does_not_come_a_minute_later(each, write, after, mailoutbox):
    after(seconds=30)
    hot, cold = write("Hot days"), write("Cold days")
    after(seconds=30)
    Issue.objects.get().arrange([cold.pk], leave_out=[hot.pk])
    after(minutes=10)
    after(minutes=1)
    after(minutes=10)

    assert brought(mailoutbox) == ["Slow Signal: Cold days"]


def test_another_time_zone_takes_no_post_from_its_letter(
    each, write, after, publication, mailoutbox
):
    after(minutes=1)
    write("Hot days")
    publication.time_zone = "Asia/Tokyo"
    publication.save()
    after(minutes=1)
    after(minutes=10)

    assert brought(mailoutbox) == ["Slow Signal: Hot days"]


# Rhythm ------------------------------------------------------------------------------------------


def test_a_monthly_letter_of_the_31st_goes_on_the_last_day(midweek, write, subscribe, at, after):
    subscribe(frequency="monthly")
    Edition.objects.filter(kind="monthly").update(day=31)
    after(minutes=1)
    write("Hot days")
    monthly = Issue.objects.started().filter(edition__kind="monthly").order_by("period")
    at("2026-11-30 08:59:59 +0000")
    assert not monthly.exists()

    at("2026-11-30 09:00 +0000")
    write("Cold days")
    at("2027-01-01 09:00 +0000")
    assert [f"{issue.period:%m-%d}" for issue in monthly.all()] == ["11-30", "12-31"]


@pytest.mark.django_db(transaction=True)
def test_three_beats_at_once_make_one_letter(
    publication, sara, subscribe, time_machine, at_once, mailoutbox
):
    time_machine.move_to(WEDNESDAY, tick=False)
    tick()
    for kind in Edition.Kind:
        subscribe(kind.value, frequency=kind.value)
    published = timezone.now() + timedelta(hours=1)
    Post.objects.create(title="Hot days", body="-", author=sara.author, published_at=published)
    for moment in ("2026-11-29 08:00 +0000", SUNDAY, "2026-12-01 09:00:20 +0000"):
        time_machine.move_to(moment, tick=False)
        at_once(tick, tick, tick)
    tick()

    assert sorted(mail.to[0] for mail in mailoutbox) == [
        f"{kind}@example.com" for kind in ("each", "monthly", "weekly")
    ]
    assert Issue.objects.filter(items__isnull=False).count() == 3


@pytest.mark.django_db(transaction=True)
def test_letters_of_all_editions_may_start_at_once(publication, sara, subscribe, at_once):
    Edition.objects.begin_all()
    Edition.objects.update(since=timezone.now() - timedelta(days=2), switched_on_at=None)
    published = timezone.now() - timedelta(days=1)
    Post.objects.create(title="Hot days", body="-", author=sara.author, published_at=published)
    issues = [edition.draft() for edition in Edition.objects.exclude(kind="story")]
    at_once(*[issue.start for issue in issues])

    assert Issue.objects.started().count() == 3


# Its size ----------------------------------------------------------------------------------------


def test_more_posts_than_one_letter_takes_go_in_the_next_one(weekly, write, subscribe, at, commit):
    subscribe()
    for number in range(digest.MOST + 3):
        write(f"Post {number}", published_at=timezone.now() + timedelta(minutes=number + 1))
    at(SUNDAY)
    first = Issue.objects.started().get()
    with commit():
        second = weekly.send_now()

    assert first.items.count() == digest.MOST
    assert [block["title"] for block in second.words["blocks"]] == ["Post 2", "Post 1", "Post 0"]


@pytest.mark.parametrize("number", [3, 5, 9])
def test_a_letter_too_large_brings_titles_and_loses_none(weekly, write, at, number):
    for place in range(number):
        post = write(
            f"Post {place} of many",
            in_short="\n".join(["ä" * 9_000] * 3),
            published_at=timezone.now() + timedelta(minutes=place + 1),
        )
        post.questions.create(position=1, text="What would you ask? " * 14)
    at(SUNDAY)
    issue = Issue.objects.started().get()

    assert len(issue.html.encode()) <= MOST_BYTES
    assert issue.words["in_full"] < min(number, digest.IN_FULL)
    assert all(f"Post {place} of many" in issue.text for place in range(number))


def test_the_largest_letter_of_titles_alone_is_small_enough(weekly, write, at):
    for place in range(digest.MOST):
        title = f"{place} " + "Ein Titel & noch “mehr” <Worte> " * 6
        write(title[:200], published_at=timezone.now() + timedelta(minutes=place + 1))
    at(SUNDAY)
    issue = Issue.objects.started().get()

    assert len(issue.html.encode()) <= MOST_BYTES
    assert all(f"\n{place} Ein Titel" in issue.text for place in range(digest.MOST))
