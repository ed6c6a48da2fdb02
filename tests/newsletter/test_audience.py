"""Who gets a letter is written down once: everybody in one place, and no post twice."""

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from blog.models import Post, Publication
from newsletter.models import Delivery, Edition, Issue, Subscriber, Variant, audience, issues
from newsletter.models.drafts import MOST_BYTES
from newsletter.tasks import tick

A_WEEK = timedelta(days=7)


@pytest.fixture
def write(sara):
    def make(title, *, ago=timedelta(hours=1), **facts):
        return Post.objects.create(
            title=title,
            author=sara.author,
            published_at=timezone.now() - ago,
            **({"body": "Words."} | facts),
        )

    return make


@pytest.fixture
def small_parts(monkeypatch):
    """Audiences are written down three people at a time, the first two before any ring."""
    monkeypatch.setattr(issues, "FIRST_PART", 2)
    monkeypatch.setattr(audience.AudienceQuerySet.go_on, "__kwdefaults__", {"size": 3})


@pytest.fixture
def begun(weekly, post, subscribe, small_parts, monkeypatch):
    """An issue for seven people, of whom the first two are written down; nobody has rung."""
    monkeypatch.setattr(audience.AudienceQuerySet, "ring_for_the_rest", lambda *args: None)
    for number in range(7):
        subscribe(f"reader{number}")
    issue = weekly.compose(timezone.now())
    issue.start()
    return issue


@pytest.fixture
def each(weekly):
    return Edition.objects.create(
        kind="each", since=weekly.since, switched_on_at=weekly.switched_on_at
    )


@pytest.fixture
def had(each, commit):
    """They get a letter about each of these posts now: had(post)."""

    def bring(*posts):
        with commit():
            for post in sorted(posts, key=lambda post: post.published_at):
                Edition.objects.filter(pk=each.pk).update(since=timezone.now() - A_WEEK)
                issue = Edition.objects.get(pk=each.pk).compose(each.free_minute())
                issue.items.exclude(post=post).update(left_out=True)
                assert issue.start()
        return Issue.objects.filter(edition=each)

    return bring


def people_of(issue):
    return sorted(issue.deliveries.values_list("subscriber", flat=True))


def finish(issue):
    while Delivery.objects.go_on(issue):
        pass


# Parts -------------------------------------------------------------------------------------------


def test_the_first_part_is_written_down_at_the_start_and_the_rest_by_ring(begun):
    assert (begun.deliveries.count(), begun.frozen_at) == (2, None)

    tick()
    begun.refresh_from_db()
    assert begun.deliveries.count() == begun.candidates == 7
    assert begun.frozen_at


def test_a_letter_is_not_complete_while_people_are_still_counted(begun):
    begun.deliveries.deliver_due()

    assert Issue.objects.get().status == "sending"


@pytest.mark.parametrize("number", [0, 1, 2, 3, 4, 5, 6, 8])
def test_at_the_edges_of_parts_nobody_is_lost_or_doubled(
    weekly, post, subscribe, small_parts, commit, mailoutbox, number
):
    people = [subscribe(f"reader{place}").pk for place in range(number)]
    with commit():
        issue = weekly.send_now()
    issue.refresh_from_db()

    assert people_of(issue) == people
    assert (issue.status, issue.equation.holds, len(mailoutbox)) == ("sent", True, number)


def test_who_came_first_is_written_to_first_wherever_their_rows_lie(weekly, post, subscribe):
    first, *others = [subscribe(f"reader{number}").pk for number in range(6)]
    Subscriber.objects.filter(pk=first).update(quiet=True)  # PostgreSQL writes it elsewhere
    if connection.vendor == "postgresql":  # and reads large tables as they lie
        for way in ("indexscan", "indexonlyscan", "bitmapscan"):
            connection.cursor().execute(f"SET LOCAL enable_{way} = off")
    issue = weekly.compose(timezone.now())
    issue.start()

    in_order = issue.deliveries.order_by("pk").values_list("subscriber", flat=True)
    assert list(in_order) == [first, *others]


def test_gaps_between_people_lose_nobody(weekly, post, subscribe, small_parts, commit):
    for number in range(20):
        subscribe(f"reader{number}")
    first = Subscriber.objects.order_by("pk")[0].pk
    Subscriber.objects.exclude(pk__in=[first + place for place in (3, 4, 11, 12, 13, 19)]).delete()
    with commit():
        issue = weekly.send_now()

    assert len(people_of(issue)) == 6


def test_who_joins_after_the_start_is_not_in_a_later_part(begun, subscribe):
    late = subscribe("late")
    finish(begun)

    assert late.pk not in people_of(begun)
    assert begun.candidates == 7


def test_who_leaves_between_two_parts_is_no_candidate(begun):
    Subscriber.objects.order_by("pk").last().unsubscribe()
    finish(begun)

    assert (begun.candidates, begun.deliveries.count()) == (6, 6)


def test_who_pauses_between_two_parts_is_counted_as_paused(begun):
    Subscriber.objects.order_by("pk").last().pause(until=timezone.now().date())
    finish(begun)

    assert (begun.candidates, begun.exclusions) == (7, {"paused": 1})


def test_who_changes_rhythm_between_two_parts_gets_the_post_by_one_letter(
    begun, each, had, mailoutbox
):
    first, *_, last = Subscriber.objects.order_by("pk")
    Subscriber.objects.filter(pk__in=[first.pk, last.pk]).update(frequency="each")
    each_post = had(Post.objects.get()).get()
    finish(each_post)
    finish(begun)

    assert people_of(each_post) == [last.pk]
    assert people_of(begun) == [first.pk, *range(first.pk + 1, last.pk)]


def test_killed_between_two_parts_the_next_worker_goes_on(begun, monkeypatch):
    with monkeypatch.context() as patched:
        patched.setattr(audience, "_freeze_variants", None)
        patched.setattr(audience.AudienceQuerySet, "_insert", lambda *args: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            Delivery.objects.go_on(begun)
    finish(begun)

    assert len(people_of(begun)) == len(set(people_of(begun))) == 7


def test_killed_after_writing_them_down_the_part_is_written_once(begun, monkeypatch):
    with monkeypatch.context() as patched:
        patched.setattr(Issue, "save", lambda *args, **facts: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            Delivery.objects.go_on(begun)
    finish(begun)

    assert (begun.candidates, begun.deliveries.count()) == (7, 7)


def test_a_paused_letter_still_counts_its_people_and_sends_nothing(begun, mailoutbox):
    begun.pause()
    tick()

    assert (begun.deliveries.count(), mailoutbox) == (7, [])


def test_cancelled_between_two_parts_it_adds_up(begun):
    begun.cancel()
    tick()

    assert begun.equation.holds
    assert (begun.candidates, begun.equation.skipped) == (2, 2)


@pytest.mark.django_db(transaction=True)
def test_two_who_write_down_the_same_audience_do_it_once(begun, at_once):
    def go_on():
        finish(Issue.objects.get())

    at_once(go_on, go_on, go_on)
    begun.refresh_from_db()

    assert begun.deliveries.count() == begun.candidates == 7


@pytest.mark.django_db(transaction=True)
def test_cancelled_while_a_part_is_being_written_down_it_adds_up(begun, at_once, monkeypatch):
    """The part is written, not yet committed, when the other presses “cancel”."""
    written, insert = threading.Event(), audience.AudienceQuerySet._insert

    def slowly(self, *args):
        made = insert(self, *args)
        written.set()
        threading.Event().wait(0.5)
        return made

    monkeypatch.setattr(audience.AudienceQuerySet, "_insert", slowly)

    def cancel():
        assert written.wait(5)
        Issue.objects.get().cancel()

    at_once(lambda: Delivery.objects.go_on(Issue.objects.get()), cancel)
    begun.refresh_from_db()

    assert (begun.status, begun.equation.holds) == ("cancelled", True)


# Exclusions --------------------------------------------------------------------------------------


def test_exclusions_are_counted_by_reason(weekly, post, subscribe, had, small_parts):
    for name in ("one", "two", "three"):
        subscribe(name, frequency="each")
    had(post)
    subscribe("four")
    Subscriber.objects.filter(email__in=["one@example.com", "two@example.com"]).update(
        frequency="weekly"
    )
    subscribe("five").pause(until=timezone.now().date())
    issue = weekly.compose(timezone.now())
    issue.start()
    finish(issue)

    assert issue.exclusions == {"paused": 1, "had it all": 2}
    assert (issue.candidates, issue.deliveries.count()) == (4, 1)


# Variants ----------------------------------------------------------------------------------------


@pytest.fixture
def three(write):
    return [write(f"Post {name}", ago=timedelta(hours=hours)) for name, hours in ABC]


ABC = [("A", 1), ("B", 2), ("C", 3)]


def test_who_had_a_post_gets_the_letter_without_it(
    weekly, three, subscribe, had, commit, mailoutbox
):
    someone = subscribe(frequency="each")
    had(three[0])
    Subscriber.objects.filter(pk=someone.pk).update(frequency="weekly")
    mailoutbox.clear()
    with commit():
        weekly.send_now()

    [mail] = mailoutbox
    html = mail.alternatives[0][0]
    assert mail.subject == "Slow Signal: Post B, and 1 more post"
    assert "2 new posts this week" in mail.body and "2 new posts this week" in html
    assert "Post A" not in mail.body + html


def test_who_had_all_but_one_gets_a_letter_of_one(
    weekly, three, subscribe, had, commit, mailoutbox
):
    someone = subscribe(frequency="each")
    had(three[0], three[2])
    Subscriber.objects.filter(pk=someone.pk).update(frequency="weekly", quiet=True)
    mailoutbox.clear()
    with commit():
        weekly.send_now()

    assert mailoutbox[0].subject == "New post from Slow Signal"
    assert "One new post this week" in mailoutbox[0].body


def test_everybody_else_gets_all(weekly, three, subscribe, had, commit, mailoutbox):
    someone = subscribe("changes", frequency="each")
    had(three[1])
    Subscriber.objects.filter(pk=someone.pk).update(frequency="weekly")
    subscribe("stays")
    mailoutbox.clear()
    with commit():
        weekly.send_now()

    bodies = {mail.to[0]: mail.body for mail in mailoutbox}
    assert "Post B" in bodies["stays@example.com"]
    assert "Post B" not in bodies["changes@example.com"]


@pytest.mark.parametrize(
    ("status", "counts"),
    [("sent", True), ("uncertain", True), ("queued", True), ("failed", False), ("skipped", False)],
)
def test_what_counts_as_had(weekly, post, write, subscribe, had, status, counts):
    write("Another")
    someone = subscribe(frequency="each")
    had(post)
    when = timezone.now() if status == "sent" else None
    Delivery.objects.update(status=status, sent_at=when)
    Subscriber.objects.filter(pk=someone.pk).update(frequency="weekly")
    issue = weekly.compose(timezone.now())
    issue.start()

    item = issue.items.get(post=post)
    assert issue.deliveries.get().omits == (item.bit if counts else 0)


def test_a_post_that_was_itself_left_out_for_somebody_was_not_had_by_that_letter(
    weekly, each, three, subscribe, had, mailoutbox
):
    """A by the each-post letter, B and C by the weekly one, then the monthly one: nothing."""
    someone = subscribe(frequency="each")
    had(three[0])
    Delivery.objects.update(status="failed", sent_at=None)  # so nobody had it
    Subscriber.objects.filter(pk=someone.pk).update(frequency="weekly")
    weekly.draft().start()
    Subscriber.objects.filter(pk=someone.pk).update(frequency="monthly")
    monthly = Edition.objects.create(
        kind="monthly", since=weekly.since, switched_on_at=weekly.switched_on_at
    )
    issue = monthly.draft()
    issue.start()

    assert (issue.deliveries.count(), issue.exclusions) == (0, {"had it all": 1})
    assert issue.equation.holds


def test_the_fiftieth_post_is_known_as_had_too(weekly, write, subscribe, had):
    oldest = write("Oldest", ago=timedelta(days=2))
    for number in range(49):
        write(f"Post {number}", ago=timedelta(minutes=number + 1))
    someone = subscribe(frequency="each")
    had(oldest)
    Subscriber.objects.filter(pk=someone.pk).update(frequency="weekly")
    issue = weekly.compose(timezone.now())
    issue.start()

    assert issue.deliveries.get().omits == 1 << 49
    assert "Oldest" not in issue.variants.get().text


def test_edited_while_the_letter_goes_out_all_get_the_frozen_words(
    weekly, three, subscribe, had, small_parts, publication
):
    people = [subscribe(f"reader{place}") for place in range(4)]
    Subscriber.objects.filter(pk=people[-1].pk).update(frequency="each")
    had(three[0])
    Subscriber.objects.update(frequency="weekly")
    issue = weekly.compose(timezone.now())
    issue.start()
    for post in three:
        post.title, post.in_short = f"Edited {post.title}", "Edited."
        post.withdrawn_at = timezone.now()
        post.save()
    finish(issue)

    assert "Post B" in issue.variants.get().html
    assert "Edited" not in issue.variants.get().text + issue.variants.get().html


def test_a_variant_is_made_once_for_all_who_had_the_same(
    weekly, three, subscribe, had, small_parts
):
    for place in range(9):
        subscribe(f"reader{place}", frequency="each")
    had(three[1])
    Subscriber.objects.update(frequency="weekly")
    issue = weekly.compose(timezone.now())
    issue.start()
    finish(issue)

    assert Variant.objects.count() == 1
    assert issue.deliveries.count() == 9


def test_a_variant_is_small_enough_too(weekly, write, subscribe, had):
    """Without the small posts, those that were only titles would come in full."""
    large = "\n".join(["ä" * 9_000] * 3)
    small = [write(f"Small {place}", ago=timedelta(minutes=place + 1)) for place in range(3)]
    for place in range(5):
        write(f"Large {place}", ago=timedelta(hours=place + 1), in_short=large)
    someone = subscribe(frequency="each")
    had(*small)
    Subscriber.objects.filter(pk=someone.pk).update(frequency="weekly")
    issue = weekly.compose(timezone.now())
    issue.start()

    variant = issue.variants.get()
    assert len(variant.html.encode()) <= MOST_BYTES
    assert all(f"Large {place}" in variant.text for place in range(5))


def test_a_letter_speaks_the_publications_language_whoever_starts_it(weekly, post, monkeypatch):
    from django.utils import translation

    from newsletter import digest

    spoken = []
    monkeypatch.setattr(
        digest, "heading", lambda *args, **facts: spoken.append(translation.get_language()) or "-"
    )
    Publication.objects.update(language="de")
    weekly.compose(timezone.now()).start()

    assert set(spoken) == {"de"}


# Sent again --------------------------------------------------------------------------------------


@pytest.fixture
def over(weekly, post, subscribe, commit):
    """An issue that is over; of one mail nobody is certain, and one failed."""
    people = [subscribe(name) for name in ("certain", "held", "failed")]
    with commit():
        issue = weekly.send_now()
    for person, status in zip(people[1:], ["uncertain", "failed"], strict=True):
        person.deliveries.update(status=status, sent_at=None)
    issue.refresh_from_db()
    assert issue.status == "sent"
    return issue


@pytest.mark.parametrize(
    ("press", "name"), [(Issue.resend_held, "held"), (Issue.retry_failed, "failed")]
)
def test_sent_again_after_the_end_they_go_and_it_ends_anew(over, commit, mailoutbox, press, name):
    mailoutbox.clear()
    with commit():
        assert press(over) == 1

    over.refresh_from_db()
    assert [mail.to for mail in mailoutbox] == [[f"{name}@example.com"]]
    assert (over.status, over.equation.holds) == ("sent", True)


def test_what_was_cancelled_is_not_sent_again(over, commit, mailoutbox):
    Issue.objects.update(status="cancelled", finished_at=None)
    mailoutbox.clear()
    with commit():
        assert over.resend_held() == 0

    assert (over.equation.holds, mailoutbox) == (True, [])


def test_a_mail_that_came_back_after_the_cancel_is_not_waited_for(weekly, post, subscribe):
    subscribe()
    issue = weekly.compose(timezone.now())
    issue.start()
    delivery = issue.deliveries.get()
    delivery._claim()
    issue.cancel()
    delivery.again(OSError())
    tick()

    assert issue.equation.holds
    assert not Delivery.objects.due().exists()
