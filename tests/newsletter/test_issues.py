"""A letter is made once, of what is new, for who is there; and everybody is accounted for."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone

from blog.models import Post
from newsletter import digest
from newsletter.models import Delivery, Edition, Issue, IssuePost, Subscriber
from newsletter.tasks import tick

SUNDAY = "2026-11-29 09:00:30 +0000"


def write(sara, title, *, ago=timedelta(days=1), **facts):
    return Post.objects.create(
        title=title,
        slug=title.lower().replace(" ", "-"),
        author=sara.author,
        body="Words.",
        published_at=timezone.now() - ago,
        **facts,
    )


# What goes in ------------------------------------------------------------------------------------


def test_posts_since_the_last_letter_go_in_the_newest_first(weekly, post, sara):
    newer = write(sara, "Newer")

    assert list(weekly.new_posts()) == [newer, post]


def test_drafts_scheduled_unlisted_withdrawn_and_older_posts_stay_out(weekly, sara):
    write(sara, "Scheduled", ago=-timedelta(days=1))
    write(sara, "Unlisted", unlisted=True)
    write(sara, "Withdrawn", withdrawn_at=timezone.now())
    write(sara, "Before its time", ago=timedelta(days=11))
    Post.objects.create(title="Draft", slug="draft", author=sara.author, body="Words.")

    assert not weekly.new_posts().exists()


def test_a_post_goes_into_one_letter_of_an_edition(weekly, post):
    weekly.compose(timezone.now())

    assert not weekly.new_posts().exists()


def test_a_letter_shows_the_newest_five_and_links_the_rest(weekly, sara):
    for number in range(7):
        write(sara, f"Post {number}", ago=timedelta(hours=number + 1))
    issue = weekly.compose(timezone.now())
    issue.start()
    words = digest.letter(issue.words)

    assert [post["title"] for post in words["posts"]] == [f"Post {n}" for n in range(5)]
    assert [post["title"] for post in words["more"]] == ["Post 5", "Post 6"]


def test_its_words_are_frozen_when_it_starts(weekly, post):
    issue = weekly.compose(timezone.now())
    issue.start()
    post.title = "Something else"
    post.save()

    issue.refresh_from_db()
    assert "Something else" not in issue.text + issue.html
    assert issue.subject == "Slow Signal: Hot days"


def test_nothing_new_makes_an_empty_issue_of_a_slot_and_none_by_hand(weekly, subscribe, mailoutbox):
    subscribe()

    assert weekly.send_now() is None
    assert weekly.compose(timezone.now()).status == "empty"
    assert mailoutbox == []


# When it goes ------------------------------------------------------------------------------------


@pytest.fixture
def on_sunday(time_machine, publication, sara):
    """The edition went on in the week before, and one post is new."""
    time_machine.move_to("2026-11-25 12:00 +0000", tick=False)
    now = timezone.now()
    write(sara, "Hot days")
    edition = Edition.objects.create(
        kind="weekly", since=now - timedelta(days=10), switched_on_at=now
    )
    return edition


def test_a_letter_goes_by_itself_when_its_slot_has_come(
    on_sunday, subscribe, mailoutbox, time_machine
):
    subscribe()
    tick()
    assert mailoutbox == []

    time_machine.move_to(SUNDAY, tick=False)
    tick()
    assert len(mailoutbox) == 1


def test_many_ticks_make_one_letter(on_sunday, subscribe, mailoutbox, time_machine):
    subscribe()
    time_machine.move_to(SUNDAY, tick=False)
    for _ in range(10):
        tick()

    assert len(mailoutbox) == Issue.objects.count() == 1


def test_a_slot_without_news_is_seen_to_and_its_posts_wait(
    on_sunday, subscribe, mailoutbox, time_machine
):
    subscribe()
    Post.objects.update(published_at="2026-11-29T09:05Z")
    time_machine.move_to(SUNDAY, tick=False)
    tick()
    assert Issue.objects.get().status == "empty"

    time_machine.move_to("2026-12-06 09:00:10 +0000", tick=False)
    tick()
    assert len(mailoutbox) == 1


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York"])
def test_another_time_zone_sends_no_second_letter(
    on_sunday, subscribe, mailoutbox, time_machine, publication, sara, zone
):
    subscribe()
    time_machine.move_to(SUNDAY, tick=False)
    tick()

    time_machine.move_to("2026-12-02 12:00 +0000", tick=False)
    write(sara, "Cold days")
    publication.time_zone = zone
    publication.save()
    tick()
    assert len(mailoutbox) == 1

    time_machine.move_to("2026-12-06 15:00 +0000", tick=False)
    tick()
    assert len(mailoutbox) == 2


def test_a_monthly_edition_that_went_on_a_sunday_begins_anew_with_its_day(
    on_sunday, subscribe, mailoutbox, time_machine
):
    subscribe(frequency="monthly")
    Edition.objects.update(kind="monthly", zone="Europe/London")  # as version 0.1 left it
    time_machine.move_to("2026-12-03 12:00 +0000", tick=False)
    tick()
    assert mailoutbox == []

    time_machine.move_to("2027-01-01 09:00:10 +0000", tick=False)
    tick()
    assert len(mailoutbox) == 1


def test_a_slot_before_the_switch_is_never_made_up_for(on_sunday, subscribe, time_machine):
    subscribe()
    tick()

    assert not Issue.objects.exists()


@pytest.mark.parametrize("off", [{"switched_on_at": None}, {"goes_by_itself": False}])
def test_an_edition_that_is_off_or_asks_first_sends_nothing(on_sunday, off, time_machine):
    Edition.objects.update(**off)
    time_machine.move_to(SUNDAY, tick=False)
    tick()

    assert not Issue.objects.exists()


def test_an_approved_letter_is_started_by_a_tick_when_its_time_has_come(
    weekly, post, subscribe, mailoutbox
):
    subscribe()
    weekly.compose(timezone.now()).approve()
    Issue.objects.update(starts_at=timezone.now())
    tick()

    assert len(mailoutbox) == 1


def test_a_new_site_has_every_edition_and_they_are_on(publication):
    tick()

    assert {edition.kind for edition in Edition.objects.on()} == set(Edition.Kind)


# To whom -----------------------------------------------------------------------------------------


def test_it_goes_to_who_said_yes_and_wants_it_weekly(weekly, post, subscribe, commit, mailoutbox):
    subscribe("weekly")
    subscribe("monthly", frequency="monthly")
    subscribe("none", frequency="none")
    subscribe("left").unsubscribe()
    Subscriber.objects.create(email="pending@example.com")
    with commit():
        weekly.send_now()

    assert [mail.to for mail in mailoutbox] == [["weekly@example.com"]]


def test_the_equation_holds_and_counts_who_paused(weekly, post, subscribe, commit):
    subscribe("one")
    subscribe("two")
    subscribe("rests").pause(until=timezone.now().date() + timedelta(days=30))
    with commit():
        issue = weekly.send_now()

    issue.refresh_from_db()
    equation = issue.equation
    assert equation.holds
    assert (equation.sent, equation.deliveries, equation.candidates) == (2, 2, 3)
    assert issue.status == "sent"


def test_who_joins_after_the_start_waits_for_the_next_one(weekly, post, subscribe):
    subscribe("early")
    issue = weekly.compose(timezone.now())
    issue.start()
    subscribe("late")

    assert issue.deliveries.count() == 1


def test_a_letter_to_nobody_is_sent_too(weekly, post, commit):
    with commit():
        issue = weekly.send_now()
    tick()

    issue.refresh_from_db()
    assert (issue.status, issue.equation.holds) == ("sent", True)


# Once --------------------------------------------------------------------------------------------


def test_sent_twice_by_hand_it_goes_once(weekly, post, subscribe, commit, mailoutbox):
    subscribe()
    with commit():
        weekly.send_now()
        weekly.send_now()

    assert len(mailoutbox) == Issue.objects.count() == 1


def test_a_post_of_the_same_minute_goes_in_a_letter_of_its_own(weekly, post, subscribe, commit):
    subscribe()
    with commit():
        first = weekly.send_now()
        news = Post.objects.create(
            title="News", body="Words.", author=post.author, published_at=timezone.now()
        )
        second = weekly.send_now()

    assert [item.post for item in second.items.all()] == [news]
    assert second.period > first.period


def test_starting_twice_starts_once(weekly, post, subscribe):
    subscribe()
    issue = weekly.compose(timezone.now())
    twin = Issue.objects.get()

    assert issue.start()
    assert not twin.start()
    assert Delivery.objects.count() == 1


def test_of_two_who_make_the_same_letter_one_does(weekly, post):
    slot = timezone.now()

    assert weekly.compose(slot) is not None
    assert weekly.compose(slot) is None
    assert Issue.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_machines_at_once_send_one_letter(weekly, post, subscribe, mailoutbox, at_once):
    subscribe()
    at_once(*[lambda: Edition.objects.get().send_now()] * 2)
    tick()

    assert len(mailoutbox) == Delivery.objects.count() == IssuePost.objects.count() == 1


# Pause, resume, cancel ---------------------------------------------------------------------------


@pytest.fixture
def started(weekly, post, subscribe):
    subscribe()
    issue = weekly.compose(timezone.now())
    issue.start()
    return issue


def test_a_paused_letter_rests_and_a_resumed_one_goes_on(started, mailoutbox, commit):
    assert started.pause()
    tick()
    assert mailoutbox == []

    with commit():
        assert started.resume()
    assert len(mailoutbox) == 1


def test_a_worker_that_comes_just_after_the_pause_puts_the_mail_back(started, mailoutbox):
    delivery = started.deliveries.get()
    started.pause()

    assert not delivery.deliver()
    delivery.refresh_from_db()
    assert (delivery.status, delivery.attempts, mailoutbox) == ("queued", 0, [])


def test_a_cancelled_letter_goes_to_nobody_else_and_still_adds_up(started, mailoutbox):
    assert started.cancel()
    tick()

    assert mailoutbox == []
    assert started.equation.skipped == 1
    assert started.equation.holds


def test_of_a_long_list_a_tick_writes_down_who_is_left_out(started, mailoutbox, monkeypatch):
    monkeypatch.setattr("newsletter.models.issues.SKIPPED_AT_ONCE", 0)
    assert started.cancel()
    assert started.deliveries.counts() == {"queued": 1}
    tick()

    assert (started.deliveries.counts(), mailoutbox) == ({"skipped": 1}, [])


def test_a_letter_cancelled_before_it_started_gives_its_posts_back(weekly, post):
    issue = weekly.compose(timezone.now())

    assert issue.cancel()
    assert list(weekly.new_posts()) == [post]


def test_a_verb_that_comes_too_late_says_so(started, commit):
    started.cancel()

    assert not any([started.pause(), started.resume(), started.start(), started.cancel()])


def test_a_letter_is_not_complete_while_a_mail_is_on_its_way(started):
    started.deliveries.get()._claim()

    assert Issue.objects.complete_finished() == 0
    assert not started.equation.holds


# The command -------------------------------------------------------------------------------------


def run(*options):
    out = StringIO()
    call_command("send_digest", *options, stdout=out)
    return out.getvalue()


def test_the_command_says_what_would_go_and_sends_nothing(weekly, post, subscribe, mailoutbox):
    subscribe()
    said = run()

    assert "- Hot days" in said
    assert "It would go to one person." in said
    assert "The next one goes by itself on Sunday" in said
    assert mailoutbox == []


def test_the_command_names_no_people_when_nothing_would_go(weekly, subscribe):
    subscribe()
    said = run()

    assert "Nothing new since the last letter." in said
    assert "It would go to" not in said


def test_the_command_with_now_sends_once_however_often_it_runs(
    weekly, post, subscribe, mailoutbox, commit
):
    subscribe()
    with commit():
        assert "“Slow Signal: Hot days” is on its way." in run("--now")
    with commit():
        assert "Nothing new" in run("--now")

    assert len(mailoutbox) == 1


# The archive -------------------------------------------------------------------------------------


def test_sent_letters_can_be_read_on_the_site_without_anybodys_link(
    weekly, post, subscribe, commit, reader
):
    someone = subscribe()
    with commit():
        issue = weekly.send_now()
    listed = reader.get("/newsletter/issues/").content.decode()
    page = reader.get(issue.get_absolute_url()).content.decode()

    assert "Slow Signal: Hot days" in listed
    assert "Heat slows a bare nerve." in page
    assert "What cools you?" in page
    assert "unsubscribe" not in page
    assert someone.public_id not in page


def test_a_letter_that_is_not_sent_yet_is_not_in_the_archive(weekly, post, reader):
    issue = weekly.compose(timezone.now())

    assert reader.get(issue.get_absolute_url()).status_code == 404
    assert "No letter has been sent yet." in reader.get("/newsletter/issues/").content.decode()


@pytest.mark.parametrize("name", ["x", "%00", "..", "ä"])
def test_a_letter_that_never_was_is_not_found(reader, publication, name):
    assert reader.get(f"/newsletter/issues/{name}/").status_code == 404


def test_the_box_on_other_pages_asks_the_database_nothing(
    reader, rf, django_assert_num_queries, publication
):
    from django.template import Context, Template

    box = Template('{% load letters %}{% sign_up_box "post" %}')
    with django_assert_num_queries(0):
        html = box.render(Context({"request": rf.get("/")}))

    assert 'id="sign-up"' in html
    assert 'name="page" value="post"' in html
